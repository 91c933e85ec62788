"""ReceiptRequest, PunchOutSetupRequest and ProductActivityMessage, read: what we write ourselves.

Called by ``app.standards.cxml.standard``; what is written is read back before it is sent.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.inventory_report import InventoryLine, InventoryReport
from app.model.punchout import PunchOutSetup
from app.standards.cxml import parts
from app.standards.cxml.fulfilment import ACTIONS
from app.standards.cxml.syntax import Node
from app.standards.cxml.write import ACTIVITIES

WORDS = {name: activity for activity, name in ACTIVITIES.items()}


def receipt(node: Node) -> GoodsReceipt | None:
    """A ReceiptRequest. None where a fault was found."""
    header = node.first("ReceiptRequestHeader") or node
    number = header.attribute("receiptID", "goods_receipt", required=True)
    order, _ = parts.order_reference(node.first("ReceiptOrder", "ReceiptOrderInfo", "OrderReference"))
    lines: dict[str, GoodsReceiptLine] = {}
    for place, item in enumerate(node.all("ReceiptOrder", "ReceiptItem"), 1):
        _received(item, str(place), lines)
    if node.context.findings.errors or number is None:
        return None
    notice = header.first("ShipNoticeIDInfo")
    return GoodsReceipt(
        number=number,
        lines=tuple(lines.values()),
        action=ACTIONS.get(header.element.get("operation") or "new", "new"),
        received_at=header.when("receiptDate"),
        order_number=order,
        ship_notice=notice.attribute("shipNoticeID", "ship_notice") if notice else None,
        note=parts.comments(header),
    )


def _received(item: Node, place: str, lines: dict[str, GoodsReceiptLine]) -> None:
    """An item of the type ``returned`` adds to the line it belongs to."""
    quantity = item.quantity(required=True)
    number = item.attribute("receiptLineNumber", "line") or place
    reference = item.first("ReceiptItemReference") or item
    if quantity is None:
        return
    if item.element.get("type") == "returned" and number in lines:
        lines[number] = replace(lines[number], rejected=quantity, reason=parts.comments(item))
        return
    batch, asset = item.first("Batch"), item.first("AssetInfo")
    lines[number] = GoodsReceiptLine(
        number=number,
        received=quantity,
        order_line=reference.attribute("lineNumber", "line"),
        identifiers=parts.identifiers(reference),
        description=reference.prose("Description"),
        lot=batch.text("SupplierBatchID", thing="lot") if batch else None,
        serial=asset.attribute("serialNumber", "serial") if asset else None,
        expiry=_day(batch),
        note=None,
    )


def _day(batch: Node | None) -> date | None:
    found = batch.when("expirationDate") if batch else None
    return found.date() if isinstance(found, datetime) else found


def punchout(node: Node) -> PunchOutSetup | None:
    """A PunchOutSetupRequest. None where a fault was found."""
    session = node.text("BuyerCookie", thing="session")
    url = node.text("BrowserFormPost", "URL", thing="return_to")
    user = next((one for one in node.all("Extrinsic") if one.element.get("name") in {"User", "UserEmail"}), None)
    selected = node.first("SelectedItem")
    operation = node.element.get("operation") or "create"
    if session is None or url is None:
        node.context.findings.reject("session.missing", node.place, "a BuyerCookie and a BrowserFormPost are required")
        return None
    return PunchOutSetup(
        session=session,
        return_to=url,
        operation=operation if operation in {"create", "edit", "inspect"} else "create",  # type: ignore[arg-type]
        requester=user.text(thing="requester") if user else None,
        ship_to=parts.party(node.first("ShipTo")),
        start_from=parts.identifiers(selected) if selected else (),
    )


def activity(node: Node) -> InventoryReport | None:
    """A ProductActivityMessage. None where a fault was found."""
    header = node.first("ProductActivityHeader") or node
    number = header.attribute("messageID", "inventory_report", required=True)
    lines = [line for one in node.all("ProductActivityDetails") for line in _levels(one)]
    if node.context.findings.errors or number is None:
        return None
    return InventoryReport(number=number, lines=tuple(lines), reported_at=header.when("creationDate"))


def _levels(one: Node) -> list[InventoryLine]:
    batch = one.first("Batch")
    names = parts.identifiers(one)
    place = next((c.first("IdReference") for c in one.all("Contact") if c.first("IdReference")), None)
    found = []
    for holder in (*one.all("Inventory"), *one.all("ConsumptionDetails")):
        for told in holder.children():
            quantity = told.quantity()
            if quantity is None:
                continue
            found.append(
                InventoryLine(
                    quantity=quantity,
                    activity=WORDS.get(told.name, "other"),  # type: ignore[arg-type]
                    number=one.attribute("lineNumber", "line"),
                    location=place.attribute("identifier", "location") if place else None,
                    identifiers=names,
                    description=one.prose("Description"),
                    lot=batch.text("SupplierBatchID", thing="lot") if batch else None,
                    expiry=_day(batch),
                )
            )
    return found
