"""Rings bells on the broker, each within a deadline.

Used by ``workers.relay`` alone. ``apply_async`` is not used, because it can hang for ever: while RabbitMQ raises a
memory or disk alarm, or is frozen, neither the confirm nor the answer to closing the channel ever comes. Here every
wait on the socket has a limit, and after any trouble the socket is closed without another word.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import kombu
from amqp.exceptions import PreconditionFailed
from celery import Celery

from app import ids
from workers import topology
from workers.broker import CONNECT_SECONDS, BrokerUnavailable

ANSWER_SECONDS = 2.0
"""How long the broker may take to answer."""


class Publisher:
    """One connection to the broker, made when it is needed."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._connection: kombu.Connection | None = None

    def connect(self) -> None:
        """Connect and declare what is not there. Raises BrokerUnavailable."""
        if self._connection is not None:
            return
        with self._patience():
            self._connection = connection = self._app.connection_for_write()
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=CONNECT_SECONDS)
            if connection.transport.driver_type == "amqp":
                connection.connection.sock.settimeout(ANSWER_SECONDS)
            topology.declare(connection)

    def ring(self, stage: str, lane: str) -> None:
        """Ring a bell; it has arrived when this returns. Raises BrokerUnavailable, and then it may have, too."""
        self.connect()
        with self._patience() as connection:
            bell = self._app.amqp.as_task_v2(str(ids.new_id()), f"wardline.{stage}", [lane], {}, ignore_result=True)
            connection.Producer().publish(
                bell.body,
                exchange=topology.BELLS,
                routing_key=lane,
                serializer="json",
                headers=bell.headers,
                mandatory=True,
                timeout=ANSWER_SECONDS,
                confirm_timeout=ANSWER_SECONDS,
                **bell.properties,
            )

    def waiting(self, lane: str) -> int:
        """How many bells wait in the lane. Raises BrokerUnavailable."""
        self.connect()
        with self._patience() as connection:
            return topology.waiting(connection, lane)

    def close(self) -> None:
        """Drop the connection without asking the broker, which may never answer."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.collect(socket_timeout=ANSWER_SECONDS)

    @contextmanager
    def _patience(self) -> Iterator[kombu.Connection]:
        try:
            yield self._connection
        except PreconditionFailed as error:
            self.close()
            hint = "Delete the queue or exchange that is named; it is declared anew and no work is lost."
            raise BrokerUnavailable(error.reply_text, code="broker.declared_otherwise", hint=hint) from error
        except Exception as error:
            # The transports have no common family of errors, and the answer to all of them is a new connection.
            self.close()
            raise BrokerUnavailable from error
