"""Whether the broker answers and has its queues; a part of ``wardline doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import kombu
from kombu.exceptions import OperationalError

from app.model.channel import LANES
from app.settings import Settings
from ops.cli.checks import Finding
from ops.output import counted
from workers import topology
from workers.broker import CONNECT_SECONDS, Broker, BrokerUnavailable

ANSWER_SECONDS = 3.0
"""How long the broker may take for one answer; one that is frozen would else keep the doctor for ever."""


def check(effective: Settings) -> Finding:
    """The broker answers and, where queues must be declared, has them all. Raises BrokerUnavailable."""
    with _connected(effective) as connection:
        if not topology.has_dead_letters(connection):
            return Finding("broker", "ok", f"{connection.transport.driver_type} answers; it keeps its queues by itself")
        missing = [queue.name for queue in _queues() if not _exists(connection, queue)]
    if missing:
        hint = "The relay and the workers declare them when they start; are they running?"
        return Finding("broker", "fail", f"queues are missing: {', '.join(missing)}", hint)
    return Finding("broker", "ok", f"amqp answers and has its {counted(len(_queues()), 'queue')}")


@contextmanager
def _connected(effective: Settings) -> Iterator[kombu.Connection]:
    connection = Broker.of(effective).connection()
    try:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=CONNECT_SECONDS)
        if sock := getattr(connection.connection, "sock", None):
            sock.settimeout(ANSWER_SECONDS)
        yield connection
    except (OperationalError, *connection.connection_errors, *connection.channel_errors, OSError) as error:
        raise BrokerUnavailable from error
    finally:
        connection.collect(socket_timeout=ANSWER_SECONDS)


def _queues() -> list[kombu.Queue]:
    return [*topology.lane_queues(), *map(topology.dead_queue, LANES), topology.unrouted_queue()]


def _exists(connection: kombu.Connection, queue: kombu.Queue) -> bool:
    """Asked on a channel of its own, since RabbitMQ closes the channel that asked for what is not there."""
    channel = connection.channel()
    try:
        queue(channel).queue_declare(passive=True)
    except connection.channel_errors:
        return False
    channel.close()
    return True
