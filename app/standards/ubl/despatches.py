"""DespatchAdvice read as ship notice.

Called by ``app.standards.ubl.standard``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from app.model.item import Identifier
from app.model.party import Party
from app.model.quantity import Quantity
from app.model.ship_notice import Package, ShipNotice, ShipNoticeLine
from app.model.when import When
from app.standards.ubl import heads, items, parties
from app.standards.ubl.syntax import NOT_TOLD, Node

_NONE = Quantity(Decimal(0))


def read_despatch_advice(root: Node) -> ShipNotice:
    """A DespatchAdvice; who despatches counts as the seller unless another is told."""
    shipment = root.get("Shipment") or Node(root.element, root.context, root.step)
    delivery = shipment.get("Delivery") if root.children("Shipment") else None
    despatcher = parties.read_supplier(root.get("DespatchSupplierParty"))
    orders = tuple(dict.fromkeys(filter(None, (heads.reference(node, "ID") for node in root.all("OrderReference")))))
    packages = Packages(shipment if root.children("Shipment") else None, root)
    carrier, carrier_name = _carrier(shipment)
    return ShipNotice(
        heads.read_number(root),
        tuple(line for node in root.all("DespatchLine") for line in _lines(node, orders, packages)),
        orders,
        action=heads.read_action(root),
        noticed_at=heads.read_issued(root),
        shipped_at=_shipped(delivery, shipment),
        expected_at=_expected(delivery),
        buyer=parties.read_customer(root.get("BuyerCustomerParty")),
        seller=parties.read_supplier(root.get("SellerSupplierParty")) or despatcher,
        ship_from=despatcher,
        ship_to=_ship_to(root, delivery),
        carrier=carrier,
        carrier_name=carrier_name,
        tracking=_tracking(delivery),
        bill_of_lading=_consignment(shipment),
        packages=tuple(packages.found),
        package_count=shipment.amount("TotalTransportHandlingUnitQuantity", thing="package_count"),
        weight=shipment.quantity("GrossWeightMeasure"),
        note=root.notes(),
    )


class Packages:
    """The transport handling units of a despatch, each once, wherever it is told of."""

    def __init__(self, shipment: Node | None, root: Node) -> None:
        self.found: list[Package] = []
        self._by_id: dict[str, Package] = {}
        self._by_line: dict[str, list[Package]] = {}
        self._findings = root.context.findings
        for unit in shipment.all("TransportHandlingUnit") if shipment else ():
            self._add(unit)

    def of(self, line: Node) -> str | None:
        """The package a line is in; None where it is in none, or in several."""
        told = [self._add(unit) for shipment in line.all("Shipment") for unit in shipment.all("TransportHandlingUnit")]
        number = line.code("ID", thing="line")
        told = told or self._by_line.get(number or "", [])
        if len({package.id for package in told}) > 1:
            text = "one package is expected; the line is in several and it was not told how much is in which"
            self._findings.warn("package.ambiguous", f"{line.place}/Shipment/TransportHandlingUnit", text)
            return None
        return told[0].id if told else None

    def _add(self, unit: Node) -> Package:
        told = unit.code("ID", thing="package") or ""
        package = self._by_id.get(told) if told else None
        if package is None:
            kind = unit.code("TransportHandlingUnitTypeCode", thing="package_type")
            package = Package(str(len(self.found) + 1), _sscc(unit.get("ID")), kind, tracking=unit.code("TraceID"))
            self.found.append(package)
            if told:
                self._by_id[told] = package
        for entry in unit.all("HandlingUnitDespatchLine"):
            if line := entry.code("ID", thing="line"):
                self._by_line.setdefault(line, []).append(package)
        return package


def _sscc(node: Node | None) -> str | None:
    """A serial shipping container code; scanners put its application identifier 00 before it."""
    value = node.code(thing="sscc") if node else None
    if node is None or value is None:
        return None
    digits = value[2:] if len(value) == 20 and value.startswith("00") else value
    if len(digits) == 18 and digits.isascii() and digits.isdigit():
        return digits
    if (node.attribute("schemeID") or "").upper() == "SSCC":
        node.context.findings.warn("sscc.invalid", node.place, "an SSCC has 18 digits; it was left out")
    return None


def _lines(node: Node, orders: tuple[str, ...], packages: Packages) -> Iterator[ShipNoticeLine]:
    """The line; where each of its pieces has a serial number of its own, one line a piece."""
    line = _line(node, orders, packages)
    item = items.read_item(node)
    pieces = items.read_marked(item.node)
    if len(pieces) > 1 and line.quantity.value == len(pieces) and all(piece.serial for piece in pieces):
        for piece in pieces:
            yield _of_piece(replace(line, quantity=replace(line.quantity, value=Decimal(1))), item, piece)
    elif len(pieces) > 1:
        text = "it is not told how many pieces have which lot or serial number; none was read"
        node.context.findings.warn("lot.ambiguous", f"{node.place}/Item/ItemInstance", text)
        yield replace(line, identifiers=item.identifiers, description=item.description)
    else:
        piece = pieces[0] if pieces else items.Marked()
        if piece.serial and line.quantity.value != 1:
            text = "one serial number is told for a quantity other than one"
            node.context.findings.warn("serial.ambiguous", f"{node.place}/Item/ItemInstance/SerialID", text)
        yield _of_piece(line, item, piece)


def _of_piece(line: ShipNoticeLine, item: items.Item, piece: items.Marked) -> ShipNoticeLine:
    told = {identifier.value for identifier in item.identifiers if identifier.scheme == "gtin"}
    own = (Identifier("gtin", piece.gtin),) if piece.gtin and piece.gtin not in told else ()
    return replace(
        line,
        identifiers=item.identifiers + (own if not told else ()),
        description=item.description,
        lot=piece.lot,
        serial=piece.serial,
        expiry=piece.expiry,
        made_on=piece.made_on,
        udi=piece.udi,
    )


def _line(node: Node, orders: tuple[str, ...], packages: Packages) -> ShipNoticeLine:
    order_line = node.first("OrderLineReference")
    order = heads.reference(order_line, "OrderReference", "ID")
    return ShipNoticeLine(
        node.quantity("DeliveredQuantity", required=True) or _NONE,
        node.code("ID", thing="line", vital=True),
        order or (orders[0] if len(orders) == 1 else None),
        heads.reference(order_line, "LineID"),
        outstanding=node.quantity("OutstandingQuantity"),
        package=packages.of(node),
        note="\n".join(filter(None, (node.notes(), node.notes("OutstandingReason")))) or None,
    )


def _ship_to(root: Node, delivery: Node | None) -> Party | None:
    """Who receives, at the place of delivery where one is told."""
    receiver = parties.read_customer(root.get("DeliveryCustomerParty")) or Party()
    place = parties.read_ship_to(delivery) or Party()
    found = Party(
        place.identifiers or receiver.identifiers,
        place.name or receiver.name,
        place.address or receiver.address,
        place.contact or receiver.contact,
    )
    return None if found == Party() else found


def _shipped(delivery: Node | None, shipment: Node) -> When | None:
    despatch = delivery.get("Despatch") if delivery else None
    if despatch and (found := despatch.when("ActualDespatchDate", "ActualDespatchTime")):
        return found
    stage = shipment.first("ShipmentStage", "TransitPeriod")
    return stage.when("StartDate", "StartTime") if stage else None


def _expected(delivery: Node | None) -> When | None:
    """From when on it is expected."""
    for name in ("EstimatedDeliveryPeriod", "PromisedDeliveryPeriod", "RequestedDeliveryPeriod"):
        period = delivery.get(name) if delivery else None
        if period:
            return period.when("StartDate", "StartTime") or period.when("EndDate", "EndTime")
    return None


def _tracking(delivery: Node | None) -> tuple[str, ...]:
    found = delivery.code("TrackingID", thing="tracking") if delivery else None
    return (found,) if found and found not in NOT_TOLD else ()


def _consignment(shipment: Node) -> str | None:
    """The number of the consignment where it is a worldwide one (GINC); others only count within the message."""
    number = shipment.first("Consignment", "ID")
    told = number is not None and (number.attribute("schemeID") or "").upper() == "GINC"
    return number.code(thing="consignment") if number and told else None


def _carrier(shipment: Node) -> tuple[str | None, str | None]:
    node = shipment.first("Consignment", "CarrierParty") or shipment.first("ShipmentStage", "CarrierParty")
    node = node or shipment.first("Delivery", "CarrierParty")
    if node is None:
        return None, None
    party = parties.read_party(node) or Party()
    return (party.identifiers[0].value if party.identifiers else None), party.name
