"""The clock's jobs: when each comes due, who does it now, and how it went the last time.

Used by ``workers.clock`` and ``wardline jobs``. A lease lets one process at a time do a job; one that died gives it
back by not renewing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, String, Table
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger.columns import Id, Instant
from app.ledger.database import insert
from app.ledger.tables import metadata

LEASE = timedelta(seconds=60)
"""How long a job may go without a sign of life."""

job = Table(
    "job",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("due_at", Instant, nullable=False),
    Column("lease_token", Id),
    Column("lease_until", Instant),
    Column("started_at", Instant),
    Column("finished_at", Instant),
    Column("done", BigInteger),
    Column("error_code", String(64)),
)


class Jobs:
    """Leases and outcomes of the clock's jobs."""

    def claim(self, tx: Connection, name: str, *, now: bool = False) -> UUID | None:
        """Lease a job that is due, or any that nobody does where ``now`` is asked; the lease's token."""
        at, token = ids.now(), ids.new_id()
        lease = {"lease_token": token, "lease_until": at + LEASE, "started_at": at}
        free = sa.or_(job.c.lease_until.is_(None), job.c.lease_until <= at)
        due = sa.true() if now else job.c.due_at <= at
        taken = insert(tx, job).values(name=name, due_at=at, **lease)
        taken = taken.on_conflict_do_update(index_elements=["name"], set_=lease, where=sa.and_(free, due))
        return token if tx.execute(taken.returning(job.c.name)).first() else None

    def renew(self, tx: Connection, name: str, token: UUID) -> bool:
        """Give a sign of life; whether the lease is still ours."""
        ours = sa.and_(job.c.name == name, job.c.lease_token == token)
        return tx.execute(sa.update(job).where(ours).values(lease_until=ids.now() + LEASE)).rowcount == 1

    def finish(
        self, tx: Connection, name: str, token: UUID, every: timedelta, done: int | None, error_code: str | None
    ) -> None:
        """Note how it went and when it comes due again; nothing happens where the lease was lost.

        ``done`` None, of a job that failed, leaves what was done the last time it went well.
        """
        at = ids.now()
        values: dict[str, Any] = {"lease_token": None, "lease_until": None, "finished_at": at, "error_code": error_code}
        values |= {} if done is None else {"done": done}
        ours = sa.and_(job.c.name == name, job.c.lease_token == token)
        tx.execute(sa.update(job).where(ours).values(due_at=at + every, **values))

    def last(self, tx: Connection, name: str) -> Row[Any] | None:
        """A job as it was done the last time, None where it was never begun."""
        return tx.execute(sa.select(job).where(job.c.name == name)).first()

    def list(self, tx: Connection) -> Sequence[Row[Any]]:
        """The jobs that were ever begun."""
        return tx.execute(sa.select(job).order_by(job.c.name)).all()
