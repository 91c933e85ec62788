"""Messages as attachments of mails, for partners who have nothing else: ``kind = "mail"``.

Listed in ``app.partners``. A mail that the server took is on its way and no more is known; a copy has the same
Message-ID, by which most mailboxes drop it.
"""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime

from app.errors import Misconfigured, Transient, WardlineError
from app.model.transport import MailSettings
from app.partners.base import Delivery, Parcel, Refused, denied, unknown, unreachable
from app.settings import secret


class Mail:
    """The transport of mails."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings

    def check(self) -> str:
        """Connect and log in."""
        with self._connect() as server:
            code, _ = server.noop()
        return f"{self._settings.host} answers {code}"

    def send(self, parcel: Parcel) -> Delivery:
        """Hand a mail to the server."""
        mail = compose(self._settings, parcel)
        with self._connect() as server:
            try:
                refused = server.send_message(mail, self._settings.sender, list(self._settings.to))
            except smtplib.SMTPException as error:
                raise _fault(error) from error
            except OSError as error:
                raise unknown(f"the connection ended ({type(error).__name__})") from error
        if refused:
            raise Refused("the mail server refused one of the recipients", code="partner.recipient")
        return Delivery(str(mail["Message-ID"]))

    def look(self, _: Parcel) -> Delivery | None:
        """A mail server does not tell."""
        raise unknown("a mail server cannot tell what became of a mail")

    def close(self) -> None:
        """Nothing is held."""

    def _connect(self) -> smtplib.SMTP:
        """A session, encrypted and logged in. Raises Unavailable."""
        settings = self._settings
        try:
            trust = ssl.create_default_context(cafile=settings.ca or None)
        except OSError as error:
            raise Misconfigured("the channel's ca cannot be read", code="tls.files") from error
        try:
            return _session(settings, trust)
        except ssl.SSLCertVerificationError as error:
            raise denied("the mail server's certificate is not trusted", "partner.certificate") from error
        except smtplib.SMTPAuthenticationError as error:
            raise denied("the mail server does not let us in", "partner.unauthorized") from error
        except (OSError, smtplib.SMTPException) as error:
            raise unreachable(error) from error


def compose(settings: MailSettings, parcel: Parcel) -> EmailMessage:
    """The mail; equal for every copy."""
    mail = EmailMessage()
    mail["From"], mail["To"] = settings.sender, ", ".join(settings.to)
    mail["Subject"] = settings.subject.format(type=parcel.message_type, number=parcel.number)
    mail["Date"] = format_datetime(parcel.written_at)
    mail["Message-ID"] = f"<{parcel.id.hex}@{settings.sender.rpartition('@')[2]}>"
    mail.set_content("The attached message was written by Wardline.")
    main, _, sub = parcel.content_type.partition(";")[0].partition("/")
    mail.add_attachment(parcel.body, main, sub, filename=parcel.file_name(settings.file_name))
    return mail


def _session(settings: MailSettings, trust: ssl.SSLContext) -> smtplib.SMTP:
    seconds = settings.connect_seconds
    server: smtplib.SMTP = (
        smtplib.SMTP_SSL(settings.host, settings.port, timeout=seconds, context=trust)
        if settings.security == "tls"
        else smtplib.SMTP(settings.host, settings.port, timeout=seconds)
    )
    try:
        if settings.security == "starttls":
            server.starttls(context=trust)
        if settings.user:
            server.login(settings.user, secret(settings.password))
    except BaseException:
        server.close()
        raise
    if server.sock is not None:
        server.sock.settimeout(settings.read_seconds)
    return server


def _fault(error: smtplib.SMTPException) -> WardlineError:
    """What a refusal means: 4xx is for now, 5xx for good (RFC 5321, section 4.2.1)."""
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return unknown("the mail server hung up")
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        codes = [code for code, _ in error.recipients.values()]
    else:
        codes = [getattr(error, "smtp_code", 500)]
    if all(400 <= code < 500 for code in codes):
        return Transient(f"the mail server put the mail off ({codes[0]})", code=f"partner.smtp_{codes[0]}")
    return Refused(f"the mail server refused the mail ({max(codes)})", code=f"partner.smtp_{max(codes)}")
