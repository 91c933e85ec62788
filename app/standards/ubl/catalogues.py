"""Catalogue read as price list.

Called by ``app.standards.ubl.standard``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from app.model.item_record import Pack
from app.model.price import Price
from app.model.price_list import ListAction, PriceBreak, PriceList, PriceListLine
from app.standards.ubl import amounts, heads, items, parties
from app.standards.ubl.syntax import Node

ACTIONS: Mapping[str, ListAction] = {
    "add": "add",
    "update": "change",
    "delete": "delete",
    "replace": "replace",
    "1": "delete",
    "2": "add",
    "3": "delete",
    "4": "change",
    "5": "replace",
    "9": "add",
}
"""ActionCode, in words (Peppol) or as UNCL 1225 (CENBII)."""


def read_catalogue(root: Node) -> PriceList:
    """A Catalogue; without an action of its own it is the whole list."""
    amounts.read_currency(root)
    period = root.first("ValidityPeriod")
    action = _action(root, "replace")
    seller = root.get("SellerSupplierParty")
    lines = tuple(_line(node, action) for node in root.all("CatalogueLine"))
    heads.check_lines((line.number, node) for line, node in zip(lines, root.all("CatalogueLine"), strict=True))
    return PriceList(
        heads.read_number(root),
        lines,
        action=action,
        name=root.prose("Name"),
        revision=root.code("VersionID", thing="revision"),
        issued_at=heads.read_issued(root),
        contract=heads.reference(root.first("ReferencedContract"), "ID"),
        currency=root.context.currency,
        buyer=parties.read_party(root.get("ReceiverParty"))
        or parties.read_customer(root.get("ContractorCustomerParty")),
        seller=parties.read_supplier(seller) or parties.read_party(root.get("ProviderParty")),
        valid_from=period.when("StartDate", "StartTime") if period else None,
        valid_to=period.when("EndDate", "EndTime") if period else None,
        note=root.notes(),
    )


def _action(node: Node, otherwise: ListAction) -> ListAction:
    code = node.code("ActionCode", thing="action")
    if code is None:
        return otherwise
    if code.lower() not in ACTIONS:
        text = "Add, Update or Delete is expected"
        node.context.findings.warn("action.unknown", f"{node.place}/ActionCode", text)
    return ACTIONS.get(code.lower(), otherwise)


def _line(node: Node, of_list: ListAction) -> PriceListLine:
    item = items.read_item(node)
    unit = node.get("OrderableUnit")
    code = unit.code(thing="unit") if unit else None
    period = node.get("LineValidityPeriod")
    breaks = tuple(found for entry in node.all("RequiredItemLocationQuantity") if (found := _break(entry)))
    maker = item.node.first("ManufacturerParty") if item.node else None
    return PriceListLine(
        item.identifiers,
        node.code("ID", thing="line", vital=True),
        _action(node, "add" if of_list == "replace" else of_list),
        item.description,
        parties.read_party(maker),
        code,
        unit.known_unit(code) if unit and code else None,
        _price(node, breaks),
        breaks if len(breaks) > 1 or any(_is_conditional(found) for found in breaks) else (),
        _packs(node, item.node, code),
        _minimum(node, code),
        node.amount("OrderQuantityIncrementNumeric", thing="increment"),
        _lead_days(node),
        period.when("StartDate", "StartTime") if period else None,
        period.when("EndDate", "EndTime") if period else None,
        node.notes(),
    )


def _break(node: Node) -> PriceBreak | None:
    told = node.get("Price")
    price = amounts.read_price(told)
    if told is None or price is None:
        return None
    factor = told.amount("OrderableUnitFactorRate", thing="factor")
    if factor not in {None, Decimal(1)} and price.basis is None:
        text = "a BaseQuantity is expected beside a factor; the price may be for another unit"
        node.context.findings.warn("price_basis.missing", told.place, text)
    period = told.first("ValidityPeriod")
    territory = node.first("ApplicableTerritoryAddress", "Country")
    return PriceBreak(
        price,
        node.amount("MinimumQuantity", thing="minimum"),
        told.code("PriceTypeCode", thing="price_class")
        or told.code("PriceType", thing="price_class")
        or (territory.code("IdentificationCode", thing="country") if territory else None),
        period.when("StartDate", "StartTime") if period else None,
        period.when("EndDate", "EndTime") if period else None,
    )


def _is_conditional(found: PriceBreak) -> bool:
    return any((found.minimum, found.price_class, found.valid_from, found.valid_to))


def _price(node: Node, breaks: tuple[PriceBreak, ...]) -> Price | None:
    """The price that holds without conditions, or the only one there is."""
    prices = {found.price for found in breaks if not found.minimum}
    if len(prices) > 1:
        text = "several prices hold for different territories, classes or times; they are among the breaks"
        node.context.findings.warn("price.ambiguous", f"{node.place}/RequiredItemLocationQuantity", text)
    return prices.pop() if len(prices) == 1 else None


def _packs(node: Node, item: Node | None, unit: str | None) -> tuple[Pack, ...]:
    """What the orderable unit holds: ContentUnitQuantity, else the item's own PackSizeNumeric."""
    content = node.quantity("ContentUnitQuantity") if node.children("ContentUnitQuantity") else None
    size = item.amount("PackSizeNumeric", thing="pack") if item and content is None else None
    quantity = content.value if content else size
    if quantity is None or unit is None:
        return ()
    known = node.get("OrderableUnit")
    outer = Pack(unit, quantity, known.known_unit(unit) if known else None, default=True)
    inner = Pack(content.unit, Decimal(1), content.common_unit) if content and content.unit else None
    return (inner, outer) if inner and inner.unit != unit else (outer,)


def _minimum(node: Node, unit: str | None) -> Decimal | None:
    told = node.get("MinimumOrderQuantity")
    if told and told.attribute("unitCode") not in {None, unit}:
        node.context.findings.warn("unit.conflict", told.place, "the orderable unit is expected; it was left out")
        return None
    return told.amount(thing="minimum") if told else None


def _lead_days(node: Node) -> Decimal | None:
    told = node.first("RequiredItemLocationQuantity", "LeadTimeMeasure")
    return told.amount(thing="lead_time") if told and told.attribute("unitCode") == "DAY" else None
