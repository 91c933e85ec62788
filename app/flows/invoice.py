"""Invoices, debit and credit notes: matched with order and receipt, then billed and posted in Odoo.

Resolved locally: whose invoice, for which orders, of which items. The match itself needs fresh facts and happens when
the bill is made, see ``app.flows.billing``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from sqlalchemy.engine import Connection

from app import ids
from app.crosswalk.names import Names
from app.errors import Held
from app.flows import rules
from app.flows.base import Case, Effects, NoEffect, Verdict
from app.flows.billing import Disputed, kept, note
from app.flows.claim import claim_of, for_order, order_numbers, to_data
from app.flows.delivered import told_order
from app.ledger.documents import identity, stem
from app.ledger.invoices import InvoiceHead
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.model.invoice import Invoice
from app.model.purchase_order import PurchaseOrder
from app.model.when import moment
from app.policy.match_report import Reason

POST, CREDIT = "bill.post", "credit.post"
CAUSE = "invoice_duplicate"
LONGEST_KEY = 90


class InvoiceFlow:
    """The flow of the document kind ``invoice``."""

    kind = Invoice.document_kind

    def identity(self, document: Invoice, facility: str, sender: str) -> str:
        """A supplier's number, for an invoice, a credit note, and each thing that is done to them."""
        return identity(facility, sender, f"{document.type}.{document.action}", document.number)

    def codes(self, document: Invoice) -> Iterator[str]:
        """Every item identifier, and every unit of quantities and prices."""
        for line in document.lines:
            yield from (identifier.value for identifier in line.identifiers)
            for quantity in (line.quantity, line.price.basis if line.price else None):
                if quantity:
                    yield from filter(None, (quantity.unit, quantity.common_unit))

    def awaited(self, _: Invoice) -> str | None:
        """Credit notes that wait for their invoice wait for its bill, which releases them."""
        return None

    def decide(self, tx: Connection, ledger: Ledger, case: Case[Invoice]) -> Verdict:
        """Bill it, once its supplier, orders, items and units are known. Raises Held where one of them is not."""
        try:
            return self._decide(tx, ledger, case)
        except Held as held:
            if ledger.invoices.get(tx, case.row.id):
                note(tx, ledger, case.row.id, held)
            raise

    def _decide(self, tx: Connection, ledger: Ledger, case: Case[Invoice]) -> Verdict:
        document = case.document
        supplier = _supplier(tx, ledger, case)
        day = _day(case)
        head = InvoiceHead(
            document.number, document.type, supplier, _named(document), day, document.currency or "", document.total
        )
        ledger.invoices.receive(tx, case.row, head)
        if document.action == "duplicate":
            return NoEffect("copy")
        if not document.lines:
            hint = f"Invoice {document.number} has a total and no lines; ask the supplier for one that has them."
            raise Held("invoice_without_lines", f"supplier {supplier}", hint)
        self._check_action(tx, ledger, case, supplier)
        names, told = Names(case.rows, case.row.facility, day), _told(tx, ledger, document, supplier)
        claim, rows = claim_of(document, supplier, names, told)
        if assigned := ledger.invoices.assigned(tx, case.row.id):
            claim = for_order(claim, assigned)
        orders = order_numbers(claim) or _corrected(tx, ledger, document, supplier)
        accepted = ledger.invoices.accepted(tx, case.row.id)
        if not orders:
            hint = f"Find the order of invoice {document.number}, then name it: `wardline invoices assign`."
            raise Held("invoice_without_order", f"supplier {supplier}", hint)
        key = self._key(tx, ledger, case, supplier, accepted)
        book = rules.in_force(tx, ledger)
        effect = {
            "claim": to_data(claim),
            "orders": list(orders),
            "day": day.isoformat(),
            "corrects": document.corrects,
            "accepted": accepted,
            "again": _withdrawn(tx, ledger, case),
            "policy": book.matching.to_data(),
            "rule_version": book.version,
        }
        operation = CREDIT if document.type == "credit_note" else POST
        posting = NewPosting(case.row.id, key, operation, f"odoo:order:{min(orders)}", case.row.lane, effect)
        return Effects((posting,), case.row.lane, tuple(dict.fromkeys(rows)))

    def _check_action(self, tx: Connection, ledger: Ledger, case: Case[Invoice], supplier: str) -> None:
        """A supplier that takes an invoice back or changes it: what is still held ends, what is billed stays."""
        document = case.document
        if document.action == "new":
            return
        others = [
            row
            for row in ledger.invoices.by_number(tx, document.number, supplier)
            if row.document_id != case.row.id and row.type == document.type
        ]
        billed = [row for row in others if row.record_id and row.state != "cancelled"]
        held = [row.document_id for row in others if row.state == "held"]
        ledger.holds.end_documents(tx, held, "wardline", "cancelled")
        if billed or document.action == "cancel":
            what = "withdrew" if document.action == "cancel" else "changed"
            state = f"is {billed[0].record_name} in Odoo" if billed else "was not billed"
            hint = f"The supplier {what} invoice {document.number}, which {state}; settle it in Odoo, then cancel this."
            raise Held("invoice_withdrawn", f"supplier {supplier} invoice {document.number}", hint)

    def _key(self, tx: Connection, ledger: Ledger, case: Case[Invoice], supplier: str, accepted: list[str]) -> str:
        """The bill's key is the supplier's number, so that whatever message it comes in, it is billed once."""
        document = case.document
        kind = "credit" if document.type == "credit_note" else "bill"
        key = _fitting(f"{kind}:{supplier}:{document.number}")
        if not ledger.postings.is_taken(tx, key, case.row.id):
            return key
        text = f"invoice {document.number} came in another message before"
        reason = Reason("duplicate", text, stated=document.number)
        if reason.digest in accepted:
            return f"{key}:{stem(case.row)[-8:]}"
        hint = f"I{text[1:]}; cancel this one, or accept it if the supplier used the number twice."
        raise Disputed(CAUSE, f"supplier {supplier} invoice {document.number}", hint, kept(CAUSE, reason))


