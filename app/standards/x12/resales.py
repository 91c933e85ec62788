"""Product transfer and resale reports: transaction set 867, both ways: what was used, returned or came in.

Called by ``app.standards.x12.standard``. BPT, PTD, QTY, LIN and UIT as in releases 004010 and 005010 and in the
guides of the health industry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from app.errors import Permanent
from app.model.inventory_report import Activity, InventoryLine, InventoryReport
from app.model.price import Price
from app.model.quantity import Quantity
from app.standards.x12 import details, items, parties, remarks, stock
from app.standards.x12.inventory import ACTIVITIES, WITHDRAWN
from app.standards.x12.options import X12Options
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.values import Values, all_of, first, loops

WRITTEN: Mapping[Activity, str] = {
    "consumed": "32", "returned": "76", "received": "87", "on_hand": "17", "on_order": "63",
}  # fmt: skip
"""Quantity qualifiers (data element 673)."""
SALE = "SS"
"""PTD-01 of what left the stock."""
CONTRACT = "CT"
"""UIT-03 of the price that was paid; the others are told for comparison."""
START, END, MADE, COUNTED = "090", "091", "097", "007"
"""DTM-01 of the reported period, of the report and of one of its lines."""


def read(message: TransactionSet, values: Values) -> InventoryReport | None:
    """The report; None where a fault was left in the findings of ``values``."""
    header, bodies, _ = loops(message.segments, "PTD", ("CTT",))
    outside = parties.loops_of(header)[1]
    bpt = first(header, "BPT")
    if bpt is None:
        values.findings.reject("segment.missing", f"{message.where}/BPT", "the beginning segment is required")
        return None
    if bpt.text(1) in WITHDRAWN:
        values.findings.reject("purpose.unsupported", bpt.place(1), "a report cannot be taken back; send a new one")
    number = values.text(bpt, 2, "inventory_report", required=True)
    lines = [line for loop in bodies for line in _lines(loop, values)]
    if values.findings.errors or number is None:
        return None
    return InventoryReport(
        number=number,
        lines=tuple(lines),
        type="difference",
        reported_at=details.date(outside, values, MADE) or values.when(bpt, 3, "reported_at", 8),
        period_from=details.date(outside, values, START, "193", "194"),
        period_to=details.date(outside, values, END, "194", "327"),
        location=remarks.number(outside, values, "LU"),
        currency=values.text(first(outside, "CUR"), 2, "currency"),
        reporter=stock.party(header, (*stock.REPORTERS, "RL"), values),
        recipient=stock.party(header, stock.RECIPIENTS, values),
        supplier=parties.read(header, "seller", values),
        note=remarks.read(outside, values),
    )


def _lines(loop: Sequence[Segment], values: Values) -> Iterator[InventoryLine]:
    """A line for each QTY of a transfer; what stands before the first one holds for all."""
    above, counts, _ = loops(loop, "QTY", ())
    place, note = stock.place(above, values), remarks.read(above, values)
    order = remarks.number(above, values, "PO") or values.text(first(above, "PRF"), 1, "order")
    if not counts:
        values.findings.warn("quantity.missing", loop[0].where, "a quantity (QTY) is expected; there is no line")
    for count in counts:
        if line := _line(count, values):
            order_number = line.order_number or order
            yield replace(line, location=place, order_number=order_number, note=line.note or note)


def _line(count: Sequence[Segment], values: Values) -> InventoryLine | None:
    qty, below = count[0], count[1:]
    lin, quantity = first(below, "LIN"), stock.counted(qty, 2, 3, values)
    if lin is None:
        values.findings.reject("item.missing", qty.where, "a LIN segment with the number of the item is required")
        return None
    item = stock.item(lin, below, values)
    if quantity is None:
        return None
    return InventoryLine(
        quantity=quantity,
        activity=stock.activity(qty, ACTIVITIES, values),
        number=item.number,
        identifiers=item.identifiers,
        description=item.description,
        lot=item.marks.lot,
        serial=item.marks.serial,
        expiry=item.marks.expiry,
        price=_price(below, quantity, values),
        order_number=item.order_number,
        counted_at=details.date(below, values, COUNTED),
        note=item.note,
    )


def _price(below: Sequence[Segment], quantity: Quantity, values: Values) -> Price | None:
    """The contract's price, else the only one."""
    told = [uit for uit in all_of(below, "UIT") if uit.text(2)]
    paid = [uit for uit in told if uit.text(3) == CONTRACT] or told
    if len(paid) > 1:
        values.findings.warn("price.ambiguous", paid[0].place(2), "several prices are told; none was taken")
    if len(paid) != 1:
        return None
    amount = values.amount(paid[0], 2, "price")
    return Price(amount, basis=stock.basis(paid[0], 1, quantity.unit, values)) if amount is not None else None


def write(report: InventoryReport, options: X12Options) -> Iterator[list[str]]:
    """The segments between ST and SE. Raises Permanent where an 867 has no place for something."""
    if report.reported_at is None:
        raise Permanent("an 867 tells when it was made", code="document.not_carried")
    yield ["BPT", "00", report.number, details.stamp(report.reported_at)[0], SALE]
    yield from ([["CUR", "BY", report.currency]] if report.currency else [])
    if isinstance(report.reported_at, datetime):
        yield from details.write_date(MADE, report.reported_at)
    yield from details.write_date(START, report.period_from)
    yield from details.write_date(END, report.period_to)
    yield from ([["REF", "LU", report.location]] if report.location else [])
    yield from remarks.write(report.note)
    for code, party in (("FR", report.reporter), ("TO", report.recipient), ("SE", report.supplier)):
        yield from stock.write_party(code, party, options.write_party_qualifiers)
    for line in report.lines:
        yield from _write_line(line, report, options)
    yield ["CTT", str(len(report.lines))]


def _write_line(line: InventoryLine, report: InventoryReport, options: X12Options) -> Iterator[list[str]]:
    code = stock.code_of(line.activity, WRITTEN, options.activities)
    if code is None:
        text = f"an 867 has no code for {line.activity}"
        raise Permanent(text, code="document.not_carried", hint="Agree on one and set activities in the options.")
    yield ["PTD", SALE]
    if line.location:
        yield ["N1", "ST", "", "92", line.location]
    yield ["QTY", code, details.number(line.quantity.value), line.quantity.unit or ""]
    marks = [part for mark, value in (("LT", line.lot), ("SN", line.serial)) if value for part in (mark, value)]
    yield ["LIN", line.number or "", *items.write(line.identifiers, options.write_item_qualifiers), *marks]
    if line.price:
        if line.price.currency not in (None, report.currency):
            raise Permanent("an 867 has one currency", code="document.not_carried")
        unit = stock.priced_unit(line.price, line.quantity.unit)
        yield ["UIT", unit, details.number(line.price.amount), CONTRACT]
    yield from details.write_description(line.description)
    yield from ([["REF", "PO", line.order_number]] if line.order_number else [])
    yield from remarks.write(line.note)
    yield from details.write_date("036", line.expiry)
    yield from details.write_date(COUNTED, line.counted_at)
