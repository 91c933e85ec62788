"""ORDERS and ORDCHG, read: purchase orders, their changes and cancellations.

Called by ``app.standards.edifact.standard``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import cast, get_args

from app.model.purchase_order import OrderType, PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.trade import LineAction
from app.standards.edifact import details, items, parties
from app.standards.edifact.interchanges import Message
from app.standards.edifact.sections import Section, split
from app.standards.edifact.syntax import Segment
from app.standards.edifact.values import Values

TYPES: Mapping[str, OrderType] = {
    "105": "standard",
    "220": "standard",
    "230": "standard",
    "221": "blanket",
    "226": "release",
    "241": "release",
    "227": "consignment",
    "224": "rush",
}
"""Document names (1001) and the type of order."""
TYPE_NAMES: Mapping[str, OrderType] = {
    "BLANKET": "blanket",
    "RELEASE": "release",
    "CONSIGNMENT": "consignment",
    "RUSH": "rush",
    "BILL ONLY": "bill_only",
}
"""Document names in words (1000): a change has one code, whatever the type of the order is."""
LINE_ACTIONS: Mapping[str, LineAction] = {"1": "add", "2": "cancel", "3": "change", "4": "change", "11": "change"}
"""Actions (1229) of a change's lines; what is not amended is told again as it is."""
REFERENCES: Mapping[str, str] = {"contract": "CT", "requisition": "AGI", "cost_centre": "AE", "account": "ADE"}
"""Reference qualifiers (1153); the partner's options may say otherwise."""
ORDERED = ("21", "1", "11", "12")
"""Quantities (6063): what is ordered; a bare number or a delivery where a sender knows no other word."""


def qualifier(meaning: str, values: Values) -> str:
    """The reference qualifier agreed with the partner."""
    return values.options.references.get(meaning) or REFERENCES[meaning]


def read(message: Message, values: Values) -> PurchaseOrder | None:
    """An order or its change. None where a fault was found."""
    bgm = details.beginning(message.segments, values, message.where)
    if bgm is None:
        return None
    head, loops, tail = split(message.segments)
    header, summary = Section(head), Section(tail)
    change = message.type == "ORDCHG"
    action = details.action(bgm, values)
    action = "change" if change and action == "new" else action
    lines = [_line(Section(loop), place, change, values) for place, loop in enumerate(loops, 1)]
    details.check_count(message.segments, len(loops), values)
    number, revision = _identity(bgm, header, change, values)
    if not lines and action != "cancel":
        values.findings.reject("line.missing", f"{message.where}/LIN", "an order has lines")
    if values.findings.errors or number is None:
        return None
    starts, ends = details.window(header, values, ("2", "64", "69", "76"))
    return PurchaseOrder(
        number=number,
        lines=tuple(line for line in lines if line),
        action=action,
        type=_type(bgm, values),
        revision=revision,
        ordered_at=details.date(header, values, "137", "4", "3"),
        currency=details.currency(header, values),
        buyer=parties.read(header, "buyer", values),
        seller=parties.read(header, "seller", values),
        ship_to=parties.read(header, "ship_to", values),
        bill_to=parties.read(header, "bill_to", values),
        deliver_on=starts,
        deliver_not_after=ends,
        contract=details.reference(header, values, qualifier("contract", values), "BO"),
        requisition=details.reference(header, values, qualifier("requisition", values)),
        terms=details.notes(header, values, subject=details.TERMS),
        note=details.notes(header, values),
        charges=details.charges(header, values),
        taxes=details.taxes(header, values),
        total=details.amount(summary, values, "86", "9", "39", "128", "79"),
    )


def _identity(bgm: Segment, header: Section, change: bool, values: Values) -> tuple[str | None, str | None]:
    """Number and revision; a change has a number of its own and names the order in RFF+ON."""
    own = values.text(bgm, 2, 1, "order", required=True)
    order = header.segment("RFF", "ON")
    named = values.text(order, 1, 2, "order")
    revision = values.text(order, 1, 4, "revision") or values.text(order, 1, 5, "revision")
    if not change:
        return own, revision or values.text(bgm, 2, 3, "revision")
    if named is None:
        values.findings.warn("reference.missing", "RFF+ON", "the order that is changed is to be named; BGM was taken")
        return own, revision
    return named, revision or (own if own != named else None)


def _type(bgm: Segment, values: Values) -> OrderType:
    code, name = bgm.text(1) or "", (bgm.text(1, 4) or "").upper()
    agreed = {written: kind for kind, written in values.options.order_types.items()}
    known = agreed.get(code) or TYPE_NAMES.get(name) or TYPES.get(code)
    if known not in get_args(OrderType):
        values.findings.warn(
            "order_type.unknown", bgm.place(1), "the document name is in no table; a plain order was taken"
        )
    return cast("OrderType", known) if known in get_args(OrderType) else "standard"


def _line(section: Section, position: int, change: bool, values: Values) -> PurchaseOrderLine | None:
    lin = section.segment("LIN")
    if lin is None:
        return None
    action = _line_action(lin, change, values)
    product = items.read(section, values)
    text = items.description(section, values)
    quantity = _ordered(section, lin, action, values)
    if action != "cancel":
        items.check(section, product, text, values)
    details.warn_splits(section, values)
    details.check_quantities(section, ORDERED, values)
    if quantity is None:
        return None
    starts, ends = details.window(section, values, ("2", "64", "69", "76"))
    return PurchaseOrderLine(
        number=details.line_number(section, position, values),
        quantity=quantity,
        identifiers=product.identifiers,
        description=text,
        action=action,
        price=details.price(section, values),
        net=details.amount(section, values, "203", "66"),
        deliver_on=starts,
        lot=product.lot,
        serial=product.serial,
        cost_centre=details.reference(section, values, qualifier("cost_centre", values)),
        account=details.reference(section, values, qualifier("account", values)),
        requisition=details.reference(section, values, qualifier("requisition", values)),
        taxes=details.taxes(section, values),
        charges=details.charges(section, values),
        note=details.notes(section, values),
        deliver_not_after=ends,
    )


def _line_action(lin: Segment, change: bool, values: Values) -> LineAction:
    code = lin.text(2)
    if code is None:
        return "change" if change else "add"
    if code not in LINE_ACTIONS:
        values.findings.reject("action.unknown", lin.place(2), "1 (add), 2 (delete) or 3 (change) is expected")
    return LINE_ACTIONS.get(code, "change") if change or code == "2" else "add"


def _ordered(section: Section, lin: Segment, action: LineAction, values: Values) -> Quantity | None:
    found = details.quantity(section, values, *ORDERED)
    if found is None and not section.segment("QTY", *ORDERED):
        if action == "cancel":
            values.findings.warn(
                "quantity.missing", lin.where, "a line that is deleted without a quantity is left with none"
            )
            return Quantity(Decimal(0))
        values.findings.reject("quantity.missing", lin.where, "the ordered quantity (QTY+21) is required")
    chosen = section.segment("QTY", *ORDERED)
    if chosen and chosen.text(1) != "21":
        values.findings.warn(
            "quantity.assumed", chosen.place(1), "the quantity is not said to be ordered; it was taken"
        )
    return details.with_pack(found, section, values)
