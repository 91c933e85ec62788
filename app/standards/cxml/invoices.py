"""InvoiceDetailRequest, read: invoices, credit notes and debit notes.

Called by ``app.standards.cxml.standard``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from app.model.invoice import Invoice, InvoiceLine, InvoiceType
from app.model.party import Party
from app.model.trade import Action
from app.standards.cxml import parts
from app.standards.cxml.orders import plain_price
from app.standards.cxml.syntax import Node

PURPOSES: Mapping[str, InvoiceType] = {
    "standard": "invoice",
    "creditmemo": "credit_note",
    "linelevelcreditmemo": "credit_note",
    "debitmemo": "debit_note",
    "lineleveldebitmemo": "debit_note",
}
ACTIONS: Mapping[str, Action] = {"new": "new", "delete": "cancel"}
ITEMS = ("InvoiceDetailItem", "InvoiceDetailServiceItem")


def invoice(node: Node) -> Invoice | None:
    """An InvoiceDetailRequest. None where a fault was found."""
    header = node.first("InvoiceDetailRequestHeader")
    findings = node.context.findings
    if header is None:
        findings.reject("header.missing", f"{node.place}/InvoiceDetailRequestHeader", "the header is required")
        return None
    number = header.attribute("invoiceID", "invoice", required=True)
    purpose = (header.element.get("purpose") or "standard").lower()
    if purpose not in PURPOSES:
        findings.reject("purpose.unknown", f"{header.place}/@purpose", "invoice or credit is not told")
    summary = node.first("InvoiceDetailSummary") or node
    currency = _currency(node, summary)
    lines, orders = _lines(node, currency)
    _check_lines(node, lines)
    if findings.errors or number is None:
        return None
    return Invoice(
        number=number,
        type=PURPOSES[purpose],
        lines=tuple(lines),
        action=ACTIONS.get(header.element.get("operation") or "new", "new"),
        issued_at=header.when("invoiceDate"),
        currency=currency,
        order_number=orders[0] if len(set(orders)) == 1 else None,
        corrects=_corrected(header),
        **_roles(header),
        terms=_terms(header),
        note=parts.comments(header),
        charges=parts.charges(summary),
        taxes=parts.taxes(summary),
        net_total=summary.money("SubtotalAmount"),
        tax_total=summary.money("Tax"),
        total=_total(summary),
    )


def _roles(header: Node) -> dict[str, Any]:
    """The parties by what they do."""
    partners = dict(_partners(header))
    return {
        "seller": partners.get("from") or partners.get("issuerofinvoice"),
        "buyer": partners.get("soldto") or partners.get("buyer"),
        "bill_to": partners.get("billto"),
        "ship_to": parts.contact(header.first("InvoiceDetailShipping") or header, "shipTo"),
        "remit_to": partners.get("remitto"),
    }


def _currency(node: Node, summary: Node) -> str | None:
    for name in ("NetAmount", "DueAmount", "GrossAmount", "SubtotalAmount"):
        if found := summary.currency(name):
            return found
    item = next(node.all("InvoiceDetailOrder", "InvoiceDetailItem"), None)
    return item.currency("UnitPrice") if item else None


def _total(summary: Node) -> Decimal | None:
    """What is to be paid; an empty ``Money`` says nothing."""
    found = [summary.money(name) for name in ("DueAmount", "NetAmount", "GrossAmount")]
    return next((amount for amount in found if amount is not None), None)


def _partners(header: Node) -> Iterator[tuple[str, Party | None]]:
    for partner in header.all("InvoicePartner"):
        contact = partner.first("Contact")
        if contact is not None:
            yield (contact.element.get("role") or "").lower(), parts.party(contact)


def _corrected(header: Node) -> str | None:
    reference = header.first("InvoiceIDInfo")
    return reference.attribute("invoiceID", "invoice") if reference else None


def _terms(header: Node) -> str | None:
    found = []
    for name in ("PaymentTerm", "InvoiceDetailPaymentTerm"):
        for term in header.all(name):
            days = term.attribute("payInNumberOfDays", "terms")
            rate = term.first("Discount", "DiscountPercent")
            percent = rate.attribute("percent", "terms") if rate else None
            found.append(f"{percent}% {days} days" if percent else f"net {days} days" if days else "")
    return "\n".join(dict.fromkeys(text for text in found if text)) or None


def _lines(node: Node, currency: str | None) -> tuple[list[InvoiceLine], list[str]]:
    lines: list[InvoiceLine] = []
    orders: list[str] = []
    for part in node.children():
        if part.name not in {"InvoiceDetailOrder", "InvoiceDetailHeaderOrder"}:
            continue
        info = part.first("InvoiceDetailOrderInfo") or part
        order, _ = parts.order_reference(info.first("OrderReference") or info.first("OrderIDInfo"))
        orders += [order] if order else []
        for item in part.children():
            if item.name in ITEMS:
                lines += _line(item, order, currency, len(lines) + 1)
    return lines, orders


def _line(item: Node, order: str | None, currency: str | None, place: int) -> Iterator[InvoiceLine]:
    reference = item.first("InvoiceDetailItemReference") or item.first("InvoiceDetailServiceItemReference") or item
    quantity = item.quantity(required=item.name == "InvoiceDetailItem")
    names = parts.identifiers(reference, detail=reference)
    text = reference.prose("Description")
    if reference.element.get("lineNumber") is None:
        parts.check_item(reference, names, text)
    number = item.attribute("invoiceLineNumber", "line")
    if number is None:
        item.context.findings.warn("line.missing", item.place, "the line has no number; its position was taken")
    serial = reference.first("SerialNumber")
    net = item.money("SubtotalAmount")
    yield InvoiceLine(
        number=number or str(place),
        quantity=quantity,
        order_number=order,
        order_line=reference.attribute("lineNumber", "line"),
        identifiers=names,
        description=text,
        price=plain_price(item, quantity.unit if quantity else None, currency),
        net=net if net is not None else item.money("NetAmount"),
        taxes=parts.taxes(item),
        charges=parts.charges(item),
        serial=serial.text(thing="serial") if serial else None,
        note=parts.comments(item),
    )


def _check_lines(node: Node, lines: list[InvoiceLine]) -> None:
    """Amounts that do not follow from quantity and price are told: whoever matches must know."""
    seen: set[str] = set()
    for line in lines:
        if line.number in seen:
            node.context.findings.warn("line.duplicate", node.place, "two lines have one number")
        seen.add(line.number)
        price = line.price
        told = line.quantity and price and not price.basis and line.net is not None
        if told and line.quantity.value * price.amount != line.net:  # type: ignore[union-attr]
            text = "the amount of a line is not its quantity times its price"
            node.context.findings.warn("amount.conflict", node.place, text)
