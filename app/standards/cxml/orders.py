"""OrderRequest and PunchOutOrderMessage, read: purchase orders and carts.

Called by ``app.standards.cxml.standard``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from app.model.purchase_order import OrderType, PurchaseOrder, PurchaseOrderLine
from app.model.requisition import Requisition, RequisitionLine
from app.model.trade import Action
from app.standards.cxml import parts
from app.standards.cxml.syntax import Node

ACTIONS: Mapping[str, Action] = {"new": "new", "update": "change", "delete": "cancel"}
TYPES: Mapping[str, OrderType] = {"regular": "standard", "blanket": "blanket", "release": "release"}


def order(node: Node) -> PurchaseOrder | None:
    """An OrderRequest. None where a fault was found."""
    header = node.first("OrderRequestHeader")
    findings = node.context.findings
    if header is None:
        findings.reject("header.missing", f"{node.place}/OrderRequestHeader", "the header is required")
        return None
    number = header.attribute("orderID", "order", required=True)
    currency = header.currency("Total")
    lines = [_line(one, place, currency) for place, one in enumerate(node.all("ItemOut"), 1)]
    kind = header.element.get("type") or "new"
    if kind not in ACTIONS:
        findings.warn("action.unknown", f"{header.place}/@type", "new, update or delete is expected")
    agreement = header.first("MasterAgreementIDInfo") or header.first("MasterAgreementReference")
    if findings.errors or number is None:
        return None
    return PurchaseOrder(
        number=number,
        lines=tuple(line for line in lines if line),
        action=ACTIONS.get(kind, "new"),
        type=_type(header, node),
        revision=header.attribute("orderVersion", "revision"),
        ordered_at=header.when("orderDate"),
        currency=currency,
        buyer=parts.contact(header, "buyer", "soldTo"),
        seller=parts.contact(header, "supplierCorporate", "supplier"),
        ship_to=parts.party(header.first("ShipTo")),
        bill_to=parts.party(header.first("BillTo")),
        deliver_on=header.when("requestedDeliveryDate"),
        contract=agreement.attribute("agreementID", "contract") if agreement else None,
        requisition=header.attribute("requisitionID", "requisition"),
        terms=_terms(header),
        note=parts.comments(header),
        total=header.money("Total"),
    )


def _type(header: Node, node: Node) -> OrderType:
    items = list(node.all("ItemOut"))
    if items and all(one.element.get("itemCategory") == "consignment" for one in items):
        return "consignment"
    return TYPES.get(header.element.get("orderType") or "regular", "standard")


def _terms(header: Node) -> str | None:
    term = header.first("PaymentTerm")
    days = term.attribute("payInNumberOfDays", "terms") if term else None
    return f"net {days} days" if days else None


def _line(item: Node, place: int, currency: str | None) -> PurchaseOrderLine | None:
    detail = item.first("ItemDetail") or item
    quantity = item.quantity(unit=detail.text("UnitOfMeasure", thing="unit"), required=True)
    text = parts.description(item)
    names = parts.identifiers(item)
    parts.check_item(item, names, text)
    if quantity is None:
        return None
    segments = {
        s.element.get("name") or s.element.get("type"): s for s in item.all("Distribution", "Accounting", "Segment")
    }
    cost_centre = next(
        (segments[name].attribute("id") for name in ("CostCenter", "Cost Center", "Department") if name in segments),
        None,
    )
    account = next(
        (segments[name].attribute("id") for name in ("Account", "GLAccount", "GeneralLedger") if name in segments), None
    )
    asset = item.first("ItemOutIndustry", "SerialNumberInfo") or item.first("AssetInfo")
    batch = item.first("Batch")
    return PurchaseOrderLine(
        number=line_number(item, place),
        quantity=quantity,
        identifiers=names,
        description=text,
        price=plain_price(detail, quantity.unit, currency),
        deliver_on=item.when("requestedDeliveryDate"),
        lot=batch.text("SupplierBatchID", thing="lot") if batch else None,
        serial=asset.attribute("serialNumber", "serial") if asset else None,
        cost_centre=cost_centre,
        account=account,
        requisition=item.attribute("requisitionID", "requisition"),
        taxes=parts.taxes(item),
        note=parts.comments(item),
    )


def plain_price(detail: Node, unit: str | None, currency: str | None):  # type: ignore[no-untyped-def]
    """A price whose currency is left out where it is the document's."""
    price = detail.price(unit)
    return replace(price, currency=None) if price and price.currency == currency else price


def line_number(item: Node, place: int) -> str:
    """The line's own number; where it has none its position, with a warning."""
    number = item.attribute("lineNumber", "line")
    if number is None:
        item.context.findings.warn("line.missing", item.place, "the line has no number; its position was taken")
    return number or str(place)


def cart(node: Node) -> Requisition | None:
    """A PunchOutOrderMessage: what somebody has put into a supplier's cart. None where a fault was found."""
    header = node.first("PunchOutOrderMessageHeader") or node
    session = node.text("BuyerCookie", thing="session")
    findings = node.context.findings
    if session is None:
        findings.reject("session.missing", f"{node.place}/BuyerCookie", "the session of the buyer is required")
    currency = header.currency("Total")
    lines = [_wanted(one, place, currency) for place, one in enumerate(node.all("ItemIn"), 1)]
    if findings.errors or session is None:
        return None
    place = header.first("ShipTo", "Address")
    return Requisition(
        number=session,
        lines=tuple(line for line in lines if line),
        session=session,
        currency=currency,
        deliver_to=place.attribute("addressID", "deliver_to") if place else None,
        note=parts.comments(node),
    )


def _wanted(item: Node, place: int, currency: str | None) -> RequisitionLine | None:
    detail = item.first("ItemDetail") or item
    quantity = item.quantity(unit=detail.text("UnitOfMeasure", thing="unit"), required=True)
    text = parts.description(item)
    names = parts.identifiers(item)
    parts.check_item(item, names, text)
    if quantity is None:
        return None
    return RequisitionLine(
        number=item.attribute("lineNumber", "line") or str(place),
        quantity=quantity,
        identifiers=names,
        description=text,
        price=plain_price(detail, quantity.unit, currency),
        supplier=parts.party(item.first("SupplierID")),
        note=parts.comments(item),
    )
