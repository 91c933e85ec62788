"""INVOIC, read: invoices, credit notes and debit notes.

Called by ``app.standards.edifact.standard``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from app.model.invoice import Invoice, InvoiceLine, InvoiceType
from app.model.price import Charge
from app.model.when import When
from app.standards.edifact import details, items, orders, parties
from app.standards.edifact.interchanges import Message
from app.standards.edifact.sections import Section, split
from app.standards.edifact.syntax import Segment
from app.standards.edifact.values import Values

TYPES: Mapping[str, InvoiceType] = {
    "380": "invoice",
    "82": "invoice",
    "384": "invoice",
    "385": "invoice",
    "386": "invoice",
    "388": "invoice",
    "389": "invoice",
    "393": "invoice",
    "395": "invoice",
    "751": "invoice",
    "81": "credit_note",
    "83": "credit_note",
    "261": "credit_note",
    "262": "credit_note",
    "381": "credit_note",
    "396": "credit_note",
    "532": "credit_note",
    "80": "debit_note",
    "84": "debit_note",
    "383": "debit_note",
}
"""Document names (1001); 325, a pro forma invoice, is no claim."""
INVOICED, OTHERWISE = "47", ("46", "12", "61", "21", "11")
"""Quantities (6063): what is invoiced, and what is told in its place by those who leave that out."""
TOTALS = ("9", "77", "39", "86", "128")
"""Amounts (5025) to be paid: due, then the invoice's with tax."""
DUE = ("13", "140", "265", "209")


ROLES = ("seller", "buyer", "bill_to", "ship_to", "remit_to")


def read(message: Message, values: Values) -> Invoice | None:
    """An invoice or credit note. None where a fault was found."""
    bgm = details.beginning(message.segments, values, message.where)
    if bgm is None:
        return None
    head, loops, tail = split(message.segments)
    header, summary = Section(head), Section(tail)
    kind = _type(bgm, values)
    number = values.text(bgm, 2, 1, "invoice", required=True)
    lines = [_line(Section(loop), place, values) for place, loop in enumerate(loops, 1)]
    details.check_count(message.segments, len(loops), values)
    if values.findings.errors or number is None or kind is None:
        return None
    charges = details.charges(header, values) or _summed_charges(summary, values)
    return Invoice(
        number=number,
        type=kind,
        lines=tuple(line for line in lines if line),
        action=details.action(bgm, values),
        issued_at=details.date(header, values, "137", "3"),
        due_on=_due(header, values),
        currency=details.currency(header, values) or _currency_of_amounts(summary, values),
        order_number=details.reference(header, values, "ON", "CO"),
        ordered_at=details.reference_date(header, values, "ON", "CO") or details.date(header, values, "4"),
        corrects=details.reference(header, values, "IV", "OI") if kind != "invoice" else None,
        contract=details.reference(header, values, orders.qualifier("contract", values), "BO"),
        ship_notice=details.reference(header, values, "AAK", "DQ"),
        **_parties(header, values),
        terms=_terms(header, values),
        note=details.notes(header, values),
        charges=charges,
        taxes=details.taxes(summary, values) or details.taxes(header, values),
        net_total=_net_total(summary, charges, values),
        tax_total=details.amount(summary, values, "176", "124", "150"),
        total=details.amount(summary, values, *TOTALS),
    )


def _parties(header: Section, values: Values) -> dict[str, Any]:
    return {role: parties.read(header, role, values) for role in ROLES}


def _type(bgm: Segment, values: Values) -> InvoiceType | None:
    found = TYPES.get(bgm.text(1) or "")
    if found is None:
        text = "the document name is in no table: whether it claims or gives back is not clear"
        values.findings.reject("invoice_type.unknown", bgm.place(1), text)
    return found


def _due(header: Section, values: Values) -> When | None:
    """The date of payment terms or of the header; that of a discount (PAT+22) is none."""
    groups = [group for group in header.groups("PAT") if group.head.text(1) != "22"]
    dates = {dtm.text(1): dtm for group in reversed(groups) for dtm in group.all("DTM")}
    found = next((dates[code] for code in DUE if code in dates), None)
    return values.when(found) if found else details.date(header, values, *DUE)


def _terms(header: Section, values: Values) -> str | None:
    """Terms in words: FTX+AAB, and what PAT says in C110."""
    found = [values.words(pat, 2, 4, 5) for pat in header.all("PAT")]
    told = [details.notes(header, values, subject=details.TERMS), *found]
    return "\n".join(text for text in told if text) or None


def _currency_of_amounts(summary: Section, values: Values) -> str | None:
    """The currency beside the amounts themselves, where all of them name one."""
    found = {moa.text(1, 3) for moa in summary.all("MOA") if moa.text(1, 3)}
    named = next((moa for moa in summary.all("MOA") if moa.text(1, 3)), None)
    return values.text(named, 1, 3, "currency") if len(found) == 1 else None


def _summed_charges(summary: Section, values: Values) -> tuple[Charge, ...]:
    """Charges that are told only after the lines; EANCOM repeats there, as sums (131), what came before."""
    told = [group for group in summary.groups("ALC", "A", "C") if group.first("MOA", "8", "23", "204")]
    return details.charges(summary, values) if told else ()


def _net_total(summary: Section, charges: tuple[Charge, ...], values: Values) -> Decimal | None:
    """The amount without tax; the sum of the lines (79) is it where nothing is added or taken off."""
    found = details.amount(summary, values, "389", "125")
    return details.amount(summary, values, "79") if found is None and not charges else found


def _line(section: Section, position: int, values: Values) -> InvoiceLine | None:
    lin = section.segment("LIN")
    if lin is None:
        return None
    product, text = items.read(section, values), items.description(section, values)
    order = section.segment("RFF", "ON", "CO")
    order_line = values.text(order, 1, 3, "order_line") or details.reference(section, values, "LI")
    items.check(section, product, text, values, order_line)
    details.check_quantities(section, (INVOICED, *OTHERWISE), values)
    quantity = details.with_pack(details.quantity(section, values, INVOICED, *OTHERWISE), section, values)
    chosen = section.segment("QTY", INVOICED, *OTHERWISE)
    if chosen and chosen.text(1) != INVOICED:
        text_of = "the quantity is not said to be invoiced; it was taken"
        values.findings.warn("quantity.assumed", chosen.place(1), text_of)
    elif chosen is None:
        values.findings.warn("quantity.missing", lin.where, "the invoiced quantity (QTY+47) is expected")
    return InvoiceLine(
        number=details.line_number(section, position, values),
        quantity=quantity,
        order_number=values.text(order, 1, 2, "order"),
        order_line=order_line,
        identifiers=product.identifiers,
        description=text,
        price=details.price(section, values),
        net=details.amount(section, values, "203", "66", "38"),
        taxes=details.taxes(section, values),
        charges=details.charges(section, values),
        lot=product.lot,
        serial=product.serial,
        cost_centre=details.reference(section, values, orders.qualifier("cost_centre", values)),
        note=details.notes(section, values),
    )
