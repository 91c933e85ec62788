"""Product activity data: transaction set 852, both ways: stock and its movements as one end tells the other.

Called by ``app.standards.x12.standard``. XQ, LIN, ZA and SDQ as in releases 004010 and 005010.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from app.errors import Permanent
from app.model.inventory_report import Activity, InventoryLine, InventoryReport
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.x12 import details, items, parties, remarks, stock
from app.standards.x12.options import X12Options
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.values import Values, all_of, first, loops

ACTIVITIES: Mapping[str, Activity] = {
    "QA": "on_hand",
    "QE": "on_hand",
    "OH": "on_hand",
    "QP": "on_order",
    "QC": "committed",
    "QS": "consumed",
    "Q1": "consumed",
    "QW": "consumed",
    "QR": "received",
    "QU": "returned",
    "Q2": "returned",
    "QZ": "transferred",
    "QT": "adjusted",
}
"""Activity codes (ZA-01, data element 859)."""
WRITTEN: Mapping[Activity, str] = {
    "on_hand": "QA",
    "on_order": "QP",
    "committed": "QC",
    "consumed": "QS",
    "received": "QR",
    "returned": "QU",
    "transferred": "QZ",
    "adjusted": "QT",
}
NOTIFICATION = "H"
"""XQ-01 of a report that asks for nothing."""
REPORT, LOCATION = "TN", "LU"
"""N9-01 of the report's own number, which an 852 has no element for, and of the place it is about."""
PLACE = "RL"
"""N1-01 of the reporting place; in the detail it holds for the lines that follow."""
NOTHING = Quantity(Decimal(0))
"""The quantity of a ZA whose SDQ segments tell the quantities."""
EXPIRY, COUNTED = "036", "007"
"""ZA-04 of the day in ZA-05."""


def read(message: TransactionSet, values: Values) -> InventoryReport | None:
    """The report; None where a fault was left in the findings of ``values``."""
    header, bodies = _bodies(message.segments)
    xq = first(header, "XQ")
    if xq is None:
        values.findings.reject("segment.missing", f"{message.where}/XQ", "the beginning segment is required")
        return None
    lines = [line for place, loop in bodies for line in _lines(loop, place, values)]
    n9 = first(header, "N9", REPORT)
    number = values.text(n9, 2, "inventory_report") or _stand_in(message, values)
    if values.findings.errors:
        return None
    period = xq.text(3) is not None
    return InventoryReport(
        number=number,
        lines=tuple(lines),
        type="snapshot" if all(line.activity in stock.LEVELS for line in lines) else "difference",
        reported_at=(values.when(n9, 4, "reported_at", 5, 6) if n9 else None)
        or (None if period else values.when(xq, 2, "reported_at")),
        period_from=values.when(xq, 2, "period_from") if period else None,
        period_to=values.when(xq, 3, "period_to") if period else None,
        location=values.text(first(header, "N9", LOCATION), 2, "location"),
        reporter=stock.party(header, stock.REPORTERS, values),
        recipient=stock.party(header, stock.RECIPIENTS, values),
        supplier=parties.read(header, "seller", values),
        note=remarks.read(header, values),
    )


def _stand_in(message: TransactionSet, values: Values) -> str:
    """The set's control number, where the report has none of its own."""
    values.findings.warn("inventory_report.missing", f"{message.where}/N9", "no number is told; ST-02 stands for it")
    return values.findings.text("control_id", message.control, f"{message.where}-02", required=True) or ""


def _bodies(segments: Sequence[Segment]) -> tuple[list[Segment], list[tuple[list[Segment], list[Segment]]]]:
    """The header, and every LIN loop with the N1 loop of the place it is about."""
    header: list[Segment] = []
    bodies: list[tuple[list[Segment], list[Segment]]] = []
    place: list[Segment] = []
    into = header
    for segment in segments:
        if segment.tag == "N1" and segment.text(1) == PLACE:
            into = place = [segment]
        elif segment.tag == "LIN":
            into = [segment]
            bodies.append((place, into))
        elif segment.tag == "CTT":
            break
        else:
            into.append(segment)
    return header, bodies


def _lines(loop: Sequence[Segment], place: Sequence[Segment], values: Values) -> Iterator[InventoryLine]:
    """A line for each ZA, or for each place that its SDQ segments name."""
    above, counts, _ = loops(loop, "ZA", ())
    item, location = stock.item(loop[0], above, values), stock.place(place, values)
    if not counts:
        values.findings.warn("quantity.missing", loop[0].where, "a quantity (ZA) is expected; there is no line for it")
    for count in counts:
        za, parts = count[0], all_of(count, "SDQ")
        if za.text(2) is None and parts:
            yield from _spread(parts, _line(item, za, NOTHING, location, values), values)
        elif quantity := stock.counted(za, 2, 3, values):
            line = _line(item, za, quantity, location, values)
            yield from stock.by_place(line, list(_spread(parts, line, values)), za.place(2), values)


