"""Partners on real sockets for the transports' contract suite: each takes what is sent and keeps its bytes."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes
from pathlib import Path
from typing import Any

from app import ids
from app.model.transport import FolderSettings, HttpsSettings, MailSettings, MllpSettings, SftpSettings, WebhookSettings
from app.partners.base import Parcel, Transport
from app.partners.folder import Folder
from app.partners.https import Https
from app.partners.mail import Mail
from app.partners.mllp import Mllp
from app.partners.sftp import Sftp
from app.partners.webhook import Webhook
from app.standards.hl7v2.framing import END, START, Deframer
from ops.simulators.suppliers.sftp_server import SftpServer
from ops.simulators.suppliers.web import Reply, Request, WebServer

ACK = b"MSH|^~\\&|LAB|GEN|WARDLINE|GEN|20261123080000||ACK|1|P|2.5\rMSA|AA|000000007\r"
WEBHOOK_KEY = "whsec_" + "d2FyZGxpbmUgd2FyZGxpbmUgd2FyZGxpbmU="


WHEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ORDER = b"ISA*00*~\r\nGS*PO~\x85 not text\n"


def parcel(**changes: Any) -> Parcel:
    made = Parcel(ids.new_id(), "850", 7, "000000007", "application/edi-x12", ORDER, WHEN)
    return replace(made, **changes)


@dataclass
class Bench:
    """A transport and the partner at its other end; ``away`` is the same transport to a partner that is not there."""

    transport: Transport
    away: Transport
    received: Callable[[], list[bytes]]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@dataclass
class Web:
    """Keeps requests and answers them with what tests put into ``replies``."""

    replies: list[Reply] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    pause: float = 0.0

    def __call__(self, request: Request) -> Reply:
        self.requests.append(request)
        time.sleep(self.pause)
        return self.replies.pop(0) if self.replies else Reply()

    def bodies(self) -> list[bytes]:
        return [request.body for request in self.requests]


@contextmanager
def https(_: Path) -> Iterator[Bench]:
    web = Web()
    with WebServer(web) as server:
        away = Https(HttpsSettings(url=f"http://127.0.0.1:{free_port()}/"))
        yield Bench(Https(HttpsSettings(url=server.url)), away, web.bodies)


@contextmanager
def webhook(folder: Path) -> Iterator[Bench]:
    web, key = Web(), folder / "key"
    key.write_text(WEBHOOK_KEY)
    secrets = (f"file:{key}",)
    with WebServer(web) as server:
        away = Webhook(WebhookSettings(url=f"http://127.0.0.1:{free_port()}/", secrets=secrets))
        yield Bench(Webhook(WebhookSettings(url=server.url, secrets=secrets)), away, web.bodies)


@contextmanager
def folder(path: Path) -> Iterator[Bench]:
    (path / "put").mkdir()
    gone = Folder(FolderSettings(put=str(path / "not there")))
    yield Bench(Folder(FolderSettings(put=str(path / "put"))), gone, lambda: _files(path / "put"))


def _files(path: Path) -> list[bytes]:
    return [one.read_bytes() for one in sorted(path.iterdir()) if not one.name.startswith(".")]


def sftp_settings(server: SftpServer, secret: Path, **changes: object) -> SftpSettings:
    secret.write_text(server.password + "\n")
    values: dict[str, object] = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": server.user,
        "password": f"file:{secret}",
        "host_key": server.fingerprint,
        "put": "/put",
        "connect_seconds": 2,
        "read_seconds": 2,
    }
    return SftpSettings(**values | changes)  # type: ignore[arg-type]


@contextmanager
def sftp(path: Path) -> Iterator[Bench]:
    root = path / "root"
    (root / "put").mkdir(parents=True)
    with SftpServer(root) as server:
        away = Sftp(sftp_settings(server, path / "password", port=free_port()))
        transport = Sftp(sftp_settings(server, path / "password"))
        yield Bench(transport, away, lambda: _files(root / "put"))
        transport.close()


@dataclass
class Listener:
    """A TCP server whose ``talk`` is given every connection; ``came`` is what it took."""

    talk: Callable[[socket.socket, list[bytes]], None]
    tls: ssl.SSLContext | None = None
    came: list[bytes] = field(default_factory=list)

    def __enter__(self) -> Listener:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._socket.accept()
                line = self.tls.wrap_socket(line, server_side=True) if self.tls else line
            except ssl.SSLError:
                continue
            except OSError:
                return
            with line:
                try:
                    self.talk(line, self.came)
                except OSError:
                    continue


def hospital(*answers: bytes, pause: float = 0.0) -> Callable[[socket.socket, list[bytes]], None]:
    """An MLLP listener that gives every message these answers."""

    def talk(line: socket.socket, came: list[bytes]) -> None:
        deframer = Deframer(1_000_000)
        while data := line.recv(65536):
            deframer.feed(data)
            if isinstance(frame := deframer.next(), bytes):
                came.append(frame)
                time.sleep(pause)
                for answer in answers:
                    line.sendall(START + answer + END)
                if not answers:
                    return

    return talk


@contextmanager
def mllp(_: Path) -> Iterator[Bench]:
    with Listener(hospital(ACK)) as listener:
        away = Mllp(MllpSettings(host="127.0.0.1", port=free_port()))
        yield Bench(Mllp(MllpSettings(host="127.0.0.1", port=listener.port)), away, lambda: listener.came)


def mail_server(end_of_data: bytes = b"250 queued as 42", recipient: bytes = b"250 fine") -> Callable[..., None]:
    """An SMTP server; ``end_of_data`` is its answer to the whole mail, empty: it hangs up."""

    def talk(line: socket.socket, came: list[bytes]) -> None:
        file = line.makefile("rwb")

        def say(text: bytes) -> None:
            file.write(text + b"\r\n")
            file.flush()

        say(b"220 mail")
        while command := file.readline():
            verb = command[:4].upper()
            if verb == b"DATA":
                say(b"354 go on")
                lines = iter(file.readline, b".\r\n")
                came.append(b"".join(lines))
                if not end_of_data:
                    return
                say(end_of_data)
            elif verb == b"QUIT":
                say(b"221 bye")
                return
            else:
                say(recipient if verb == b"RCPT" else b"250 fine")

    return talk


def mail_settings(port: int) -> MailSettings:
    return MailSettings(
        host="127.0.0.1", port=port, security="none", sender="orders@general.example", to=("edi@acme.example",)
    )


def attachments(mails: list[bytes]) -> list[bytes]:
    """The attached files of mails, as bytes."""
    parts = [part for mail in mails for part in message_from_bytes(mail).walk() if part.get_filename()]
    return [content for part in parts if isinstance(content := part.get_payload(decode=True), bytes)]


@contextmanager
def mail(_: Path) -> Iterator[Bench]:
    with Listener(mail_server()) as listener:
        transport, away = Mail(mail_settings(listener.port)), Mail(mail_settings(free_port()))
        yield Bench(transport, away, lambda: attachments(listener.came))