def _supplier(tx: Connection, ledger: Ledger, case: Case[Invoice]) -> str:
    channel = case.setup.channels.get(case.message.channel)
    if channel and channel.supplier:
        return channel.supplier
    for party in (case.document.seller, case.document.remit_to):
        if party and (supplier := ledger.registry.supplier_of(tx, party)):
            return supplier
    hint = "Add the supplier's identifiers to the crosswalk or set the channel's supplier, then release the group."
    named = case.document.seller or case.document.remit_to
    number = next((f"{i.scheme}:{i.value}" for i in named.identifiers), None) if named else None
    raise Held("supplier_unknown", f"supplier {number or case.message.sender}", hint)


def _day(case: Case[Invoice]) -> date:
    """The day of the invoice, in the time zone of its channel; that of its arrival where it tells none."""
    channel = case.setup.channels.get(case.message.channel)
    said = case.document.issued_at or case.message.received_at
    zone = channel.time_zone if channel else case.setup.facility(case.row.facility).time_zone
    return moment(said, zone).astimezone(zone).date()


def _named(document: Invoice) -> tuple[str, ...]:
    named = [*(line.order_number for line in document.lines), document.order_number]
    return tuple(dict.fromkeys(number for number in named if number))


def _told(tx: Connection, ledger: Ledger, document: Invoice, supplier: str) -> dict[str, PurchaseOrder]:
    """The orders of the invoice as this very supplier was told them last."""
    rows = ledger.orders.by_numbers(tx, _named(document)).values()
    told = ((row.number, told_order(tx, ledger, row)) for row in rows if row.supplier == supplier)
    return {number: order for number, order in told if order is not None}


def _corrected(tx: Connection, ledger: Ledger, document: Invoice, supplier: str) -> tuple[str, ...]:
    """The orders of the invoice that a credit or debit note speaks of."""
    known = ledger.invoices.by_number(tx, document.corrects, supplier) if document.corrects else ()
    return tuple(dict.fromkeys(order for row in known for order in row.orders))


def _withdrawn(tx: Connection, ledger: Ledger, case: Case[Invoice]) -> int:
    """How often a bill of this invoice was cancelled in Odoo and a person let it be made again."""
    holds = ledger.holds.of_documents(tx, [case.row.id])
    return sum(hold.cause == "bill_cancelled" and hold.resolution == "released" for hold in holds)


def _fitting(key: str) -> str:
    """External ids hold no blanks, and keys have a largest length."""
    plain = "".join(character if not character.isspace() else "_" for character in key)
    return plain if len(plain) <= LONGEST_KEY else f"{plain[:50]}:{ids.digest(plain.encode())[:32]}"
