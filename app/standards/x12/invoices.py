"""Invoices: transaction set 810 as invoice, credit note or debit note, read.

Called by ``app.standards.x12.standard``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast, get_args

from app.model.findings import Findings
from app.model.invoice import Invoice, InvoiceLine, InvoiceType
from app.model.party import Party
from app.model.price import Charge, Price, Tax
from app.model.quantity import Quantity
from app.model.trade import Action
from app.standards.x12 import details, items, parties, remarks
from app.standards.x12.marks import marks_of
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.terms import due_on, read_terms
from app.standards.x12.values import Values, all_of, first, loops

SUMMARY = ("TDS", "CAD", "ISS", "CTT")
"""Segments that come after the last line."""
TYPES: Mapping[str, InvoiceType] = {
    "PR": "invoice",
    "DI": "invoice",
    "CI": "invoice",
    "PP": "invoice",
    "CR": "credit_note",
    "CN": "credit_note",
    "CA": "credit_note",
    "DR": "debit_note",
}
"""Transaction type codes (BIG-07, data element 640). ``DI``, debit invoice, is what many call a plain invoice."""
PURPOSES: Mapping[str, Action] = {
    "00": "new", "01": "cancel", "03": "cancel", "04": "change", "05": "change", "07": "duplicate",
}  # fmt: skip
"""Transaction set purpose codes (BIG-08, data element 353)."""
TAX_CODES = frozenset({"H740", "H750", "H850"})
"""SAC-02 codes that are taxes: sales and use, state and local sales tax, tax (data element 1300)."""
ALL_TAXES = "TX"
"""TXI-01 of all taxes in one sum; at the end of an invoice it states the total of them."""
LINE_TOTAL = "1"
"""PAM-04 and AMT-01 of the sum of a line, or of all lines (data element 522)."""
CORRECTED = ("OI", "IV", "I5")
"""REF-01 of the invoice that a credit or debit note speaks of."""


def read(message: TransactionSet, values: Values) -> Invoice | None:
    """The invoice; None where a fault was left in the findings of ``values``."""
    header, lines, summary = loops(message.segments, "IT1", SUMMARY)
    outside = [*parties.loops_of(header)[1], *summary]
    big = first(header, "BIG")
    if big is None:
        values.findings.reject("segment.missing", f"{message.where}/BIG", "the beginning segment is required")
        return None
    kind = _type(big, values)
    charges, taxes, tax_total = _sums(outside, values)
    total = first(outside, "TDS")
    if total is None:
        values.findings.warn("total.missing", f"{message.where}/TDS", "a total (TDS) is expected")
    _check_count(outside, lines, values.findings)
    invoice = Invoice(
        number=values.text(big, 2, "invoice", required=True) or "",
        type=kind,
        lines=tuple(_lines(lines, values)),
        action=_action(big, values),
        issued_at=values.when(big, 1, "issued_at") or details.date(outside, values, "003"),
        due_on=due_on(outside, values),
        currency=values.text(first(header, "CUR"), 2, "currency"),
        order_number=values.text(big, 4, "order") or remarks.number(outside, values, "PO"),
        ordered_at=values.when(big, 3, "ordered_at"),
        corrects=remarks.number(outside, values, *CORRECTED) if kind != "invoice" else None,
        contract=remarks.number(outside, values, "CT", "BC"),
        ship_notice=remarks.number(outside, values, "MA", "PK", "SI"),
        **_parties(header, lines, values),
        terms=read_terms(outside, values),
        note=details.notes(outside, values),
        charges=charges,
        taxes=taxes,
        net_total=None if charges else _amount(outside, values, LINE_TOTAL),
        tax_total=tax_total,
        total=values.implied(total, 1, "total") if total else _amount(outside, values, "TT"),
    )
    return None if values.findings.errors else invoice


def _parties(header: Sequence[Segment], lines: Sequence[Sequence[Segment]], values: Values) -> dict[str, Any]:
    found = {role: parties.read(header, role, values) for role in ("seller", "buyer", "bill_to", "ship_to", "remit_to")}
    return found | {"ship_to": found["ship_to"] or _common_ship_to(lines, values)}


def _type(big: Segment, values: Values) -> InvoiceType:
    code = big.text(7)
    agreed = values.options.invoice_types.get(code or "")
    if agreed in get_args(InvoiceType):
        return cast("InvoiceType", agreed)
    if code is not None and code not in TYPES:
        text = "the type of the invoice is in no table; it was read as an invoice, not as a credit"
        values.findings.warn("invoice_type.unknown", big.place(7), text)
    return TYPES.get(code or "", "invoice")


def _action(big: Segment, values: Values) -> Action:
    code = big.text(8)
    if code is not None and code not in PURPOSES:
        values.findings.warn("purpose.unknown", big.place(8), "the purpose is in no table; it was read as an original")
    return PURPOSES.get(code or "", "new")


def _sums(segments: Sequence[Segment], values: Values) -> tuple[tuple[Charge, ...], tuple[Tax, ...], Decimal | None]:
    """Charges, taxes and the stated sum of the taxes of a line or of the whole invoice.

    Many suppliers tell a tax as a charge (SAC), some tell it so and once more in detail (TXI).
    """
    told = details.charges(segments, values)
    for sac in all_of(segments, "SAC", "A", "C"):
        if sac.text(5) is None:
            values.findings.warn("charge.missing", sac.place(5), "an amount is expected; the segment was left out")
    charged = [charge.amount for charge in told if charge.code in TAX_CODES]
    detailed = [_rated(tax, segment, values) for tax, segment in _told_taxes(segments, values)]
    taxes = [tax for tax in detailed if tax != Tax(amount=tax.amount)]
    stated = next((tax.amount for tax in detailed if tax == Tax(amount=tax.amount)), None)
    if stated is None and charged:
        stated = sum(charged, Decimal(0))
    if not taxes and charged:
        taxes = [Tax(amount=amount) for amount in charged]
    return tuple(charge for charge in told if charge.code not in TAX_CODES), tuple(taxes), stated


def _told_taxes(segments: Sequence[Segment], values: Values) -> Iterator[tuple[Tax, Segment]]:
    for tax, segment in zip(details.taxes(segments, values), all_of(segments, "TXI"), strict=True):
        yield (replace(tax, scheme=None) if tax.scheme == ALL_TAXES else tax), segment


def _rated(tax: Tax, segment: Segment, values: Values) -> Tax:
    """The rate in per cent. Some write 0.08 for 8 %: taken so only where base and amount prove it."""
    if not (tax.rate and tax.base and tax.amount) or _fits(tax.base * tax.rate / 100, tax.amount):
        return tax
    if _fits(tax.base * tax.rate, tax.amount):
        values.findings.warn("tax.rate", segment.place(3), "a rate in per cent is expected; this one is a fraction")
        return replace(tax, rate=tax.rate * 100)
    values.findings.warn("tax.conflict", segment.place(2), "amount, rate and base do not fit each other")
    return tax


def _fits(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= Decimal("0.02")


def _amount(segments: Iterable[Segment], values: Values, code: str) -> Decimal | None:
    found = first(segments, "AMT", code)
    return values.amount(found, 2, "amount") if found else None


def _check_count(outside: Sequence[Segment], lines: Sequence[object], findings: Findings) -> None:
    ctt = first(outside, "CTT")
    if ctt and ctt.text(1) not in (None, str(len(lines))):
        findings.warn("count.conflict", ctt.place(1), f"{len(lines)} lines were found")


def _common_ship_to(lines: Sequence[Sequence[Segment]], values: Values) -> Party | None:
    """The place that all lines were sent to, where only they name it."""
    found = {repr(place) for line in lines if (place := _ship_to_elements(line))}
    if len(found) > 1:
        text = "the lines were sent to several places; none of them was taken for the invoice"
        values.findings.warn("ship_to.several", lines[0][0].where, text)
    return parties.read(lines[0], "ship_to", values) if len(found) == 1 and lines else None


def _ship_to_elements(line: Sequence[Segment]) -> list[tuple[str, ...]]:
    places = [loop for loop in parties.loops_of(line)[0] if loop[0].text(1) in parties.ROLES["ship_to"]]
    return [segment.elements for segment in places[0]] if places else []


def _lines(found: Sequence[Sequence[Segment]], values: Values) -> Iterator[InvoiceLine]:
    seen: set[str] = set()
    for place, loop in enumerate(found, 1):
        line = _line(loop, place, values)
        if line.number in seen:
            values.findings.warn("line.duplicate", loop[0].place(1), "two lines have one number")
        seen.add(line.number)
        yield line


def _line(loop: Sequence[Segment], place: int, values: Values) -> InvoiceLine:
    it1, below = loop[0], parties.loops_of(loop)[1]
    number = values.text(it1, 1, "line")
    product = items.read(it1, 6, values)
    quantity = _quantity(it1, values)
    charges, taxes, _ = _sums(below, values)
    marks = marks_of(it1, product, below, values)
    description = details.description(below, values)
    if not product.identifiers and description is None:
        values.findings.warn("item.missing", it1.place(6), "the item is neither numbered nor described")
    own = values.options.invoice_lines == "own"
    return InvoiceLine(
        number=number or str(place),
        quantity=quantity,
        order_number=remarks.pair(it1, "PO", values, 6) or remarks.number(below, values, "PO"),
        order_line=remarks.pair(it1, "PL", values, 6)
        or remarks.number(below, values, "FJ", "LI")
        or (None if own else number),
        identifiers=product.identifiers,
        description=description,
        price=_price(it1, below, quantity, values),
        net=_net(below, values),
        taxes=taxes,
        charges=charges,
        lot=marks.lot,
        serial=marks.serial,
        note=remarks.read(below, values),
    )


def _net(below: Sequence[Segment], values: Values) -> Decimal | None:
    """PAM-05 of a line's total, or an AMT that some send in its place."""
    pam = next((segment for segment in below if segment.tag == "PAM" and segment.text(4) == LINE_TOTAL), None)
    return values.amount(pam, 5, "amount") if pam else _amount(below, values, LINE_TOTAL)


def _quantity(it1: Segment, values: Values) -> Quantity | None:
    quantity = values.quantity(it1, 2, 3)
    if it1.text(2) is None:
        values.findings.warn("quantity.missing", it1.place(2), "a quantity is expected")
    elif quantity and quantity.unit is None:
        values.findings.warn("unit.missing", it1.place(3), "a unit is expected")
    return quantity


def _price(it1: Segment, below: Sequence[Segment], quantity: Quantity | None, values: Values) -> Price | None:
    """IT1-04 with its basis, else the price in the one CTP below."""
    currency = values.text(first(below, "CUR"), 2, "currency")
    price = values.price(it1, 4, 5, quantity.unit if quantity else None, currency)
    prices = all_of(below, "CTP")
    if price is None and it1.text(4) is None and len(prices) == 1 and prices[0].text(3):
        amount, code = values.amount(prices[0], 3, "price"), values.unit(prices[0], 5)
        basis = values.measured(Decimal(1), code, prices[0].place(5)) if code else None
        return Price(amount, currency, basis) if amount is not None else None
    if price is None and it1.text(4) is None:
        values.findings.warn("price.missing", it1.place(4), "a price is expected")
    return price
