"""850 purchase order and 860 purchase order change, read.

Called by ``app.standards.x12.standard``. BEG, BCH, PO1 and POC as in releases 004010 and 005010.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, cast, get_args

from app.model.party import Party
from app.model.purchase_order import OrderType, PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.trade import Action, LineAction
from app.model.when import When
from app.standards.x12 import details, items, parties, remarks
from app.standards.x12.marks import only, stated
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.terms import read_terms
from app.standards.x12.values import Values, all_of, first, loops

PURPOSES: Mapping[str, Action] = {
    "00": "new",
    "02": "new",
    "05": "new",
    "06": "new",
    "22": "new",
    "01": "cancel",
    "03": "cancel",
    "04": "change",
    "07": "duplicate",
    "14": "new",
}
"""Transaction set purpose codes (data element 353)."""
TYPES: Mapping[str, OrderType] = {
    "NE": "standard",
    "SA": "standard",
    "SP": "standard",
    "DS": "standard",
    "OS": "standard",
    "SS": "standard",
    "BK": "blanket",
    "BE": "blanket",
    "RL": "release",
    "KN": "release",
    "CN": "consignment",
    "RO": "rush",
    "EO": "rush",
}
"""Purchase order type codes (data element 92); bill only is what two partners agree on (``order_types``)."""
LINE_CHANGES: Mapping[str, LineAction] = {"AI": "add", "DI": "cancel"}
"""Line item change codes (data element 670); all others change something."""
DELIVERY, NOT_AFTER = ("002", "106", "064", "010"), ("063", "001")
"""Date qualifiers (data element 374) of a delivery that is asked for, and of the last day of it."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the elements of a line are."""

    quantity: int
    unit: int
    price: int
    items: int


PLACES: Mapping[str, Places] = {"PO1": Places(2, 3, 4, 6), "POC": Places(3, 5, 6, 8)}


def order(found: TransactionSet, values: Values) -> PurchaseOrder | None:
    """An 850. None where a fault was found."""
    return _order(found, values, "BEG", "PO1")


def change(found: TransactionSet, values: Values) -> PurchaseOrder | None:
    """An 860. None where a fault was found."""
    return _order(found, values, "BCH", "POC")


def _order(found: TransactionSet, values: Values, begins: str, start: str) -> PurchaseOrder | None:
    beginning = first(found.segments, begins)
    if beginning is None:
        values.findings.reject("segment.missing", f"{found.where}/{begins}", "the beginning segment is required")
        return None
    change = start == "POC"
    header, bodies, summary = loops(found.segments, start, ("CTT",))
    number = values.text(beginning, 3, "order", required=True)
    ship_to = _ship_to(header, bodies, values)
    lines = [line for place, loop in enumerate(bodies, 1) if (line := _line(loop, place, values))]
    check_count(summary, len(bodies), values)
    check_unique([line.number for line in lines], bodies, values)
    if values.findings.errors or number is None:
        return None
    return PurchaseOrder(
        number=number,
        lines=tuple(lines),
        action=_purpose(beginning, values, change=change),
        type=_type(beginning, values),
        revision=(values.text(beginning, 5, "revision") if change else None) or values.text(beginning, 4, "revision"),
        ordered_at=details.date(header, values, "004") or values.when(beginning, 6 if change else 5, "date"),
        currency=values.text(first(header, "CUR"), 2, "currency"),
        buyer=parties.read(header, "buyer", values),
        seller=parties.read(header, "seller", values),
        ship_to=ship_to,
        bill_to=parties.read(header, "bill_to", values),
        deliver_on=details.date(header, values, *DELIVERY),
        deliver_not_after=details.date(header, values, *NOT_AFTER),
        contract=remarks.number(header, values, "CT", "BC")
        or (None if change else values.text(beginning, 6, "contract")),
        requisition=remarks.number(header, values, "RQ"),
        terms=read_terms(header, values),
        note=details.notes(header, values),
        charges=details.charges(header, values),
        taxes=details.taxes(header, values),
        total=_total([*header, *summary], values),
    )


def _purpose(beginning: Segment, values: Values, *, change: bool) -> Action:
    code = beginning.text(1) or ""
    if code not in PURPOSES:
        values.findings.warn("purpose.unknown", beginning.place(1), "the purpose is in no table")
    purpose = PURPOSES.get(code, "new")
    return "change" if change and purpose == "new" else purpose


def _type(beginning: Segment, values: Values) -> OrderType:
    code = beginning.text(2) or ""
    agreed = values.options.order_types.get(code)
    if agreed in get_args(OrderType):
        return cast("OrderType", agreed)
    if code not in TYPES:
        values.findings.warn("type.unknown", beginning.place(2), "the order type is in no table")
    return TYPES.get(code, "standard")


def _ship_to(header: Sequence[Segment], bodies: Sequence[Sequence[Segment]], values: Values) -> Party | None:
    """The destination of the order, else the one of all its lines; where a line has another one, a warning."""
    told = parties.read(header, "ship_to", values)
    own = [parties.read(body, "ship_to", values) if first(body, "N1") else None for body in bodies]
    if told is None and own and own[0] and all(party == own[0] for party in own):
        return own[0]
    for party, body in zip(own, bodies, strict=True):
        if party and not (told and _same(party, told)):
            text = "the line goes to a place of its own; only the destination of the order is kept"
            values.findings.warn("ship_to.unsupported", body[0].where, text)
    return told


