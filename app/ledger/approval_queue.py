"""Approvals by what is still to be done about them: to be decided, told, taken further, or given up.

Used by the lists that people see, by the clock's job and by the figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger import tables
from app.ledger.approval_tables import approval as _approval
from app.ledger.approval_tables import approval_step as _step
from app.ledger.approvals import OPEN
from app.ledger.documents import FINAL


@dataclass(frozen=True, slots=True)
class ApprovalFilter:
    """Which approvals are meant; what is None does not restrict. ``facilities`` are those the asker may see."""

    states: tuple[str, ...] | None = None
    facility: str | None = None
    facilities: tuple[str, ...] | None = None
    reference: str | None = None
    before_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ApprovalFigures:
    """Open approvals by state: how many, the age of the oldest in seconds; and steps that nobody can be asked about."""

    waiting: Mapping[str, int]
    oldest_seconds: Mapping[str, float]
    stuck: int


class ApprovalQueue:
    """Lists of approvals; reads only."""

    def find(self, tx: Connection, chosen: ApprovalFilter, limit: int = 50) -> Sequence[Row[Any]]:
        """Approvals, the newest first; page on with the last one's id as ``before_id``."""
        query = sa.select(_approval).order_by(_approval.c.id.desc()).limit(limit)
        if chosen.states is not None:
            query = query.where(_approval.c.state.in_(chosen.states))
        if chosen.facility is not None:
            query = query.where(_approval.c.facility == chosen.facility)
        if chosen.facilities is not None and "*" not in chosen.facilities:
            query = query.where(_approval.c.facility.in_(chosen.facilities))
        if chosen.reference is not None:
            query = query.where(_approval.c.reference == chosen.reference)
        if chosen.before_id is not None:
            query = query.where(_approval.c.id < chosen.before_id)
        return tx.execute(query).all()

    def untold(self, tx: Connection, limit: int = 100) -> Sequence[Row[Any]]:
        """Approvals of whose present state not everybody was told yet, the oldest first."""
        where = _approval.c.told_version < _approval.c.version
        return tx.execute(sa.select(_approval).where(where).order_by(_approval.c.id).limit(limit)).all()

    def overdue(self, tx: Connection, limit: int = 100) -> Sequence[Row[Any]]:
        """Open steps whose time is over, the longest over first."""
        due = sa.and_(_step.c.state == "open", _step.c.due_at <= ids.now())
        return tx.execute(sa.select(_step).where(due).order_by(_step.c.due_at).limit(limit)).all()

    def stuck(self, tx: Connection, limit: int = 100) -> Sequence[Row[Any]]:
        """Open steps that were told of and that nobody further can be asked about."""
        return tx.execute(_stuck().order_by(_step.c.id).limit(limit)).all()

    def abandoned(self, tx: Connection, limit: int = 100) -> Sequence[Row[Any]]:
        """Approvals that are pending for documents which ended otherwise."""
        document = tables.document
        ended = sa.exists().where(document.c.id == _approval.c.document_id, document.c.state.in_(FINAL))
        where = sa.and_(_approval.c.state == "pending", ended)
        return tx.execute(sa.select(_approval).where(where).order_by(_approval.c.id).limit(limit)).all()

    def figures(self, tx: Connection) -> ApprovalFigures:
        """How many approvals wait, for how long, and how many of them for nobody."""
        at, since = ids.now(), sa.func.min(_approval.c.requested_at)
        query = sa.select(_approval.c.state, sa.func.count(), since).where(_approval.c.state.in_(OPEN))
        rows = tx.execute(query.group_by(_approval.c.state)).all()
        waiting = dict.fromkeys(OPEN, 0) | {state: count for state, count, _ in rows}
        ages = {state: max(0.0, (at - oldest).total_seconds()) for state, _, oldest in rows}
        stuck = tx.scalar(sa.select(sa.func.count()).select_from(_stuck().subquery())) or 0
        return ApprovalFigures(waiting, dict.fromkeys(OPEN, 0.0) | ages, stuck)


def _stuck() -> sa.Select[Any]:
    alone = sa.and_(_step.c.state == "open", _step.c.due_at.is_(None), _approval.c.told_version > 0)
    query = sa.select(_step).join(_approval, _approval.c.id == _step.c.approval_id)
    return query.where(alone, _approval.c.state.in_(OPEN))
