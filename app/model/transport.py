"""How a channel's messages travel, as data: one class of settings for each transport, with its defaults.

A channel's ``transport`` table is read into one of these by ``app.channels``; ``app.partners`` does what they say. A
secret is never told here but named: ``file:/run/secrets/acme`` or ``env:ACME_PASSWORD``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal
from urllib.parse import urlsplit

SECRET = re.compile(r"(?:file:/.+|env:[A-Z][A-Z0-9_]*)\Z")
LONGEST_SECONDS = 60
"""The most that a transport may wait for one answer; a worker's lease must outlast it."""
LOCAL = ("127.0.0.1", "localhost", "::1")
HOST_KEY = re.compile(r"SHA256:[A-Za-z0-9+/]{43}=?\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """What all transports have: how long is waited, and what a partner does with a copy.

    ``connect_seconds`` is waited for a connection, ``read_seconds`` for each answer. ``resend`` says that the partner
    drops a second copy by its control number, so that what may have arrived may be sent again.
    """

    kind: ClassVar[str]

    connect_seconds: int = 10
    read_seconds: int = 30
    resend: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError naming every fault."""
        if faults := list(self.faults()):
            raise ValueError("; ".join(faults))

    def faults(self) -> Iterable[str]:
        """What is wrong with the values, each by the name of its setting."""
        for name in ("connect_seconds", "read_seconds"):
            if not 1 <= getattr(self, name) <= LONGEST_SECONDS:
                yield f"{name} must lie between 1 and {LONGEST_SECONDS}"

    @property
    def pulls(self) -> bool:
        """Whether files are fetched over it too."""
        return bool(getattr(self, "collect", ""))

    @property
    def pushes(self) -> bool:
        """Whether anything can be sent over it."""
        return True

    def _secrets(self, *names: str) -> Iterable[str]:
        for name in names:
            if (value := getattr(self, name)) and not SECRET.match(value):
                yield f"{name} must name where the secret is: file:/path or env:NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpSettings(TransportSettings):
    """A partner's address. Without ``url`` encrypted, it must be this very machine, or ``plain`` must be said.

    ``ca`` is the PEM of the authority that the partner's certificate comes from (empty: the public ones),
    ``certificate`` and ``key`` the PEMs that we show. ``headers`` are sent with every message.
    """

    url: str
    ca: str = ""
    certificate: str = ""
    key: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    plain: bool = False

    def faults(self) -> Iterable[str]:
        """What is wrong with the values."""
        yield from TransportSettings.faults(self)
        address = urlsplit(self.url)
        if address.scheme not in ("http", "https") or not address.hostname:
            yield "url must be an address that begins with https://"
        elif address.scheme == "http" and address.hostname not in LOCAL and not self.plain:
            yield "url must begin with https://; `plain = true` allows http"
        if address.username or address.password:
            yield "url must hold no user and password"
        if bool(self.certificate) != bool(self.key):
            yield "certificate and key belong together"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpsSettings(HttpSettings):
    """Messages posted to a partner: cXML, JSON, X12, UBL.

    ``answers`` says that the reply is a message in the channel's standard (cXML's Response, a TA1): it is taken in on
    the channel that the partner answers on. ``user`` and ``password`` are for basic authentication, ``token`` is a
    bearer token, ``shared_secret`` is put into cXML's empty SharedSecret.
    """

    kind: ClassVar[str] = "https"

    answers: bool = False
    user: str = ""
    password: str = ""
    token: str = ""
    shared_secret: str = ""

    def faults(self) -> Iterable[str]:
        """What is wrong with the values."""
        yield from HttpSettings.faults(self)
        yield from self._secrets("password", "token", "shared_secret")
        if bool(self.user) != bool(self.password):
            yield "user and password belong together"
        if self.user and self.token:
            yield "either user and password or a token is expected"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings(HttpSettings):
    """Signed messages to a subscriber, in the way of Standard Webhooks 1.0: id, time, HMAC-SHA-256.

    ``secrets`` are the keys, the present one first; while one is being replaced, both sign. A subscriber drops a second
    copy by its id.
    """

    kind: ClassVar[str] = "webhook"

    secrets: tuple[str, ...]
    resend: bool = True

    def faults(self) -> Iterable[str]:
        """What is wrong with the values."""
        yield from HttpSettings.faults(self)
        if not self.secrets or not all(SECRET.match(one) for one in self.secrets):
            yield "secrets must name where each key is: file:/path or env:NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSettings(TransportSettings):
    """Files that are put into one folder and collected from another.

    ``put`` is the folder for what is sent, ``file_name`` how a file there is called, by ``{type}``, ``{number}`` (the
    control number) and ``{extension}``. ``sent`` is where the partner moves what it took, if that can be seen.

    ``collect`` is the folder that the partner's files are taken from, those that match ``pattern``, once they are
    ``settle_seconds`` old. They are moved to ``archive``, refused ones to ``rejected`` (both are beside the files where
    they are not told); the answers of the standard (997, CONTRL, result files) are put into ``answers``, if told.
    """

    put: str = ""
    file_name: str = "{type}-{number}{extension}"
    sent: str = ""
    collect: str = ""
    pattern: str = "*"
    settle_seconds: int = 10
    archive: str = ""
    rejected: str = ""
    answers: str = ""

    @property
    def pushes(self) -> bool:
        """Whether anything can be sent over it."""
        return bool(self.put)

    @property
    def archived_in(self) -> str:
        """The folder for what was taken in."""
        return self.archive or f"{self.collect.rstrip('/')}/archive"

    @property
    def rejected_in(self) -> str:
        """The folder for what was refused."""
        return self.rejected or f"{self.collect.rstrip('/')}/rejected"

    def faults(self) -> Iterable[str]:
        """What is wrong with the values."""
        yield from TransportSettings.faults(self)
        if not self.put and not self.collect:
            yield "put or collect must name a folder"
        if self.put and self.put.rstrip("/") in (self.collect.rstrip("/"), self.sent.rstrip("/")):
            yield "put, sent and collect must be different folders"
        if self.collect and self.collect.rstrip("/") in (self.archived_in, self.rejected_in):
            yield "archive and rejected must be other folders than collect"
        if "{number}" not in self.file_name or "/" in self.file_name or self.file_name.startswith("."):
            yield "file_name must hold {number}, no folder, and not begin with a dot"
        if not 0 <= self.settle_seconds <= 3600:
            yield "settle_seconds must lie between 0 and 3600"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSettings(FileSettings):
    """Folders of this machine, which an AS2 gateway or a shared disk serves."""

    kind: ClassVar[str] = "folder"


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpSettings(FileSettings):
    """A partner's SFTP server, known by its key.

    ``host_key`` is the fingerprint of its key (``SHA256:...``), or ``known_hosts`` a file in OpenSSH's form; no other
    key is accepted. We are ``user`` with a ``password`` or a private ``key`` (and its ``passphrase``).
    """

    kind: ClassVar[str] = "sftp"

    host: str
    user: str
    port: int = 22
    host_key: str = ""
    known_hosts: str = ""
    password: str = ""
    key: str = ""
    passphrase: str = ""

    def faults(self) -> Iterable[str]:
        """What is wrong with the values."""
        yield from FileSettings.faults(self)
        yield from self._secrets("password", "key", "passphrase")
        if not self.password and not self.key:
            yield "password or key must be told"
        if not self.host_key and not self.known_hosts:
            yield "host_key or known_hosts must be told: an unknown server is never trusted"
        if self.host_key and not HOST_KEY.match(self.host_key):
            yield "host_key must be a fingerprint such as SHA256: and 43 characters"


@dataclass(frozen=True, slots=True, kw_only=True)
class MllpSettings(TransportSettings):
    """An MLLP listener of a hospital system, which answers every message and drops what it has by MSH-10.

    With ``answers = "both"`` the application's answer is waited for after that of the commit (enhanced mode).
    """

    kind: ClassVar[str] = "mllp"

    host: str
    port: int
    answers: Literal["one", "both"] = "one"
    tls: bool = False
    ca: str = ""
    certificate: str = ""
    key: str = ""
    resend: bool = True

    def faults(self) -> Iterable[str]:
        """What is wrong with the values."""
        yield from TransportSettings.faults(self)
        if bool(self.certificate) != bool(self.key):
            yield "certificate and key belong together"
        if (self.ca or self.certificate) and not self.tls:
            yield "ca and certificate need `tls = true`"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailSettings(TransportSettings):
    """Messages as attachments, for partners who have nothing else; a copy has the same Message-ID."""

    kind: ClassVar[str] = "mail"

    host: str
    sender: str
    to: tuple[str, ...]
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    ca: str = ""
    user: str = ""
    password: str = ""
    subject: str = "{type} {number}"
    file_name: str = "{type}-{number}{extension}"

    def faults(self) -> Iterable[str]:
        """What is wrong with the values."""
        yield from TransportSettings.faults(self)
        yield from self._secrets("password")
        if not self.to or not all("@" in address for address in (self.sender, *self.to)):
            yield "sender and to must be mail addresses"
        if bool(self.user) != bool(self.password):
            yield "user and password belong together"
        if self.security == "none" and self.host not in LOCAL:
            yield "security must be starttls or tls, except on this very machine"


TRANSPORT_SETTINGS: Mapping[str, type[TransportSettings]] = {
    one.kind: one for one in (HttpsSettings, WebhookSettings, SftpSettings, FolderSettings, MllpSettings, MailSettings)
}
"""The settings by the name of their transport."""
