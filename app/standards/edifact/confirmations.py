"""ORDRSP, read: what a supplier says to an order, line by line.

Called by ``app.standards.edifact.standard``. A line without an action of its own inherits that of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from app.model.order_confirmation import ConfirmationLine, ConfirmationOutcome, ConfirmationStatus, OrderConfirmation
from app.model.quantity import Quantity
from app.model.trade import Action
from app.standards.edifact import details, items, parties
from app.standards.edifact.interchanges import Message
from app.standards.edifact.sections import Section, split
from app.standards.edifact.syntax import Segment
from app.standards.edifact.values import Values

RESPONSES: Mapping[str, ConfirmationStatus] = {
    "AA": "changed",
    "AB": "received",
    "AC": "changed",
    "AD": "accepted",
    "AF": "changed",
    "AG": "received",
    "AI": "changed",
    "AP": "accepted",
    "AR": "rejected",
    "CA": "changed",
    "CO": "changed",
    "NA": "received",
    "RE": "rejected",
    "RF": "rejected",
    "RJ": "rejected",
    "RO": "rejected",
}
"""Response types (4343)."""
FUNCTIONS: Mapping[str, ConfirmationStatus] = {
    "4": "changed",
    "12": "received",
    "27": "rejected",
    "28": "changed",
    "29": "accepted",
    "30": "changed",
    "34": "changed",
    "44": "accepted",
    "45": "changed",
    "48": "rejected",
}
"""Message functions (1225) that tell the answer; as such they do not change an earlier answer."""
OUTCOMES: Mapping[str, ConfirmationOutcome] = {
    "1": "changed",
    "2": "rejected",
    "3": "changed",
    "4": "on_hold",
    "5": "accepted",
    "6": "changed",
    "7": "rejected",
    "9": "changed",
    "10": "rejected",
    "11": "accepted",
    "21": "rejected",
    "23": "changed",
    "24": "changed",
    "38": "substituted",
    "55": "rejected",
    "96": "changed",
}
"""Actions (1229): 1 is a part of a line that is delivered apart, 4 a line that is not yet dealt with."""
INHERITED: Mapping[ConfirmationStatus, ConfirmationOutcome] = {
    "accepted": "accepted",
    "changed": "changed",
    "rejected": "rejected",
    "received": "on_hold",
    "backordered": "backordered",
}
CONFIRMED = ("113", "12", "46", "170", "40")
"""Quantities (6063) that will be delivered, beside the ordered one (21)."""
DELIVERED, SHIPPED = ("69", "67", "76", "17", "74", "2", "64"), ("79", "11", "10", "81")
"""Dates (2005) of delivery and of despatch."""


def read(message: Message, values: Values) -> OrderConfirmation | None:
    """An answer to an order. None where a fault was found."""
    bgm = details.beginning(message.segments, values, message.where)
    if bgm is None:
        return None
    head, loops, tail = split(message.segments)
    header, summary = Section(head), Section(tail)
    told = _status(bgm, values)
    order = header.segment("RFF", "ON", "CO") or _order_of_lines(loops)
    number = values.text(order, 1, 2, "order", required=True)
    if order is None:
        values.findings.reject("order.missing", f"{message.where}/RFF", "the number of the order (RFF+ON) is required")
    lines = [line for place, loop in enumerate(loops, 1) for line in _lines(Section(loop), place, told, values)]
    details.check_count(message.segments, len(loops), values)
    if values.findings.errors or number is None:
        return None
    starts, ends = details.window(header, values, DELIVERED)
    return OrderConfirmation(
        order_number=number,
        status=_overall(told, lines),
        lines=tuple(lines),
        number=values.text(bgm, 2, 1, "number"),
        action=_action(bgm, values),
        confirmed_at=details.date(header, values, "137", "8"),
        ordered_at=details.reference_date(header, values, "ON", "CO") or details.date(header, values, "4", "3"),
        order_revision=values.text(order, 1, 4, "revision") or values.text(order, 1, 5, "revision"),
        supplier_order_number=details.reference(header, values, "VN"),
        currency=details.currency(header, values),
        buyer=parties.read(header, "buyer", values),
        seller=parties.read(header, "seller", values),
        ship_to=parties.read(header, "ship_to", values),
        ship_on=details.date(header, values, *SHIPPED),
        deliver_on=starts,
        reason=_reason(header, values),
        note=details.notes(header, values),
        charges=details.charges(header, values),
        taxes=details.taxes(header, values),
        total=details.amount(summary, values, "86", "9", "39", "128", "79"),
        deliver_not_after=ends,
    )


def _status(bgm: Segment, values: Values) -> ConfirmationStatus | None:
    """The answer to the whole, None where only the lines tell."""
    response = bgm.text(4)
    if response and response not in RESPONSES:
        values.findings.warn("status.unknown", bgm.place(4), "the response type is in no table; the lines tell")
    return RESPONSES.get(response or "") or FUNCTIONS.get(bgm.text(3) or "")


def _action(bgm: Segment, values: Values) -> Action:
    return "new" if bgm.text(3) in FUNCTIONS else details.action(bgm, values)


def _overall(told: ConfirmationStatus | None, lines: Sequence[ConfirmationLine]) -> ConfirmationStatus:
    """What the lines say goes before a general word of acceptance."""
    outcomes = {line.outcome for line in lines}
    if told is None:
        told = "accepted" if outcomes and outcomes <= {"accepted"} else "rejected" if outcomes == {"rejected"} else None
    if told is None:
        return "changed" if outcomes - {"accepted", "on_hold"} else "received"
    return "changed" if told == "accepted" and outcomes - {"accepted"} else told


def _order_of_lines(loops: Sequence[Sequence[Segment]]) -> Segment | None:
    """The one order that all lines name."""
    found = {s.text(1, 2): s for loop in loops for s in loop if s.tag == "RFF" and s.text(1) == "ON"}
    return next(iter(found.values())) if len(found) == 1 else None


def _reason(section: Section, values: Values) -> str | None:
    """What QVR gives as the reason: its code, else the kind of the difference."""
    qvr = section.segment("QVR")
    return values.text(qvr, 3, 1, "reason") or values.text(qvr, 3, 4, "reason") or values.text(qvr, 2, 1, "reason")


def _lines(section: Section, position: int, told: ConfirmationStatus | None, values: Values) -> list[ConfirmationLine]:
    """What is said of a line: one entry, and one more for a part that is backordered."""
    lin = section.segment("LIN")
    if lin is None:
        return []
    product, text = items.read(section, values), items.description(section, values)
    order_line = _order_line(section, position, values)
    items.check(section, product, text, values, order_line)
    details.check_quantities(section, ("21", "83", *CONFIRMED), values)
    details.warn_splits(section, values)
    outcome = _outcome(lin, told, bool(product.substitute), values)
    ordered = details.with_pack(details.quantity(section, values, "21"), section, values)
    told_now = details.with_pack(details.quantity(section, values, *CONFIRMED), section, values)
    starts, ends = details.window(section, values, DELIVERED)
    line = ConfirmationLine(
        outcome,
        order_line=order_line,
        identifiers=product.identifiers,
        description=text,
        ordered=ordered if told_now or outcome != "changed" else None,
        quantity=told_now or (ordered if outcome in {"accepted", "changed", "substituted"} else None),
        price=details.price(section, values),
        ship_on=details.date(section, values, *SHIPPED),
        deliver_on=starts,
        substitute=product.substitute,
        reason=_reason(section, values),
        note=details.notes(section, values),
        net=details.amount(section, values, "203", "66"),
        deliver_not_after=ends,
    )
    return _with_backorder(line, details.quantity(section, values, "83"), told_now)


def _outcome(lin: Segment, told: ConfirmationStatus | None, substituted: bool, values: Values) -> ConfirmationOutcome:
    code = lin.text(2)
    if code and code not in OUTCOMES:
        text = "the action is in no table; nothing was taken for granted"
        values.findings.warn("outcome.unknown", lin.place(2), text)
    found = OUTCOMES.get(code, "on_hold") if code else INHERITED[told or "received"]
    return "substituted" if substituted and found in {"accepted", "changed"} else found


def _order_line(section: Section, position: int, values: Values) -> str:
    """The buyer's line: RFF+ON with a line, RFF+LI, else the line's own number."""
    order, line = section.segment("RFF", "ON", "CO"), section.segment("RFF", "LI")
    named = values.text(order, 1, 3, "order_line") or values.text(line, 1, 3, "order_line")
    return named or values.text(line, 1, 2, "order_line") or details.line_number(section, position, values)


def _with_backorder(line: ConfirmationLine, behind: Quantity | None, told: Quantity | None) -> list[ConfirmationLine]:
    """The line, and apart from it what is backordered of it; ``told`` is what is said to come now."""
    if behind is None or behind.value == 0:
        return [line]
    ordered = line.ordered or line.quantity
    part = replace(line, outcome="backordered", ordered=ordered, quantity=behind, net=None)
    if told is not None:
        return [line, part] if told.value else [part]
    whole = ordered is None or (ordered.value, ordered.unit) == (behind.value, behind.unit)
    return [part] if whole else [replace(line, ordered=ordered, quantity=None), part]
