"""OrderResponse (also Advanced), OrderResponseSimple and OrderAgreement read as order confirmations.

Called by ``app.standards.ubl.standard``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from app.model.item import Identifier
from app.model.order_confirmation import (
    ConfirmationLine,
    ConfirmationOutcome,
    ConfirmationStatus,
    OrderConfirmation,
)
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.ubl import amounts, heads, items, parties
from app.standards.ubl.syntax import Node

STATUSES: Mapping[str, ConfirmationStatus] = {
    "AB": "received",
    "AP": "accepted",
    "CA": "changed",
    "RE": "rejected",
    "29": "accepted",
    "30": "changed",
    "27": "rejected",
    "Accepted": "accepted",
    "Rejected": "rejected",
}
"""OrderResponseCode: of Peppol (UNCL 4343 subset) and of its forerunners (CENBII, UNCL 1225)."""

OUTCOMES: Mapping[str, ConfirmationOutcome] = {
    "1": "changed",
    "2": "rejected",
    "3": "changed",
    "5": "accepted",
    "6": "changed",
    "7": "rejected",
    "42": "accepted",
    "Revised": "changed",
    "Cancelled": "rejected",
    "Disputed": "on_hold",
}
"""LineStatusCode: added, deleted, changed, accepted, amended, not accepted, delivered (UNCL 1229), or UBL's words."""
NO_STATUS = "NoStatus"

_INHERITED: Mapping[ConfirmationStatus, ConfirmationOutcome] = {
    "accepted": "accepted",
    "changed": "changed",
    "rejected": "rejected",
    "received": "on_hold",
    "backordered": "backordered",
}
"""What a line without a status of its own has from the whole document."""


def read_order_response(root: Node) -> OrderConfirmation:
    """An OrderResponse; an order agreement says of itself that all is agreed."""
    is_agreement = "order_agreement" in (root.code("CustomizationID") or "")
    currency = amounts.read_currency(root)
    told = _status(root, is_agreement)
    lines = tuple(line for node in root.all("OrderLine") for line in _lines(node, told or "changed"))
    delivery = root.first("Delivery")
    period = _promised(delivery)
    return replace(
        _head(root, told or _from_lines(root, lines), is_agreement),
        lines=lines,
        currency=currency,
        ship_to=parties.read_ship_to(delivery),
        ship_on=_despatch(delivery),
        deliver_on=period.when("StartDate", "StartTime") if period else None,
        deliver_not_after=period.when("EndDate", "EndTime") if period else None,
        charges=amounts.read_charges(root),
        taxes=amounts.read_taxes(root),
        total=_total(root),
    )


def read_order_response_simple(root: Node) -> OrderConfirmation:
    """An OrderResponseSimple: the order is taken as it is, or not at all."""
    accepted = root.flag("AcceptedIndicator")
    if accepted is None:
        text = "true or false is expected; nothing was taken for granted"
        root.context.findings.warn("status.missing", f"{root.place}/AcceptedIndicator", text)
    status: ConfirmationStatus = "received" if accepted is None else "accepted" if accepted else "rejected"
    reason = root.prose("RejectionNote")
    head = _head(root, status, False)
    return replace(head, note="\n".join(filter(None, (reason, head.note))) or None)


def _head(root: Node, status: ConfirmationStatus, is_agreement: bool) -> OrderConfirmation:
    order = root.first("OrderReference")
    sales_order = root.code("SalesOrderID", thing="supplier_order")
    return OrderConfirmation(
        _order_number(root, order, is_agreement),
        status,
        number=root.code("ID", thing="number"),
        action=heads.read_action(root),
        confirmed_at=heads.read_issued(root),
        ordered_at=order.when("IssueDate", "IssueTime") if order else None,
        order_revision=heads.reference(root.get("OrderChangeDocumentReference"), "ID"),
        supplier_order_number=sales_order or heads.reference(order, "SalesOrderID"),
        buyer=parties.read_customer(root.get("BuyerCustomerParty")),
        seller=parties.read_supplier(root.get("SellerSupplierParty")),
        note=root.notes(),
    )


def _order_number(root: Node, order: Node | None, is_agreement: bool) -> str:
    """The order that is answered; an agreement made without one goes by the supplier's number for it."""
    if order is None and is_agreement:
        place, text = f"{root.place}/OrderReference", "no order is named; the supplier's number stands in its place"
        root.context.findings.warn("order_number.missing", place, text)
        return root.code("SalesOrderID", thing="order_number") or heads.read_number(root)
    return heads.order_number(root)