def _line(item: stock.Item, za: Segment, quantity: Quantity, location: str | None, values: Values) -> InventoryLine:
    day = values.when(za, 5, "day")
    expiry = (day, za.place(5)) if day and za.text(4) == EXPIRY else None
    marks = item.marked((), values, expiry)
    return InventoryLine(
        quantity=quantity,
        activity=stock.activity(za, ACTIVITIES, values),
        number=item.number,
        location=location,
        identifiers=item.identifiers,
        description=item.description,
        lot=marks.lot,
        serial=marks.serial,
        expiry=marks.expiry,
        price=item.price(quantity.unit, values),
        order_number=values.text(za, 7, "order") if za.text(6) == "PO" else item.order_number,
        counted_at=day if za.text(4) == COUNTED else None,
        note=item.note,
    )


def _spread(parts: Sequence[Segment], line: InventoryLine, values: Values) -> Iterator[InventoryLine]:
    """SDQ: a unit, then pairs of a place and the quantity there."""
    for sdq in parts:
        for n in range(3, min(len(sdq.elements), 22) + 1, 2):
            if not sdq.text(n):
                continue
            quantity = values.amount(sdq, n + 1, "quantity", required=True)
            if quantity is not None:
                measured = values.measured(quantity, values.text(sdq, 1, "unit"), sdq.place(1))
                yield replace(line, quantity=measured, location=values.text(sdq, n, "location"))


def write(report: InventoryReport, options: X12Options) -> Iterator[list[str]]:
    """The segments between ST and SE. Raises Permanent where an 852 has no place for something."""
    if report.currency:
        raise Permanent("an 852 has no place for a currency", code="document.not_carried")
    yield ["XQ", NOTIFICATION, *_days(report)]
    stamp = details.stamp(report.reported_at) if report.reported_at else []
    yield ["N9", REPORT, report.number, "", *stamp]
    yield from ([["N9", LOCATION, report.location]] if report.location else [])
    for segment in remarks.write(report.note):
        yield ["N9", *segment[1:]]
    for code, party in (("FR", report.reporter), ("TO", report.recipient), ("SE", report.supplier)):
        yield from stock.write_party(code, party, options.write_party_qualifiers)
    place: str | None = None
    for line in report.lines:
        if line.location != place:
            if line.location is None:
                text = "an 852 tells places for all lines that follow; put those without one first"
                raise Permanent(text, code="document.not_carried")
            place = line.location
            yield ["N1", PLACE, "", "92", place]
        yield from _write_line(line, options)
    yield ["CTT", str(len(report.lines))]


def _days(report: InventoryReport) -> list[str]:
    if (report.period_from is None) != (report.period_to is None):
        raise Permanent("an 852 tells a period with both its ends", code="document.not_carried")
    if report.period_from and report.period_to:
        return [_day(report.period_from), _day(report.period_to)]
    if report.reported_at is None:
        raise Permanent("an 852 tells a day or a period", code="document.not_carried")
    return [details.stamp(report.reported_at)[0]]


def _day(when: When) -> str:
    if isinstance(when, datetime):
        raise Permanent("an 852 tells days without times", code="document.not_carried")
    return f"{when:%Y%m%d}"


def _write_line(line: InventoryLine, options: X12Options) -> Iterator[list[str]]:
    code = stock.code_of(line.activity, WRITTEN, options.activities)
    if code is None:
        text = f"an 852 has no code for {line.activity}"
        raise Permanent(text, code="document.not_carried", hint="Agree on one and set activities in the options.")
    if line.note or (line.expiry and line.counted_at):
        raise Permanent("an 852 has one day and no note in a line", code="document.not_carried")
    marks = [part for mark, value in (("LT", line.lot), ("SN", line.serial)) if value for part in (mark, value)]
    yield ["LIN", line.number or "", *items.write(line.identifiers, options.write_item_qualifiers), *marks]
    if line.price:
        yield from stock.write_price(line.price, line.quantity.unit)
    day = [EXPIRY, _day(line.expiry)] if line.expiry else [COUNTED, _day(line.counted_at)] if line.counted_at else []
    order = ["PO", line.order_number] if line.order_number else []
    amount = [details.number(line.quantity.value), line.quantity.unit or ""]
    yield ["ZA", code, *amount, *(day or ["", ""]), *order]
