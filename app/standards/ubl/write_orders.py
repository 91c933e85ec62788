"""Purchase orders written as Order (Peppol T01), OrderChange (T114) and OrderCancellation (T115).

Called by ``app.standards.ubl.standard``; ``app.standards.ubl.orders`` is the other direction.
"""

from __future__ import annotations

from app.model.interchange import Interchange
from app.model.party import Party
from app.model.price import Tax
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.standards.ubl import building
from app.standards.ubl.building import NOTHING, Element
from app.standards.ubl.options import UblOptions
from app.standards.ubl.orders import LINE_ACTIONS, ORDER_TYPES, REQUISITION

TRANSACTIONS = "urn:fdc:peppol.eu:poacc:trns"


def write_order(order: PurchaseOrder, options: UblOptions, interchange: Interchange) -> tuple[str, str, Element]:
    """The document: its type, its number and its elements."""
    if order.action == "cancel":
        return _cancellation(order, options, interchange)
    if order.action == "change":
        return _change(order, options, interchange)
    return _order(order, options, interchange)


def _order(order: PurchaseOrder, options: UblOptions, interchange: Interchange) -> tuple[str, str, Element]:
    root = building.document("Order", options, order.currency)
    _put_head(root, f"{TRANSACTIONS}:order:3", options.order_profile, order.number)
    root.value("CopyIndicator", "true" if order.action == "duplicate" else None)
    root.when(order.ordered_at or interchange.sent_at.date(), "IssueDate", "IssueTime")
    root.value("OrderTypeCode", _type(order, options))
    if order.revision is not None:
        building.refuse("the revision of an order that is not a change")
    if any(line.action != "add" for line in order.lines):
        building.refuse("changes of lines in an order that is not a change")
    root.value("Note", order.note)
    root.value("DocumentCurrencyCode", order.currency)
    root.reference("OriginatorDocumentReference", order.requisition)
    _put_body(root, order, interchange)
    return "Order", order.number, root


def _change(order: PurchaseOrder, options: UblOptions, interchange: Interchange) -> tuple[str, str, Element]:
    """The order's number stands in the reference; the change has one of its own."""
    revision = order.revision or str(interchange.control_number)
    number = f"{order.number}-{revision}"
    if order.type != "standard":
        building.refuse("the type of a changed order")
    root = building.document("OrderChange", options, order.currency)
    _put_head(root, f"{TRANSACTIONS}:order_change:3", options.order_change_profile, number)
    root.when(order.ordered_at or interchange.sent_at.date(), "IssueDate", "IssueTime")
    root.value("SequenceNumberID", revision)
    root.value("Note", order.note)
    root.value("DocumentCurrencyCode", order.currency)
    root.reference("OrderReference", order.number)
    root.reference("OriginatorDocumentReference", order.requisition)
    _put_body(root, order, interchange)
    return "OrderChange", number, root


def _cancellation(order: PurchaseOrder, options: UblOptions, interchange: Interchange) -> tuple[str, str, Element]:
    """The whole order; single lines are cancelled by a change."""
    number = f"{order.number}-{interchange.control_number}"
    if order.lines:
        building.refuse("the lines of a cancelled order: all of it is cancelled")
    root = building.document("OrderCancellation", options)
    _put_head(root, f"{TRANSACTIONS}:order_cancellation:3", options.order_change_profile, number)
    root.when(order.ordered_at or interchange.sent_at.date(), "IssueDate", "IssueTime")
    root.value("CancellationNote", order.note or NOTHING)
    root.reference("OrderReference", order.number)
    root.reference("OriginatorDocumentReference", order.requisition)
    root.reference("Contract", order.contract)
    _put_parties(root, order, interchange)
    return "OrderCancellation", number, root


def _put_head(root: Element, customization: str, profile: str, number: str) -> None:
    root.value("CustomizationID", customization)
    root.value("ProfileID", profile)
    root.value("ID", number)


def _type(order: PurchaseOrder, options: UblOptions) -> str:
    code = options.order_types.get(order.type) or ORDER_TYPES.get(order.type)
    return code or building.refuse(f"orders of the type {order.type}; the channel's order_types may name a code")


