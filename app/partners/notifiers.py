"""How notices leave the house: by mail over SMTP, and by a signed HTTP request.

Used by ``app.flows.notifying``. Errors say what may be done: Transient means that nothing went out, InDoubt that it may
have, Permanent that it never will.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

import httpx

from app import ids
from app.errors import InDoubt, Misconfigured, Permanent, Transient
from app.partners.webhook import signature

TIMEOUT = 20.0
"""Seconds that the other side may take for each answer."""
_UNWANTED = {400, 410, 413, 415, 422}
"""Answers after which the same request makes no sense; a wrong address or secret is mended, and then it does."""
LOCAL = {"localhost", "127.0.0.1", "::1"}
"""Hosts to which a password may go unencrypted: nobody is in between."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A notice in words: ``key`` is its own for ever."""

    key: str
    to: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Mail:
    """Sends letters over an SMTP server.

    ``url`` is ``smtps://user:password@host:465`` (TLS from the start) or ``smtp://host:25``, which is encrypted as soon
    as the server offers it (STARTTLS, RFC 3207).
    """

    url: str
    sender: str

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            known = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and (parts.port or 1) > 0
        except ValueError:
            known = False
        if not known or "@" not in self.sender:
            raise Misconfigured("WARDLINE_SMTP_URL must look like smtps://host:465, WARDLINE_MAIL_FROM like a@b.c")

    def send(self, letter: Letter) -> None:
        """Hand a letter over. Raises Transient, Permanent, and InDoubt where no answer came after it was sent."""
        try:
            server = self._connected()
        except Permanent:
            raise
        except smtplib.SMTPResponseException as error:  # a wrong password, say: somebody mends it, then it goes out
            raise Transient("the mail server takes nothing from us", code=f"mail.{error.smtp_code}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise Transient("the mail server cannot be reached", code="mail.unreachable") from error
        try:
            self._deliver(server, letter)
        finally:
            with suppress(OSError, smtplib.SMTPException):  # it is delivered or not by now, whatever the farewell
                server.quit()
            server.close()

    def _deliver(self, server: smtplib.SMTP, letter: Letter) -> None:
        try:
            _demand(server.mail(self.sender))
            _demand(server.rcpt(letter.to))
        except (OSError, smtplib.SMTPException) as error:
            raise Transient("the mail server hung up", code="mail.unreachable") from error
        try:
            code, _ = server.data(self._message(letter).as_bytes())
        except smtplib.SMTPDataError as error:
            raise _by_code(error.smtp_code) from error
        except (OSError, smtplib.SMTPException) as error:
            raise InDoubt("the mail server gave no answer", code="mail.no_answer") from error
        _demand((code, b""))

    def _connected(self) -> smtplib.SMTP:
        server = self._dialled()
        try:
            server.ehlo_or_helo_if_needed()
            self._authenticate(server)
        except BaseException:
            server.close()
            raise
        return server

    def _dialled(self) -> smtplib.SMTP:
        parts = urlsplit(self.url)
        assert parts.hostname
        if parts.scheme == "smtps":
            return smtplib.SMTP_SSL(
                parts.hostname, parts.port or 465, timeout=TIMEOUT, context=ssl.create_default_context()
            )
        return smtplib.SMTP(parts.hostname, parts.port or 25, timeout=TIMEOUT)

    def _authenticate(self, server: smtplib.SMTP) -> None:
        parts = urlsplit(self.url)
        secure = parts.scheme == "smtps"
        if not secure and server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
            secure = True
        if parts.username:
            if not secure and parts.hostname not in LOCAL:
                raise Permanent("the mail server offers no encryption for the password", code="mail.not_encrypted")
            server.login(unquote(parts.username), unquote(parts.password or ""))

    def _message(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, letter.to, letter.subject
        message["Date"] = format_datetime(ids.now())
        # The same for every attempt, so that whoever gets two can tell that they are one.
        message["Message-ID"] = f"<{ids.digest(letter.key.encode())[:32]}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts notices as JSON, signed as Standard Webhooks say (HMAC-SHA256 over id, timestamp and body)."""

    url: str
    secret: bytes

    def send(self, key: str, body: Mapping[str, object]) -> None:
        """Post a notice; its key is the request's id, by which the receiver knows a repetition.

        Raises Transient where it may be sent again, Permanent where the receiver does not want it.
        """
        content = ids.canonical_json(body)
        try:
            with httpx.Client(timeout=TIMEOUT, follow_redirects=False) as client:
                response = client.post(self.url, content=content, headers=self.headers(key, content))
        except httpx.InvalidURL as error:
            raise Permanent("the webhook's address is none", code="webhook.address") from error
        except httpx.HTTPError as error:
            raise Transient("the webhook cannot be reached", code="webhook.unreachable") from error
        status = response.status_code
        if status in _UNWANTED:
            raise Permanent(f"the webhook answered {status}", code=f"webhook.{status}")
        if not response.is_success:
            raise Transient(f"the webhook answered {status}", code=f"webhook.{status}")

    def headers(self, key: str, content: bytes) -> dict[str, str]:
        """The header fields of a request: id, time in seconds since 1970, and the signature over both and the body."""
        at = str(int(ids.now().timestamp()))
        signed = signature(self.secret, key, at, content)
        own = {"webhook-id": key, "webhook-timestamp": at, "webhook-signature": signed}
        return {"Content-Type": "application/json", **own}


def _demand(answer: tuple[int, bytes]) -> None:
    if not 200 <= answer[0] < 300:
        raise _by_code(answer[0])


def _by_code(code: int) -> Transient | Permanent:
    """The texts of servers quote addresses; the code is enough."""
    if 500 <= code < 600:
        return Permanent(f"the mail server refused it ({code})", code=f"mail.{code}")
    return Transient(f"the mail server put it off ({code})", code=f"mail.{code}")
