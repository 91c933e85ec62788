"""Whether the broker answers and has its queues; a part of ``wardline doctor``."""

from __future__ import annotations

from kombu import Connection, Queue
from kombu.exceptions import OperationalError

from app.model.channel import LANES
from app.settings import Settings
from ops.cli.checks import Finding
from ops.output import counted
from workers import topology
from workers.broker import CONNECT_SECONDS, Broker, BrokerUnavailable


def check(effective: Settings) -> Finding:
    """The broker answers and, where queues must be declared, has them all. Raises BrokerUnavailable."""
    with connection(effective) as broker:
        if not topology.has_dead_letters(broker):
            return Finding("broker", "ok", f"{broker.transport.driver_type} answers; its queues make themselves")
        missing = [queue.name for queue in _queues() if not _exists(broker, queue)]
    if missing:
        hint = "The relay and the workers declare them when they start; are they running?"
        return Finding("broker", "fail", f"queues are missing: {', '.join(missing)}", hint)
    return Finding("broker", "ok", f"amqp answers and has its {counted(len(_queues()), 'queue')}")


def connection(effective: Settings) -> Connection:
    """A live connection to the broker. Raises BrokerUnavailable, and Misconfigured for an unknown kind of broker."""
    broker = Broker.of(effective)
    made = Connection(
        broker.url,
        transport=broker.transport,
        transport_options=dict(broker.options),
        connect_timeout=CONNECT_SECONDS,
    )
    try:
        return made.ensure_connection(max_retries=1, timeout=CONNECT_SECONDS)
    except (OperationalError, OSError) as error:
        made.release()
        raise BrokerUnavailable from error


def _queues() -> list[Queue]:
    return [*topology.lane_queues(), *map(topology.dead_queue, LANES), topology.unrouted_queue()]


def _exists(broker: Connection, queue: Queue) -> bool:
    """Asked on a channel of its own, since RabbitMQ closes the channel that asked for what is not there."""
    channel = broker.channel()
    try:
        queue(channel).queue_declare(passive=True)
    except broker.channel_errors:
        return False
    channel.close()
    return True
