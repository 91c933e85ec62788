"""ConfirmationRequest and ShipNoticeRequest, read.

Called by ``app.standards.cxml.standard``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

from app.model.order_confirmation import ConfirmationLine, ConfirmationOutcome, ConfirmationStatus, OrderConfirmation
from app.model.quantity import Quantity
from app.model.ship_notice import Package, ShipNotice, ShipNoticeLine
from app.model.trade import Action
from app.standards.cxml import parts
from app.standards.cxml.orders import plain_price
from app.standards.cxml.syntax import Node

STATUSES: Mapping[str, ConfirmationStatus] = {
    "accept": "accepted",
    "alldetail": "accepted",
    "detail": "changed",
    "except": "changed",
    "requesttopay": "received",
    "backordered": "backordered",
    "reject": "rejected",
    "replace": "changed",
}
"""ConfirmationHeader/@type in lower case."""
OUTCOMES: Mapping[str, ConfirmationOutcome] = {
    "accept": "accepted",
    "alldetail": "accepted",
    "detail": "changed",
    "backordered": "backordered",
    "reject": "rejected",
    "unknown": "on_hold",
    "requesttopay": "on_hold",
    "replace": "substituted",
}
ACTIONS: Mapping[str, Action] = {"new": "new", "update": "change", "delete": "cancel"}


def confirmation(node: Node) -> OrderConfirmation | None:
    """A ConfirmationRequest. None where a fault was found."""
    header = node.first("ConfirmationHeader") or node
    findings = node.context.findings
    number, reference = parts.order_reference(node.first("OrderReference") or header.first("OrderReference"))
    if number is None:
        findings.reject("order.missing", f"{node.place}/OrderReference", "the order that is confirmed is required")
    kind = (header.element.get("type") or "").lower()
    if kind not in STATUSES:
        findings.warn("status.unknown", f"{header.place}/@type", "the type of confirmation is in no list")
    lines = [line for item in node.all("ConfirmationItem") for line in _confirmed(item)]
    if findings.errors or number is None:
        return None
    return OrderConfirmation(
        order_number=number,
        status=_overall(STATUSES.get(kind, "received"), lines),
        lines=tuple(lines),
        number=header.attribute("confirmID", "confirmation"),
        action=ACTIONS.get(header.element.get("operation") or "new", "new"),
        confirmed_at=header.when("noticeDate"),
        ordered_at=reference.when("orderDate") if reference else None,
        order_revision=header.attribute("version", "revision"),
        supplier_order_number=header.attribute("invoiceID", "order"),
        currency=header.currency("Total"),
        seller=parts.contact(header, "supplierCorporate", "from"),
        ship_to=parts.contact(header, "shipTo"),
        note=parts.comments(header),
        charges=parts.charges(header),
        taxes=parts.taxes(header),
        total=header.money("Total"),
    )


def _overall(status: ConfirmationStatus, lines: list[ConfirmationLine]) -> ConfirmationStatus:
    differs = any(line.outcome != "accepted" for line in lines)
    return "changed" if status == "accepted" and differs else status


def _confirmed(item: Node) -> Iterator[ConfirmationLine]:
    """Every ConfirmationStatus is a line: some of it comes, some later, some not at all."""
    unit = item.text("UnitOfMeasure", thing="unit")
    ordered = item.quantity(unit=unit)
    number = item.attribute("lineNumber", "line")
    if number is None:
        item.context.findings.warn("line.missing", item.place, "the number of the order's line is expected")
    for one in item.all("ConfirmationStatus"):
        yield _status(one, number, ordered, unit)


def _status(one: Node, number: str | None, ordered: Quantity | None, unit: str | None) -> ConfirmationLine:
    kind = (one.element.get("type") or "").lower()
    if kind not in OUTCOMES:
        one.context.findings.reject("outcome.unknown", f"{one.place}/@type", "the status of the line is in no list")
    item = one.first("ItemIn")
    quantity = one.quantity(unit=unit)
    measured = quantity.unit if quantity else unit
    names = parts.identifiers(item) if item else ()
    outcome = OUTCOMES.get(kind, "on_hold")
    return ConfirmationLine(
        outcome=outcome,
        order_line=number,
        identifiers=() if outcome == "substituted" else names,
        description=parts.description(item) if item else None,
        ordered=ordered,
        quantity=quantity,
        price=plain_price(item.first("ItemDetail") or item, measured, None) if item else one.price(measured),
        ship_on=one.when("shipmentDate"),
        deliver_on=one.when("deliveryDate"),
        substitute=names if outcome == "substituted" else (),
        note=parts.comments(one),
    )


def ship_notice(node: Node) -> ShipNotice | None:
    """A ShipNoticeRequest. None where a fault was found."""
    header = node.first("ShipNoticeHeader") or node
    findings = node.context.findings
    number = header.attribute("shipmentID", "ship_notice")
    tracking = tuple(
        dict.fromkeys(t for one in node.all("ShipControl", "ShipmentIdentifier") if (t := one.text(thing="tracking")))
    )
    if number is None and tracking:
        findings.warn("ship_notice.missing", header.place, "the notice has no number; its tracking number was taken")
        number = tracking[0]
    if number is None:
        findings.reject("ship_notice.missing", f"{header.place}/@shipmentID", "the number of the notice is required")
    orders, lines, packages = _portions(node)
    if findings.errors or number is None:
        return None
    carriers = {
        one.element.get("domain") or "": one.text(thing="carrier")
        for one in node.all("ShipControl", "CarrierIdentifier")
    }
    return ShipNotice(
        number=number,
        lines=tuple(lines),
        orders=tuple(dict.fromkeys(orders)),
        action=ACTIONS.get(header.element.get("operation") or "new", "new"),
        noticed_at=header.when("noticeDate"),
        shipped_at=header.when("shipmentDate"),
        expected_at=header.when("deliveryDate"),
        seller=parts.contact(header, "supplierCorporate"),
        ship_from=parts.contact(header, "shipFrom"),
        ship_to=parts.contact(header, "shipTo"),
        carrier=carriers.get("SCAC") or carriers.get(""),
        carrier_name=carriers.get("companyName"),
        tracking=tracking,
        packages=tuple(packages),
        note=parts.comments(header),
    )


def _portions(node: Node) -> tuple[list[str], list[ShipNoticeLine], list[Package]]:
    orders: list[str] = []
    lines: list[ShipNoticeLine] = []
    packages: list[Package] = []
    for portion in node.all("ShipNoticePortion"):
        number, _ = parts.order_reference(portion.first("OrderReference"))
        if number is None:
            text = "the order that is shipped is required"
            node.context.findings.reject("order.missing", f"{portion.place}/OrderReference", text)
        orders += [number] if number else []
        for item in portion.all("ShipNoticeItem"):
            lines += _shipped(item, number, packages)
    return orders, lines, packages


def _shipped(item: Node, order: str | None, packages: list[Package]) -> Iterator[ShipNoticeLine]:
    quantity = item.quantity(required=True)
    names = parts.identifiers(item)
    text = parts.description(item)
    if not names and item.element.get("lineNumber") is None:
        parts.check_item(item, names, text)
    if quantity is None:
        return
    batch, asset = item.first("Batch"), item.first("AssetInfo")
    yield ShipNoticeLine(
        quantity=quantity,
        number=item.attribute("shipNoticeLineNumber", "line"),
        order_number=order,
        order_line=item.attribute("lineNumber", "line"),
        identifiers=names,
        description=text,
        lot=(batch.text("SupplierBatchID", thing="lot") or batch.text("BuyerBatchID", thing="lot")) if batch else None,
        serial=asset.attribute("serialNumber", "serial") if asset else None,
        expiry=_day(batch, "expirationDate"),
        made_on=_day(batch, "productionDate"),
        package=_package(item, packages),
        note=parts.comments(item),
    )


def _day(node: Node | None, name: str) -> date | None:
    found = node.when(name) if node else None
    return found.date() if isinstance(found, datetime) else found


def _package(item: Node, packages: list[Package]) -> str | None:
    """The package that an item is in: by its SSCC, each known once."""
    packaging = item.first("Packaging")
    code = packaging.text("ShippingContainerSerialCode", thing="sscc") if packaging else None
    if packaging is None or code is None:
        return None
    if len(code) == 20 and code.startswith("00"):
        code = code[2:]
    if len(code) != 18 or not code.isdigit():
        item.context.findings.warn("sscc.invalid", packaging.place, "an SSCC has 18 digits; it was left out")
        return None
    known = next((package for package in packages if package.sscc == code), None)
    if known is None:
        known = Package(str(len(packages) + 1), code)
        packages.append(known)
    return known.id
