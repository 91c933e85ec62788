"""What a supplier writes in cXML: ConfirmationRequest, ShipNoticeRequest, InvoiceDetailRequest.

Used by ``cxml``; the envelope is that of ``app.standards.cxml.building``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import groupby

from lxml import etree

from app.model.interchange import Interchange, Written
from app.model.invoice import Invoice, InvoiceLine
from app.model.item import Identifier
from app.model.order_confirmation import ConfirmationLine, ConfirmationOutcome, ConfirmationStatus, OrderConfirmation
from app.model.quantity import Quantity
from app.model.ship_notice import ShipNotice, ShipNoticeLine
from app.model.when import When
from app.standards.cxml.building import element, envelope, money, priced, stamp, unit, worded
from app.standards.cxml.options import CxmlOptions
from app.standards.cxml.write import item_id

STATUSES: Mapping[ConfirmationStatus, str] = {
    "received": "requestToPay",
    "accepted": "accept",
    "changed": "except",
    "backordered": "except",
    "rejected": "reject",
}
OUTCOMES: Mapping[ConfirmationOutcome, str] = {
    "accepted": "accept",
    "changed": "detail",
    "substituted": "replace",
    "backordered": "backordered",
    "rejected": "reject",
    "on_hold": "unknown",
}
NO_CLASS = ("none", "unclassified")


def letter(document: OrderConfirmation | ShipNotice | Invoice, options: CxmlOptions, addresses: Interchange) -> Written:
    """The document in its envelope."""
    if isinstance(document, OrderConfirmation):
        return envelope("Request", [_confirmation(document)], options, addresses, "Fulfill")
    if isinstance(document, ShipNotice):
        return envelope("Request", [_ship_notice(document)], options, addresses, "Fulfill")
    return envelope("Request", [_invoice(document)], options, addresses, "InvoiceDetail")


def _confirmation(said: OrderConfirmation) -> etree._Element:
    header = element(
        "ConfirmationHeader",
        confirmID=said.number,
        type=STATUSES[said.status],
        operation="new",
        noticeDate=stamp(said.confirmed_at),
        invoiceID=said.supplier_order_number,
    )
    numbered = ((number, list(lines)) for number, lines in groupby(said.lines, lambda line: line.order_line))
    return element(
        "ConfirmationRequest",
        header,
        _order(said.order_number, said.ordered_at),
        *(_confirmed(number, lines, said.currency) for number, lines in numbered),
    )


def _order(number: str | None, at: When | None) -> etree._Element:
    return element("OrderReference", element("DocumentReference", payloadID=""), orderID=number, orderDate=stamp(at))


def _confirmed(number: str | None, lines: list[ConfirmationLine], currency: str | None) -> etree._Element:
    ordered = lines[0].ordered
    return element(
        "ConfirmationItem",
        unit(ordered),
        *(_status(line, currency) for line in lines),
        lineNumber=number,
        quantity=_told(ordered),
    )


def _status(line: ConfirmationLine, currency: str | None) -> etree._Element:
    quantity = line.quantity or line.ordered
    names = line.substitute or line.identifiers
    price, basis = priced(line.price, currency)
    detail = element("ItemDetail", price, worded("Description", "", "en"), unit(quantity), basis, _class())
    item = element("ItemIn", item_id(names), detail, quantity=_told(quantity))
    return element(
        "ConfirmationStatus",
        unit(quantity),
        item if line.outcome in ("changed", "substituted") else None,
        quantity=_told(quantity),
        type=OUTCOMES[line.outcome],
        deliveryDate=stamp(line.deliver_on),
    )


def _ship_notice(said: ShipNotice) -> etree._Element:
    header = element(
        "ShipNoticeHeader",
        shipmentID=said.number,
        operation="new",
        noticeDate=stamp(said.noticed_at),
        shipmentDate=stamp(said.shipped_at),
        deliveryDate=stamp(said.expected_at),
    )
    control = element(
        "ShipControl",
        element("CarrierIdentifier", said.carrier, domain="SCAC") if said.carrier else None,
        *(element("ShipmentIdentifier", number) for number in said.tracking),
    )
    portion = element("ShipNoticePortion", _order(said.orders[0], None), *map(_shipped, said.lines))
    return element("ShipNoticeRequest", header, control, portion)


def _shipped(line: ShipNoticeLine) -> etree._Element:
    return element(
        "ShipNoticeItem",
        item_id(line.identifiers) if _scheme(line.identifiers, "supplier") else None,
        unit(line.quantity),
        element("Batch", element("SupplierBatchID", line.lot), expirationDate=stamp(line.expiry)) if line.lot else None,
        element("AssetInfo", serialNumber=line.serial) if line.serial else None,
        quantity=_told(line.quantity),
        lineNumber=line.order_line,
        shipNoticeLineNumber=line.number,
    )


def _invoice(said: Invoice) -> etree._Element:
    header = element(
        "InvoiceDetailRequestHeader",
        element("InvoiceDetailHeaderIndicator"),
        element("InvoiceDetailLineIndicator"),
        element("InvoiceIDInfo", invoiceID=said.corrects) if said.corrects else None,
        invoiceID=said.number,
        purpose="creditMemo" if said.type == "credit_note" else "standard",
        operation="new",
        invoiceDate=stamp(said.issued_at),
    )
    credit = said.type == "credit_note"
    info = element("InvoiceDetailOrderInfo", _order(said.order_number, said.ordered_at))
    lines = (_billed(line, said.currency, credit=credit) for line in said.lines)
    summary = element(
        "InvoiceDetailSummary",
        money("SubtotalAmount", _signed(said.net_total, credit=credit), said.currency),
        money("NetAmount", _signed(said.total, credit=credit), said.currency),
        money("DueAmount", _signed(said.total, credit=credit), said.currency),
    )
    return element("InvoiceDetailRequest", header, element("InvoiceDetailOrder", info, *lines), summary)


def _billed(line: InvoiceLine, currency: str | None, *, credit: bool) -> etree._Element:
    price, basis = priced(line.price, currency)
    names = item_id(line.identifiers) if _scheme(line.identifiers, "supplier") else None
    quantity = line.quantity and _signed(line.quantity.value, credit=credit)
    return element(
        "InvoiceDetailItem",
        unit(line.quantity),
        price,
        basis,
        element("InvoiceDetailItemReference", names, lineNumber=line.order_line),
        money("SubtotalAmount", _signed(line.net, credit=credit), currency),
        invoiceLineNumber=line.number,
        quantity=format(quantity, "f") if quantity is not None else None,
    )


def _signed(amount: Decimal | None, *, credit: bool) -> Decimal | None:
    """Credit memos tell negative quantities and amounts (cXML User's Guide, credit memo)."""
    return -amount if amount is not None and credit else amount


def _scheme(names: tuple[Identifier, ...], scheme: str) -> bool:
    return any(one.scheme == scheme for one in names)


def _class() -> etree._Element:
    domain, text = NO_CLASS
    return element("Classification", text, domain=domain)


def _told(quantity: Quantity | None) -> str | None:
    return format(quantity.value, "f") if quantity else None
