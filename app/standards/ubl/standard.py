"""UBL as a standard of the house; listed in ``app.standards``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from app.errors import Issue, Rejected
from app.model.channel import Profile
from app.model.documents import Document, TradingDocument
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.goods_receipt import GoodsReceipt
from app.model.interchange import Interchange, Written
from app.model.purchase_order import PurchaseOrder
from app.model.response import Response
from app.standards.ubl import (
    acknowledgement,
    building,
    catalogues,
    confirmations,
    despatches,
    invoices,
    orders,
    outside,
    receipts,
    responses,
    schemas,
)
from app.standards.ubl.options import UblOptions
from app.standards.ubl.syntax import Context, Message, Node, parse
from app.standards.ubl.write_orders import write_order
from app.standards.ubl.write_receipts import write_receipt
from app.standards.ubl.write_responses import write_response

READERS: Mapping[str, Callable[[Node], TradingDocument]] = {
    "Order": orders.read_order,
    "OrderChange": orders.read_order_change,
    "OrderCancellation": orders.read_order_cancellation,
    "OrderResponse": confirmations.read_order_response,
    "OrderResponseSimple": confirmations.read_order_response_simple,
    "DespatchAdvice": despatches.read_despatch_advice,
    "ReceiptAdvice": receipts.read_receipt_advice,
    "Catalogue": catalogues.read_catalogue,
    "ApplicationResponse": responses.read_application_response,
    **dict.fromkeys(invoices.LINES, invoices.read_invoice),
}
"""The reader of each document by its root element."""


class Ubl:
    """UBL 2: the documents between order and invoice in, orders, receipts and responses out."""

    name = "ubl"
    content_types: tuple[str, ...] = ("application/xml", "text/xml")
    options = UblOptions
    writes = frozenset({PurchaseOrder.document_kind, GoodsReceipt.document_kind, Response.document_kind})

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the message, from its SBDH or its own head. Raises Rejected where it is no UBL."""
        return outside.envelope(parse(body), self.name)

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The one document in a message. Raises Rejected."""
        message = parse(body)
        context = Context.of(profile)
        document = _read(message, context)
        context.findings.settle()
        document = replace(document, warnings=context.findings.warnings)
        strict = [issue for issue in document.warnings if issue.code in context.options.strict]
        if strict:
            raise Rejected([replace(issue, severity="error") for issue in strict])
        mapping = f"ubl.{message.name}/1"
        return Reading(outside.envelope(message, self.name), (document,), mapping, document.warnings)

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """The message level response."""
        return Acknowledgement(building.CONTENT_TYPE, acknowledgement.acknowledge(receipt))

    def write(self, document: Document, profile: Profile, interchange: Interchange) -> Written:
        """An Order, OrderChange, OrderCancellation, ReceiptAdvice or ApplicationResponse that fits its schema.

        Raises Permanent.
        """
        options = profile.options(UblOptions)
        if isinstance(document, PurchaseOrder):
            name, number, root = write_order(document, options, interchange)
        elif isinstance(document, GoodsReceipt):
            name, number, root = write_receipt(document, options, interchange)
        elif isinstance(document, Response):
            name, number, root = write_response(document, options, interchange)
        else:
            building.refuse(f"documents of the kind {document.document_kind}")
        body = building.finish(root)
        schemas.check(name, body)
        return Written(building.CONTENT_TYPE, body, name, number)


def _read(message: Message, context: Context) -> TradingDocument:
    reader = READERS.get(message.name)
    if reader is None:
        text = "this kind of UBL document is not read: " + ", ".join(READERS) + " are"
        raise Rejected([Issue("document.unsupported", message.name, text)])
    return reader(Node(message.root, context, message.name))


UBL = Ubl()
