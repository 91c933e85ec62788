"""What happens to messages: the stages, and one file for each kind of document.

``FLOWS`` lists the kinds of documents that are carried out; the others are recorded. ``OPERATIONS`` lists the effects
in Odoo that go alone.
"""

from typing import Any

from app.flows.acknowledging import Acknowledge
from app.flows.announcing import Announce
from app.flows.base import Flow
from app.flows.billing import PostBill
from app.flows.consumption import ConsumptionFlow
from app.flows.goods_receipt import GoodsReceiptFlow
from app.flows.invoice import CREDIT, POST, InvoiceFlow
from app.flows.item import ItemFlow, PutItem
from app.flows.location import LocationFlow, PutLocation
from app.flows.operations import Operation
from app.flows.order_confirmation import OrderConfirmationFlow
from app.flows.ordering import ORDERING
from app.flows.price_list import PriceListFlow, PutPrices
from app.flows.publishing import PublishedItems
from app.flows.purchase_order import PurchaseOrderFlow
from app.flows.receiving import ReceiveGoods
from app.flows.record import RecordFlow
from app.flows.requisition import RequisitionFlow
from app.flows.response import ResponseFlow
from app.flows.ship_notice import ShipNoticeFlow
from app.flows.supplier import PutSupplier, SupplierFlow
from app.flows.transfer import StockRequisitions, Transfer
from app.model.documents import KINDS

FLOWS: dict[str, Flow[Any]] = {kind: RecordFlow(kind) for kind in KINDS} | {
    flow.kind: flow
    for flow in (
        ConsumptionFlow(),
        ResponseFlow(),
        InvoiceFlow(),
        PurchaseOrderFlow(),
        OrderConfirmationFlow(),
        ShipNoticeFlow(),
        GoodsReceiptFlow(),
        ItemFlow(),
        SupplierFlow(),
        PriceListFlow(),
        LocationFlow(),
    )
}
FLOWS[PublishedItems.kind] = PublishedItems(FLOWS[PublishedItems.kind])
FLOWS[StockRequisitions.kind] = StockRequisitions(RequisitionFlow())

OPERATIONS: dict[str, Operation] = {
    operation.name: operation
    for operation in (
        PostBill(POST),
        PostBill(CREDIT),
        Transfer(),
        *ORDERING,
        Acknowledge(),
        Announce(),
        ReceiveGoods(),
        PutItem(),
        PutSupplier(),
        PutPrices(),
        PutLocation(),
    )
}
