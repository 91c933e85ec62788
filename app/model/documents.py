"""The kinds of canonical documents, listed once.

Used by the envelope, the schemas, the flows and the API's ``/v1/schemas``; adding a kind is a module and a name here.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from app.model.consumption import Consumption
from app.model.goods_receipt import GoodsReceipt
from app.model.inventory_report import InventoryReport
from app.model.invoice import Invoice
from app.model.item_record import ItemRecord
from app.model.order_confirmation import OrderConfirmation
from app.model.price_list import PriceList
from app.model.punchout import PunchOutSetup
from app.model.purchase_order import PurchaseOrder
from app.model.registry_records import LocationRecord, SupplierRecord
from app.model.remittance import Remittance
from app.model.requisition import Requisition
from app.model.response import Response
from app.model.ship_notice import ShipNotice
from app.model.when import moment

TradingDocument = (
    Requisition
    | PurchaseOrder
    | OrderConfirmation
    | ShipNotice
    | GoodsReceipt
    | Invoice
    | ItemRecord
    | PriceList
    | SupplierRecord
    | LocationRecord
    | InventoryReport
    | Remittance
    | Response
    | PunchOutSetup
)
"""All kinds but consumption, which has a wire form of its own (``app.model.schema``)."""

Document = Consumption | TradingDocument
"""The canonical documents."""

TRADING: tuple[type[TradingDocument], ...] = (
    Requisition,
    PurchaseOrder,
    OrderConfirmation,
    ShipNotice,
    GoodsReceipt,
    Invoice,
    ItemRecord,
    PriceList,
    SupplierRecord,
    LocationRecord,
    InventoryReport,
    Remittance,
    Response,
    PunchOutSetup,
)

KINDS: Mapping[str, type[Document]] = {kind.document_kind: kind for kind in (Consumption, *TRADING)}
"""The documents by the word that names their kind in the ledger, the API and the metrics."""


def said_at(document: Document, zone: tzinfo, received_at: datetime) -> datetime:
    """When what the document tells happened: its own time, of a day its beginning in ``zone``, else the arrival."""
    if isinstance(document, Consumption):
        return document.occurred_at
    return moment(document.said_at, zone) if document.said_at else received_at
