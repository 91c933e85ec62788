"""Invoice, CreditNote and DebitNote, also self-billed, read as invoices.

Called by ``app.standards.ubl.standard``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.model.invoice import Invoice, InvoiceLine, InvoiceType
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.ubl import amounts, heads, items, parties
from app.standards.ubl.syntax import Node

LINES: Mapping[str, tuple[str, str]] = {
    "Invoice": ("InvoiceLine", "InvoicedQuantity"),
    "SelfBilledInvoice": ("InvoiceLine", "InvoicedQuantity"),
    "CreditNote": ("CreditNoteLine", "CreditedQuantity"),
    "SelfBilledCreditNote": ("CreditNoteLine", "CreditedQuantity"),
    "DebitNote": ("DebitNoteLine", "DebitedQuantity"),
}
"""The lines of a document and the quantity in them, by its root."""

TYPES: Mapping[str, InvoiceType] = {
    "81": "credit_note",
    "83": "credit_note",
    "261": "credit_note",
    "262": "credit_note",
    "296": "credit_note",
    "308": "credit_note",
    "381": "credit_note",
    "396": "credit_note",
    "420": "credit_note",
    "458": "credit_note",
    "532": "credit_note",
    "84": "debit_note",
    "383": "debit_note",
}
"""InvoiceTypeCode and CreditNoteTypeCode (UNCL 1001); all others are invoices."""


def read_invoice(root: Node) -> Invoice:
    """An Invoice, CreditNote or DebitNote."""
    currency = amounts.read_currency(root)
    name, quantity = LINES[root.step]
    lines = tuple(_line(node, quantity) for node in root.all(name))
    heads.check_lines((line.number, node) for line, node in zip(lines, root.all(name), strict=True))
    totals = root.get("RequestedMonetaryTotal" if root.step == "DebitNote" else "LegalMonetaryTotal")
    customer = parties.read_customer(root.get("AccountingCustomerParty"))
    order = root.first("OrderReference")
    return Invoice(
        heads.read_number(root),
        _type(root),
        lines,
        action=heads.read_action(root),
        issued_at=heads.read_issued(root),
        due_on=_due(root),
        currency=currency,
        order_number=heads.reference(order, "ID"),
        ordered_at=order.when("IssueDate", "IssueTime") if order else None,
        corrects=_corrects(root),
        contract=heads.reference(root.first("ContractDocumentReference"), "ID"),
        ship_notice=heads.reference(root.first("DespatchDocumentReference"), "ID"),
        seller=parties.read_supplier(root.get("SellerSupplierParty"))
        or parties.read_supplier(root.get("AccountingSupplierParty")),
        buyer=parties.read_customer(root.get("BuyerCustomerParty")) or customer,
        bill_to=customer,
        ship_to=parties.read_ship_to(root.first("Delivery")),
        remit_to=parties.read_party(root.get("PayeeParty")),
        terms=root.prose("PaymentTerms", "Note"),
        note=root.notes(),
        charges=amounts.read_charges(root),
        taxes=amounts.read_taxes(root),
        net_total=_net_total(totals),
        tax_total=amounts.read_tax_total(root),
        total=totals.money("PayableAmount", thing="total") if totals else None,
    )


def _type(root: Node) -> InvoiceType:
    code = root.code("InvoiceTypeCode", thing="type") or root.code("CreditNoteTypeCode", thing="type")
    if root.step.endswith("CreditNote"):
        return "credit_note"
    return "debit_note" if root.step == "DebitNote" else TYPES.get(code or "", "invoice")


def _due(root: Node) -> When | None:
    told = root.day("DueDate")
    means, terms = root.first("PaymentMeans"), root.first("PaymentTerms")
    told = told or (means.day("PaymentDueDate") if means else None)
    return told or (terms.day("PaymentDueDate") if terms else None)


def _corrects(root: Node) -> str | None:
    for entry in root.all("BillingReference"):
        for name in ("InvoiceDocumentReference", "CreditNoteDocumentReference"):
            if found := heads.reference(entry.get(name), "ID"):
                return found
    return None


def _net_total(totals: Node | None) -> Decimal | None:
    if totals is None:
        return None
    told = totals.money("TaxExclusiveAmount", thing="total")
    return totals.money("LineExtensionAmount", thing="total") if told is None else told


def _line(node: Node, quantity: str) -> InvoiceLine:
    item = items.read_item(node, required=False)
    pieces = items.read_marked(item.node)
    if len(pieces) > 1:
        text = "it is not told how many pieces have which lot or serial number; none was read"
        node.context.findings.warn("lot.ambiguous", f"{node.place}/Item/ItemInstance", text)
    piece = pieces[0] if len(pieces) == 1 else items.Marked()
    order_line = node.first("OrderLineReference")
    return InvoiceLine(
        node.code("ID", thing="line", required=True) or "",
        _quantity(node, quantity),
        heads.reference(order_line, "OrderReference", "ID"),
        heads.reference(order_line, "LineID"),
        item.identifiers,
        item.description,
        amounts.read_price(node.get("Price")),
        node.money("LineExtensionAmount"),
        amounts.read_line_taxes(node),
        amounts.read_charges(node),
        piece.lot,
        piece.serial,
        node.code("AccountingCost") or node.code("AccountingCostCode"),
        node.notes(),
    )


def _quantity(node: Node, name: str) -> Quantity | None:
    """The quantity; a line of an invoice may speak of an amount alone."""
    found = node.quantity(name, signed=True)
    if found is None:
        node.context.findings.warn("quantity.missing", f"{node.place}/{name}", "a quantity is expected")
    return found
