"""A server that answers exactly as a test tells it to, with whatever may stand between Wardline and Odoo."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from app.odoo.transport import Connection

API_KEY = "0123456789abcdef0123456789abcdef01234567"


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; ``peer`` tells connections apart."""

    path: str
    headers: dict[str, str]
    body: Any
    peer: tuple[str, int]


class Handler(BaseHTTPRequestHandler):
    """One request, answered by the server's ``behave``."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append(Seen(self.path, dict(self.headers), json.loads(content), self.client_address))
        self.server.behave(self)

    def do_GET(self) -> None:
        self.server.seen.append(Seen(self.path, dict(self.headers), None, self.client_address))
        self.server.behave(self)

    def answer(self, status: int, content: bytes, content_type: str = "application/json", **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def drop(self) -> None:
        """Cut the connection without a word."""
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Keeps what it saw; ``behave`` is what it does with a request once it has read it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[Seen] = []
        self.behave: Callable[[Handler], None] = lambda handler: handler.answer(200, b"[]")
        self.url = f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """The client may be gone by the time the answer is ready."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def connection(server: Server) -> Iterator[Connection]:
    connection = Connection(server.url, "hospital", API_KEY, connect_timeout=0.5, read_timeout=0.5)
    yield connection
    connection.close()
