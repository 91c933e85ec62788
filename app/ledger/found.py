"""What Odoo was found to have that this ledger, restored from a backup, does not know: events, and orders, by marks.

Noted by ``app.flows.finding``; asked by ``app.flows.delivery`` before events travel, so that none travels twice. Empty
in a ledger that was never restored.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import BigInteger, Column, String, Table
from sqlalchemy.engine import Connection

from app import ids
from app.ledger import tables
from app.ledger.columns import Instant
from app.ledger.database import insert
from app.ledger.tables import metadata

found_event = Table(
    "found_event",
    metadata,
    Column("mark", String(32), primary_key=True),
    Column("key", String(100), nullable=False),
    Column("record_id", BigInteger, nullable=False),
    Column("record_name", String(64), nullable=False),
    Column("found_at", Instant, nullable=False),
)
STEP = 1_000


@dataclass(frozen=True, slots=True)
class Found:
    """A done transfer in Odoo: its key, its id and its name."""

    key: str
    record_id: int
    record_name: str


class FoundEvents:
    """Events whose transfers were found."""

    def note(self, tx: Connection, found: Found, marks: Collection[str]) -> int:
        """Note the events of a transfer; how many were not known yet."""
        values = {
            "key": found.key,
            "record_id": found.record_id,
            "record_name": found.record_name[:64],
            "found_at": ids.now(),
        }
        if not marks:
            return 0
        rows = [{"mark": mark, **values} for mark in sorted(set(marks))]
        added = insert(tx, found_event).values(rows).on_conflict_do_nothing()
        return len(tx.execute(added.returning(found_event.c.mark)).all())

    def of(self, tx: Connection, marks: Collection[str]) -> dict[str, Found]:
        """The transfers of these events, as far as there are any."""
        rows = tx.execute(sa.select(found_event).where(found_event.c.mark.in_(sorted(marks)))) if marks else ()
        return {row.mark: Found(row.key, row.record_id, row.record_name) for row in rows}

    def unknown(self, tx: Connection, keys: Sequence[str]) -> set[str]:
        """Those of the keys under which this ledger never sent anything."""
        batch = tables.batch
        known: set[str] = set()
        for start in range(0, len(keys), STEP):
            some = sa.select(batch.c.key).where(batch.c.key.in_(keys[start : start + STEP]))
            known.update(tx.scalars(some))
        return set(keys) - known
