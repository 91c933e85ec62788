"""A worker's consumer that no message can kill and that never shows what a message holds.

Named in ``workers.celery`` and made by Celery in each worker. Celery 5.7.0 acknowledges what it cannot decode, which
loses it; dies of an envelope it does not understand, at every start again, since the message comes back; and writes
the bodies of what it refuses to the log. Here all of these are refused without a look at their content; RabbitMQ puts
them among the lane's dead bells.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from celery import bootsteps
from celery.worker.consumer import Consumer
from kombu import Message

from app import ids
from workers import topology

log = structlog.get_logger()

_UNUSED = "celery.worker.consumer.delayed_delivery:DelayedDelivery"


class GuardedConsumer(Consumer):  # type: ignore[misc]
    """Celery's consumer with its gaps closed.

    The step for delayed delivery is left out: delays live in the ledger, and it would make 28 queues for nothing.
    """

    class Blueprint(Consumer.Blueprint):  # type: ignore[misc]
        """The steps of starting, one more and one less."""

        default_steps = ["workers.consumer:Topology", *(s for s in Consumer.Blueprint.default_steps if s != _UNUSED)]

    def create_task_handler(self, *arguments: Any, **options: Any) -> Callable[[Message], Any]:
        """Celery's handler of messages; what makes it fail is refused."""
        handle = super().create_task_handler(*arguments, **options)

        def guarded(message: Message) -> Any:
            try:
                return handle(message)
            except self.connection_errors + self.channel_errors:
                raise
            except Exception as error:
                if message.acknowledged:
                    raise
                return self._refuse(message, "malformed", error)

        return guarded

    def on_decode_error(self, message: Message, exc: Exception) -> None:
        """A body or an encoding that cannot be read."""
        self._refuse(message, "undecodable", exc)

    def on_unknown_message(self, _body: Any, message: Message) -> None:
        """No Celery message at all."""
        self._refuse(message, "foreign")

    def on_unknown_task(self, _body: Any, message: Message, exc: Exception) -> None:
        """A task that this worker does not have."""
        self._refuse(message, "unknown_task", exc)

    def on_invalid_task(self, _body: Any, message: Message, exc: Exception) -> None:
        """A task with headers or a content type that are not accepted."""
        self._refuse(message, "invalid", exc)

    def _refuse(self, message: Message, reason: str, error: Exception | None = None) -> None:
        log.error("bell.refused", reason=reason, error=type(error).__name__ if error else None, **described(message))
        message.reject_log_error(log, self.connection_errors)


class Topology(bootsteps.StartStopStep):  # type: ignore[misc]
    """Declares exchanges and queues whenever the worker connects, so that refused messages have where to go."""

    requires = ("celery.worker.consumer.connection:Connection",)

    def start(self, parent: Consumer) -> None:
        """Declare on the worker's own connection."""
        topology.declare(parent.connection)


def described(message: Message) -> dict[str, str | int]:
    """What may be told of a message that is not ours: its type, its size in bytes and its digest."""
    body = message.body or b""
    content = body.encode(errors="surrogateescape") if isinstance(body, str) else bytes(body)
    return {
        "content_type": str(message.content_type)[:64],
        "size": len(content),
        "digest": ids.digest(content),
    }
