"""ReceiptAdvice read as goods receipt.

Called by ``app.standards.ubl.standard``; ``app.standards.ubl.write_receipts`` is the other direction.
"""

from __future__ import annotations

from decimal import Decimal

from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.ubl import heads, items, parties
from app.standards.ubl.syntax import Node

_QUANTITIES = ("ReceivedQuantity", "RejectedQuantity", "ShortQuantity", "OversupplyQuantity")
_NONE = Quantity(Decimal(0))


def read_receipt_advice(root: Node) -> GoodsReceipt:
    """A ReceiptAdvice; who despatched counts as the seller unless another is told."""
    receiver = root.get("DeliveryCustomerParty")
    told = [node for node in root.all("ReceiptLine") if _says_something(node)]
    lines = tuple(_line(node) for node in told)
    heads.check_lines((line.number, node) for line, node in zip(lines, told, strict=True))
    seller = parties.read_supplier(root.get("SellerSupplierParty"))
    return GoodsReceipt(
        heads.read_number(root),
        lines,
        action=heads.read_action(root),
        received_at=_received(root),
        noticed_at=heads.read_issued(root),
        order_number=heads.reference(root.first("OrderReference"), "ID"),
        ship_notice=heads.reference(root.first("DespatchDocumentReference"), "ID"),
        received_by=receiver.code("DeliveryContact", "Name", thing="received_by") if receiver else None,
        location=heads.reference(root.get("Shipment", "Delivery", "DeliveryLocation"), "ID"),
        buyer=parties.read_customer(root.get("BuyerCustomerParty")),
        seller=seller or parties.read_supplier(root.get("DespatchSupplierParty")),
        ship_to=parties.read_role(receiver, "SupplierAssignedAccountID", ()),
        note=root.notes(),
    )


def _says_something(node: Node) -> bool:
    """Whether a line tells a quantity; UBL asks for a line even where the despatch as a whole is spoken of."""
    found = any(node.children(name) for name in _QUANTITIES)
    if not found:
        text = "a quantity is expected; the line was left out"
        node.context.findings.warn("line.empty", node.place, text)
    return found


def _received(root: Node) -> When | None:
    delivery = root.get("Shipment", "Delivery")
    told = delivery.when("ActualDeliveryDate", "ActualDeliveryTime") if delivery else None
    days = {day for node in root.all("ReceiptLine") if (day := node.day("ReceivedDate"))} if told is None else set()
    return told or (days.pop() if len(days) == 1 else None)


def _line(node: Node) -> GoodsReceiptLine:
    order_line = node.get("OrderLineReference")
    item = items.read_item(node, required=False)
    pieces = items.read_marked(item.node)
    if len(pieces) > 1:
        text = "it is not told how many pieces have which lot or serial number; none was read"
        node.context.findings.warn("lot.ambiguous", f"{node.place}/Item/ItemInstance", text)
    piece = pieces[0] if len(pieces) == 1 else items.Marked()
    return GoodsReceiptLine(
        node.code("ID", thing="line", required=True) or "",
        node.quantity("ReceivedQuantity", required=True) or _NONE,
        heads.reference(order_line, "OrderReference", "ID"),
        heads.reference(order_line, "LineID"),
        heads.reference(node.first("DespatchLineReference"), "LineID"),
        item.identifiers,
        item.description,
        rejected=node.quantity("RejectedQuantity"),
        short=node.quantity("ShortQuantity"),
        over=node.quantity("OversupplyQuantity"),
        reason=node.code("RejectReasonCode", thing="reason") or node.code("QuantityDiscrepancyCode", thing="reason"),
        lot=piece.lot,
        serial=piece.serial,
        expiry=piece.expiry,
        sscc=_sscc(node),
        note="\n".join(filter(None, (node.notes(), node.notes("RejectReason")))) or None,
    )


def _sscc(node: Node) -> str | None:
    number = node.first("Shipment", "TransportHandlingUnit", "ID")
    value = number.code(thing="sscc") if number else None
    digits = value[2:] if value and len(value) == 20 and value.startswith("00") else value
    return digits if digits and len(digits) == 18 and digits.isascii() and digits.isdigit() else None
