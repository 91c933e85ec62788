"""Pulses: when each lane's worker last heard a bell; what tells a living worker from a process that only exists.

Workers note theirs, the relay rings canaries for lanes that are idle, ``workers.health`` and ``workers.watch`` judge.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy import Column, String, Table
from sqlalchemy.engine import Connection

from app import ids
from app.ledger import tables
from app.ledger.columns import Instant
from app.ledger.database import insert
from app.ledger.tables import metadata

pulse = Table(
    "pulse",
    metadata,
    Column("worker", String(100), primary_key=True),
    Column("lane", String(16), nullable=False),
    Column("heard_at", Instant, nullable=False),
)


class Pulses:
    """The last bells that workers heard."""

    def heard(self, tx: Connection, worker: str, lane: str) -> None:
        """Note that a worker (``bulk@host``) has just heard a bell."""
        values = {"lane": lane, "heard_at": ids.now()}
        noted = insert(tx, pulse).values(worker=worker, **values)
        tx.execute(noted.on_conflict_do_update(index_elements=["worker"], set_=values))

    def last(self, tx: Connection, worker: str) -> datetime | None:
        """When the worker last heard a bell, None where it never did."""
        found: datetime | None = tx.scalar(sa.select(pulse.c.heard_at).where(pulse.c.worker == worker))
        return found

    def rung(self, tx: Connection, lane: str) -> datetime | None:
        """When the relay last rang for the lane, for whatever stage; None where it never did."""
        bell = tables.bell
        found: datetime | None = tx.scalar(sa.select(sa.func.max(bell.c.rung_at)).where(bell.c.lane == lane))
        return found

    def workers(self, tx: Connection, within: timedelta) -> dict[str, int]:
        """How many workers of each lane have heard a bell lately."""
        lately = pulse.c.heard_at > ids.now() - within
        rows = tx.execute(sa.select(pulse.c.lane, sa.func.count()).where(lately).group_by(pulse.c.lane))
        return {row[0]: row[1] for row in rows}

    def forget(self, tx: Connection, before: datetime) -> int:
        """Forget workers that have not been heard of for long; how many."""
        return tx.execute(sa.delete(pulse).where(pulse.c.heard_at < before)).rowcount
