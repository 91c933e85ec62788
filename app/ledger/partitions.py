"""Partitions: what must have one writer at a time, such as a stock location in Odoo.

The posting stage leases one partition per claim, since two writers on one stock are slower than one, while disjoint
partitions scale. The lease is also the fence: who has lost it settles nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app import ids
from app.ledger import tables
from app.ledger.database import insert
from app.ledger.work import LeaseLost

_work, _lease = tables.work, tables.partition_lease

TRIES = 5
"""How many partitions may be snatched away before a worker gives up; it hears the next bell."""


class Partitions:
    """Leases of partitions."""

    def __init__(self, lease: timedelta) -> None:
        self._lease = lease

    def acquire(
        self, tx: Connection, stage: str, lane: str, higher_lanes: Sequence[str], at_once: int | None = None
    ) -> tuple[str, UUID] | None:
        """Lease the partition whose work in this lane is longest due, and its token; None where all are taken.

        A partition in which a more urgent lane has work due is left to that lane. ``at_once`` is how many the lane
        may have at a time; two that ask at the same moment may both get the last one, which does no harm.
        """
        if at_once is not None and self.taken(tx, lane) >= at_once:
            return None
        for _ in range(TRIES):
            if (partition := tx.scalar(self._longest_due(stage, lane, higher_lanes))) is None:
                return None
            if token := self._take(tx, partition, lane):
                return partition, token
        return None

    def taken(self, tx: Connection, lane: str) -> int:
        """How many partitions of Odoo the lane has; those of partners are none of its business."""
        ours = sa.and_(_lease.c.lane == lane, _lease.c.until > ids.now(), _lease.c.partition.not_like("partner:%"))
        return tx.scalar(sa.select(sa.func.count()).select_from(_lease).where(ours)) or 0

    def _take(self, tx: Connection, partition: str, lane: str) -> UUID | None:
        """Lease the partition unless somebody else was quicker; the lease's token."""
        at, token = ids.now(), ids.new_id()
        taken = insert(tx, _lease).values(partition=partition, token=token, until=at + self._lease, lane=lane)
        taken = taken.on_conflict_do_update(
            index_elements=["partition"],
            set_={name: taken.excluded[name] for name in ("token", "until", "lane")},
            where=_lease.c.until <= at,
        )
        return token if tx.execute(taken.returning(_lease.c.token)).first() else None

    def hold(self, tx: Connection, partition: str, token: UUID) -> None:
        """Make sure that the lease is still ours until this transaction ends, and renew it. Raises LeaseLost.

        A visit of many batches may last longer than a lease; only one that stands still for so long loses it.
        """
        ours = sa.update(_lease).where(_lease.c.partition == partition, _lease.c.token == token)
        if tx.execute(ours.values(until=ids.now() + self._lease)).rowcount != 1:
            raise LeaseLost

    def release(self, tx: Connection, partition: str, token: UUID) -> None:
        """Give the partition back; nothing happens where it was lost."""
        tx.execute(sa.delete(_lease).where(_lease.c.partition == partition, _lease.c.token == token))

    def _longest_due(self, stage: str, lane: str, higher_lanes: Sequence[str]) -> sa.Select[str]:
        at = ids.now()
        leased = sa.exists().where(_lease.c.partition == _work.c.partition, _lease.c.until > at)
        other = _work.alias("other")
        outranked = sa.exists().where(
            other.c.stage == stage,
            other.c.partition == _work.c.partition,
            other.c.lane.in_(list(higher_lanes)),
            other.c.due_at <= at,
        )
        return (
            sa
            .select(_work.c.partition)
            .where(_work.c.stage == stage, _work.c.lane == lane, _work.c.due_at <= at, ~leased, ~outranked)
            .order_by(_work.c.due_at, _work.c.id)
            .limit(1)
        )
