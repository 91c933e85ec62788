"""A proxy before Odoo that can keep an answer back after Odoo gave it, so that a fault hits the middle of a call."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from urllib.parse import urlsplit


class Proxy:
    """Passes calls through; answers to calls whose path ends with ``withheld`` wait until ``release``.

    ``held`` is set once an answer is kept back: from then on Odoo has committed and its caller does not know.
    """

    def __init__(self, url: str) -> None:
        target = urlsplit(url)
        self._target = (target.hostname, target.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.withheld: str | None = None
        self.held = threading.Event()
        self._released = threading.Event()

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
        self._listener.close()

    def release(self) -> None:
        """Keep no more answers back, and let go of those that are."""
        self.withheld = None
        self._released.set()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._pass, args=(client,), daemon=True).start()

    def _pass(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client:
            request = _read(client)
            with socket.create_connection(self._target) as server:  # type: ignore[arg-type]
                server.sendall(request)
                answer = b"".join(iter(lambda: server.recv(65536), b""))
            path = request.split(b" ", 2)[1].decode() if request.count(b" ") >= 2 else ""
            if self.withheld and path.endswith(self.withheld):
                self.held.set()
                self._released.wait()
            client.sendall(answer)


def _read(client: socket.socket) -> bytes:
    """One request; Odoo closes the connection after each answer, so there is never a second one."""
    data = b""
    while b"\r\n\r\n" not in data:
        if not (part := client.recv(65536)):
            return data
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    wanted = int(lengths[0]) if lengths else 0
    while len(body) < wanted:
        body += client.recv(65536)
    return head + b"\r\n\r\n" + body
