"""Messages: taken in durably and only once, whatever key the sender repeats them under.

Intake and listener accept here; the translation stage reads them and moves their state.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import Conflict, WardlineError
from app.ledger import tables
from app.ledger.audit import AuditTrail, Event, row_of
from app.ledger.bodies import Bodies
from app.ledger.database import Database, insert
from app.ledger.entrance import enter
from app.ledger.work import NewWork, new_row
from app.model.channel import Channel
from app.model.envelope import Envelope

_message, _key = tables.message, tables.message_key

FINAL = ("settled", "rejected", "duplicate", "dead")
"""States in which nothing more happens to a message by itself."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message at the door: its envelope, bytes and media type, who brought it, and the keys it may be known by.

    ``trace_id`` is the correlation id of 32 hexadecimal digits, taken from the sender's ``traceparent`` or made new.
    ``answers`` is the control id of what it came back for, where the connection tells.
    """

    channel: Channel
    envelope: Envelope
    body: bytes
    content_type: str
    principal: str
    trace_id: str
    idempotency_key: str | None = None
    answers: str | None = None

    def known_by(self) -> Iterable[tuple[str, str]]:
        """Every (kind, key) under which a repetition is recognised."""
        if self.idempotency_key:
            yield "idempotency", self.idempotency_key
        if self.envelope.control_id:
            yield "control", f"{self.envelope.sender}|{self.envelope.control_id}"


@dataclass(frozen=True, slots=True)
class Entry:
    """The ledger's entry for an arrival; ``duplicate`` where it had been there before."""

    message_id: UUID
    received_at: datetime
    duplicate: bool = False


