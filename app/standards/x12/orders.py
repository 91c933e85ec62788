"""850 purchase order and 860 purchase order change, read.

Called by ``app.standards.x12.standard``. BEG, BCH, PO1 and POC as in releases 004010 and 005010.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from app.model.purchase_order import OrderType, PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.trade import Action, LineAction
from app.standards.x12 import details, items, parties
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.values import Values, first, loops, reference

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
SUMMARY = ("CTT", "AMT", "SE")
LINE_ENDS = ("CTT",)


def order(found: TransactionSet, values: Values) -> PurchaseOrder | None:
    """An 850. None where a fault was found."""
    return _order(found, values, first(found.segments, "BEG"), change=False)


def change(found: TransactionSet, values: Values) -> PurchaseOrder | None:
    """An 860. None where a fault was found."""
    return _order(found, values, first(found.segments, "BCH"), change=True)


def _order(found: TransactionSet, values: Values, beginning: Segment | None, *, change: bool) -> PurchaseOrder | None:
    if beginning is None:
        name = "BCH" if change else "BEG"
        values.findings.reject("segment.missing", f"{found.where}/{name}", "the beginning segment is required")
        return None
    header, bodies, summary = loops(found.segments, "POC" if change else "PO1", LINE_ENDS)
    number = values.text(beginning, 3, "order", required=True)
    currency = values.text(first(header, "CUR"), 2, "currency")
    lines = [_line(loop, position, values, change=change) for position, loop in enumerate(bodies, 1)]
    check_count(summary, len(bodies), values)
    check_unique([line.number for line in lines if line], bodies, values)
    if values.findings.errors or number is None:
        return None
    return PurchaseOrder(
        number=number,
        lines=tuple(line for line in lines if line),
        action=_purpose(beginning, values, change=change),
        type=_type(beginning, values),
        revision=values.text(beginning, 5, "revision") if change else None,
        ordered_at=_ordered_at(beginning, header, values, change=change),
        currency=currency,
        buyer=parties.read(header, "buyer", values),
        seller=parties.read(header, "seller", values),
        ship_to=parties.read(header, "ship_to", values),
        bill_to=parties.read(header, "bill_to", values),
        deliver_on=details.date(header, values, "002", "106", "064", "010"),
        deliver_not_after=details.date(header, values, "063", "001"),
        contract=reference(header, "CT", "BC") or (None if change else values.text(beginning, 6, "contract")),
        requisition=reference(header, "RQ"),
        terms=values.prose(first(header, "ITD"), 12, "terms"),
        note=details.notes(header, values),
        charges=details.charges(header, values),
        taxes=details.taxes(header, values),
        total=_total([*header, *summary], values),
        warnings=(),
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
    if agreed is None and code not in TYPES:
        values.findings.warn("type.unknown", beginning.place(2), "the order type is in no table")
    return agreed or TYPES.get(code, "standard")  # type: ignore[return-value]


def _ordered_at(beginning: Segment, header: Sequence[Segment], values: Values, *, change: bool):  # type: ignore[no-untyped-def]
    return details.date(header, values, "004") or values.when(beginning, 6 if change else 5, "date")


def _line(loop: Sequence[Segment], position: int, values: Values, *, change: bool) -> PurchaseOrderLine | None:
    head = loop[0]
    at = (
        {"quantity": 3, "unit": 5, "price": 6, "items": 8}
        if change
        else {"quantity": 2, "unit": 3, "price": 4, "items": 6}
    )
    action = LINE_CHANGES.get(head.text(2) or "", "change") if change else "add"
    quantity = values.quantity(head, at["quantity"], at["unit"], required=action != "cancel")
    if quantity is None and action == "cancel":
        values.findings.warn(
            "quantity.missing", head.place(at["quantity"]), "a cancelled line without quantity is for none"
        )
        quantity = Quantity(Decimal(0))
    product = items.read(head, at["items"], values)
    text = details.description(loop, values)
    check_item(head, at["items"], product, text, values)
    if quantity is None:
        return None
    return PurchaseOrderLine(
        number=line_number(head, position, values),
        quantity=quantity,
        identifiers=product.identifiers,
        description=text,
        action=action,
        price=values.price(head, at["price"], at["price"] + 1, quantity.unit, None),
        net=_net(loop, values),
        deliver_on=details.date(loop, values, "002", "106", "064", "010"),
        lot=product.lot or reference(loop, "LT"),
        serial=product.serial or reference(loop, "SE"),
        cost_centre=reference(loop, "DP"),
        account=reference(loop, "11"),
        requisition=reference(loop, "RQ"),
        taxes=details.taxes(loop, values),
        charges=details.charges(loop, values),
        note=details.notes(loop, values),
    )


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