def _status(root: Node, is_agreement: bool) -> ConfirmationStatus | None:
    code = root.code("OrderResponseCode", thing="status")
    if code is not None and code not in STATUSES:
        text = "AB, AP, CA or RE is expected; the lines were asked instead"
        root.context.findings.warn("status.unknown", f"{root.place}/OrderResponseCode", text)
    return STATUSES.get(code or "") or ("accepted" if is_agreement else None)


def _from_lines(root: Node, lines: tuple[ConfirmationLine, ...]) -> ConfirmationStatus:
    if not root.children("OrderResponseCode"):
        text = "AB, AP, CA or RE is expected; the lines were asked instead"
        root.context.findings.warn("status.missing", f"{root.place}/OrderResponseCode", text)
    outcomes = {line.outcome for line in lines}
    if not outcomes:
        return "received"
    same: Mapping[ConfirmationOutcome, ConfirmationStatus] = {"accepted": "accepted", "rejected": "rejected"}
    return same.get(outcomes.pop(), "changed") if len(outcomes) == 1 else "changed"


def _promised(delivery: Node | None) -> Node | None:
    return delivery.get("PromisedDeliveryPeriod") or delivery.get("EstimatedDeliveryPeriod") if delivery else None


def _despatch(delivery: Node | None) -> When | None:
    despatch = delivery.get("Despatch") if delivery else None
    if despatch is None:
        return None
    found = (
        despatch.when(f"{name}DespatchDate", f"{name}DespatchTime") for name in ("Estimated", "Actual", "Requested")
    )
    return next((when for when in found if when), None)


def _total(root: Node) -> Decimal | None:
    totals = (root.get(name) for name in ("LegalMonetaryTotal", "AnticipatedMonetaryTotal"))
    found = next((total for total in totals if total), None)
    return found.money("PayableAmount", thing="total") if found else None


def _lines(node: Node, status: ConfirmationStatus) -> Iterator[ConfirmationLine]:
    """The line and, where some of it comes later, a second one for that part."""
    entry = node.get("LineItem") or node
    line = _line(node, entry, status)
    later = _backorder(entry, line.quantity)
    if later is None or not later.value:
        yield line
    elif line.quantity is None:
        yield replace(line, outcome="backordered", quantity=later)
    else:
        yield line
        yield replace(
            line,
            outcome="backordered",
            quantity=later,
            substitute=(),
            net=None,
            deliver_on=None,
            deliver_not_after=None,
            ship_on=None,
        )


def _line(node: Node, entry: Node, status: ConfirmationStatus) -> ConfirmationLine:
    item = items.read_item(entry)
    substitute = _substitute(node)
    delivery = entry.first("Delivery")
    period = _promised(delivery)
    outcome = _outcome(entry, status)
    return ConfirmationLine(
        "substituted" if substitute and outcome in {"changed", "accepted"} else outcome,
        _order_line(node, entry),
        item.identifiers,
        item.description,
        quantity=entry.quantity("Quantity"),
        price=amounts.read_price(entry.get("Price")),
        ship_on=_despatch(delivery),
        deliver_on=period.when("StartDate", "StartTime") if period else None,
        substitute=substitute,
        note="\n".join(filter(None, (entry.notes(), node.notes() if entry is not node else None))) or None,
        net=entry.money("LineExtensionAmount"),
        deliver_not_after=period.when("EndDate", "EndTime") if period else None,
    )


def _outcome(entry: Node, status: ConfirmationStatus) -> ConfirmationOutcome:
    code = entry.code("LineStatusCode", thing="line_status")
    if code in {None, NO_STATUS}:
        return _INHERITED[status]
    if code not in OUTCOMES:
        text = "1, 3, 5, 7 or 42 is expected; a person must decide"
        entry.context.findings.warn("line_status.unknown", f"{entry.place}/LineStatusCode", text)
    return OUTCOMES.get(code or "", "on_hold")


def _order_line(node: Node, entry: Node) -> str | None:
    found = node.first("OrderLineReference") or entry.first("OrderLineReference")
    return heads.reference(found, "LineID") or entry.code("ID", thing="line", vital=True)


def _substitute(node: Node) -> tuple[Identifier, ...]:
    entry = node.first("SellerSubstitutedLineItem") or node.first("SellerProposedSubstituteLineItem")
    return items.read_item(entry, required=False).identifiers if entry else ()


def _backorder(entry: Node, promised: Quantity | None) -> Quantity | None:
    """MaximumBackorderQuantity, which Peppol writes without a unit: the line's is meant."""
    told = entry.get("MaximumBackorderQuantity")
    value = told.amount(thing="quantity", vital=True) if told else None
    if told is None or value is None:
        return None
    unit = told.attribute("unitCode")
    if unit is None and promised:
        return replace(promised, value=value)
    return Quantity(value, unit, told.known_unit(unit))
