"""What suppliers said they sent, what of it was received, and which transfers of Odoo were told on.

Written by the flows of ship notices and receipts and by the job ``receipts.pick_up``. A receipt that only counts, or
names no more than a notice or an SSCC, gets its lots from here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Column, Date, Index, Integer, String, Table
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger.columns import Exact, Id, Instant
from app.ledger.database import insert
from app.ledger.tables import business_key, document, metadata

shipment = Table(
    "shipment",
    metadata,
    Column("document_id", Id, primary_key=True),
    Column("facility", String(32), nullable=False),
    Column("supplier", String(64), nullable=False),
    Column("number", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("said_at", Instant, nullable=False),
    Column("expected_on", Date),
    Column("created_at", Instant, nullable=False),
    Index("ix_shipment_number", "number", "supplier"),
)

shipment_line = Table(
    "shipment_line",
    metadata,
    Column("document_id", Id, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("number", String(64)),
    Column("order_number", String(64), nullable=False),
    Column("order_line", String(64)),
    Column("item", String(200)),
    Column("quantity", Exact, nullable=False),
    Column("lot", String(200)),
    Column("serial", String(200)),
    Column("expiry", Date),
    Column("packages", String(400), nullable=False),
    Index("ix_shipment_line_order_number", "order_number"),
)

shipment_claim = Table(
    "shipment_claim",
    metadata,
    Column("document_id", Id, primary_key=True),
    Column("notice_id", Id, primary_key=True),
    Column("ordinal", Integer, primary_key=True),
    Column("quantity", Exact, nullable=False),
    Index("ix_shipment_claim_notice_id", "notice_id"),
)

received_transfer = Table(
    "received_transfer",
    metadata,
    Column("transfer_id", Integer, primary_key=True),
    Column("name", String(64), nullable=False),
    Column("order_number", String(64), nullable=False),
    Column("document_id", Id),
    Column("noted_at", Instant, nullable=False),
    Index("ix_received_transfer_document_id", "document_id"),
    Index("ix_received_transfer_order_number", "order_number"),
)

VOID = ("cancelled", "superseded")
"""States of documents whose receipts count for nothing."""

_s, _l, _c, _t = shipment.c, shipment_line.c, shipment_claim.c, received_transfer.c


def notices_of(lines: Iterable[Row[Any]], order: str) -> list[str]:
    """The notices that these lines of an order are from, by the ids of their documents."""
    return sorted({line.document_id.hex for line in lines if line.order_number == order})


def lock(subject: str) -> int:
    """The number of the lock under which a notice is kept, and a receipt held for want of it.

    ``subject`` is the hold's. Either the receipt sees the notice, or the notice sees the hold and releases it.
    """
    return int(ids.digest(f"shipment {subject}".encode())[:15], 16)


@dataclass(frozen=True, slots=True)
class ShipmentHead:
    """A ship notice as a whole."""

    number: str
    supplier: str
    said_at: datetime
    expected_on: date | None = None


@dataclass(frozen=True, slots=True)
class ShipmentLine:
    """Goods of one line of a notice, in base units; ``packages`` are the SSCCs that they are in, inside first."""

    order_number: str
    quantity: Decimal
    number: str | None = None
    order_line: str | None = None
    item: str | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    packages: tuple[str, ...] = ()


class Shipments:
    """Shipments by the document that noticed them."""

    def keep(self, tx: Connection, of: Row[Any], head: ShipmentHead, lines: Sequence[ShipmentLine]) -> None:
        """Keep what a notice says, in place of what it said before it was resolved anew."""
        tx.execute(sa.delete(shipment_line).where(_l.document_id == of.id))
        tx.execute(sa.delete(shipment).where(_s.document_id == of.id))
        row = {
            "document_id": of.id,
            "facility": of.facility,
            "supplier": head.supplier,
            "number": head.number[:200],
            "state": "noticed",
            "said_at": head.said_at,
            "expected_on": head.expected_on,
            "created_at": ids.now(),
        }
        tx.execute(sa.insert(shipment).values(**row))
        rows = [
            {
                "document_id": of.id,
                "ordinal": place,
                "number": line.number,
                "order_number": line.order_number,
                "order_line": line.order_line,
                "item": line.item,
                "quantity": line.quantity,
                "lot": line.lot,
                "serial": line.serial,
                "expiry": line.expiry,
                "packages": " ".join(line.packages)[:400],
            }
            for place, line in enumerate(lines)
        ]
        if rows:
            tx.execute(sa.insert(shipment_line), rows)

    def of_number(self, tx: Connection, number: str, supplier: str) -> Sequence[Row[Any]]:
        """The notices of a supplier with this number, the latest said first."""
        query = sa.select(shipment).where(_s.number == number[:200], _s.supplier == supplier)
        return tx.execute(query.order_by(_s.said_at.desc(), _s.document_id.desc())).all()

    def set_state(self, tx: Connection, document_ids: Collection[UUID], state: str) -> None:
        """Notices were superseded or cancelled: nothing is received by them any more."""
        tx.execute(sa.update(shipment).where(_s.document_id.in_(list(document_ids))).values(state=state))

    def lines(self, tx: Connection, orders: Collection[str]) -> Sequence[Row[Any]]:
        """The lines of valid notices for these orders, with the number and supplier of each ``notice``, in order."""
        query = sa.select(shipment_line, _s.number.label("notice"), _s.supplier)
        query = query.join(shipment, _s.document_id == _l.document_id)
        query = query.where(_l.order_number.in_(list(orders)), _s.state == "noticed")
        return tx.execute(query.order_by(_s.said_at, _l.document_id, _l.ordinal)).all()

    def notices(self, tx: Connection, order: str) -> list[str]:
        """The valid notices that have goods for an order, by the ids of their documents."""
        return notices_of(self.lines(tx, [order]), order)

    def orders_noticed(self, tx: Connection, number: str) -> dict[str, list[str]]:
        """By supplier, the orders that its valid notice of this number has goods for."""
        return self._orders(tx, _s.number == number[:200])

    def orders_packed(self, tx: Connection, sscc: str) -> dict[str, list[str]]:
        """By supplier, the orders that have goods in this package, by a valid notice."""
        key = business_key.c
        named = sa.select(key.document_id).where(key.kind == "sscc", key.value == sscc)
        return self._orders(tx, sa.and_(_s.document_id.in_(named), _l.packages.contains(sscc, autoescape=True)))

    def _orders(self, tx: Connection, where: sa.ColumnElement[bool]) -> dict[str, list[str]]:
        query = sa.select(_s.supplier, _l.order_number).join(shipment_line, _s.document_id == _l.document_id).distinct()
        found: dict[str, list[str]] = {}
        for row in tx.execute(query.where(where, _s.state == "noticed").order_by(_s.supplier, _l.order_number)):
            found.setdefault(row.supplier, []).append(row.order_number)
        return found

    def claimed(self, tx: Connection, notices: Collection[UUID], but: UUID) -> dict[tuple[UUID, int], Decimal]:
        """What receipts other than ``but`` count against lines of these notices."""
        query = sa.select(shipment_claim).join(document, document.c.id == _c.document_id)
        query = query.where(_c.notice_id.in_(list(notices)), _c.document_id != but, document.c.state.not_in(VOID))
        found: dict[tuple[UUID, int], Decimal] = {}
        for row in tx.execute(query):
            key = (row.notice_id, row.ordinal)
            found[key] = found.get(key, Decimal(0)) + row.quantity
        return found

    def claim(self, tx: Connection, document_id: UUID, counted: Mapping[tuple[UUID, int], Decimal]) -> None:
        """Count a receipt against lines of notices, in place of what it counted before."""
        tx.execute(sa.delete(shipment_claim).where(_c.document_id == document_id))
        rows = [
            {"document_id": document_id, "notice_id": notice, "ordinal": ordinal, "quantity": quantity}
            for (notice, ordinal), quantity in counted.items()
        ]
        if rows:
            tx.execute(sa.insert(shipment_claim), rows)

    def received(
        self, tx: Connection, transfer_id: int, name: str, order_number: str, document_id: UUID | None = None
    ) -> bool:
        """Note that a transfer was told on; False where it was before."""
        values = {"name": name, "order_number": order_number, "document_id": document_id, "noted_at": ids.now()}
        added = insert(tx, received_transfer).values(transfer_id=transfer_id, **values)
        added = added.on_conflict_do_nothing(index_elements=["transfer_id"])
        return tx.execute(added.returning(_t.transfer_id)).first() is not None

    def transfers(self, tx: Connection, transfer_ids: Collection[int]) -> dict[int, Row[Any]]:
        """Those of the transfers that were told on, with the document of each."""
        rows = tx.execute(sa.select(received_transfer).where(_t.transfer_id.in_(list(transfer_ids))))
        return {row.transfer_id: row for row in rows}

    def transfers_of(self, tx: Connection, order_number: str) -> Sequence[Row[Any]]:
        """The transfers of an order that were told on."""
        return tx.execute(sa.select(received_transfer).where(_t.order_number == order_number)).all()
