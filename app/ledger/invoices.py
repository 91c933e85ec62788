"""Invoices: what was claimed, how it matched, what Odoo made of it, and which differences a person accepted.

Written by ``app.flows.invoice`` and the job ``bills.watch``; read by ``wardline invoices`` and the API.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Column, Date, Index, Integer, String, Table, Text
from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import Conflict
from app.ledger.audit import AuditTrail, Event
from app.ledger.columns import Exact, Id, Instant, Json
from app.ledger.database import insert
from app.ledger.tables import document, metadata

STATES = ("received", "held", "posted", "partly_paid", "paid", "reversed", "draft", "cancelled")
OPEN = ("posted", "partly_paid", "draft")
"""States that Odoo's users may still change, so that they are watched."""

ASSIGNED = "assigned_order"
"""The decision of a person which order an invoice is for; kept with what people accepted."""

invoice = Table(
    "invoice",
    metadata,
    Column("document_id", Id, primary_key=True),
    Column("facility", String(32), nullable=False),
    Column("supplier", String(64), nullable=False),
    Column("number", String(200), nullable=False),
    Column("type", String(16), nullable=False),
    Column("orders", Json, nullable=False),
    Column("issued_on", Date),
    Column("currency", String(3), nullable=False),
    Column("total", Exact),
    Column("state", String(16), nullable=False),
    Column("match", Json),
    Column("fingerprint", String(64)),
    Column("record_id", Integer),
    Column("record_name", String(64)),
    Column("residual", Exact),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("ix_invoice_number", "number", "supplier"),
    Index("ix_invoice_state", "state"),
    Index("ix_invoice_record_id", "record_id"),
)

