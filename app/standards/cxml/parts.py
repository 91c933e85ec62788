"""Items, parties, taxes and extrinsics: what many cXML documents have in common.

Used by the readers of the package.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import cast, get_args

from app.model import gtin
from app.model.item import Identifier
from app.model.party import Address, Contact, Party, PartyIdentifier, PartyScheme
from app.model.price import Charge, Tax
from app.standards.cxml.syntax import Node

DOMAINS: Mapping[str, str] = {
    "duns": "duns",
    "gln": "gln",
    "networkid": "network",
    "ansi": "network",
    "vatid": "vat",
    "vat": "vat",
    "taxid": "vat",
    "hin": "hin",
    "dea": "dea",
    "buyerid": "account",
    "supplierid": "account",
    "buyersystemid": "account",
    "suppliersystemid": "account",
    "internal": "internal",
}
"""Domains of credentials and references in lower case, and the scheme of the number."""
ITEM_DOMAINS: Mapping[str, str] = {
    "ean-13": "gtin",
    "ean-14": "gtin",
    "ean": "gtin",
    "gtin": "gtin",
    "upc": "gtin",
    "upcid": "gtin",
    "ndc": "ndc",
    "hibc": "hibc",
    "udi-di": "udi_di",
}
_UNSPSC = re.compile(r"\d{8}(\d{2})?")


def identifiers(item: Node, item_id: Node | None = None, detail: Node | None = None) -> tuple[Identifier, ...]:
    """Every name of the item in ``ItemID`` and ``ItemDetail``."""
    item_id = item_id or item.first("ItemID")
    detail = detail or item.first("ItemDetail") or item
    found = dict.fromkeys([*_named(item_id), *_detailed(detail), *_classified(detail)])
    ranks = {scheme: rank for rank, scheme in enumerate(item.context.options.identifier_priority)}
    return tuple(sorted(found, key=lambda one: ranks.get(one.scheme, len(ranks)))) if ranks else tuple(found)


def _named(item_id: Node | None) -> Iterator[Identifier]:
    if item_id is None:
        return
    names = {"SupplierPartID": "supplier", "SupplierPartAuxiliaryID": "supplier_auxiliary", "BuyerPartID": "buyer"}
    for name, scheme in names.items():
        if value := item_id.text(name, thing="item"):
            yield Identifier(scheme, value)
    yield from _referred(item_id)


def _detailed(detail: Node) -> Iterator[Identifier]:
    if value := detail.text("ManufacturerPartID", thing="item"):
        yield Identifier("manufacturer", value)
    for extrinsic in detail.all("Extrinsic"):
        if extrinsic.element.get("name") == "SupplierPartID" and (value := extrinsic.text(thing="item")):
            yield Identifier("supplier", value)


def _referred(node: Node) -> Iterator[Identifier]:
    for reference in node.all("IdReference"):
        scheme = ITEM_DOMAINS.get((reference.element.get("domain") or "").lower())
        value = reference.attribute("identifier", "item")
        if scheme == "gtin" and value:
            value = gtin.read(value, reference.place, node.context.findings)
        if scheme and value:
            yield Identifier(scheme, value)


def _classified(detail: Node) -> Iterator[Identifier]:
    for one in detail.all("Classification"):
        if (one.element.get("domain") or "").upper() != "UNSPSC":
            continue
        value = one.text(thing="item")
        if value and _UNSPSC.fullmatch(value):
            yield Identifier("unspsc", value)
        elif value:
            one.context.findings.warn("unspsc.invalid", one.place, "a UNSPSC code has 8 digits; it was left out")


def check_item(item: Node, found: tuple[Identifier, ...], text: str | None) -> None:
    """A line must name its item; one that only describes it is taken with a warning."""
    if any(one.scheme != "unspsc" for one in found):
        return
    if text:
        item.context.findings.warn("item.missing", item.place, "the item is only described")
    else:
        item.context.findings.reject("item.missing", item.place, "an ItemID or a description is required")


def description(node: Node) -> str | None:
    """The first ``Description``, without its short name."""
    found = node.first("ItemDetail", "Description") or node.first("Description")
    return found.prose() if found else None


def comments(node: Node) -> str | None:
    """Every ``Comments``, a line each."""
    found = [text for one in node.all("Comments") if (text := one.prose())]
    return "\n".join(found) or None


def party(node: Node | None) -> Party | None:
    """A ``Contact``, or an ``Address`` within ``ShipTo`` and ``BillTo``."""
    if node is None:
        return None
    place = node.first("Address") or node
    found = Party(tuple(_numbers(place)), place.prose("Name"), _address(place), _contact(node, place))
    return found if found != Party() else None


def contact(node: Node, *roles: str) -> Party | None:
    """The ``Contact`` in the first of these roles that there is."""
    by_role = {(one.element.get("role") or "").lower(): one for one in node.all("Contact")}
    return next((party(by_role[role.lower()]) for role in roles if role.lower() in by_role), None)


def _numbers(place: Node) -> Iterator[PartyIdentifier]:
    if value := place.attribute("addressID", "party"):
        yield numbered(place, value, place.element.get("addressIDDomain"))
    for reference in place.all("IdReference"):
        if value := reference.attribute("identifier", "party"):
            yield numbered(reference, value, reference.element.get("domain"))


def numbered(node: Node, value: str, domain: str | None) -> PartyIdentifier:
    """A number in its domain; without one it is what one side calls the other."""
    if not domain:
        return PartyIdentifier("account", value)
    key = domain.lower()
    scheme = node.context.options.credentials.get(domain) or DOMAINS.get(key, "name")
    scheme = scheme if scheme in get_args(PartyScheme) else "name"
    return PartyIdentifier(cast("PartyScheme", scheme), value)


def _address(place: Node) -> Address | None:
    postal = place.first("PostalAddress")
    if postal is None:
        return None
    streets = tuple(text for one in postal.all("Street") if (text := one.prose()))
    country = postal.first("Country")
    code = country.attribute("isoCountryCode", "country") if country else None
    found = Address(
        streets, postal.prose("City"), postal.prose("State"), postal.text("PostalCode", thing="postal_code"), code
    )
    return found if found != Address() else None


def _contact(node: Node, place: Node) -> Contact | None:
    deliver_to = place.first("PostalAddress", "DeliverTo")
    number = place.first("Phone", "TelephoneNumber") or node.first("Phone", "TelephoneNumber")
    parts = (number.text(name, thing="phone") for name in ("CountryCode", "AreaOrCityCode", "Number")) if number else ()
    phone = "-".join(part for part in parts if part) or None
    found = Contact(deliver_to.prose() if deliver_to else None, phone, place.text("Email", thing="email"))
    return found if found != Contact() else None


def taxes(node: Node) -> tuple[Tax, ...]:
    """``Tax`` with its details, or as a sum where there are none."""
    tax = node.first("Tax")
    if tax is None:
        return ()
    details = [
        Tax(
            amount=one.money("TaxAmount", thing="tax"),
            rate=one.amount("percentageRate", "tax"),
            base=one.money("TaxableAmount", thing="tax"),
            category=one.attribute("category", "tax"),
            scheme=one.attribute("purpose", "tax"),
        )
        for one in tax.all("TaxDetail")
    ]
    total = tax.money(thing="tax")
    return tuple(details) or ((Tax(total),) if total is not None else ())


def charges(node: Node) -> tuple[Charge, ...]:
    """Shipping, special handling and discounts that are not zero."""
    kinds = (
        ("charge", "ShippingAmount", "shipping"),
        ("charge", "InvoiceDetailLineShipping", "shipping"),
        ("charge", "SpecialHandlingAmount", "special_handling"),
        ("charge", "InvoiceDetailLineSpecialHandling", "special_handling"),
        ("allowance", "InvoiceDetailDiscount", "discount"),
    )
    found = []
    for kind, name, code in kinds:
        amount = node.money(name, thing="charge")
        if amount:
            found.append(Charge(kind, amount, code))  # type: ignore[arg-type]
    return tuple(found)


def order_reference(node: Node | None) -> tuple[str | None, Node | None]:
    """The order's number, and the element; some name only the payloadID of the order's message."""
    if node is None:
        return None, None
    number = node.attribute("orderID", "order")
    if number is None:
        number = node.text("OrderIDInfo", thing="order")
        info = node.first("OrderIDInfo")
        number = info.attribute("orderID", "order") if info else number
    if number is None and (document := node.first("DocumentReference")):
        number = document.attribute("payloadID", "order")
        if number:
            text = "the order is only named by the payloadID of its message"
            node.context.findings.warn("order.indirect", node.place, text)
    return number, node
