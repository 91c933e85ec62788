"""Inventory advices: transaction set 846, read.

Called by ``app.standards.x12.standard``. Suppliers tell with it what they have, for us or for everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from app.model.inventory_report import Activity, InventoryLine, InventoryReport
from app.standards.x12 import details, parties, remarks, stock
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.values import Values, all_of, first, loops

ACTIVITIES: Mapping[str, Activity] = {
    "17": "on_hand",
    "33": "on_hand",
    "63": "on_order",
    "32": "consumed",
    "99": "consumed",
    "76": "returned",
    "87": "received",
}
"""Quantity qualifiers (data element 673)."""
WITHDRAWN = ("01", "03")
"""BIA-01 of a report that is taken back."""


def read(message: TransactionSet, values: Values) -> InventoryReport | None:
    """The report; None where a fault was left in the findings of ``values``."""
    header, bodies, _ = loops(message.segments, "LIN", ("CTT",))
    outside = parties.loops_of(header)[1]
    bia = first(header, "BIA")
    if bia is None:
        values.findings.reject("segment.missing", f"{message.where}/BIA", "the beginning segment is required")
        return None
    if bia.text(1) in WITHDRAWN:
        values.findings.reject("purpose.unsupported", bia.place(1), "a report cannot be taken back; send a new one")
    number = values.text(bia, 3, "inventory_report", required=True)
    lines = [line for loop in bodies for line in _lines(loop, values)]
    if values.findings.errors or number is None:
        return None
    return InventoryReport(
        number=number,
        lines=tuple(lines),
        type="snapshot" if all(line.activity in stock.LEVELS | {"other"} for line in lines) else "difference",
        reported_at=values.when(bia, 4, "reported_at", 5) or details.date(outside, values, "097", "007"),
        period_from=details.date(outside, values, "090", "194"),
        period_to=details.date(outside, values, "091", "206"),
        location=stock.place(header, values, ("WH", "ST", "LC")),
        currency=values.text(first(header, "CUR"), 2, "currency"),
        reporter=stock.party(header, stock.REPORTERS, values),
        recipient=stock.party(header, ("BY", "SO", *stock.RECIPIENTS), values),
        supplier=parties.read(header, "seller", values),
        note=remarks.read(outside, values),
    )


def _lines(loop: Sequence[Segment], values: Values) -> Iterator[InventoryLine]:
    """A line for each quantity of an item, or for each place that holds a part of it."""
    above, counts, _ = loops(loop, "QTY", ())
    item = stock.item(loop[0], above, values)
    if not counts:
        values.findings.warn("quantity.missing", loop[0].where, "a quantity (QTY) is expected; there is no line for it")
    for count in counts:
        if line := _line(item, count[0], count[1:], values):
            yield from stock.by_place(line, list(_scheduled(line, count, values)), count[0].place(2), values)


def _line(item: stock.Item, qty: Segment, below: Sequence[Segment], values: Values) -> InventoryLine | None:
    quantity, marks = stock.counted(qty, 2, 3, values), item.marked(below, values)
    if quantity is None:
        return None
    return InventoryLine(
        quantity=quantity,
        activity=stock.activity(qty, ACTIVITIES, values),
        number=item.number,
        location=stock.place(below, values) or item.location,
        identifiers=item.identifiers,
        description=item.description,
        lot=marks.lot,
        serial=marks.serial,
        expiry=marks.expiry,
        price=item.price(quantity.unit, values),
        order_number=remarks.number(below, values, "PO") or item.order_number,
        counted_at=details.date(below, values, "007", "097") or item.counted_at,
        note=remarks.read(below, values) or item.note,
    )


def _scheduled(line: InventoryLine, below: Sequence[Segment], values: Values) -> Iterator[InventoryLine]:
    """SCH segments with a place: what of the quantity is there. One without tells of the future and is left out."""
    for sch in all_of(below, "SCH"):
        if sch.text(3) is None:
            text = "a quantity that is expected later is not read"
            values.findings.warn("schedule.unread", sch.where, text)
            continue
        quantity = stock.counted(sch, 1, 2, values)
        if quantity:
            day = values.when(sch, 6, "counted_at", 7) or line.counted_at
            yield replace(line, quantity=quantity, location=values.text(sch, 4, "location"), counted_at=day)
