"""Orders to suppliers that Odoo has: by the number their supplier knows, with what the supplier was told last.

Written by the operations on orders and by the job that picks orders up from Odoo; asked by whatever refers to an order.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, Index, Integer, String, Table
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger.columns import Id, Instant
from app.ledger.database import Database, insert
from app.ledger.holds import Holds
from app.ledger.tables import batch, metadata, posting

UNKNOWN, TO_APPROVE = "order_unknown", "order_to_approve_in_odoo"
"""Causes of holds that end by themselves: for an order that nobody knows, and for one that Odoo wants approved."""

purchase_order = Table(
    "purchase_order",
    metadata,
    Column("number", String(64), primary_key=True),
    Column("odoo_id", Integer, nullable=False),
    Column("supplier", String(64), nullable=False),
    Column("facility", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("requisition", String(200)),
    Column("document_id", Id),
    Column("revision", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("told", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("ix_purchase_order_odoo_id", "odoo_id"),
    Index("ix_purchase_order_document_id", "document_id"),
)

order_mark = Table(
    "order_mark",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("since", Instant, nullable=False),
)

News = Literal["new", "change", "cancel"]
"""What a supplier must be told of an order."""

_c = purchase_order.c


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """An order as it stands; ``fingerprint`` is of all that its supplier must be told.

    ``state`` is Odoo's. ``document_id`` is the document that it was made for, None where nobody asked us for it.
    """

    number: str
    odoo_id: int
    supplier: str
    facility: str
    state: str
    fingerprint: str
    requisition: str | None = None
    document_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """An order's row, and what its supplier must be told, if anything."""

    row: Row[Any]
    news: News | None


class Orders:
    """Orders by number."""

    def __init__(self, database: Database, holds: Holds) -> None:
        self._database = database
        self._holds = holds

    def by_number(self, tx: Connection, number: str) -> Row[Any] | None:
        """The order with this number, or None."""
        return tx.execute(sa.select(purchase_order).where(_c.number == number)).first()

    def awaited(self, tx: Connection, number: str) -> Row[Any] | None:
        """As ``by_number``, for a document that will be held under the number where there is none.

        The order may be recorded this very moment: either it is seen here, or the one who records it will see the
        hold and release it.
        """
        if (row := self.by_number(tx, number)) is None:
            self._database.alone(tx, _lock(number))
            row = self.by_number(tx, number)
        return row

    def by_numbers(self, tx: Connection, numbers: Collection[str]) -> dict[str, Row[Any]]:
        """The orders with these numbers."""
        rows = tx.execute(sa.select(purchase_order).where(_c.number.in_(list(numbers))))
        return {row.number: row for row in rows}

    def of_documents(self, tx: Connection, document_ids: Collection[UUID]) -> Sequence[Row[Any]]:
        """The orders that hold lines for these documents, of which one order may serve several."""
        placed = sa.and_(posting.c.document_id.in_(list(document_ids)), posting.c.operation.like("order.%"))
        named = sa.select(batch.c.record_name).join(posting, posting.c.batch_id == batch.c.id).where(placed)
        query = sa.select(purchase_order).where(_c.number.in_(named))
        return tx.execute(query.order_by(_c.number)).all()

    def record(self, tx: Connection, known: KnownOrder, *, quiet: bool = False, told: bool = True) -> Recorded:
        """Note how an order stands, and release what waited for it.

        An order that was confirmed, changed or cancelled since it was noted is news for its supplier, under a new
        revision; not with ``quiet``, where the supplier said so itself. With ``told`` false the news stays news until
        ``was_told``, for those who cannot tell it in this very transaction.
        """
        self._database.alone(tx, _lock(known.number))
        before = self.by_number(tx, known.number)
        news = _news(before, known)
        # What was noted and not told yet is told as of when it was noted, so that it is the same whenever it is told.
        again = before is not None and news is not None and before.fingerprint == known.fingerprint
        at = before.updated_at if before is not None and again else ids.now()
        values: dict[str, Any] = {"state": known.state, "odoo_id": known.odoo_id, "updated_at": at}
        if news:
            # The number of the last revision stays that of what the supplier was sent last.
            revision = before.revision if quiet and before is not None else _revision(before, known)
            values |= {"fingerprint": known.fingerprint, "revision": revision, "told": told or quiet}
        row = _upserted(tx, known, values)
        self._holds.release_in(tx, UNKNOWN, f"order {known.number}", "wardline")
        if known.state != "to approve":
            self._holds.release_in(tx, TO_APPROVE, f"order {known.number}", "wardline")
        return Recorded(row, None if quiet else news)

    def approved(self, tx: Connection, number: str) -> int:
        """An order of ours was approved, or given up, in Odoo: who placed it goes on; how many that were."""
        return self._holds.release_in(tx, TO_APPROVE, f"order {number}", "wardline")

    def was_told(self, tx: Connection, number: str, revision: int) -> None:
        """The supplier is being told of this revision."""
        tx.execute(sa.update(purchase_order).where(_c.number == number, _c.revision == revision).values(told=True))

    def busy(self, tx: Connection, number: str) -> bool:
        """Whether an effect on the order is on its way, so that what Odoo shows may be what it has just done."""
        of_order = sa.and_(posting.c.partition == f"odoo:order:{number}", posting.c.state.in_(("leased", "in_doubt")))
        return tx.execute(sa.select(posting.c.id).where(of_order).limit(1)).first() is not None

    def mark(self, tx: Connection, name: str) -> datetime | None:
        """Up to when the changes of orders were looked at."""
        return tx.scalar(sa.select(order_mark.c.since).where(order_mark.c.name == name))

    def set_mark(self, tx: Connection, name: str, since: datetime) -> None:
        """Changes before this moment were looked at."""
        added = insert(tx, order_mark).values(name=name, since=since)
        tx.execute(added.on_conflict_do_update(index_elements=["name"], set_={"since": since}))


def _news(before: Row[Any] | None, known: KnownOrder) -> News | None:
    """An order that nobody confirmed yet is no news, nor is one cancelled that its supplier never heard of."""
    heard = before is not None and before.fingerprint != ""
    if known.state not in ("purchase", "cancel") or (known.state == "cancel" and not heard):
        return None
    if before is not None and before.fingerprint == known.fingerprint and before.told:
        return None
    if known.state == "cancel":
        return "cancel"
    return "change" if heard and _revision(before, known) else "new"


def _revision(before: Row[Any] | None, known: KnownOrder) -> int:
    """The first is 0; what was noted and not told yet keeps its number as long as it stands."""
    if before is None or not before.fingerprint:
        return 0
    return int(before.revision) + (0 if before.fingerprint == known.fingerprint else 1)


def _upserted(tx: Connection, known: KnownOrder, values: dict[str, Any]) -> Row[Any]:
    first = {"fingerprint": "", "revision": 0, "told": True, "created_at": ids.now()} | values
    head = {
        "number": known.number,
        "supplier": known.supplier,
        "facility": known.facility,
        "requisition": known.requisition,
        "document_id": known.document_id,
    }
    added = insert(tx, purchase_order).values(**head, **first)
    changed = added.on_conflict_do_update(index_elements=["number"], set_=values)
    return tx.execute(changed.returning(purchase_order)).one()


def _lock(number: str) -> int:
    """The number of an order's own lock."""
    return int(ids.digest(f"purchase order {number}".encode())[:15], 16)
