"""Goods receipts: transaction set 861, receiving advice, both ways.

Called by ``app.standards.x12.standard``. BRA, RCD and LIN as in releases 004010 and 005010.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.errors import Permanent
from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.quantity import Quantity
from app.model.trade import Action
from app.standards.x12 import details, items, parties, remarks
from app.standards.x12.marks import marks_of
from app.standards.x12.options import X12Options
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.values import Values, first, loops

PURPOSES: Mapping[str, Action] = {"00": "new", "01": "cancel", "04": "change", "05": "change", "07": "duplicate"}
"""Transaction set purpose codes (BRA-03, data element 353)."""
WRITTEN_PURPOSES: Mapping[Action, str] = {"new": "00", "cancel": "01", "change": "05", "duplicate": "07"}
RECEIVING_DOCK = "1"
"""BRA-04 of a receiving dock advice."""
REJECTED, SHORT, OVER, GOOD = "08", "02", "03", "07"
CONDITIONS: Mapping[str, str] = {
    "01": "rejected",
    SHORT: "short",
    OVER: "over",
    "04": "rejected",
    "05": "rejected",
    "06": "rejected",
    REJECTED: "rejected",
    "10": "rejected",
    "12": "over",
}
"""Receiving condition codes (data element 412) and what a quantity in question is by them."""
QUESTIONS = (6, 9, 12, 15, 18)
"""RCD elements with a quantity in question; its unit and condition follow."""
RECEIVED, WRITTEN_AT = "050", "097"
"""DTM-01 of the arrival and of the making of this message."""


def read(message: TransactionSet, values: Values) -> GoodsReceipt | None:
    """The receipt; None where a fault was left in the findings of ``values``."""
    header, bodies, _ = loops(message.segments, "RCD", ("CTT",))
    outside = parties.loops_of(header)[1]
    bra = first(header, "BRA")
    if bra is None:
        values.findings.reject("segment.missing", f"{message.where}/BRA", "the beginning segment is required")
        return None
    code = bra.text(3) or ""
    if code not in PURPOSES:
        values.findings.warn("purpose.unknown", bra.place(3), "the purpose is in no table; it was read as an original")
    number = values.text(bra, 1, "receipt", required=True)
    lines = [_line(loop, place, values) for place, loop in enumerate(bodies, 1)]
    if values.findings.errors or number is None:
        return None
    return GoodsReceipt(
        number=number,
        lines=tuple(line for line in lines if line),
        action=PURPOSES.get(code, "new"),
        received_at=details.date(outside, values, RECEIVED),
        noticed_at=details.date(outside, values, WRITTEN_AT) or values.when(bra, 2, "noticed_at", 5),
        order_number=values.text(first(outside, "PRF"), 1, "order") or remarks.number(outside, values, "PO"),
        ship_notice=remarks.number(outside, values, "MA", "SI", "PK"),
        received_by=values.text(first(outside, "PER", "RE"), 2, "received_by"),
        location=remarks.number(outside, values, "DK"),
        buyer=parties.read(header, "buyer", values),
        seller=parties.read(header, "seller", values),
        ship_to=parties.read(header, "ship_to", values),
        note=remarks.read(outside, values),
    )


@dataclass(slots=True)
class _Questions:
    """The quantities of a line that something is wrong with."""

    rejected: Quantity | None = None
    short: Quantity | None = None
    over: Quantity | None = None
    condition: str | None = None


def _line(loop: Sequence[Segment], place: int, values: Values) -> GoodsReceiptLine | None:
    rcd, lin = loop[0], first(loop, "LIN")
    received = values.quantity(rcd, 2, 3, required=True)
    questions = _questions(rcd, values)
    product = items.read(lin, 2, values) if lin else items.Product()
    remarks.check_item(product.identifiers, details.description(loop, values), lin or rcd, values)
    if received is None:
        return None
    marks = marks_of(lin, product, loop, values)
    return GoodsReceiptLine(
        number=values.text(rcd, 1, "line") or str(place),
        received=received,
        order_number=values.text(first(loop, "PRF"), 1, "order") or remarks.number(loop, values, "PO"),
        order_line=remarks.pair(lin, "PL", values),
        ship_notice_line=remarks.number(loop, values, "LI"),
        identifiers=product.identifiers,
        description=details.description(loop, values),
        rejected=questions.rejected,
        short=questions.short,
        over=questions.over,
        reason=remarks.reason(loop, values) or questions.condition,
        lot=marks.lot,
        serial=marks.serial,
        expiry=marks.expiry,
        sscc=_sscc(loop, values),
        note=remarks.read(loop, values),
    )


def _questions(rcd: Segment, values: Values) -> _Questions:
    found = _Questions(rejected=_counted(rcd, 4, values))
    for place in QUESTIONS:
        quantity, code = _counted(rcd, place, values), rcd.text(place + 2)
        if quantity is None or code == GOOD:
            continue
        kind = CONDITIONS.get(code or "")
        if kind is None:
            values.findings.warn("condition.unknown", rcd.place(place + 2), "the condition is in no table")
        elif (known := getattr(found, kind)) and known != quantity:
            text = "several quantities of one kind are in question; the first one was taken"
            values.findings.warn("condition.several", rcd.place(place), text)
        else:
            setattr(found, kind, quantity)
            if kind == "rejected" and code != REJECTED:
                found.condition = code
    return found


def _counted(rcd: Segment, place: int, values: Values) -> Quantity | None:
    return values.quantity(rcd, place, place + 1) if rcd.text(place) else None


def _sscc(loop: Sequence[Segment], values: Values) -> str | None:
    """MAN*GM, with or without the application identifier 00 before the 18 digits."""
    man = first(loop, "MAN", "GM")
    found = values.text(man, 2, "sscc")
    return found[2:] if found and len(found) == 20 and found.startswith("00") else found


def write(receipt: GoodsReceipt, options: X12Options) -> Iterator[list[str]]:
    """The segments between ST and SE. Raises Permanent where an 861 has no place for something."""
    told = receipt.noticed_at or receipt.received_at
    if told is None:
        raise Permanent("an 861 tells when it was made", code="document.not_carried")
    day = details.stamp(told)[0]
    yield ["BRA", receipt.number, day, WRITTEN_PURPOSES[receipt.action], RECEIVING_DOCK]
    for qualifier, number in (("MA", receipt.ship_notice), ("DK", receipt.location)):
        yield from ([["REF", qualifier, number]] if number else [])
    yield from remarks.write(receipt.note)
    yield from ([["PER", "RE", receipt.received_by]] if receipt.received_by else [])
    yield from details.write_date(RECEIVED, receipt.received_at)
    if isinstance(receipt.noticed_at, datetime) or receipt.received_at is None:
        yield from details.write_date(WRITTEN_AT, receipt.noticed_at)
    yield from ([["PRF", receipt.order_number]] if receipt.order_number else [])
    for role in ("buyer", "seller", "ship_to"):
        yield from parties.write(role, getattr(receipt, role), options.write_party_qualifiers)
    for line in receipt.lines:
        yield from _write_line(line, options)
    yield ["CTT", str(len(receipt.lines))]


def _write_line(line: GoodsReceiptLine, options: X12Options) -> Iterator[list[str]]:
    known = line.reason if CONDITIONS.get(line.reason or "") == "rejected" and line.rejected else None
    questions = [(line.rejected, known or REJECTED), (line.short, SHORT), (line.over, OVER)]
    asked = [part for quantity, code in questions if quantity for part in (*_measured(quantity), code)]
    yield ["RCD", line.number, *_measured(line.received), "", "", *asked]
    marks = [("PL", line.order_line), ("LT", line.lot), ("SN", line.serial)]
    pairs = [part for code, value in marks if value for part in (code, value)]
    yield ["LIN", "", *items.write(line.identifiers, options.write_item_qualifiers), *pairs]
    yield from details.write_description(line.description)
    yield from ([["REF", "LI", line.ship_notice_line]] if line.ship_notice_line else [])
    if line.reason and line.reason != known:
        yield from remarks.write_reason(line.reason)
    yield from remarks.write(line.note)
    yield from details.write_date("036", line.expiry)
    yield from ([["PRF", line.order_number]] if line.order_number else [])
    yield from ([["MAN", "GM", f"00{line.sscc}"]] if line.sscc else [])


def _measured(quantity: Quantity) -> list[str]:
    if quantity.value < 0:
        raise Permanent("an 861 counts what arrived, never less than nothing", code="document.not_carried")
    return [details.number(quantity.value), quantity.unit or ""]
