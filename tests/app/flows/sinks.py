"""A mail server and a webhook's receiver for tests, each on a port of its own, with manners that a test chooses."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = Callable[[str], str | None]
"""The answer to a command of SMTP (``DATA.`` for the end of the letter); None hangs up."""


@dataclass
class MailSink:
    """Letters taken in by a small SMTP server (RFC 5321); ``manners`` may answer otherwise than it would."""

    letters: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    manners: dict[str, str | None] = field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = 0

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}"

    def talk(self, channel: Any) -> None:
        """One conversation."""
        channel.write(b"220 sink\r\n")
        for raw in channel:
            line = raw.decode().rstrip("\r\n")
            verb = line.split(" ", 1)[0].upper()
            self.commands.append(verb)
            usual = {"DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 fine")
            if not self._answer(channel, verb, usual):
                return
            if verb == "DATA" and "DATA" not in self.manners:
                letter = b"".join(iter(channel.readline, b".\r\n")).decode()
                # Only what was answered with 250 is the server's: a letter whose answer is lost may be either.
                self.letters.append(letter)
                if not self._answer(channel, "DATA.", "250 taken"):
                    return

    def _answer(self, channel: Any, verb: str, usual: str) -> bool:
        answer = self.manners.get(verb, usual)
        if answer is None:
            return False
        channel.write(f"{answer}\r\n".encode())
        return not answer.startswith("221")


@contextlib.contextmanager
def mail_sink(host: str = "127.0.0.1", **manners: str | None) -> Iterator[MailSink]:
    """A mail server that runs for the length of the block."""
    sink = MailSink(manners=dict(manners), host=host)

    class Talk(socketserver.StreamRequestHandler):
        wbufsize = 0

        def handle(self) -> None:
            with contextlib.suppress(ConnectionError):
                sink.talk(_Channel(self.rfile, self.wfile))

    server = socketserver.ThreadingTCPServer((host, 0), Talk)
    server.daemon_threads = True
    sink.port = server.server_address[1]
    with _serving(server):
        yield sink


@dataclass
class _Channel:
    reader: Any
    writer: Any

    def write(self, data: bytes) -> None:
        self.writer.write(data)

    def readline(self) -> bytes:
        line: bytes = self.reader.readline()
        return line

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.readline, b"")


@dataclass
class Posted:
    """A request that the receiver got."""

    headers: dict[str, str]
    body: bytes


@dataclass
class WebhookSink:
    """What was posted; ``statuses`` are the answers in turn, the last one for ever."""

    posted: list[Posted] = field(default_factory=list)
    statuses: list[int] = field(default_factory=lambda: [204])
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextlib.contextmanager
def webhook_sink(*statuses: int) -> Iterator[WebhookSink]:
    """A receiver that runs for the length of the block."""
    sink = WebhookSink(statuses=list(statuses) or [204])

    class Receive(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.posted.append(Posted({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(sink.statuses[0] if len(sink.statuses) == 1 else sink.statuses.pop(0))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing on standard error."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receive)
    sink.port = server.server_address[1]
    with _serving(server):
        yield sink


@contextlib.contextmanager
def _serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
