"""The MLLP listener in a thread, and senders to talk to it over real sockets.

A pytest plugin; used by the tests of the listener, of its TLS and of its process.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.ledger import schema, tables
from app.model.channel import Channel
from app.model.setup import Setup
from app.services import Services, build
from app.standards.hl7v2.framing import END, START
from tests import factories
from workers.mllp import Listener, Patience

CATHLAB = Channel(name="cathlab", standard="hl7v2", facility="GEN", mllp_port=0)
THEATRE = Channel(name="theatre", standard="hl7v2", facility="GEN", mllp_port=0, lane="urgent")
LIMIT = 100_000


class Sender:
    """A clinical system's end of a connection."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._received = b""

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def answer(self) -> list[list[str]]:
        """The next answer, as segments and fields."""
        while END not in self._received:
            data = self._connection.recv(65536)
            assert data, "the listener hung up without an answer"
            self._received += data
        content, _, self._received = self._received.partition(END)
        assert content.startswith(START)
        return [segment.split("|") for segment in content[1:].decode().split("\r") if segment]

    def said(self) -> tuple[str, str]:
        """MSA-1 and MSA-2 of the next answer."""
        msa = next(fields for fields in self.answer() if fields[0] == "MSA")
        return msa[1], [*msa, ""][2]

    def hung_up(self) -> bool:
        """Whether the listener ends the connection without saying anything more."""
        with suppress(ConnectionError):
            return self._received == b"" and self._connection.recv(1) == b""
        return True

    def leave(self) -> None:
        self._connection.close()


class Running:
    """A listener in a thread of its own."""

    def __init__(self, services: Services, patience: Patience) -> None:
        self.services = services
        self._listener = Listener(services, patience)
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._up = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(),))
        self._thread.start()
        assert self._up.wait(10)

    async def _run(self) -> None:
        async with self._listener:
            self._up.set()
            await self._stop.wait()

    def stop(self) -> None:
        """Ask it to stop, as SIGTERM does; returns at once."""
        self._loop.call_soon_threadsafe(self._stop.set)

    def wait(self) -> None:
        """Wait until it has stopped."""
        self._thread.join(20)
        assert not self._thread.is_alive()

    def connect(self, channel: str = "cathlab", context: ssl.SSLContext | None = None) -> Sender:
        connection = socket.create_connection(("127.0.0.1", self._listener.ports[channel]), timeout=60)
        return Sender(context.wrap_socket(connection, server_hostname="localhost") if context else connection)

    def stored(self) -> list[Any]:
        with self.services.ledger.reading() as tx:
            return list(tx.execute(sa.select(tables.message).order_by(tables.message.c.id)))


Listen = Callable[..., Running]


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Listen]:
    """Starts listeners over a new ledger, and stops them."""
    with ExitStack() as stack:

        def start(patience: Patience | None = None, **changes: Any) -> Running:
            running = Running(services_at(tmp_path, **changes), patience or Patience(idle=10))
            stack.callback(running.wait)
            stack.callback(running.stop)
            return running

        yield start


def services_at(folder: Path, **changes: Any) -> Services:
    (folder / "channels.toml").write_text("")
    settings = factories.settings(folder, **{"body_limit": LIMIT} | changes)
    made = build(replace(settings, channels_file=str(folder / "channels.toml")))
    schema.upgrade(made.ledger.database)
    return replace(made, setup=Setup({channel.name: channel for channel in (CATHLAB, THEATRE)}))


def frame(content: bytes) -> bytes:
    return START + content + END
