"""Orders, receipts, statuses, punch-outs and stock levels, written as cXML.

Called by ``app.standards.cxml.standard``.
"""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from app.errors import Permanent
from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.inventory_report import InventoryLine, InventoryReport
from app.model.item import Identifier
from app.model.punchout import PunchOutSetup
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.response import Response
from app.standards.cxml.building import contact, element, located, money, priced, stamp, unit, worded
from app.standards.cxml.options import CxmlOptions

ACTIONS: Mapping[str, str] = {"new": "new", "change": "update", "cancel": "delete"}
TYPES: Mapping[str, str] = {"standard": "regular", "blanket": "blanket", "release": "release"}
UNCLASSIFIED = "unclassified"
"""``Classification`` is required; an item without one is said to have none."""
STATUS_CODES: Mapping[str, tuple[str, str]] = {
    "accepted": ("200", "OK"),
    "received": ("201", "Accepted"),
    "rejected": ("406", "Not Acceptable"),
}
INVOICE_STATUSES: Mapping[str, str] = {
    "in_process": "processing", "accepted": "reconciled", "rejected": "rejected", "paid": "paid",
}  # fmt: skip
ACTIVITIES: Mapping[str, str] = {
    "on_hand": "StockOnHandQuantity",
    "on_order": "OpenOrderQuantity",
    "consumed": "ConsumptionQuantity",
    "received": "GoodsReceivedQuantity",
    "adjusted": "AdjustedQuantity",
}


def order(found: PurchaseOrder, options: CxmlOptions) -> etree._Element:
    """OrderRequest. Raises Permanent for a duplicate, a type without a word in cXML, or an amount without currency."""
    consigned = found.type == "consignment"
    if found.action not in ACTIONS or (found.type not in TYPES and not consigned):
        raise Permanent("cXML has no word for this action or type of order", code="document.not_carried")
    if found.bill_to is None:
        raise Permanent("cXML requires whom to bill", code="document.not_carried", hint="Give the order a bill_to.")
    language = options.language
    header = element(
        "OrderRequestHeader",
        money("Total", found.total, found.currency),
        located("ShipTo", found.ship_to, language),
        located("BillTo", found.bill_to, language),
        contact(found.buyer, "buyer", language),
        contact(found.seller, "supplierCorporate", language),
        worded("Comments", found.note, language),
        element("MasterAgreementIDInfo", agreementID=found.contract) if found.contract else None,
        orderID=found.number,
        orderDate=stamp(found.ordered_at),
        type=ACTIONS[found.action],
        orderType=TYPES.get(found.type),
        orderVersion=found.revision,
        requisitionID=found.requisition,
        requestedDeliveryDate=stamp(found.deliver_on),
    )
    return element("OrderRequest", header, *(_line(line, found, options, consigned=consigned) for line in found.lines))


def _line(line: PurchaseOrderLine, order: PurchaseOrder, options: CxmlOptions, *, consigned: bool) -> etree._Element:
    price, basis = priced(line.price, order.currency)
    names = {one.scheme: one.value for one in line.identifiers}
    detail = element(
        "ItemDetail",
        price,
        worded("Description", line.description or "", options.language),
        unit(line.quantity),
        basis,
        element(
            "Classification", names.get("unspsc") or UNCLASSIFIED, domain="UNSPSC" if "unspsc" in names else "none"
        ),
        element("ManufacturerPartID", names["manufacturer"]) if "manufacturer" in names else None,
    )
    return element(
        "ItemOut",
        item_id(line.identifiers),
        detail,
        _distribution(line),
        worded("Comments", line.note, options.language),
        element("Batch", element("SupplierBatchID", line.lot)) if line.lot else None,
        element("AssetInfo", serialNumber=line.serial) if line.serial else None,
        quantity=format(line.quantity.value, "f"),
        lineNumber=line.number,
        requestedDeliveryDate=stamp(line.deliver_on),
        requisitionID=line.requisition,
        itemCategory="consignment" if consigned else None,
    )


def _distribution(line: PurchaseOrderLine) -> etree._Element | None:
    segments = [
        element("Segment", type=kind, id=value, description=kind)
        for kind, value in (("CostCenter", line.cost_centre), ("Account", line.account))
        if value
    ]
    return element("Distribution", element("Accounting", *segments, name="distribution")) if segments else None


def item_id(identifiers: tuple[Identifier, ...]) -> etree._Element:
    """``ItemID``. Raises Permanent without the supplier's number, which it cannot be without."""
    names = {one.scheme: one.value for one in identifiers}
    if "supplier" not in names:
        raise Permanent("cXML names items by the supplier's number", code="document.not_carried")
    auxiliary = names.get("supplier_auxiliary")
    return element(
        "ItemID",
        element("SupplierPartID", names["supplier"]),
        element("SupplierPartAuxiliaryID", auxiliary) if auxiliary else None,
        element("BuyerPartID", names["buyer"]) if "buyer" in names else None,
        element("IdReference", domain="GTIN", identifier=names["gtin"]) if "gtin" in names else None,
    )


