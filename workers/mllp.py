"""The MLLP listener: HL7 v2 over TCP, one port a channel; a message is answered when the ledger has it.

A process of its own, ``python -m workers.mllp``. The other side of ``app.flows.intake``; it does what ``api.intake``
does for HTTP. A connection has one message in work at a time and gets its answers in the order of its messages; a
message without an answer was not stored, and its sender sends it again. In HL7's enhanced mode the answer may be two
messages, each in a frame of its own, or none, where the sender wants none.
"""

from __future__ import annotations

import asyncio
import signal
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import structlog

from app import ids, settings, telemetry
from app.errors import Misconfigured
from app.flows.intake import Sending, refuse_oversized
from app.model.channel import Channel
from app.services import Services, build
from app.settings import Settings
from app.standards import by_name
from app.standards.hl7v2.framing import END, START, Deframer, TooLarge

THREADS = 16
"""How many messages are stored at once; the ledger's connections allow more."""
HANDSHAKE_SECONDS = 10.0
_PIECE = 64 * 1024

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a sender may be silent, take for one frame, and take to accept an answer; in seconds."""

    idle: float
    frame: float = 60.0
    write: float = 30.0


class Connection:
    """One sender's connection. ``answer`` turns a frame into the messages that answer it."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        answer: Callable[[bytes | TooLarge], Awaitable[Sequence[bytes]]],
        limit: int,
        patience: Patience,
    ) -> None:
        task = asyncio.current_task()
        assert task
        self.task = task
        self.leaving = False
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._deframer = Deframer(limit)
        self._patience = patience
        self._busy = False

    async def serve(self) -> None:
        """Answer message after message until the sender leaves, or we do. Raises OSError where it is lost."""
        while not self.leaving and (frame := await self._frame()) is not None:
            self._busy = True
            for message in await self._answer(frame):
                self._writer.write(START + message + END)
            async with asyncio.timeout(self._patience.write):
                await self._writer.drain()
            self._busy = False
            if isinstance(frame, TooLarge):
                return

    def leave(self) -> None:
        """Finish the message in work, if there is one, and go."""
        self.leaving = True
        if not self._busy:
            self.task.cancel()

    async def _frame(self) -> bytes | TooLarge | None:
        """The next frame, or None at the end; half a frame was never answered, hence it counts as never sent."""
        begun = False
        async with asyncio.timeout(self._patience.idle) as alarm:
            while (frame := self._deframer.next()) is None:
                if self._deframer.begun and not begun:
                    begun = True
                    alarm.reschedule(asyncio.get_running_loop().time() + self._patience.frame)
                if not (data := await self._reader.read(_PIECE)):
                    return None
                self._deframer.feed(data)
        return frame


class Listener:
    """Serves every channel that has a port, while it is entered; ``ports`` tells which one each got."""

    def __init__(self, services: Services, patience: Patience | None = None) -> None:
        self.ports: dict[str, int] = {}
        self._services = services
        self._settings = services.settings
        self._patience = patience or Patience(services.settings.mllp_idle_seconds)
        self._pool = ThreadPoolExecutor(THREADS, "mllp")
        self._servers: list[asyncio.Server] = []
        self._connections: set[Connection] = set()

    async def __aenter__(self) -> Listener:
        """Listen. Raises Misconfigured where that cannot be."""
        context = _tls(self._settings)
        for channel in self._services.channels.values():
            if channel.mllp_port is not None:
                await self._listen(channel, channel.mllp_port, context)
        if not self._servers:
            raise Misconfigured("no channel has an mllp_port", code="mllp.no_channel")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Accept nobody any more, finish the messages in work and answer them."""
        for server in self._servers:
            server.close()
        connections = list(self._connections)
        for connection in connections:
            connection.leave()
        await asyncio.gather(*(connection.task for connection in connections), return_exceptions=True)
        self._pool.shutdown()
        log.info("mllp.stopped")

    async def _listen(self, channel: Channel, port: int, context: ssl.SSLContext | None) -> None:
        host = self._settings.mllp_host
        try:
            server = await asyncio.start_server(
                partial(self._connected, channel),
                host,
                port,
                ssl=context,
                ssl_handshake_timeout=HANDSHAKE_SECONDS if context else None,
                ssl_shutdown_timeout=1.0 if context else None,
            )
        except OSError as error:
            text = f"cannot listen on {host}:{port} for channel {channel.name}: {error.strerror}"
            raise Misconfigured(text, code="mllp.address") from error
        self._servers.append(server)
        self.ports[channel.name] = server.sockets[0].getsockname()[1]
        log.info("mllp.listening", channel=channel.name, host=host, port=self.ports[channel.name], tls=bool(context))

    async def _connected(self, channel: Channel, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = (writer.get_extra_info("peername") or ("unknown",))[0]
        if len(self._connections) >= self._settings.mllp_connections:
            log.warning("mllp.refused", channel=channel.name, peer=peer, connections=len(self._connections))
            await _close(writer)
            return
        answer = partial(self._answer, channel, f"mllp:{channel.name}:{peer}")
        connection = Connection(reader, writer, answer, self._settings.body_limit, self._patience)
        with telemetry.MLLP_CONNECTIONS.labels(channel.name).track_inprogress():
            self._connections.add(connection)
            try:
                await connection.serve()
            except OSError as error:
                log.info("mllp.lost", channel=channel.name, peer=peer, error=type(error).__name__)
            except asyncio.CancelledError:
                if not connection.leaving:
                    raise
            finally:
                self._connections.discard(connection)
                await _close(writer)

    async def _answer(self, channel: Channel, principal: str, frame: bytes | TooLarge) -> list[bytes]:
        if isinstance(frame, TooLarge):
            return [refuse_oversized(channel, self._settings.body_limit, frame.beginning)[1].body]
        content_type = by_name(channel.standard).content_types[0]
        sending = Sending(channel, frame, content_type, principal, ids.new_id().hex)
        take_in = partial(self._services.intake.take_in, sending)
        _, answer = await asyncio.get_running_loop().run_in_executor(self._pool, take_in)
        return [message for message in (answer.body, *answer.more) if message]


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


def _tls(effective: Settings) -> ssl.SSLContext | None:
    """TLS 1.2 or later; with client certificates where a CA for them is named. Raises Misconfigured."""
    if not effective.mllp_tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(effective.mllp_tls_certificate, effective.mllp_tls_key or None)
        if effective.mllp_tls_client_ca:
            context.load_verify_locations(effective.mllp_tls_client_ca)
            context.verify_mode = ssl.CERT_REQUIRED
    except OSError as error:
        raise Misconfigured(f"the certificates for MLLP cannot be used: {error}", code="mllp.tls") from error
    return context


async def serve(services: Services) -> None:
    """Listen until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with Listener(services):
        await stop.wait()


def main() -> None:
    """The process."""
    try:
        effective = settings.load()
        telemetry.start(effective, "mllp")
        services = build(effective)
        services.ledger.database.keep_time()
        asyncio.run(serve(services))
    except Misconfigured as error:
        sys.exit(f"{error.message} {error.hint}")
    services.ledger.database.close()


if __name__ == "__main__":
    main()
