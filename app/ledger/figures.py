"""Figures of the ledger: how much waits, for how long, and in which state everything is.

The exporter, the demo and ``wardline doctor`` show them. Counts come from here, never from a broker or from Flower.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger import tables

UNDELIVERED = ("due", "sending", "in_doubt", "failed")
"""What became of the deliveries of interchanges that their partners do not have, or may not have."""


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
        """How many messages, documents, postings and interchanges are in which state."""
        found: dict[str, dict[str, int]] = {}
        for table in (tables.message, tables.document, tables.posting, tables.interchange):
            rows = tx.execute(sa.select(table.c.state, sa.func.count().label("total")).group_by(table.c.state))
            found[table.name] = {row.state: row.total for row in rows}
        return found

    def deliveries(self, tx: Connection) -> dict[str, int]:
        """How many interchanges are not with their partners, by what became of their delivery; few at any time."""
        delivery = tables.interchange.c.delivery
        query = sa.select(delivery, sa.func.count().label("total")).where(delivery.in_(UNDELIVERED))
        return {row.delivery: row.total for row in tx.execute(query.group_by(delivery))}

    def open_exceptions(self, tx: Connection) -> dict[str, int]:
        """How many holds and dead letters are open."""
        held = sa.select(sa.func.count()).select_from(tables.hold).where(tables.hold.c.released_at.is_(None))
        dead = sa.select(sa.func.count()).select_from(tables.dead_letter)
        dead = dead.where(tables.dead_letter.c.requeued_at.is_(None))
        return {"held": tx.scalar(held) or 0, "dead": tx.scalar(dead) or 0}

    def holds_open(self, tx: Connection) -> dict[str, int]:
        """Open holds by cause."""
        hold = tables.hold
        query = sa.select(hold.c.cause, sa.func.count().label("total")).where(hold.c.released_at.is_(None))
        return {row.cause: row.total for row in tx.execute(query.group_by(hold.c.cause))}

    def dead_letters_open(self, tx: Connection) -> dict[tuple[str, str], int]:
        """Open dead letters by stage and lane."""
        dead = tables.dead_letter
        query = sa.select(dead.c.stage, dead.c.lane, sa.func.count().label("total")).where(dead.c.requeued_at.is_(None))
        return {(row.stage, row.lane): row.total for row in tx.execute(query.group_by(dead.c.stage, dead.c.lane))}

    def circuits(self, tx: Connection) -> Sequence[Row[Any]]:
        """Every circuit that ever saw a failure, as it stands."""
        return tx.execute(sa.select(tables.circuit).order_by(tables.circuit.c.name)).all()

    def unsealed(self, tx: Connection) -> tuple[int, float]:
        """How many audit events wait for their seal, and the age of the oldest in seconds."""
        event, at = tables.audit_event, ids.now()
        query = sa.select(sa.func.count(), sa.func.min(event.c.at)).where(event.c.seq.is_(None))
        count, oldest = tx.execute(query).one()
        return count, _age(oldest or at, at)


def _age(since: datetime, at: datetime) -> float:
    return max(0.0, (at - since).total_seconds())
