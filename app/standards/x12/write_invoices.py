"""Invoices: transaction set 810, written.

Called by ``app.standards.x12.standard``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from app.errors import Permanent
from app.model.invoice import Invoice, InvoiceLine, InvoiceType
from app.model.trade import Action
from app.model.when import When
from app.standards.x12 import details, items, parties, remarks
from app.standards.x12.invoices import ALL_TAXES, LINE_TOTAL
from app.standards.x12.options import X12Options

TYPES: Mapping[InvoiceType, str] = {"invoice": "PR", "credit_note": "CR", "debit_note": "DR"}
PURPOSES: Mapping[Action, str] = {"new": "00", "cancel": "01", "change": "05", "duplicate": "07"}
TERMS_LENGTH = 80
"""Characters of ITD-12."""


def write(invoice: Invoice, options: X12Options) -> Iterator[list[str]]:
    """The segments between ST and SE. Raises Permanent where an 810 has no place for something."""
    yield _beginning(invoice)
    yield from (["NTE", "GEN", line] for line in (invoice.note or "").split("\n") if line)
    yield from ([["CUR", "SE", invoice.currency]] if invoice.currency else [])
    for qualifier, number in (("OI", invoice.corrects), ("CT", invoice.contract), ("MA", invoice.ship_notice)):
        yield from ([["REF", qualifier, number]] if number else [])
    for role in ("seller", "buyer", "bill_to", "ship_to", "remit_to"):
        yield from parties.write(role, getattr(invoice, role), options.write_party_qualifiers)
    yield from _terms(invoice)
    for line in invoice.lines:
        yield from _line(line, invoice, options)
    yield from _summary(invoice)


def _beginning(invoice: Invoice) -> list[str]:
    if invoice.issued_at is None:
        raise Permanent("an 810 tells the day of the invoice", code="document.not_carried")
    issued, ordered = _day(invoice.issued_at), _day(invoice.ordered_at)
    kind, purpose = TYPES[invoice.type], PURPOSES[invoice.action]
    return ["BIG", issued, invoice.number, ordered, invoice.order_number or "", "", "", kind, purpose]


def _day(when: When | None) -> str:
    if isinstance(when, datetime):
        raise Permanent("an 810 tells days without times", code="document.not_carried")
    return f"{when:%Y%m%d}" if when else ""


def _terms(invoice: Invoice) -> Iterator[list[str]]:
    """A rung for each line of the terms; the due day stands in the first one."""
    rungs = invoice.terms.split("\n") if invoice.terms else []
    if any(len(rung) > TERMS_LENGTH for rung in rungs):
        raise Permanent(f"X12 tells terms in {TERMS_LENGTH} characters a line", code="document.not_carried")
    for place, rung in enumerate(rungs or ([""] if invoice.due_on else [])):
        due = _day(invoice.due_on) if place == 0 else ""
        yield ["ITD", *[""] * 5, due, *[""] * 5, rung]


def _line(line: InvoiceLine, invoice: Invoice, options: X12Options) -> Iterator[list[str]]:
    if line.cost_centre:
        raise Permanent("an 810 has no place for a cost centre", code="document.not_carried")
    quantity = line.quantity
    amount = [details.number(quantity.value), quantity.unit or ""] if quantity else ["", ""]
    marks = [part for code, value in (("LT", line.lot), ("SN", line.serial)) if value for part in (code, value)]
    price = details.write_price(line.price, quantity.unit if quantity else None, invoice.currency)
    yield ["IT1", line.number, *amount, *price, *items.write(line.identifiers, options.write_item_qualifiers), *marks]
    yield from details.write_taxes(line.taxes)
    yield from ([["PAM", "", "", "", LINE_TOTAL, details.number(line.net)]] if line.net is not None else [])
    yield from details.write_description(line.description)
    for qualifier, number in (("PO", line.order_number), ("FJ", line.order_line)):
        yield from ([["REF", qualifier, number]] if number else [])
    yield from remarks.write(line.note)
    yield from details.write_charges(line.charges)


def _summary(invoice: Invoice) -> Iterator[list[str]]:
    if invoice.total is None:
        raise Permanent("an 810 states its total", code="document.not_carried")
    yield ["TDS", details.cents(invoice.total)]
    yield from details.write_taxes(invoice.taxes)
    yield from ([["TXI", ALL_TAXES, details.number(invoice.tax_total)]] if invoice.tax_total is not None else [])
    if invoice.net_total is not None:
        yield ["AMT", LINE_TOTAL, details.number(invoice.net_total)]
    yield from details.write_charges(invoice.charges)
    yield ["CTT", str(len(invoice.lines))]
