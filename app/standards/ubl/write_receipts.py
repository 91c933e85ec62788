"""Goods receipts written as ReceiptAdvice (Peppol logistics).

Called by ``app.standards.ubl.standard``; ``app.standards.ubl.receipts`` is the other direction.
"""

from __future__ import annotations

from collections.abc import Mapping

from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.interchange import Interchange
from app.model.trade import Action
from app.standards.ubl import building
from app.standards.ubl.building import NOTHING, Element
from app.standards.ubl.options import UblOptions

CUSTOMIZATION = "urn:fdc:peppol.eu:logistics:trns:receipt_advice:1"
STATUSES: Mapping[Action, str] = {"new": "9", "change": "5", "cancel": "1", "duplicate": "7"}
"""DocumentStatusCode (UNCL 1225)."""


def write_receipt(receipt: GoodsReceipt, options: UblOptions, interchange: Interchange) -> tuple[str, str, Element]:
    """The document: its type, its number and its elements."""
    if not receipt.lines:
        building.refuse("a receipt without lines")
    root = building.document("ReceiptAdvice", options)
    root.value("CustomizationID", CUSTOMIZATION)
    root.value("ProfileID", options.receipt_profile)
    root.value("ID", receipt.number)
    root.when(receipt.noticed_at or interchange.sent_at.date(), "IssueDate", "IssueTime")
    root.value("DocumentStatusCode", STATUSES[receipt.action])
    root.value("Note", receipt.note)
    root.reference("OrderReference", receipt.order_number)
    root.reference("DespatchDocumentReference", receipt.ship_notice)
    _put_parties(root, receipt, interchange)
    shipment = root.group("Shipment")
    delivery = shipment.group("Delivery")
    delivery.when(receipt.received_at, "ActualDeliveryDate", "ActualDeliveryTime")
    delivery.group("DeliveryLocation").value("ID", receipt.location)
    _name_shipment(shipment)
    for line in receipt.lines:
        _put_line(root.group("ReceiptLine"), line)
    return "ReceiptAdvice", receipt.number, root


def _put_parties(root: Element, receipt: GoodsReceipt, interchange: Interchange) -> None:
    """Who received and who despatched are required; where only the buyer is known, it is the one who received."""
    sides = ((receipt.ship_to or receipt.buyer, interchange.sender), (receipt.seller, interchange.receiver))
    if any(party is None and not building.is_address(address) for party, address in sides):
        building.refuse("a receipt without who received or who despatched")
    receiver = root.group("DeliveryCustomerParty")
    building.put_role(receiver, receipt.ship_to or receipt.buyer, "SupplierAssignedAccountID", interchange.sender)
    receiver.group("DeliveryContact").value("Name", receipt.received_by)
    despatcher = root.group("DespatchSupplierParty")
    building.put_role(despatcher, receipt.seller, "CustomerAssignedAccountID", interchange.receiver)
    if receipt.ship_to and receipt.buyer:
        building.put_role(root.group("BuyerCustomerParty"), receipt.buyer, "SupplierAssignedAccountID")


def _name_shipment(shipment: Element) -> None:
    """A shipment needs a number before all else, but only if there is anything to say of it."""
    if any(True for node in shipment.node.iter() if node.text):
        shipment.value("ID", NOTHING)
        number = shipment.node[-1]
        shipment.node.insert(0, number)


def _put_line(into: Element, line: GoodsReceiptLine) -> None:
    into.value("ID", line.number)
    into.value("Note", line.note)
    into.quantity("ReceivedQuantity", line.received)
    into.quantity("ShortQuantity", line.short)
    into.quantity("RejectedQuantity", line.rejected)
    into.value("RejectReasonCode", line.reason)
    into.quantity("OversupplyQuantity", line.over)
    _put_order_line(into, line)
    if line.ship_notice_line is not None:
        into.group("DespatchLineReference").value("LineID", line.ship_notice_line)
    item = building.put_item(into, line.identifiers, line.description)
    building.put_piece(item, line.lot, line.serial, line.expiry)
    shipment = into.group("Shipment")
    shipment.group("TransportHandlingUnit").value("ID", line.sscc, schemeID="SSCC")
    _name_shipment(shipment)


def _put_order_line(into: Element, line: GoodsReceiptLine) -> None:
    """A reference to a line needs a line's number; Peppol's word for none stands where only the order is known."""
    if line.order_line is None and line.order_number is None:
        return
    reference = into.group("OrderLineReference")
    reference.value("LineID", line.order_line or NOTHING)
    reference.reference("OrderReference", line.order_number)