def _put_parties(root: Element, order: PurchaseOrder, interchange: Interchange) -> None:
    for party, address in ((order.buyer, interchange.sender), (order.seller, interchange.receiver)):
        if party is None and not building.is_address(address):
            building.refuse("an order without its buyer or seller")
    buyer, seller = root.group("BuyerCustomerParty"), root.group("SellerSupplierParty")
    building.put_role(buyer, order.buyer, "SupplierAssignedAccountID", interchange.sender)
    building.put_role(seller, order.seller, "CustomerAssignedAccountID", interchange.receiver)


def _put_body(root: Element, order: PurchaseOrder, interchange: Interchange) -> None:
    if not order.lines:
        building.refuse("an order without lines")
    root.reference("Contract", order.contract)
    _put_parties(root, order, interchange)
    if order.bill_to:
        building.put_role(root.group("AccountingCustomerParty"), order.bill_to, "SupplierAssignedAccountID")
    delivery = root.group("Delivery")
    _put_ship_to(delivery, order.ship_to)
    delivery.period("RequestedDeliveryPeriod", order.deliver_on, order.deliver_not_after)
    _put_delivery_party(delivery, order.ship_to)
    root.group("PaymentTerms").value("Note", order.terms)
    building.put_charges(root, order.charges)
    building.put_taxes(root, order.taxes)
    if order.total is not None:
        totals = root.group("AnticipatedMonetaryTotal")
        nets = [line.net for line in order.lines if line.net is not None]
        totals.money("LineExtensionAmount", sum(nets) if len(nets) == len(order.lines) else None)  # type: ignore[arg-type]
        totals.money("PayableAmount", order.total)
    for line in order.lines:
        _put_line(root.group("OrderLine"), line, is_change=order.action == "change")


def _put_ship_to(delivery: Element, party: Party | None) -> None:
    """The place; the first GLN is the place's own."""
    if party is None:
        return
    place = delivery.group("DeliveryLocation")
    if party.identifiers and party.identifiers[0].scheme == "gln":
        place.value("ID", party.identifiers[0].value, schemeID="0088")
    building.put_address(place.group("Address"), party)


def _put_delivery_party(delivery: Element, party: Party | None) -> None:
    if party is None:
        return
    skipped = 1 if party.identifiers and party.identifiers[0].scheme == "gln" else 0
    rest = Party(party.identifiers[skipped:], party.name, None, party.contact)
    building.put_party(delivery.group("DeliveryParty"), rest, legal=False)


def _put_line(into: Element, line: PurchaseOrderLine, *, is_change: bool) -> None:
    entry = into.group("LineItem")
    entry.value("ID", line.number)
    entry.value("Note", line.note)
    entry.value("LineStatusCode", LINE_ACTIONS[line.action] if is_change else None)
    entry.quantity("Quantity", line.quantity)
    entry.money("LineExtensionAmount", line.net)
    entry.value("AccountingCostCode", line.account)
    entry.value("AccountingCost", line.cost_centre)
    entry.group("Delivery").period("RequestedDeliveryPeriod", line.deliver_on, line.deliver_not_after)
    building.put_charges(entry, line.charges)
    building.put_price(entry, line.price)
    rates = tuple(tax for tax in line.taxes if tax.amount is None)
    if rates and len(rates) < len(line.taxes):
        building.refuse("taxes of a line of which only some have an amount")
    item = building.put_item(entry, line.identifiers, line.description)
    for tax in rates:
        _put_rate(item, tax)
    building.put_piece(item, line.lot, line.serial)
    if not rates:
        building.put_taxes(entry, line.taxes)
    if line.requisition is not None:
        request = into.group("DocumentReference")
        request.value("ID", line.requisition)
        request.value("DocumentType", REQUISITION)


def _put_rate(item: Element, tax: Tax) -> None:
    if tax.base is not None:
        building.refuse("the taxed amount of a line without the tax")
    building.put_category(item.group("ClassifiedTaxCategory"), tax)
