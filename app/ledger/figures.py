"""Figures of the ledger: how much waits, for how long, and in which state everything is.

The exporter, the demo and ``wardline doctor`` show them. Counts come from here, never from a broker or from Flower.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app import ids
from app.ledger import tables


@dataclass(frozen=True, slots=True)
class Backlog:
    """Work of one stage and lane: ``waiting`` items, of which ``due`` now, and the age of the oldest in seconds."""

    stage: str
    lane: str
    waiting: int
    due: int
    oldest_seconds: float


class Figures:
    """Counts over the ledger."""

    def backlogs(self, tx: Connection) -> list[Backlog]:
        """What waits, by stage and lane; absent where nothing does."""
        work, at = tables.work, ids.now()
        due = sa.func.sum(sa.case((work.c.due_at <= at, 1), else_=0))
        query = sa.select(work.c.stage, work.c.lane, sa.func.count(), due, sa.func.min(work.c.since))
        rows = tx.execute(query.group_by(work.c.stage, work.c.lane).order_by(work.c.stage, work.c.lane))
        return [Backlog(stage, lane, n, int(d or 0), _age(since, at)) for stage, lane, n, d, since in rows]

    def states(self, tx: Connection) -> dict[str, dict[str, int]]:
        """How many messages, documents and postings are in which state."""
        found: dict[str, dict[str, int]] = {}
        for table in (tables.message, tables.document, tables.posting):
            rows = tx.execute(sa.select(table.c.state, sa.func.count().label("total")).group_by(table.c.state))
            found[table.name] = {row.state: row.total for row in rows}
        return found

    def open_exceptions(self, tx: Connection) -> dict[str, int]:
        """How many holds and dead letters are open."""
        held = sa.select(sa.func.count()).select_from(tables.hold).where(tables.hold.c.released_at.is_(None))
        dead = sa.select(sa.func.count()).select_from(tables.dead_letter)
        dead = dead.where(tables.dead_letter.c.requeued_at.is_(None))
        return {"held": tx.scalar(held) or 0, "dead": tx.scalar(dead) or 0}


def _age(since: datetime, at: datetime) -> float:
    return max(0.0, (at - since).total_seconds())