acceptance = Table(
    "invoice_acceptance",
    metadata,
    Column("id", Id, primary_key=True),
    Column("document_id", Id, nullable=False, index=True),
    Column("fingerprint", String(64), nullable=False),
    Column("figures", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("accepted_by", String(128), nullable=False),
    Column("accepted_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class InvoiceHead:
    """What an invoice says of itself; ``type`` is invoice, credit_note or debit_note."""

    number: str
    type: str
    supplier: str
    orders: tuple[str, ...] = ()
    issued_on: date | None = None
    currency: str = ""
    total: Decimal | None = None


class Invoices:
    """Invoices by their document."""

    def __init__(self, audit: AuditTrail) -> None:
        self._audit = audit

    def receive(self, tx: Connection, of: Row[Any], head: InvoiceHead) -> None:
        """Enter an invoice, or what it says now; state and match stay as they are."""
        at = ids.now()
        said = {
            "supplier": head.supplier,
            "number": head.number[:200],
            "type": head.type,
            "orders": list(head.orders),
            "issued_on": head.issued_on,
            "currency": head.currency[:3],
            "total": head.total,
            "updated_at": at,
        }
        added = insert(tx, invoice).values(
            document_id=of.id, facility=of.facility, state="received", created_at=at, **said
        )
        tx.execute(added.on_conflict_do_update(index_elements=["document_id"], set_=said))

    def matched(
        self, tx: Connection, document_id: UUID, state: str, match: Mapping[str, Any] | None, fingerprint: str | None
    ) -> None:
        """Note the latest match and the state it led to."""
        values = {"state": state, "match": match, "fingerprint": fingerprint, "updated_at": ids.now()}
        tx.execute(sa.update(invoice).where(invoice.c.document_id == document_id).values(**values))

    def billed(
        self, tx: Connection, document_id: UUID, record_id: int, record_name: str, state: str, residual: Decimal | None
    ) -> None:
        """Note the bill that Odoo has, and how it stands."""
        values = {"record_id": record_id, "record_name": record_name, "residual": residual}
        changed = sa.update(invoice).where(invoice.c.document_id == document_id)
        tx.execute(changed.values(state=state, updated_at=ids.now(), **values))

    def get(self, tx: Connection, document_id: UUID) -> Row[Any] | None:
        """One invoice, or None."""
        return tx.execute(sa.select(invoice).where(invoice.c.document_id == document_id)).first()

    def by_number(self, tx: Connection, number: str, supplier: str | None = None) -> Sequence[Row[Any]]:
        """The invoices with this number, the newest first; suppliers choose their numbers, so there may be several."""
        query = sa.select(invoice).where(invoice.c.number == number).order_by(invoice.c.created_at.desc())
        return tx.execute(query.where(invoice.c.supplier == supplier) if supplier else query).all()

    def newest(
        self, tx: Connection, *, state: str | None = None, supplier: str | None = None, limit: int = 50
    ) -> Sequence[Row[Any]]:
        """The newest invoices."""
        query = sa.select(invoice).order_by(invoice.c.created_at.desc()).limit(limit)
        for name, value in (("state", state), ("supplier", supplier)):
            if value is not None:
                query = query.where(invoice.c[name] == value)
        return tx.execute(query).all()

    def watched(self, tx: Connection, after: UUID | None, limit: int) -> Sequence[Row[Any]]:
        """Bills whose state in Odoo may still change, a page at a time by document."""
        query = sa.select(invoice).where(invoice.c.state.in_(OPEN), invoice.c.record_id.is_not(None))
        query = query.where(invoice.c.document_id > after) if after else query
        return tx.execute(query.order_by(invoice.c.document_id).limit(limit)).all()

    def accept(self, tx: Connection, document_id: UUID, fingerprint: str, reason: str, actor: str) -> Row[Any]:
        """Let the differences for which an invoice is held pass, with just these figures.

        Goods that are still to come are waited for all the same, unless they are all there is. Raises Conflict where
        the invoice is not held for a difference, or its figures are others by now.
        """
        row = self.get(tx, document_id)
        if row is None or row.state != "held" or not row.fingerprint:
            raise Conflict("the invoice is not held for a difference", code="invoice.not_held")
        if row.fingerprint != fingerprint:
            hint = "Look at them again, then decide."
            raise Conflict("the figures are others by now", code="invoice.figures", hint=hint)
        reasons = (row.match or {}).get("reasons", [])
        figures = [entry for entry in reasons if entry["kind"] != "receipt"] or reasons
        values = {"document_id": document_id, "fingerprint": fingerprint, "figures": figures, "reason": reason}
        added = sa.insert(acceptance).values(id=ids.new_id(), accepted_by=actor, accepted_at=ids.now(), **values)
        tx.execute(added)
        message_id = tx.scalar(sa.select(document.c.message_id).where(document.c.id == document_id))
        detail = {"number": row.number, "supplier": row.supplier, "fingerprint": fingerprint, "reason": reason}
        self._audit.append(tx, [Event("invoice.accepted", actor, message_id, document_id, detail)])
        return row

    def accepted(self, tx: Connection, document_id: UUID) -> list[str]:
        """The digests of the differences that people accepted of this invoice."""
        rows = self.acceptances(tx, document_id)
        return sorted({entry["digest"] for row in rows for entry in row.figures if entry["kind"] != ASSIGNED})

    def assign(self, tx: Connection, document_id: UUID, order: str, reason: str, actor: str) -> None:
        """Say which order an invoice is for, where it names none or a wrong one."""
        figures = [{"kind": ASSIGNED, "order": order, "digest": order}]
        values = {"document_id": document_id, "fingerprint": ASSIGNED, "figures": figures, "reason": reason}
        added = sa.insert(acceptance).values(id=ids.new_id(), accepted_by=actor, accepted_at=ids.now(), **values)
        tx.execute(added)
        message_id = tx.scalar(sa.select(document.c.message_id).where(document.c.id == document_id))
        detail = {"order": order, "reason": reason}
        self._audit.append(tx, [Event("invoice.assigned", actor, message_id, document_id, detail)])

    def assigned(self, tx: Connection, document_id: UUID) -> str | None:
        """The order that a person named last, or None."""
        rows = [row for row in self.acceptances(tx, document_id) if row.fingerprint == ASSIGNED]
        return str(rows[-1].figures[0]["order"]) if rows else None

    def acceptances(self, tx: Connection, document_id: UUID) -> Sequence[Row[Any]]:
        """What people accepted of this invoice, in order."""
        query = sa.select(acceptance).where(acceptance.c.document_id == document_id)
        return tx.execute(query.order_by(acceptance.c.accepted_at, acceptance.c.id)).all()