def _same(one: Party, other: Party) -> bool:
    if one.identifiers and other.identifiers:
        return one.identifiers == other.identifiers
    return one == other


def _line(body: Sequence[Segment], position: int, values: Values) -> PurchaseOrderLine | None:
    head, at = body[0], PLACES[body[0].tag]
    loop = parties.loops_of(own(body, values)[1:])[1] if len(body) > 1 else ()
    action = LINE_CHANGES.get(head.text(2) or "", "change") if head.tag == "POC" else "add"
    quantity = _quantity(head, at, action, values)
    product = items.read(head, at.items, values)
    text = details.description(loop, values) if loop else None
    check_item(head, at.items, product, text, values)
    if quantity is None:
        return None
    told = _told(loop, product, head, values) if loop else {"lot": product.lot, "serial": product.serial}
    return PurchaseOrderLine(
        number=line_number(head, position, values),
        quantity=quantity,
        identifiers=product.identifiers,
        description=text,
        action=action,
        price=values.price(head, at.price, at.price + 1, quantity.unit, None),
        **told,
    )


def _told(loop: Sequence[Segment], product: items.Product, head: Segment, values: Values) -> dict[str, Any]:
    """What the segments below a line say of it."""
    lots, serials = stated(product, loop, values)
    return {
        "net": _net(loop, values),
        "deliver_on": details.date(loop, values, *DELIVERY) or _scheduled(loop, values),
        "deliver_not_after": details.date(loop, values, *NOT_AFTER),
        "lot": only(lots, "lot", head.where, values),
        "serial": only(serials, "serial", head.where, values),
        "cost_centre": remarks.number(loop, values, "DP"),
        "account": remarks.number(loop, values, "11"),
        "requisition": remarks.number(loop, values, "RQ"),
        "taxes": details.taxes(loop, values),
        "charges": details.charges(loop, values),
        "note": details.notes(loop, values),
    }


def own(body: Sequence[Segment], values: Values) -> Sequence[Segment]:
    """The segments of the line itself: what SLN segments say of its parts is no statement on the line."""
    start = next((place for place, segment in enumerate(body) if segment.tag == "SLN"), None)
    if start is None:
        return body
    text = "the parts of the line are told; only the line itself is kept"
    values.findings.warn("part.unsupported", body[start].where, text)
    return [*body[:start], *(segment for segment in body[start:] if segment.tag == "AMT")]


def _quantity(head: Segment, at: Places, action: LineAction, values: Values) -> Quantity | None:
    """What is ordered; a line that is cancelled is often told without it."""
    if action == "cancel" and head.text(at.quantity) is None:
        text = "a cancelled line without quantity is for none"
        values.findings.warn("quantity.missing", head.place(at.quantity), text)
        return Quantity(Decimal(0))
    return values.quantity(head, at.quantity, at.unit, required=True)


def _scheduled(loop: Sequence[Segment], values: Values) -> When | None:
    """SCH-06 where there is one delivery. Several of them, and several destinations (SDQ), are told by a warning."""
    if divided := first(loop, "SDQ"):
        text = "the quantity is divided among places; only the whole is kept"
        values.findings.warn("ship_to.unsupported", divided.where, text)
    deliveries = all_of(loop, "SCH")
    if len(deliveries) > 1:
        text = "several deliveries are asked for; only the whole quantity is kept"
        values.findings.warn("deliver_on.unsupported", deliveries[1].where, text)
    return values.when(deliveries[0], 6, "deliver_on", 7) if len(deliveries) == 1 else None


def line_number(head: Segment, position: int, values: Values) -> str:
    """The line's own number; where it has none its position, with a warning."""
    number = values.text(head, 1, "line")
    if number is None:
        values.findings.warn("line.missing", head.place(1), "the line has no number; its position was taken")
    return number or str(position)


def check_item(head: Segment, place: int, product: items.Product, text: str | None, values: Values) -> None:
    """A line must name its item; one that only describes it is taken with a warning."""
    if product.identifiers:
        return
    if text:
        values.findings.warn("item.missing", head.place(place), "the item is only described")
    else:
        values.findings.reject("item.missing", head.place(place), "a number or a description of the item is required")


def check_count(summary: Sequence[Segment], lines: int, values: Values) -> None:
    """CTT-01 is the number of lines."""
    ctt = first(summary, "CTT")
    if ctt and ctt.text(1) not in (None, str(lines)):
        values.findings.warn("count.conflict", ctt.place(1), f"{lines} lines were found")


def check_unique(numbers: Sequence[str], bodies: Sequence[Sequence[Segment]], values: Values) -> None:
    """Two lines with one number could not be told apart by those who answer."""
    seen: set[str] = set()
    for number, body in zip(numbers, bodies, strict=False):
        if number in seen:
            values.findings.warn("line.duplicate", body[0].place(1), "two lines have one number")
        seen.add(number)


def _net(loop: Sequence[Segment], values: Values) -> Decimal | None:
    amount = first(loop, "AMT", "1")
    return values.amount(amount, 2, "amount") if amount else None


def _total(segments: Sequence[Segment], values: Values) -> Decimal | None:
    amount = first(segments, "AMT", "TT") or first(segments, "AMT", "GV")
    return values.amount(amount, 2, "amount") if amount else None
