"""A hospital system's MLLP listener, which answers every message on the same connection: ``kind = "mllp"``.

Listed in ``app.partners``. In original mode the application answers (AA), in enhanced mode first the system that took
the message (CA) and then, perhaps on the same connection, the application (HL7 v2.9, sections 2.9.2 and 2.9.3).
"""

from __future__ import annotations

import socket
import ssl
import time

from app.errors import Misconfigured
from app.model.transport import MllpSettings
from app.partners.base import Delivery, Parcel, denied, unknown, unreachable
from app.standards.hl7v2.framing import END, START, Deframer

LARGEST_ANSWER = 1024 * 1024
CONTENT_TYPE = "application/hl7-v2"


class Mllp:
    """The transport of MLLP; a connection for each message, which many listeners want anyway."""

    def __init__(self, settings: MllpSettings) -> None:
        self._settings = settings
        self._trust = _trust(settings)

    def check(self) -> str:
        """Connect and hang up."""
        self._connect().close()
        return f"{self._settings.host}:{self._settings.port} takes connections"

    def send(self, parcel: Parcel) -> Delivery:
        """Send a message and wait for its answer, or for both."""
        wanted = 2 if self._settings.answers == "both" else 1
        deadline = time.monotonic() + self._settings.read_seconds
        with self._connect() as line:
            try:
                line.sendall(START + parcel.body + END)
                answers = _answers(line, wanted, deadline)
            except OSError as error:
                raise unknown(f"the connection ended ({type(error).__name__})") from error
        return Delivery("answered", answers, CONTENT_TYPE)

    def look(self, _: Parcel) -> Delivery | None:
        """MLLP has no way to ask."""
        raise unknown("MLLP cannot tell what became of a message")

    def close(self) -> None:
        """Nothing is held."""

    def _connect(self) -> socket.socket:
        address = (self._settings.host, self._settings.port)
        try:
            line = socket.create_connection(address, timeout=self._settings.connect_seconds)
        except OSError as error:
            raise unreachable(error) from error
        try:
            return self._trust.wrap_socket(line, server_hostname=self._settings.host) if self._trust else line
        except ssl.SSLCertVerificationError as error:
            line.close()
            raise denied("the partner's certificate is not trusted", "partner.certificate") from error
        except OSError as error:
            line.close()
            raise unreachable(error) from error


def _answers(line: socket.socket, wanted: int, deadline: float) -> tuple[bytes, ...]:
    """The answers that came; one of two is enough, for the application may answer later on a line of its own."""
    deframer, found = Deframer(LARGEST_ANSWER), list[bytes]()
    while len(found) < wanted:
        if (frame := deframer.next()) is not None:
            if not isinstance(frame, bytes):
                raise unknown("the partner's answer is too long", "partner.answer_too_long")
            found.append(frame)
            continue
        try:
            data = _more(line, deadline)
        except TimeoutError:
            data = b""
        if not data:
            break
        deframer.feed(data)
    if not found:
        raise unknown("the partner did not answer")
    return tuple(found)


def _more(line: socket.socket, deadline: float) -> bytes:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    line.settimeout(left)
    return line.recv(65536)


def _trust(settings: MllpSettings) -> ssl.SSLContext | None:
    if not settings.tls:
        return None
    try:
        trust = ssl.create_default_context(cafile=settings.ca or None)
        if settings.certificate:
            trust.load_cert_chain(settings.certificate, settings.key)
    except OSError as error:
        raise Misconfigured("the certificates of the channel's transport cannot be read", code="tls.files") from error
    return trust
