"""A faulty proxy before an HTTP server: what networks, load balancers and dying machines do to calls, on demand.

Used by the drill between Wardline and Odoo, and before suppliers. It serves one call per connection, as Odoo does.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal["refused", "cut_before", "cut_after", "bad_gateway", "unavailable", "slow"]
_ENDING = b"Content-Type: text/html\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
ANSWERS = {
    "bad_gateway": b"HTTP/1.1 502 Bad Gateway\r\n" + _ENDING,
    "unavailable": b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n" + _ENDING,
}
"""What a proxy says itself while the server behind it is away."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What befalls every ``every``-th call whose path ends with ``path``.

    ``refused`` and ``cut_before`` keep the server from hearing it, ``bad_gateway`` and ``unavailable`` too;
    ``cut_after`` loses the answer to what was done; ``slow`` keeps the answer back for ``seconds``.
    """

    kind: Kind
    every: int = 1
    path: str = ""
    seconds: float = 0.0


class FaultyProxy:
    """Passes calls through to ``url``; ``trouble`` may be set and taken away at any time. ``befallen`` counts."""

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self._target = (target.hostname or "", target.port or 80)
        self._listen(0)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.trouble: Trouble | None = None
        self.befallen = 0
        self._calls = itertools.count(1)

    def __enter__(self) -> FaultyProxy:
        threading.Thread(target=self._serve, args=[self._listener], name="faulty proxy", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.trouble = None
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # a thread that waits in accept would keep the port open
        self._listener.close()

    @contextlib.contextmanager
    def away(self) -> Iterator[None]:
        """For a while nobody listens, then again on the same port."""
        port = self._listener.getsockname()[1]
        self.__exit__(None, None, None)
        try:
            yield
        finally:
            self._listen(port)
            self.__enter__()

    def _listen(self, port: int) -> None:
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)

    def _serve(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            client.settimeout(120)
            trouble = self.trouble
            if trouble and trouble.kind == "refused":
                self.befallen += 1
                return
            request = _read(client)
            struck = trouble if trouble and self._strikes(trouble, request) else None
            if struck and struck.kind == "cut_before":
                return
            if struck and struck.kind in ANSWERS:
                client.sendall(ANSWERS[struck.kind])
                return
            answer = self._ask(request)
            if struck and struck.kind == "cut_after":
                return
            time.sleep(struck.seconds if struck else 0)
            client.sendall(answer)

    def _strikes(self, trouble: Trouble, request: bytes) -> bool:
        words = request.split(b" ", 2)
        if not (len(words) > 1 and words[1].decode(errors="replace").endswith(trouble.path)):
            return False
        strikes = next(self._calls) % trouble.every == 0
        self.befallen += strikes
        return strikes

    def _ask(self, request: bytes) -> bytes:
        with socket.create_connection(self._target, timeout=120) as server:
            server.sendall(request)
            return b"".join(iter(lambda: server.recv(65536), b""))


def _read(client: socket.socket) -> bytes:
    """One request, whole."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (part := client.recv(65536)):
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    wanted = int(lengths[0]) if lengths else 0
    while len(body) < wanted:
        if not (part := client.recv(65536)):
            return data
        body += part
    return head + b"\r\n\r\n" + body
