"""The audit trail: append-only, sealed into a hash chain.

Events are written in the transaction of what they tell. The relay seals them moments later, one after the other, so
that writers never queue behind one another for the end of the chain. ``wardline audit verify`` walks the chain.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger import tables
from app.ledger.database import SEALING, Database

GENESIS = "0" * 64

_event = tables.audit_event


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened: who did what to which message or document. ``detail`` never holds content."""

    action: str
    actor: str
    message_id: UUID | None = None
    document_id: UUID | None = None
    detail: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of walking the chain: how many links hold, how many events wait for their seal, what is wrong."""

    sealed: int
    unsealed: int
    head: str
    faults: tuple[str, ...]


class AuditTrail:
    """Appends, seals and verifies."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, tx: Connection, events: Sequence[Event]) -> None:
        """Write events in the caller's transaction."""
        at = ids.now()
        if events:
            tx.execute(sa.insert(_event), [row_of(event, at) for event in events])

    def seal(self, limit: int = 2000) -> int:
        """Link the events that have no place in the chain yet; how many were linked. Safe to run twice at once."""
        with self._database.transaction() as tx:
            if self._database.postgresql and not tx.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(SEALING))):
                return 0
            seq, previous = self._head(tx)
            rows = tx.execute(sa.select(_event).where(_event.c.seq.is_(None)).order_by(_event.c.id).limit(limit)).all()
            links = []
            for row in rows:
                seq, previous = seq + 1, _link(previous, row)
                links.append({"event_id": row.id, "link_seq": seq, "link_digest": previous})
            if links:
                where = _event.c.id == sa.bindparam("event_id")
                values: dict[str, Any] = {"seq": sa.bindparam("link_seq"), "digest": sa.bindparam("link_digest")}
                tx.execute(sa.update(_event).where(where).values(values), links)
            return len(links)

    def verify(
        self, checkpoint: tuple[int, str] | None = None, grace: timedelta = timedelta(minutes=5)
    ) -> Verification:
        """Walk the whole chain; a checkpoint (seq, digest) kept elsewhere must be met on the way.

        An event that was changed, removed or slipped in breaks the chain at its place; one that waits for its seal
        for longer than ``grace`` is reported too.
        """
        faults: list[str] = []
        seq, previous = 0, GENESIS
        with self._database.reading() as tx:
            for row in self._chain(tx):
                if row.seq != seq + 1:
                    faults.append(f"events {seq + 1} to {row.seq - 1} are missing")
                expected = _link(previous, row)
                if row.digest != expected:
                    faults.append(f"event {row.seq} ({row.id}) was altered, or the one before it was removed")
                seq, previous = row.seq, row.digest
                if checkpoint and checkpoint[0] == seq and checkpoint[1] != row.digest:
                    faults.append(f"the checkpoint at event {seq} does not match")
            unsealed, oldest = tx.execute(
                sa.select(sa.func.count(), sa.func.min(_event.c.at)).where(_event.c.seq.is_(None))
            ).one()
        if checkpoint and seq < checkpoint[0]:
            faults.append(f"the chain ends at event {seq}, before the checkpoint at {checkpoint[0]}")
        if oldest and ids.now() - oldest > grace:
            faults.append(f"{unsealed} events wait for their seal since {oldest.isoformat()}; is the relay running?")
        return Verification(seq, unsealed, previous, tuple(faults))

    def timeline(self, tx: Connection, message_id: UUID) -> Sequence[Row[Any]]:
        """Everything that happened to a message and its documents, in order."""
        return tx.execute(sa.select(_event).where(_event.c.message_id == message_id).order_by(_event.c.id)).all()

    def _head(self, tx: Connection) -> tuple[int, str]:
        last = sa.select(_event.c.seq, _event.c.digest).where(_event.c.seq.is_not(None)).order_by(_event.c.seq.desc())
        row = tx.execute(last.limit(1)).first()
        return (row.seq, row.digest) if row else (0, GENESIS)

    def _chain(self, tx: Connection, page: int = 5000) -> Iterator[Row[Any]]:
        last = 0
        while rows := tx.execute(sa.select(_event).where(_event.c.seq > last).order_by(_event.c.seq).limit(page)).all():
            yield from rows
            last = rows[-1].seq


def row_of(event: Event, at: datetime) -> dict[str, Any]:
    """An event as it is stored, not sealed yet."""
    return {
        "id": ids.new_id(),
        "at": at,
        "actor": event.actor,
        "action": event.action,
        "message_id": event.message_id,
        "document_id": event.document_id,
        "detail": dict(event.detail or {}),
    }


def _link(previous: str, row: Row[Any]) -> str:
    content = {
        "id": row.id,
        "at": row.at.isoformat(),
        "actor": row.actor,
        "action": row.action,
        "message_id": row.message_id,
        "document_id": row.document_id,
        "detail": row.detail,
    }
    return ids.digest(previous.encode() + ids.canonical_json(content))
