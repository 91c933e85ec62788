"""A partner's SFTP server: ``kind = "sftp"``.

Listed in ``app.partners``. The server is known by its key and by nothing else; one whose key is another is never spoken
to. A fault while a file is written has no effect, since only its last step, the renaming, makes it visible.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import io
import logging
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

import paramiko

from app.errors import Misconfigured, Transient, WardlineError
from app.model.transport import SftpSettings
from app.partners.base import denied, unreachable
from app.partners.files import Entry, Files
from app.settings import secret

Result = TypeVar("Result")

LOST = (EOFError, socket.timeout, ConnectionError, paramiko.SSHException)
"""The connection is gone, or does not answer in time."""

# The library tells every lost connection as an error with its trace; what it means is told by us.
logging.getLogger("paramiko").setLevel(logging.CRITICAL)


class Sftp(Files):
    """The transport of SFTP."""

    def __init__(self, settings: SftpSettings) -> None:
        super().__init__(settings, RemoteDisk(settings))


class RemoteDisk:
    """The partner's disk, over one connection that is made when it is first needed."""

    def __init__(self, settings: SftpSettings) -> None:
        self._settings = settings
        self._session: paramiko.SFTPClient | None = None
        self._client: paramiko.SSHClient | None = None

    def size(self, path: str) -> int | None:
        """How long a file is."""
        try:
            found = self._do(lambda session: session.stat(path), missing=True)
        except FileNotFoundError:
            return None
        return int(found.st_size or 0)

    def entries(self, folder: str) -> list[Entry]:
        """The files of a folder."""
        listed = self._do(lambda session: session.listdir_attr(folder))
        return [_entry(one) for one in listed if stat.S_ISREG(one.st_mode or stat.S_IFREG)]

    def read(self, path: str) -> bytes:
        """A file's content."""
        content = io.BytesIO()
        self._do(lambda session: session.getfo(path, content))
        return content.getvalue()

    def write(self, path: str, body: bytes) -> None:
        """Write a file and wait for the server to have confirmed every part of it."""
        self._do(lambda session: session.putfo(io.BytesIO(body), path, confirm=False))

    def move(self, source: str, target: str) -> None:
        """Rename a file; the request of SFTP 3 fails where the name is taken (draft-ietf-secsh-filexfer-02, 6.5)."""
        if self.size(target) is not None:
            raise Transient("a file of that name is there", code="partner.name_taken")
        self._do(lambda session: session.rename(source, target))

    def make(self, folder: str) -> None:
        """Make a folder where there is none."""
        if self.size(folder) is None:
            self._do(lambda session: session.mkdir(folder))

    def close(self) -> None:
        """End the connection."""
        client, self._client, self._session = self._client, None, None
        if client is not None:
            client.close()

    def _do(self, call: Callable[[Any], Result], *, missing: bool = False) -> Result:
        """Carry out one request. Raises Unavailable where the connection or a folder is at fault, else Transient."""
        session = self._session or self._connect()
        with self._told(missing=missing):
            return call(session)

    @contextmanager
    def _told(self, *, missing: bool) -> Iterator[None]:
        try:
            yield
        except LOST as error:
            self.close()
            raise unreachable(error) from error
        except OSError as error:
            if missing and error.errno == errno.ENOENT:
                raise FileNotFoundError from error
            raise _fault(error) from error

    def _connect(self) -> paramiko.SFTPClient:
        settings, seconds = self._settings, self._settings.connect_seconds
        client = self._client = paramiko.SSHClient()
        client.set_missing_host_key_policy(_Known(settings.host_key))
        try:
            if settings.known_hosts:
                client.load_host_keys(settings.known_hosts)
            client.connect(
                settings.host,
                settings.port,
                settings.user,
                **_credentials(settings),
                timeout=seconds,
                banner_timeout=seconds,
                auth_timeout=seconds,
                channel_timeout=seconds,
                allow_agent=False,
                look_for_keys=False,
            )
            self._session = client.open_sftp()
        except (OSError, EOFError, paramiko.SSHException) as error:
            self.close()
            raise _unconnected(error) from error
        channel = self._session.get_channel()
        assert channel is not None
        channel.settimeout(settings.read_seconds)
        return self._session


class _Known(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    """Lets in a server whose key has the fingerprint that the channel names, and no other."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint.rstrip("=")

    def missing_host_key(self, _: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Raises BadHostKeyException for another key."""
        shown = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
        if f"SHA256:{shown}" != self._fingerprint:
            raise paramiko.BadHostKeyException(hostname, key, key)


def _credentials(settings: SftpSettings) -> dict[str, Any]:
    password = secret(settings.password) if settings.password else None
    if not settings.key:
        return {"password": password}
    passphrase = secret(settings.passphrase) if settings.passphrase else None
    return {"password": password, "pkey": private_key(secret(settings.key), passphrase)}


def private_key(text: str, passphrase: str | None = None) -> paramiko.PKey:
    """A private key in any form that OpenSSH writes. Raises Misconfigured."""
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            key: paramiko.PKey = kind.from_private_key(io.StringIO(text), passphrase)
        except (paramiko.SSHException, ValueError, IndexError):
            continue
        return key
    raise Misconfigured("the channel's private key cannot be read", code="secret.malformed")


def _entry(found: paramiko.SFTPAttributes) -> Entry:
    return Entry(found.filename, int(found.st_size or 0), datetime.fromtimestamp(found.st_mtime or 0, UTC))


def _unconnected(error: BaseException) -> WardlineError:
    if isinstance(error, paramiko.BadHostKeyException):
        return denied("the partner's server has another key than the one we know", "partner.host_key")
    if isinstance(error, paramiko.AuthenticationException):
        return denied("the partner's server does not let us in", "partner.unauthorized")
    if isinstance(error, FileNotFoundError):
        return Misconfigured("the file of known hosts is not there", code="sftp.known_hosts")
    return unreachable(error)


def _fault(error: OSError) -> WardlineError:
    word = errno.errorcode.get(error.errno or 0, "failure")
    if error.errno in (errno.ENOENT, errno.EACCES):
        return denied(f"a folder of the channel cannot be used ({word})", "partner.folder")
    return Transient(f"the partner's server could not do it ({word})", code="partner.write_failed")
