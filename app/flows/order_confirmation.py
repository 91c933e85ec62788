"""Order confirmations: what a supplier says to an order is put onto it, or shown to a person who decides.

Resolved locally: which order and lines, our items, units. How it departs from the order is judged on the order as Odoo
has it when it is carried out, see ``app.flows.acknowledging``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy.engine import Connection, Row

from app import flows
from app.crosswalk.names import Names
from app.errors import Held
from app.flows import following, rules
from app.flows.acknowledging import ACKNOWLEDGE
from app.flows.answered import Reading, asked_to_data, to_data
from app.flows.base import Case, Effects, NoEffect, Verdict
from app.flows.sending import sendings
from app.ledger.documents import identity
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.model.order_confirmation import OrderConfirmation
from app.model.purchase_order import PurchaseOrder
from app.model.schema import digest_of, document_from_json

OPEN = ("received", "held")
"""States of confirmations that have not come to their end."""


class OrderConfirmationFlow:
    """The flow of the document kind ``order_confirmation``."""

    kind = OrderConfirmation.document_kind

    def identity(self, document: OrderConfirmation, facility: str, sender: str) -> str:
        """Suppliers number confirmations loosely; one is the same where it says the same."""
        return identity(facility, sender, self.kind, digest_of(document))

    def codes(self, document: OrderConfirmation) -> Iterator[str]:
        """Every item identifier, also of substitutes, and every unit of quantities and prices."""
        for line in document.lines:
            yield from (identifier.value for identifier in (*line.identifiers, *line.substitute))
            for quantity in (line.quantity, line.price.basis if line.price else None):
                if quantity:
                    yield from filter(None, (quantity.unit, quantity.common_unit))

    def awaited(self, _: OrderConfirmation) -> str | None:
        """Nothing waits for it."""
        return None

    def decide(self, tx: Connection, ledger: Ledger, case: Case[OrderConfirmation]) -> Verdict:
        """Put it onto its order. Raises Held where the order, an item or a unit is not known."""
        document, row = case.document, case.row
        if document.action == "duplicate":
            return NoEffect("copy")
        order = _order(tx, ledger, case)
        ledger.confirmations.receive(tx, row, order.number, order.supplier, document.number)
        if self._overtaken(tx, ledger, case, order.number):
            ledger.confirmations.weighed(tx, row.id, "superseded")
            return NoEffect("superseded")
        reading = Reading(document, _told(tx, ledger, order), Names(case.rows, row.facility, row.occurred_at.date()))
        effect = {
            "order": order.number,
            "facility": order.facility,
            "supplier_order": document.supplier_order_number or document.number,
            "answer": to_data(reading.answer()),
            "asked": asked_to_data(reading.asked()),
            "rules": rules.in_force(tx, ledger).confirmation.to_data(),
            "decisions": ledger.confirmations.decisions(tx, row.id),
            "clinical": _clinical(tx, ledger, reading.items()),
        }
        partition = f"odoo:order:{order.number}"
        posting = NewPosting(row.id, f"confirmation:{row.id.hex}", ACKNOWLEDGE, partition, row.lane, effect)
        told = sendings(case.setup, case, document)
        return Effects((posting, *told), row.lane, tuple(dict.fromkeys(reading.rows)))

    def _overtaken(self, tx: Connection, ledger: Ledger, case: Case[OrderConfirmation], number: str) -> bool:
        """End the older confirmations that this one repeats or corrects; whether a newer one did so to this."""
        others = [row for row in ledger.confirmations.of_order(tx, number) if row.document_id != case.row.id]
        rows = ledger.documents.load(tx, [other.document_id for other in others])
        mine, replaced = (case.row.occurred_at, case.row.id), []
        for other in others:
            theirs = rows[other.document_id]
            said = _said(tx, ledger, theirs.id)
            if said is None:
                continue
            if (theirs.occurred_at, theirs.id) > mine:
                if other.state != "superseded" and _covers(said, case.document):
                    return True
            elif other.state in OPEN and _covers(case.document, said):
                replaced.append(theirs)
        _supersede(tx, ledger, replaced)
        return False


def _order(tx: Connection, ledger: Ledger, case: Case[OrderConfirmation]) -> Row[Any]:
    """The order that is confirmed. Raises Held where it is unknown, another supplier's, or cancelled."""
    number = case.document.order_number
    order, subject = ledger.orders.awaited(tx, number), f"order {number}"
    if order is None:
        hint = "Odoo has no such order yet; this goes on by itself once it has. Else ask the supplier which is meant."
        raise Held("order_unknown", subject, hint)
    supplier = _supplier(tx, ledger, case)
    if supplier and order.supplier and supplier != order.supplier:
        hint = f"The order is one to {order.supplier}, and {supplier} confirms it; ask {supplier}, then cancel this."
        raise Held("confirmation_of_another_supplier", subject, hint)
    if order.state == "cancel":
        hint = "The order is cancelled; tell the supplier so, then cancel this."
        raise Held("confirmation_of_cancelled_order", subject, hint)
    if case.document.action == "cancel":
        hint = "The supplier takes its confirmation back; settle with it what is to happen to the order, then cancel."
        raise Held("confirmation_withdrawn", subject, hint)
    return order


def _supplier(tx: Connection, ledger: Ledger, case: Case[OrderConfirmation]) -> str | None:
    channel = case.setup.channels.get(case.message.channel)
    if channel and channel.supplier:
        return channel.supplier
    return ledger.registry.supplier_of(tx, case.document.seller) if case.document.seller else None


def _told(tx: Connection, ledger: Ledger, order: Row[Any]) -> PurchaseOrder | None:
    """The order as its supplier was told it last."""
    key = flows.FLOWS[PurchaseOrder.document_kind].identity(
        PurchaseOrder(order.number, revision=str(order.revision) if order.revision else None),
        order.facility,
        following.SENDER,
    )
    row = ledger.documents.by_identity(tx, key)
    content = ledger.documents.contents(tx, [row.id]).get(row.id) if row else None
    document = document_from_json(content) if content else None
    return document if isinstance(document, PurchaseOrder) else None


def _said(tx: Connection, ledger: Ledger, document_id: Any) -> OrderConfirmation | None:
    content = ledger.documents.contents(tx, [document_id]).get(document_id)
    document = document_from_json(content) if content else None
    return document if isinstance(document, OrderConfirmation) else None


def _covers(newer: OrderConfirmation, older: OrderConfirmation) -> bool:
    """Whether the newer one speaks of everything that the older one speaks of; mere receipt speaks of nothing."""
    if newer.status == "received":
        return older.status == "received"
    if not newer.lines:
        return True
    return bool(older.lines) and _lines(older) <= _lines(newer)


def _lines(confirmation: OrderConfirmation) -> set[Any]:
    return {line.order_line or frozenset(line.identifiers) for line in confirmation.lines}


def _supersede(tx: Connection, ledger: Ledger, rows: Sequence[Row[Any]]) -> None:
    """End confirmations that wait for a person; one that is just being carried out comes to its end before ours."""
    waiting = [row.id for row in rows if row.state == "held"]
    ledger.holds.end_documents(tx, waiting, "wardline", "cancelled")
    ledger.documents.set_state(tx, waiting, "superseded")
    for document_id in waiting:
        ledger.confirmations.weighed(tx, document_id, "superseded")


def _clinical(tx: Connection, ledger: Ledger, items: set[str]) -> list[str]:
    """Those of the items whose substitutes need a clinician's word."""
    found = ledger.registry.items(tx, items)
    return sorted(reference for reference, facts in found.items() if facts.clinical)