def receipt(found: GoodsReceipt, options: CxmlOptions) -> etree._Element:
    """ReceiptRequest: one order, its items, and what came of each."""
    if found.order_number is None:
        raise Permanent("a cXML receipt is of one order", code="document.not_carried")
    notice = element("ShipNoticeIDInfo", shipNoticeID=found.ship_notice) if found.ship_notice else None
    header = element(
        "ReceiptRequestHeader",
        notice,
        worded("Comments", found.note, options.language),
        receiptID=found.number,
        receiptDate=stamp(found.received_at),
        operation={"new": "new", "change": "update", "cancel": "delete"}.get(found.action),
    )
    info = element("ReceiptOrderInfo", element("OrderReference", orderID=found.order_number))
    items = [part for line in found.lines for part in _received(line, options)]
    return element("ReceiptRequest", header, element("ReceiptOrder", info, *items))


def _received(line: GoodsReceiptLine, options: CxmlOptions) -> list[etree._Element]:
    reference = element(
        "ReceiptItemReference",
        item_id(line.identifiers) if line.identifiers else None,
        worded("Description", line.description, options.language),
        lineNumber=line.order_line or line.number,
    )
    parts = (
        ("received", line.received, None),
        ("returned", line.rejected, line.reason),
    )
    return [
        element(
            "ReceiptItem",
            reference if kind == "received" else _copied(reference),
            unit(quantity),
            element("Batch", element("SupplierBatchID", line.lot), expirationDate=stamp(line.expiry))
            if line.lot
            else None,
            element("AssetInfo", serialNumber=line.serial) if line.serial else None,
            worded("Comments", reason, options.language),
            receiptLineNumber=line.number,
            quantity=format(quantity.value, "f"),
            type=kind,
        )
        for kind, quantity, reason in parts
        if quantity is not None
    ]


def _copied(made: etree._Element) -> etree._Element:
    return etree.fromstring(etree.tostring(made))


def status(found: Response, options: CxmlOptions) -> etree._Element:
    """StatusUpdateRequest: of an order by its payloadID, of an invoice by its number too."""
    code, text = STATUS_CODES.get(found.status, ("200", "OK"))
    kind = INVOICE_STATUSES.get(found.status)
    about = None
    if found.refers_to:
        if kind is None:
            raise Permanent("cXML has no word for this status of an invoice", code="document.not_carried")
        faults = "\n".join(fault.text or fault.code for fault in found.faults) or None
        note = worded("Comments", faults, options.language)
        about = element("InvoiceStatus", element("InvoiceIDInfo", invoiceID=found.refers_to), note, type=kind)
        code, text = "200", "OK"
    elif found.status not in STATUS_CODES:
        raise Permanent("cXML has no word for this status", code="document.not_carried")
    return element(
        "StatusUpdateRequest",
        element("DocumentReference", payloadID=found.control_id or ""),
        element("Status", found.text or "", code=found.code or code, text=text),
        about,
    )


def punchout(found: PunchOutSetup, options: CxmlOptions) -> etree._Element:
    """PunchOutSetupRequest."""
    return element(
        "PunchOutSetupRequest",
        element("BuyerCookie", found.session),
        element("Extrinsic", found.requester, name="User") if found.requester else None,
        element("BrowserFormPost", element("URL", found.return_to)),
        located("ShipTo", found.ship_to, options.language),
        element("SelectedItem", item_id(found.start_from)) if found.start_from else None,
        operation=found.operation,
    )


def activity(found: InventoryReport, options: CxmlOptions) -> etree._Element:
    """ProductActivityMessage: stock levels and use of consigned items."""
    header = element(
        "ProductActivityHeader", messageID=found.number, creationDate=stamp(found.reported_at), processType="SMI"
    )
    return element("ProductActivityMessage", header, *(_level(line, options) for line in found.lines))


def _level(line: InventoryLine, options: CxmlOptions) -> etree._Element:
    name = ACTIVITIES.get(line.activity)
    if name is None:
        raise Permanent("cXML has no word for this activity", code="document.not_carried")
    place = None
    if line.location:
        reference = element("IdReference", domain="location", identifier=line.location)
        place = element("Contact", worded("Name", line.location, options.language), reference, role="locationTo")
    quantity = element(name, unit(line.quantity), quantity=format(line.quantity.value, "f"))
    holder = "ConsumptionDetails" if line.activity == "consumed" else "Inventory"
    return element(
        "ProductActivityDetails",
        item_id(line.identifiers),
        worded("Description", line.description, options.language),
        element("Batch", element("SupplierBatchID", line.lot), expirationDate=stamp(line.expiry)) if line.lot else None,
        place,
        element(holder, quantity),
        lineNumber=line.number,
    )
