"""855 purchase order acknowledgement and 865 purchase order change acknowledgement, read.

Called by ``app.standards.x12.standard``. A line without ACK segments inherits what BAK-02 says of the whole order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from app.model.order_confirmation import ConfirmationLine, ConfirmationOutcome, ConfirmationStatus, OrderConfirmation
from app.model.trade import Action
from app.standards.x12 import details, items, parties, remarks
from app.standards.x12.orders import PLACES, PURPOSES, check_count, check_item, own
from app.standards.x12.syntax import Segment, TransactionSet
from app.standards.x12.values import Values, first, loops

STATUSES: Mapping[str, ConfirmationStatus] = {
    "AC": "accepted",
    "AD": "accepted",
    "AT": "accepted",
    "AP": "accepted",
    "AE": "changed",
    "AH": "received",
    "AK": "accepted",
    "NA": "received",
    "RF": "rejected",
    "RJ": "rejected",
    "RD": "rejected",
    "RO": "rejected",
    "ZZ": "received",
}
"""Acknowledgement types (data element 587). AC says that there are details and changes, lines tell which; AH waits."""
OUTCOMES: Mapping[str, ConfirmationOutcome] = {
    "IA": "accepted",
    "AC": "accepted",
    "IB": "backordered",
    "IC": "changed",
    "DR": "changed",
    "IE": "changed",
    "IF": "on_hold",
    "IH": "on_hold",
    "IW": "on_hold",
    "AA": "accepted",
    "IP": "changed",
    "IQ": "changed",
    "IS": "substituted",
    "AR": "accepted",
    "DB": "backordered",
    "BP": "backordered",
    "SP": "changed",
    "ID": "rejected",
    "IR": "rejected",
    **{f"R{number}": "rejected" for number in range(1, 10)},
}
"""Line item status codes (data element 668)."""
PLAIN: Mapping[ConfirmationOutcome, str] = {
    "accepted": "IA",
    "backordered": "IB",
    "changed": "IC",
    "on_hold": "IH",
    "substituted": "IS",
    "rejected": "IR",
}
"""The code that says no more than the outcome; any other one is kept as the reason."""
INHERITED: Mapping[ConfirmationStatus, ConfirmationOutcome] = {
    "accepted": "accepted",
    "changed": "changed",
    "rejected": "rejected",
    "received": "on_hold",
    "backordered": "backordered",
}
"""What a line without a word of its own has become of, by the status of the order."""
NOT_AFTER = ("063",)
"""Date qualifier of the last day of delivery."""
DATES = {"deliver_on": ("017", "002", "067", "065"), "ship_on": ("068", "010", "011", "038")}
"""Date qualifiers (data element 374) of delivery and of shipment."""
LINE_DATE_ROLES = {"068": "ship_on", "010": "ship_on", "011": "ship_on", "038": "ship_on"}


def confirmation(found: TransactionSet, values: Values) -> OrderConfirmation | None:
    """An 855. None where a fault was found."""
    return _read(found, values, first(found.segments, "BAK"), "PO1")


def change_confirmation(found: TransactionSet, values: Values) -> OrderConfirmation | None:
    """An 865. None where a fault was found."""
    return _read(found, values, first(found.segments, "BCA"), "POC")


def _read(found: TransactionSet, values: Values, beginning: Segment | None, start: str) -> OrderConfirmation | None:
    if beginning is None:
        name = "BAK" if start == "PO1" else "BCA"
        values.findings.reject("segment.missing", f"{found.where}/{name}", "the beginning segment is required")
        return None
    header, bodies, summary = loops(found.segments, start, ("CTT",))
    status = _status(beginning, values)
    number = values.text(beginning, 3, "order", required=True)
    lines = [line for loop in bodies for line in _lines(loop, status, values)]
    check_count(summary, len(bodies), values)
    if values.findings.errors or number is None:
        return None
    change = start == "POC"
    total = first(summary, "AMT", "TT")
    return OrderConfirmation(
        order_number=number,
        status=_overall(status, lines),
        lines=tuple(lines),
        number=remarks.number(header, values, "AG", "SO"),
        action=_action(beginning),
        confirmed_at=values.when(beginning, 9, "date") or values.when(beginning, 7 if change else 4, "date"),
        ordered_at=values.when(beginning, 6, "date") if change else None,
        order_revision=values.text(beginning, 5, "revision"),
        supplier_order_number=values.text(beginning, 8, "order") or remarks.number(header, values, "VN", "OQ"),
        currency=values.text(first(header, "CUR"), 2, "currency"),
        buyer=parties.read(header, "buyer", values),
        seller=parties.read(header, "seller", values),
        ship_to=parties.read(header, "ship_to", values),
        ship_on=details.date(header, values, *DATES["ship_on"]),
        deliver_on=details.date(header, values, *DATES["deliver_on"]),
        deliver_not_after=details.date(header, values, *NOT_AFTER),
        reason=_reason(header, values),
        note=details.notes(header, values),
        charges=details.charges(header, values),
        taxes=details.taxes(header, values),
        total=values.amount(total, 2, "amount") if total else None,
    )


def _status(beginning: Segment, values: Values) -> ConfirmationStatus:
    code = beginning.text(2) or ""
    if code not in STATUSES:
        values.findings.warn("status.unknown", beginning.place(2), "the acknowledgement type is in no table")
    return STATUSES.get(code, "received")


def _overall(status: ConfirmationStatus, lines: Sequence[ConfirmationLine]) -> ConfirmationStatus:
    """What the lines say goes before a general word of acceptance."""
    outcomes = {line.outcome for line in lines}
    if status != "accepted" or outcomes <= {"accepted"}:
        return status
    return "backordered" if outcomes == {"backordered"} else "changed"


def _action(beginning: Segment) -> Action:
    return PURPOSES.get(beginning.text(1) or "", "new")


def _reason(header: Sequence[Segment], values: Values) -> str | None:
    n9 = first(header, "N9")
    return values.text(n9, 2, "reason") if n9 and n9.text(1) != details.NOTE else None


def _lines(loop: Sequence[Segment], status: ConfirmationStatus, values: Values) -> list[ConfirmationLine]:
    """One line for each ACK, since a split line has several; one that inherits where there is none."""
    loop = own(loop, values)
    head, at = loop[0], PLACES[loop[0].tag]
    product = items.read(head, at.items, values)
    text = details.description(loop, values)
    check_item(head, at.items, product, text, values)
    ordered = values.quantity(head, at.quantity, at.unit)
    price = values.price(head, at.price, at.price + 1, ordered.unit if ordered else None, None)
    common: dict[str, Any] = {
        "order_line": values.text(head, 1, "line"),
        "identifiers": product.identifiers,
        "description": text,
        "ordered": ordered,
        "price": price,
        "deliver_not_after": details.date(loop, values, *NOT_AFTER),
        "note": details.notes(loop, values),
    }
    dates: dict[str, Any] = {name: details.date(loop, values, *codes) for name, codes in DATES.items()}
    acks = [segment for segment in loop if segment.tag == "ACK"]
    if not acks:
        outcome = INHERITED[status]
        confirmed = ordered if outcome == "accepted" else None
        return [ConfirmationLine(outcome, quantity=confirmed, **dates, **common)]
    return [_confirmed(ack, dates, common, values) for ack in acks]


def _confirmed(ack: Segment, dates: dict[str, Any], common: dict[str, Any], values: Values) -> ConfirmationLine:
    code = values.text(ack, 1, "outcome") or ""
    agreed = values.options.line_outcomes.get(code)
    outcome = cast("ConfirmationOutcome", agreed) if agreed in PLAIN else OUTCOMES.get(code)
    if outcome is None:
        values.findings.warn("outcome.unknown", ack.place(1), "the line item status is in no table; a person must look")
        outcome = "on_hold"
    told = dict(dates)
    date = values.when(ack, 5, "date")
    if date:
        told[LINE_DATE_ROLES.get(ack.text(4) or "", "deliver_on")] = date
    product = items.read(ack, 7, values)
    if outcome == "substituted" and not product.identifiers:
        values.findings.warn("substitute.missing", ack.place(7), "what comes in place of the item is not told")
    return ConfirmationLine(
        outcome,
        quantity=values.quantity(ack, 2, 3),
        substitute=product.identifiers if outcome == "substituted" else (),
        reason=None if code == PLAIN[outcome] else code or None,
        **told,
        **common,
    )
