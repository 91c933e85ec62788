"""Budgets of cost centres, and what is committed of them: by orders that were made and by those that may be.

Loaded by ``wardline budget import``; committed by the flow of requisitions under a lock of the cost centre, so that two
requisitions never spend the last money both.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Column, Date, Index, String, Table
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger.audit import AuditTrail, Event
from app.ledger.columns import Exact, Id, Instant
from app.ledger.database import Database, insert
from app.ledger.tables import metadata

budget = Table(
    "budget",
    metadata,
    Column("cost_centre", String(64), primary_key=True),
    Column("starts_on", Date, primary_key=True),
    Column("ends_on", Date, nullable=False),
    Column("amount", Exact, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("updated_at", Instant, nullable=False),
)
commitment = Table(
    "commitment",
    metadata,
    Column("document_id", Id, primary_key=True),
    Column("cost_centre", String(64), primary_key=True),
    Column("on_day", Date, nullable=False),
    Column("amount", Exact, nullable=False),
    Index("ix_commitment_cost_centre", "cost_centre", "on_day"),
)


class Budgets:
    """Budgets and commitments."""

    def __init__(self, database: Database, audit: AuditTrail) -> None:
        self._database = database
        self._audit = audit

    def put(self, tx: Connection, rows: Iterable[Mapping[str, Any]], actor: str) -> int:
        """Enter budgets, or bring them up to date; how many."""
        new = [dict(row) | {"updated_at": ids.now()} for row in rows]
        for row in new:
            added = insert(tx, budget).values(**row)
            values = {name: added.excluded[name] for name in ("ends_on", "amount", "currency", "updated_at")}
            tx.execute(added.on_conflict_do_update(index_elements=["cost_centre", "starts_on"], set_=values))
        self._audit.append(tx, [Event("budget.imported", actor, detail={"budgets": len(new)})])
        return len(new)

    def standing(
        self, tx: Connection, centres: Collection[str], on: date, besides: Collection[UUID] = ()
    ) -> dict[str, tuple[Decimal, Decimal, str]]:
        """Amount, what is committed of it by others than these documents, and currency, of the budgets of that day.

        Nobody else can commit anything of these cost centres until the transaction ends.
        """
        found = {}
        for centre in sorted(centres):
            self._database.alone(tx, int(ids.digest(f"budget {centre}".encode())[:15], 16))
            row = self._budget(tx, centre, on)
            if row is not None:
                found[centre] = (row.amount, self._committed(tx, row, besides), row.currency)
        return found

    def commit(self, tx: Connection, document_id: UUID, on: date, amounts: Mapping[str, Decimal]) -> None:
        """What a document commits, in the place of what it committed before."""
        tx.execute(sa.delete(commitment).where(commitment.c.document_id == document_id))
        rows = [
            {"document_id": document_id, "cost_centre": centre, "on_day": on, "amount": amount}
            for centre, amount in amounts.items()
        ]
        if rows:
            tx.execute(sa.insert(commitment), rows)

    def all(self, tx: Connection) -> list[tuple[Row[Any], Decimal]]:
        """Every budget with what is committed of it."""
        rows = tx.execute(sa.select(budget).order_by(budget.c.cost_centre, budget.c.starts_on)).all()
        return [(row, self._committed(tx, row, ())) for row in rows]

    def _budget(self, tx: Connection, centre: str, on: date) -> Row[Any] | None:
        here = sa.and_(budget.c.cost_centre == centre, budget.c.starts_on <= on, budget.c.ends_on >= on)
        return tx.execute(sa.select(budget).where(here).order_by(budget.c.starts_on.desc()).limit(1)).first()

    def _committed(self, tx: Connection, row: Row[Any], besides: Collection[UUID]) -> Decimal:
        within = commitment.c.on_day.between(row.starts_on, row.ends_on)
        query = sa.select(commitment.c.amount).where(commitment.c.cost_centre == row.cost_centre, within)
        if besides:
            query = query.where(commitment.c.document_id.not_in(list(besides)))
        # Summed here: amounts are exact in the ledger, and SQLite would sum them as floats.
        return sum((amount for amount in tx.scalars(query)), Decimal(0))