class Messages:
    """Messages and the keys they are known by."""

    def __init__(self, database: Database, bodies: Bodies, audit: AuditTrail, retention: timedelta) -> None:
        self._database = database
        self._bodies = bodies
        self._audit = audit
        self._retention = retention

    def accept(self, arrival: Arrival) -> Entry:
        """Store message, body and first work item in one transaction, or recognise a repetition.

        Raises Conflict where a key is known with another body, LedgerUnavailable where nothing could be stored.
        """
        message_id, at = ids.new_id(), ids.now()
        with self._database.transaction() as tx:
            if known := self._recognise(tx, arrival, message_id):
                self._audit.append(tx, [self._event(arrival, "message.repeated", known)])
                return Entry(known, self._received_at(tx, known), duplicate=True)
            enter(
                tx,
                _row(arrival, message_id, at) | {"state": "accepted"},
                self._bodies.row(message_id, arrival.body, at + self._retention),
                new_row("translate", NewWork(message_id, arrival.channel.lane), at),
                row_of(self._event(arrival, "message.accepted", message_id), at),
            )
        return Entry(message_id, at)

    def reject(self, arrival: Arrival, error: WardlineError) -> Entry:
        """Keep a message that its sender must correct, so that it can be looked at; its keys stay free."""
        message_id, at = ids.new_id(), ids.now()
        with self._database.transaction() as tx:
            self._store(tx, arrival, message_id, at, state="rejected", error_code=error.code, error=error.message)
            event = self._event(arrival, "message.rejected", message_id, {"error_code": error.code})
            self._audit.append(tx, [event])
        return Entry(message_id, at)

    def load(self, tx: Connection, message_ids: Iterable[UUID]) -> dict[UUID, Row[Any]]:
        """Messages by id."""
        rows = tx.execute(sa.select(_message).where(_message.c.id.in_(list(message_ids))))
        return {row.id: row for row in rows}

    def translated(self, tx: Connection, message_ids: Collection[UUID], mapping: str, *, news: bool) -> None:
        """Note that the documents were read out; messages without ``news`` are duplicates and are done."""
        values: dict[str, Any] = {"state": "translated", "mapping": mapping}
        if not news:
            values |= {"state": "duplicate", "settled_at": ids.now()}
        tx.execute(sa.update(_message).where(_message.c.id.in_(list(message_ids))).values(**values))

    def failed(self, tx: Connection, message_id: UUID, state: str, error: WardlineError) -> None:
        """End the message as ``rejected`` or ``dead``, with its cause."""
        values = {"state": state, "error_code": error.code, "error": error.message, "settled_at": ids.now()}
        self._set(tx, message_id, values)

    def revive(self, tx: Connection, message_id: UUID, state: str) -> None:
        """Take the message back into work at ``state``."""
        self._set(tx, message_id, {"state": state, "error_code": None, "error": None, "settled_at": None})

    def settle(self, tx: Connection, message_ids: Iterable[UUID]) -> list[UUID]:
        """Settle those translated messages whose documents have all come to an end; which these are."""
        document = tables.document
        chosen = sa.select(_message.c.id).where(_message.c.id.in_(list(set(message_ids)))).order_by(_message.c.id)
        # Two documents of one message may end in two transactions at once, neither of which sees the other's end; the
        # second one waits here for the first. In order, so that two sets of messages never wait for each other.
        waiting = list(tx.scalars(chosen.with_for_update()))
        open_ones = sa.exists().where(
            document.c.message_id == _message.c.id, document.c.state.not_in(("settled", "cancelled", "superseded"))
        )
        where = sa.and_(_message.c.id.in_(waiting), _message.c.state == "translated", ~open_ones)
        settled = sa.update(_message).where(where).values(state="settled", settled_at=ids.now())
        done = list(tx.scalars(settled.returning(_message.c.id)))
        self._audit.append(tx, [Event("message.settled", "wardline", message_id) for message_id in done])
        return done

    def _recognise(self, tx: Connection, arrival: Arrival, message_id: UUID) -> UUID | None:
        """Claim the arrival's keys for ``message_id``, or return the message that has them. Raises Conflict."""
        known: set[UUID] = set()
        claimed = []
        for kind, key in arrival.known_by():
            row = {"channel": arrival.channel.name, "kind": kind, "key": key}
            claim = insert(tx, _key).values(**row, message_id=message_id, fingerprint=arrival.envelope.fingerprint)
            if tx.execute(claim.on_conflict_do_nothing().returning(_key.c.key)).first():
                claimed.append(row)
                continue
            holder = tx.execute(sa.select(_key).filter_by(**row)).one()
            if holder.fingerprint != arrival.envelope.fingerprint:
                raise Conflict(f"the {kind} key is known with another body", code=f"{kind}_key.conflict")
            known.add(holder.message_id)
        if len(known) > 1:
            raise Conflict("the keys belong to two different messages")
        for row in claimed if known else ():
            tx.execute(sa.update(_key).filter_by(**row).values(message_id=next(iter(known))))
        return next(iter(known), None)

    def _received_at(self, tx: Connection, message_id: UUID) -> datetime:
        received_at: datetime = tx.scalars(sa.select(_message.c.received_at).where(_message.c.id == message_id)).one()
        return received_at

    def _store(self, tx: Connection, arrival: Arrival, message_id: UUID, at: datetime, **values: Any) -> None:
        tx.execute(sa.insert(_message), _row(arrival, message_id, at) | values)
        self._bodies.store(tx, [(message_id, arrival.body)], at + self._retention)

    def _set(self, tx: Connection, message_id: UUID, values: Mapping[str, Any]) -> None:
        tx.execute(sa.update(_message).where(_message.c.id == message_id).values(**values))

    @staticmethod
    def _event(arrival: Arrival, action: str, message_id: UUID, more: Mapping[str, Any] | None = None) -> Event:
        detail = {
            "channel": arrival.channel.name,
            "sender": arrival.envelope.sender,
            "type": arrival.envelope.message_type,
            "trace_id": arrival.trace_id,
        }
        return Event(action, arrival.principal, message_id, detail=detail | dict(more or {}))


def _row(arrival: Arrival, message_id: UUID, at: datetime) -> dict[str, Any]:
    """A message as it is stored, without its state."""
    channel, envelope = arrival.channel, arrival.envelope
    return {
        "id": message_id,
        "channel": channel.name,
        "facility": channel.facility,
        "standard": envelope.standard,
        "message_type": envelope.message_type,
        "version": envelope.version,
        "sender": envelope.sender,
        "control_id": envelope.control_id,
        "fingerprint": envelope.fingerprint,
        "content_type": arrival.content_type,
        "size": len(arrival.body),
        "principal": arrival.principal,
        "trace_id": arrival.trace_id,
        "answers": arrival.answers,
        "lane": channel.lane,
        "received_at": at,
    }
