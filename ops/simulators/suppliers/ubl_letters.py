"""What a supplier writes in UBL: OrderResponse, DespatchAdvice, Invoice and CreditNote.

Used by ``ubl``; elements are put together by ``app.standards.ubl.building``.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.model.interchange import Interchange, Written
from app.model.invoice import Invoice, InvoiceLine
from app.model.order_confirmation import ConfirmationLine, ConfirmationOutcome, ConfirmationStatus, OrderConfirmation
from app.model.ship_notice import ShipNotice, ShipNoticeLine
from app.standards.ubl import building
from app.standards.ubl.building import CONTENT_TYPE, Element, document, finish
from app.standards.ubl.options import UblOptions

STATUSES: Mapping[ConfirmationStatus, str] = {
    "received": "AB",
    "accepted": "AP",
    "changed": "CA",
    "backordered": "CA",
    "rejected": "RE",
}
OUTCOMES: Mapping[ConfirmationOutcome, str] = {
    "accepted": "5",
    "changed": "3",
    "substituted": "3",
    "backordered": "5",
    "rejected": "7",
    "on_hold": "Disputed",
}


def letter(said: OrderConfirmation | ShipNotice | Invoice, options: UblOptions, addresses: Interchange) -> Written:
    """The document."""
    if isinstance(said, OrderConfirmation):
        root, kind = _response(said, options), "OrderResponse"
    elif isinstance(said, ShipNotice):
        root, kind = _despatch(said, options), "DespatchAdvice"
    else:
        root, kind = _invoice(said, options), "CreditNote" if said.type == "credit_note" else "Invoice"
    return Written(CONTENT_TYPE, finish(root), kind, str(addresses.control_number))


def _response(said: OrderConfirmation, options: UblOptions) -> Element:
    root = document("OrderResponse", options, said.currency)
    root.value("ID", said.number)
    root.value("SalesOrderID", said.supplier_order_number)
    root.when(said.confirmed_at, "IssueDate", "IssueTime")
    root.value("OrderResponseCode", STATUSES[said.status])
    root.value("DocumentCurrencyCode", said.currency)
    root.reference("OrderReference", said.order_number)
    for line in said.lines:
        _confirmed(root.group("OrderLine"), line)
    return root


def _confirmed(into: Element, line: ConfirmationLine) -> None:
    entry = into.group("LineItem")
    entry.value("ID", line.order_line)
    entry.value("LineStatusCode", OUTCOMES[line.outcome])
    if line.outcome == "backordered" and line.quantity:
        entry.value("MaximumBackorderQuantity", building.exact(line.quantity.value), unitCode=line.quantity.unit)
    else:
        entry.quantity("Quantity", line.quantity)
        entry.group("Delivery").period("PromisedDeliveryPeriod", line.deliver_on, None)
    building.put_price(entry, line.price)
    building.put_item(entry, line.identifiers, line.description)
    if line.substitute:
        other = into.group("SellerSubstitutedLineItem")
        other.value("ID", line.order_line)
        building.put_item(other, line.substitute, None)
    into.group("OrderLineReference").value("LineID", line.order_line)


def _despatch(said: ShipNotice, options: UblOptions) -> Element:
    root = document("DespatchAdvice", options)
    root.value("ID", said.number)
    root.when(said.noticed_at, "IssueDate", "IssueTime")
    root.reference("OrderReference", said.orders[0])
    shipment = root.group("Shipment")
    shipment.value("ID", "1")
    delivery = shipment.group("Delivery")
    delivery.value("TrackingID", said.tracking[0] if said.tracking else None)
    delivery.period("EstimatedDeliveryPeriod", said.expected_at, None)
    delivery.group("Despatch").when(said.shipped_at, "ActualDespatchDate", "ActualDespatchTime")
    for line in said.lines:
        _shipped(root.group("DespatchLine"), line)
    return root


def _shipped(into: Element, line: ShipNoticeLine) -> None:
    into.value("ID", line.number)
    into.quantity("DeliveredQuantity", line.quantity)
    reference = into.group("OrderLineReference")
    reference.value("LineID", line.order_line)
    reference.reference("OrderReference", line.order_number)
    item = building.put_item(into, line.identifiers, line.description)
    building.put_piece(item, line.lot, line.serial, line.expiry)


def _invoice(said: Invoice, options: UblOptions) -> Element:
    credit = said.type == "credit_note"
    root = document("CreditNote" if credit else "Invoice", options, said.currency)
    root.value("ID", said.number)
    root.when(said.issued_at, "IssueDate")
    if credit:
        root.value("CreditNoteTypeCode", "381")
    else:
        root.when(said.due_on, "DueDate")
        root.value("InvoiceTypeCode", "380")
    root.value("DocumentCurrencyCode", said.currency)
    root.reference("OrderReference", said.order_number)
    if said.corrects:
        root.group("BillingReference").reference("InvoiceDocumentReference", said.corrects)
    building.put_role(root.group("AccountingSupplierParty"), said.seller, "CustomerAssignedAccountID")
    building.put_role(root.group("AccountingCustomerParty"), said.bill_to, "SupplierAssignedAccountID")
    total = root.group("LegalMonetaryTotal")
    total.money("LineExtensionAmount", said.net_total)
    total.money("TaxExclusiveAmount", said.net_total)
    total.money("PayableAmount", said.total)
    for line in said.lines:
        _billed(root.group("CreditNoteLine" if credit else "InvoiceLine"), line, credit=credit)
    return root


def _billed(into: Element, line: InvoiceLine, *, credit: bool) -> None:
    into.value("ID", line.number)
    into.quantity("CreditedQuantity" if credit else "InvoicedQuantity", line.quantity)
    into.money("LineExtensionAmount", line.net)
    reference = into.group("OrderLineReference")
    reference.value("LineID", line.order_line)
    reference.reference("OrderReference", line.order_number)
    building.put_item(into, line.identifiers, line.description)
    building.put_price(into, line.price)
