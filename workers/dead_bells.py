"""Clears the broker's dead letters: what the workers refused, and what was sent to no lane.

Called by ``wardline dlq bells``. A bell of ours is let go, whatever it died of: its work is in the ledger, and the
relay rings again for what is due. Anything else was put there by somebody else; nothing is shown of it but type,
size and digest, and it is kept in the queue ``wardline.unrouted`` until a person has it dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import kombu
import structlog
from celery import Celery
from kombu.exceptions import OperationalError

from app.ledger.work import STAGES
from app.model.channel import LANES
from workers import topology
from workers.broker import CONNECT_SECONDS, BrokerUnavailable
from workers.consumer import described
from workers.publisher import ANSWER_SECONDS

log = structlog.get_logger()

_TASKS = frozenset(f"wardline.{stage}" for stage in STAGES)
_DEATH = ("x-death", "x-first-death-exchange", "x-first-death-queue", "x-first-death-reason", "x-delivery-count")


@dataclass(frozen=True, slots=True)
class Swept:
    """How many messages were bells of ours and let go, were foreign and kept, were foreign and dropped."""

    bells: int = 0
    kept: int = 0
    dropped: int = 0

    def __add__(self, other: Swept) -> Swept:
        return Swept(self.bells + other.bells, self.kept + other.kept, self.dropped + other.dropped)


def sweep(app: Celery, *, drop_foreign: bool = False) -> Swept:
    """Go once through all dead letters of the broker; safe at any time and twice at once.

    Brokers without dead letters (Redis, a folder) have nothing to sweep. Raises BrokerUnavailable.
    """
    with _connected(app) as connection:
        if not topology.has_dead_letters(connection):
            return Swept()
        topology.declare(connection)
        # The unrouted ones first, so that what is kept on the way is not met twice.
        queues = [topology.unrouted_queue(), *(topology.dead_queue(lane) for lane in LANES)]
        return sum((_sweep(connection, queue, drop_foreign=drop_foreign) for queue in queues), Swept())


def _sweep(connection: kombu.Connection, queue: kombu.Queue, *, drop_foreign: bool) -> Swept:
    bound = queue(connection.default_channel)
    swept = Swept()
    # Only what is there now: what is kept comes back at the end of the unrouted queue.
    for _ in range(bound.queue_declare().message_count):
        message = bound.get(accept=["json"])
        if message is None:
            break
        swept += _settle(connection, queue.name, message, drop_foreign=drop_foreign)
        message.ack()
    return swept


def _settle(connection: kombu.Connection, queue: str, message: kombu.Message, *, drop_foreign: bool) -> Swept:
    if is_bell(message):
        log.info("dead_bell.let_go", queue=queue, task=message.headers["task"])
        return Swept(bells=1)
    log.warning("dead_bell.foreign", queue=queue, dropped=drop_foreign, **described(message))
    if drop_foreign:
        return Swept(dropped=1)
    _keep(connection, message)
    return Swept(kept=1)


def _keep(connection: kombu.Connection, message: kombu.Message) -> None:
    """Put the very same bytes into the unrouted queue, and wait until they are there.

    Without the marks of its death, since RabbitMQ before 4.0.1 drops what it takes for a cycle.
    """
    channel = connection.default_channel
    headers = {name: value for name, value in message.headers.items() if name not in _DEATH}
    properties = {"delivery_mode": 2}
    copy = channel.prepare_message(
        message.body, None, message.content_type, message.content_encoding, headers, properties
    )
    channel.basic_publish(
        copy, exchange=topology.UNROUTED.name, routing_key="", mandatory=True, confirm_timeout=ANSWER_SECONDS
    )


def is_bell(message: kombu.Message) -> bool:
    """Whether the message is a bell as the relay writes it, for a stage and lane that we have."""
    if message.headers.get("task") not in _TASKS:
        return False
    try:
        (lane,), keywords, _ = json.loads(message.body)
    except (ValueError, TypeError):
        return False
    return lane in LANES and keywords == {}


@contextmanager
def _connected(app: Celery) -> Iterator[kombu.Connection]:
    """A connection with a limit on every wait, dropped at the end without asking the broker."""
    connection = app.connection_for_write()
    try:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=CONNECT_SECONDS)
        if sock := getattr(connection.connection, "sock", None):
            sock.settimeout(ANSWER_SECONDS)
        yield connection
    except (OperationalError, *connection.connection_errors, *connection.channel_errors, OSError) as error:
        raise BrokerUnavailable from error
    finally:
        connection.collect(socket_timeout=ANSWER_SECONDS)
