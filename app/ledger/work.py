"""Work that is due: claimed in sets under a lease, settled under the same lease, due again when the lease runs out.

The stages claim here; intake, stages and releases add; the relay looks for what has come due. One column does two
duties: while work is leased, ``due_at`` is the end of its lease, so what a dead worker held comes due by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app import ids
from app.errors import Transient
from app.ledger import tables
from app.ledger.database import Database, insert

STAGES = ("translate", "resolve", "post", "dispatch")
"""The stages in the order a message passes them; each is a task module."""

_work = tables.work


class LeaseLost(Transient):
    """The lease ran out and somebody else may have the work; nothing of this attempt is recorded."""

    code = "lease.lost"


@dataclass(frozen=True, slots=True)
class Claim:
    """A set of work under one lease.

    ``attempts`` counts, by subject, this attempt too; ``interrupted`` says, by subject, how many workers in a row
    never finished it; ``since`` is when each subject first came up at this stage.
    """

    stage: str
    lane: str
    token: UUID
    until: datetime
    subjects: tuple[UUID, ...]
    attempts: Mapping[UUID, int]
    interrupted: Mapping[UUID, int]
    since: Mapping[UUID, datetime]


@dataclass(frozen=True, slots=True)
class NewWork:
    """One piece of work to be added: its subject, its lane, the partition it must have alone ("" for none)."""

    subject_id: UUID
    lane: str
    partition: str = ""


class Work:
    """What is still to be done."""

    def __init__(self, database: Database, lease: timedelta) -> None:
        self._database = database
        self._lease = lease

    def add(self, tx: Connection, stage: str, items: Iterable[NewWork], due_at: datetime | None = None) -> None:
        """Add work and wake the relay at commit; a subject that is at the stage already comes due anew.

        Who has it leased loses the lease: what it found out is older than what the work was added for.
        """
        at = ids.now()
        rows = [new_row(stage, item, at, due_at) for item in items]
        if not rows:
            return
        tx.execute(_added(tx.dialect.name), rows)
        self._database.notify(tx)

    def claim(self, tx: Connection, stage: str, lane: str, limit: int, partition: str | None = None) -> Claim | None:
        """Take up to ``limit`` due items, the longest due first, or None; counts the attempt before it starts.

        What a worker did not finish is taken alone, so that what kills its workers takes nothing else with it.
        """
        at, token = ids.now(), ids.new_id()
        due = sa.select(_work.c.id, _work.c.lease_token.is_not(None)).where(
            _work.c.stage == stage, _work.c.lane == lane, _work.c.due_at <= at
        )
        if partition is not None:
            due = due.where(_work.c.partition == partition)
        found = tx.execute(
            due.order_by(_work.c.due_at, _work.c.id).limit(limit).with_for_update(skip_locked=True)
        ).all()
        if not found:
            return None
        stale = found[0][1]
        chosen = [found[0][0]] if stale else [row[0] for row in found if not row[1]]
        values: dict[str, Any] = {"lease_token": token, "due_at": at + self._lease, "attempts": _work.c.attempts + 1}
        if stale:
            values["interruptions"] = _work.c.interruptions + 1
        order = {work_id: place for place, work_id in enumerate(chosen)}
        taken = sa.update(_work).where(_work.c.id.in_(chosen)).values(values)
        rows = sorted(tx.execute(taken.returning(_work)), key=lambda row: order[row.id])
        return Claim(
            stage,
            lane,
            token,
            at + self._lease,
            tuple(row.subject_id for row in rows),
            {row.subject_id: row.attempts for row in rows},
            {row.subject_id: row.interruptions for row in rows if stale},
            {row.subject_id: row.since for row in rows},
        )

    def join(self, tx: Connection, claim: Claim, subjects: Sequence[UUID]) -> Claim:
        """The claim with these subjects too, leased or not.

        Only for who has their partition alone: the members of one batch stand or fall together.
        """
        where = sa.and_(_work.c.stage == claim.stage, _work.c.subject_id.in_(list(subjects)))
        joins = _work.c.lease_token.is_distinct_from(claim.token)
        attempts = sa.case((joins, _work.c.attempts + 1), else_=_work.c.attempts)
        values = {"lease_token": claim.token, "due_at": claim.until, "attempts": attempts}
        rows = tx.execute(sa.update(_work).where(where).values(**values).returning(_work)).all()
        return replace(
            claim,
            subjects=tuple(dict.fromkeys((*claim.subjects, *(row.subject_id for row in rows)))),
            attempts={**{row.subject_id: row.attempts for row in rows}, **claim.attempts},
            since={**{row.subject_id: row.since for row in rows}, **claim.since},
        )

    def done(self, tx: Connection, claim: Claim, subjects: Sequence[UUID]) -> None:
        """Strike out finished work. Raises LeaseLost where not all of it is held under the claim any more."""
        self._expect(tx.execute(sa.delete(_work).where(self._held(claim, subjects))).rowcount, subjects)

    def again(
        self, tx: Connection, claim: Claim, subjects: Sequence[UUID], due_at: datetime, *, refund: bool = False
    ) -> None:
        """Give work back to come due at ``due_at``; ``refund`` takes the counted attempt back. Raises LeaseLost."""
        values: dict[str, Any] = {"lease_token": None, "due_at": due_at, "interruptions": 0}
        if refund:
            values["attempts"] = _work.c.attempts - 1
        self._expect(tx.execute(sa.update(_work).where(self._held(claim, subjects)).values(values)).rowcount, subjects)
        self._database.notify(tx)

    def drop(self, tx: Connection, stage: str, subject_id: UUID) -> bool:
        """Strike out work that nobody has leased; whether there was any."""
        where = sa.and_(_work.c.stage == stage, _work.c.subject_id == subject_id, _work.c.lease_token.is_(None))
        return tx.execute(sa.delete(_work).where(where)).rowcount == 1

    def next_due(self, tx: Connection, lanes: Sequence[str]) -> dict[tuple[str, str], datetime]:
        """When the first work of each stage and lane comes due; pairs without work are absent."""
        rows = tx.execute(_next_due(tuple(lanes))).all()
        return {(stage, lane): due for stage, lane, due in rows if due is not None}

    def due_lanes(self, tx: Connection, stage: str, lanes: Sequence[str]) -> set[str]:
        """The lanes in which work of the stage is due and not leased right now."""
        at = ids.now()
        return {lane for (s, lane), due in self.next_due(tx, lanes).items() if s == stage and due <= at}

    def due_stages(self, tx: Connection, lane: str) -> set[str]:
        """The stages at which work of the lane is due and not leased right now."""
        return set(tx.scalars(_due_stages(), {"lane": lane, "at": ids.now()}))

    def _held(self, claim: Claim, subjects: Sequence[UUID]) -> sa.ColumnElement[bool]:
        return sa.and_(
            _work.c.stage == claim.stage, _work.c.lease_token == claim.token, _work.c.subject_id.in_(list(subjects))
        )

    @staticmethod
    def _expect(changed: int, subjects: Sequence[UUID]) -> None:
        if changed != len(set(subjects)):
            raise LeaseLost


def new_row(stage: str, item: NewWork, at: datetime, due_at: datetime | None = None) -> dict[str, Any]:
    """Work that has come up at ``at`` and that nobody has begun, as it is stored."""
    return {
        "id": ids.new_id(),
        "stage": stage,
        "lane": item.lane,
        "partition": item.partition,
        "subject_id": item.subject_id,
        "due_at": due_at or at,
        "since": at,
        "attempts": 0,
        "interruptions": 0,
        "lease_token": None,
    }


@cache
def _added(dialect: str) -> sa.Executable:
    """Built once: building takes as long as executing, and every message comes by here."""
    added = insert(dialect, _work)
    anew = ("lane", "partition", "due_at", "since", "attempts", "interruptions", "lease_token")
    again = {name: added.excluded[name] for name in anew}
    return added.on_conflict_do_update(index_elements=["stage", "subject_id"], set_=again)


@cache
def _next_due(lanes: tuple[str, ...]) -> sa.CompoundSelect[Any]:
    """Built once: building takes longer than asking, and the relay asks for every bell."""
    pairs = ((stage, lane) for stage in STAGES for lane in lanes)
    return sa.union_all(
        *(sa.select(sa.literal(stage), sa.literal(lane), _first_due(stage, lane)) for stage, lane in pairs)
    )


@cache
def _due_stages() -> sa.CompoundSelect[Any]:
    """Built once: every bell asks, and most of them find nothing."""
    due = sa.and_(_work.c.lane == sa.bindparam("lane"), _work.c.due_at <= sa.bindparam("at", type_=_work.c.due_at.type))
    return sa.union_all(
        *(sa.select(sa.literal(stage)).where(sa.exists().where(_work.c.stage == stage, due)) for stage in STAGES)
    )


def _first_due(stage: str, lane: str) -> sa.ScalarSelect[Any]:
    first = sa.select(_work.c.due_at).where(_work.c.stage == stage, _work.c.lane == lane)
    return first.order_by(_work.c.due_at).limit(1).scalar_subquery()
