"""Settings in a temporary folder, and a server of a few lines that answers as it is told."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ops.dev.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """One set of servers on ports that nothing uses."""
    return Settings(tmp_path / "dev", postgres_port=64901, rabbitmq_port=64902, redis_port=64911, odoo_port=64912)


@pytest.fixture
def canned() -> Iterator[Callable[[bytes], str]]:
    """Start a server that sends the given bytes to whoever says something; returns its host and port."""
    servers = []

    def start(reply: bytes) -> str:
        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.recv(4096)
                self.request.sendall(reply)

        server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
