"""Dead letters: work that ran out of attempts, or could not work, for a technical cause.

The stages bury here; ``wardline dlq`` lists, shows and requeues. Requeueing is the same road travelled again from the
stage where the work died, never a second implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import WardlineError
from app.ledger import tables
from app.ledger.audit import AuditTrail, Event
from app.ledger.database import Database
from app.ledger.messages import Messages
from app.ledger.work import NewWork, Work

Told = Callable[[int], None]
"""Hears how many dead letters a requeueing has dealt with so far."""

_dead = tables.dead_letter


@dataclass(frozen=True, slots=True)
class Burial:
    """What died: its stage and subject, the message it belongs to, its lane and the attempts it had."""

    stage: str
    subject_id: UUID
    message_id: UUID
    facility: str
    lane: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Which dead letters are meant; what is None does not restrict."""

    dead_letter_id: UUID | None = None
    message_id: UUID | None = None
    stage: str | None = None
    lane: str | None = None
    facility: str | None = None
    error_code: str | None = None
    died_after: datetime | None = None
    died_before: datetime | None = None

    def where(self) -> sa.ColumnElement[bool]:
        """The condition on open dead letters."""
        terms: list[sa.ColumnElement[bool]] = [_dead.c.requeued_at.is_(None)]
        equal = {
            _dead.c.id: self.dead_letter_id,
            _dead.c.message_id: self.message_id,
            _dead.c.stage: self.stage,
            _dead.c.lane: self.lane,
            _dead.c.facility: self.facility,
            _dead.c.error_code: self.error_code,
        }
        terms += [column == value for column, value in equal.items() if value is not None]
        if self.died_after:
            terms.append(_dead.c.died_at >= self.died_after)
        if self.died_before:
            terms.append(_dead.c.died_at < self.died_before)
        return sa.and_(*terms)


@dataclass(frozen=True, slots=True)
class Pile:
    """Open dead letters of one cause at one stage of one lane; ``hint`` is what one of them says to do."""

    error_code: str
    stage: str
    lane: str
    letters: int
    oldest: datetime
    hint: str


class DeadLetters:
    """The dead-letter queue of the ledger."""

    def __init__(self, database: Database, messages: Messages, work: Work, audit: AuditTrail) -> None:
        self._database = database
        self._messages = messages
        self._work = work
        self._audit = audit

    def bury(self, tx: Connection, burial: Burial, error: WardlineError) -> None:
        """Keep what died with its cause; the caller strikes out its work and moves its state."""
        row = {
            "id": ids.new_id(),
            "error_code": error.code,
            "error": error.message,
            "hint": error.hint,
            "died_at": ids.now(),
        }
        for name in ("stage", "subject_id", "message_id", "facility", "lane", "attempts"):
            row[name] = getattr(burial, name)
        tx.execute(sa.insert(_dead).values(**row))
        detail = {"stage": burial.stage, "error_code": error.code, "attempts": burial.attempts}
        self._audit.append(tx, [Event("dead_letter.buried", "wardline", burial.message_id, detail=detail)])

    def list(self, tx: Connection, chosen: Filter, limit: int = 100) -> Sequence[Row[Any]]:
        """Open dead letters: the most urgent lane first, within it the oldest first."""
        urgency = sa.case({"urgent": 0, "approvals": 1}, value=_dead.c.lane, else_=2)
        query = sa.select(_dead).where(chosen.where()).order_by(urgency, _dead.c.died_at, _dead.c.id)
        return tx.execute(query.limit(limit)).all()

    def count(self, tx: Connection, chosen: Filter) -> int:
        """How many open dead letters match."""
        return tx.scalar(sa.select(sa.func.count()).select_from(_dead).where(chosen.where())) or 0

    def piles(self, tx: Connection, chosen: Filter) -> Sequence[Pile]:
        """The matching dead letters by cause, stage and lane, the largest pile first."""
        by = (_dead.c.error_code, _dead.c.stage, _dead.c.lane)
        query = sa.select(*by, sa.func.count(), sa.func.min(_dead.c.died_at), sa.func.min(_dead.c.hint))
        rows = tx.execute(query.where(chosen.where()).group_by(*by)).all()
        return sorted((Pile(*row) for row in rows), key=lambda pile: (-pile.letters, pile.error_code))

    def requeue(self, chosen: Filter, actor: str, limit: int = 500, told: Told | None = None) -> int:
        """Put every matching dead letter back into work at its stage, in its order, with fresh attempts; how many.

        Works in steps of ``limit``, each a transaction; ``told`` hears how many went so far.
        """
        # What dies again meanwhile is left out, else a cause that is not mended would be requeued for ever.
        end = ids.now() + timedelta(microseconds=1)
        chosen = replace(chosen, died_before=min(chosen.died_before or end, end))
        total = 0
        while requeued := self._requeue_some(chosen, actor, limit):
            total += requeued
            if told:
                told(total)
        return total

    def _requeue_some(self, chosen: Filter, actor: str, limit: int) -> int:
        with self._database.transaction() as tx:
            query = sa.select(_dead).where(chosen.where()).order_by(_dead.c.id).limit(limit)
            rows = tx.execute(query.with_for_update(skip_locked=True)).all()
            ended = sa.update(_dead).where(_dead.c.id.in_([row.id for row in rows]))
            tx.execute(ended.values(requeued_at=ids.now(), requeued_by=actor))
            for row in rows:
                self._revive(tx, row)
            detail = [{"stage": row.stage, "dead_letter": str(row.id)} for row in rows]
            events = [
                Event("dead_letter.requeued", actor, row.message_id, detail=d)
                for row, d in zip(rows, detail, strict=True)
            ]
            self._audit.append(tx, events)
            return len(rows)

    def _revive(self, tx: Connection, row: Row[Any]) -> None:
        posting = tables.posting
        partition = ""
        if row.stage == "translate":
            self._messages.revive(tx, row.message_id, "accepted")
        if row.stage in ("post", "dispatch"):
            where = posting.c.id == row.subject_id
            partition = tx.scalars(sa.select(posting.c.partition).where(where)).one()
            tx.execute(sa.update(posting).where(where).values(state="due", error_code=None, alone=True))
        self._work.add(tx, row.stage, [NewWork(row.subject_id, row.lane, partition)])
