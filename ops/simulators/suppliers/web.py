"""A small HTTP server on a real socket, for suppliers and subscribers that are simulated.

Used by the suppliers of this package and by the transports' contract tests.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True, slots=True)
class Request:
    """What came: path, headers in lower case, and body."""

    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; ``cut`` hangs up without a word after the request was taken."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False


Answerer = Callable[[Request], Reply]


class WebServer:
    """Answers POST requests on a port of its own, while its context lasts; encrypted where ``tls`` is given."""

    def __init__(self, answerer: Answerer, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(answerer))
        self._scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=[0.02], daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


def _handler(answerer: Answerer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self._answer(answerer(Request(self.path, headers, body)))

        def do_OPTIONS(self) -> None:
            self._answer(Reply(204, headers={"allow": "POST"}))

        def log_message(self, *_: object) -> None:
            """Nothing: what comes may hold what nobody may read in a log."""

        def _answer(self, reply: Reply) -> None:
            self.close_connection = True
            if reply.cut:
                return
            self.send_response(reply.status)
            for name, value in {"content-type": reply.content_type, **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(reply.body)))
            with suppress(OSError):  # who asked may have hung up
                self.end_headers()
                self.wfile.write(reply.body)

    return Handler
