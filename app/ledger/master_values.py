"""Master data as Wardline last wrote or saw it in Odoo, field by field, to tell who changed what since.

Written when a record was put into Odoo; read when the next one is decided on. Holds no patient data.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, String, Table
from sqlalchemy.engine import Connection

from app import ids
from app.ledger.columns import Instant, Json
from app.ledger.database import insert
from app.ledger.tables import metadata

STEP = 400
"""How many references one statement names."""

master_value = Table(
    "master_value",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("reference", String(64), primary_key=True),
    Column("fields", Json, nullable=False),
    Column("seen_at", Instant, nullable=False),
)


class MasterValues:
    """The last known values of records."""

    def last(self, tx: Connection, kind: str, references: Collection[str]) -> dict[str, dict[str, Any]]:
        """The values by reference; a record that was never put has none."""
        found: dict[str, dict[str, Any]] = {}
        wanted = sorted(set(references))
        for start in range(0, len(wanted), STEP):
            some = sa.and_(master_value.c.kind == kind, master_value.c.reference.in_(wanted[start : start + STEP]))
            found |= {row.reference: row.fields for row in tx.execute(sa.select(master_value).where(some))}
        return found

    def put(self, tx: Connection, kind: str, values: Mapping[str, Mapping[str, Any]]) -> None:
        """Remember these records' values, by reference, in place of those before."""
        at = ids.now()
        rows = [
            {"kind": kind, "reference": reference, "fields": dict(fields), "seen_at": at}
            for reference, fields in sorted(values.items())
        ]
        if rows:
            entry = insert(tx, master_value)
            anew = {name: entry.excluded[name] for name in ("fields", "seen_at")}
            tx.execute(entry.on_conflict_do_update(index_elements=["kind", "reference"], set_=anew), rows)
