"""Lanes as queues: what exists on the broker, under which names, and with which arguments.

Read by ``workers.celery`` and ``workers.dead_bells``; declared by the relay and by every worker when they connect.

The arguments travel with the queues and not in a policy, so that a fresh broker works at the first connection. The
usual price of arguments, that a queue must be deleted to change them, is none here: a bell carries nothing, and the
relay rings again for whatever is due. A policy on ``^wardline\\.`` may add what is not fixed here (``max-length``,
``expires``) or lower the delivery limit; the lower number wins.
"""

from __future__ import annotations

import kombu
from kombu import Exchange, Queue

from app.model.channel import LANES

DELIVERY_LIMIT = 20
"""How often RabbitMQ hands out a bell whose worker died before it becomes a dead one."""

UNROUTED = Exchange("wardline.unrouted", "fanout", durable=True)
"""Takes what was sent to a lane that does not exist, and what turned out to be no bell."""

DEAD = Exchange("wardline.dead", "direct", durable=True)
"""Takes what a lane's workers refused; its routing keys are the lanes."""

BELLS = Exchange("wardline.lanes", "direct", durable=True, arguments={"alternate-exchange": UNROUTED.name})
"""Takes the bells; its routing keys are the lanes."""

_QUORUM = {"x-queue-type": "quorum"}


def queue_name(lane: str) -> str:
    """The name of the lane's queue, as workers are told it."""
    return f"wardline.{lane}"


def lane_queue(lane: str) -> Queue:
    """The queue that the lane's workers listen on.

    What they refuse goes to the lane's dead bells at least once, which RabbitMQ (3.10 and later) does only for a
    queue that rejects publishing when it is full.
    """
    arguments = _QUORUM | {
        "x-dead-letter-exchange": DEAD.name,
        "x-dead-letter-routing-key": lane,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-delivery-limit": DELIVERY_LIMIT,
    }
    return Queue(queue_name(lane), BELLS, routing_key=lane, queue_arguments=arguments)


def dead_queue(lane: str) -> Queue:
    """The queue of what the lane's workers refused."""
    return Queue(f"wardline.dead.{lane}", DEAD, routing_key=lane, queue_arguments=dict(_QUORUM))


def unrouted_queue() -> Queue:
    """The queue of what belongs nowhere; a person looks at it."""
    return Queue("wardline.unrouted", UNROUTED, queue_arguments=dict(_QUORUM))


def lane_queues() -> tuple[Queue, ...]:
    """The queues of all lanes."""
    return tuple(lane_queue(lane) for lane in LANES)


def has_dead_letters(connection: kombu.Connection) -> bool:
    """Whether the broker keeps what workers refuse; Redis and the folder drop it, which costs no work."""
    return bool(connection.transport.driver_type == "amqp")


def declare(connection: kombu.Connection) -> None:
    """Make everything that is not there. What is there must be the same, or the broker answers 406."""
    channel = connection.default_channel
    queues = list(lane_queues())
    if has_dead_letters(connection):
        # An alternate exchange may be named before it exists, but what is unrouted until then is gone.
        queues = [unrouted_queue(), *(dead_queue(lane) for lane in LANES), *queues]
    for queue in queues:
        queue(channel).declare()


def waiting(connection: kombu.Connection, lane: str) -> int:
    """How many bells wait in the lane's queue; a queue that was deleted is made again."""
    queue = lane_queue(lane)(connection.default_channel)
    queue.declare()
    return int(queue.queue_declare().message_count)
