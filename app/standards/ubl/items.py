"""Items in UBL: who calls them what, and what is marked on the pieces.

Used by the readers of this standard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from app.model import gate, gtin
from app.model.item import SCHEMES as ITEM_SCHEMES
from app.model.item import Identifier
from app.model.markings import Markings
from app.model.udi import parse
from app.standards.ubl.syntax import NOT_TOLD, Node

SCHEMES: Mapping[str, str] = {
    "0160": "gtin",
    "GTIN": "gtin",
    "EAN": "gtin",
    "EAN-13": "gtin",
    "EAN13": "gtin",
    "GTIN-13": "gtin",
    "GTIN-14": "gtin",
    "UPC": "gtin",
    "SRV": "gtin",
    "HIBC": "hibc",
    "NDC": "ndc",
    "UDI": "udi_di",
    "UDI-DI": "udi_di",
    "ISBT": "isbt",
    "MPN": "manufacturer",
    "INTERNAL": "internal",
}
"""Identifier schemes by ``schemeID``, of ISO 6523 or of people's own."""

UNSPSC_LISTS = frozenset({"TST", "MP", "UNSPSC"})
"""UNCL 7143 calls UNSPSC ``TST``; Peppol's own samples write ``MP``."""
_UNSPSC = re.compile(r"\d{8}(\d{2})?")

_OWN: Mapping[str, str] = {
    "BuyersItemIdentification": "buyer",
    "SellersItemIdentification": "supplier",
    "ManufacturersItemIdentification": "manufacturer",
}


@dataclass(frozen=True, slots=True)
class Item:
    """What a line says of its item."""

    identifiers: tuple[Identifier, ...] = ()
    description: str | None = None
    node: Node | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Marked:
    """What is marked on the pieces of a line."""

    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    made_on: date | None = None
    udi: str | None = None
    gtin: str | None = None


def read_item(line: Node, *, required: bool = True) -> Item:
    """The item of a line; where nothing names it, that is a fault, or only odd where the line itself names another."""
    node = line.get("Item")
    identifiers = tuple(dict.fromkeys(_identifiers(node))) if node else ()
    description = _description(node) if node else None
    if required and not any(identifier.scheme != "unspsc" for identifier in identifiers):
        text = "a number of the item is expected: the buyer's, the seller's, the manufacturer's or a GTIN"
        line.context.findings.warn("item.missing", f"{line.place}/Item", text)
    return Item(identifiers, description, node)


def _description(node: Node) -> str | None:
    name = node.prose("Name")
    return name if name and name not in NOT_TOLD else node.prose("Description")


def _identifiers(node: Node) -> Iterator[Identifier]:
    for name, scheme in _OWN.items():
        for entry in node.all(name):
            if value := _number(entry):
                yield Identifier(scheme, value)
    for entry in node.all("StandardItemIdentification"):
        yield from _standard(entry.get("ID"))
    for entry in node.all("AdditionalItemIdentification"):
        yield from _additional(entry.get("ID"))
    for entry in node.all("CommodityClassification"):
        yield from _class(entry.get("ItemClassificationCode"))


def _number(entry: Node) -> str | None:
    value = entry.code("ID", thing="item", vital=True)
    if entry.children("ExtendedID"):
        text = "the extension of the item's number was not read; say whether it names another item"
        entry.context.findings.warn("item.unsupported", f"{entry.place}/ExtendedID", text)
    return None if value in NOT_TOLD else value


def scheme_of(node: Node) -> str | None:
    """The scheme that ``schemeID`` names."""
    told = node.attribute("schemeID") or ""
    own = node.context.options.item_schemes.get(told)
    return own if own in ITEM_SCHEMES else SCHEMES.get(told.upper())


def _standard(node: Node | None) -> Iterator[Identifier]:
    """A number of a public standard. One without a scheme is a GTIN only if its check digit proves it.

    Published samples write GLNs (0088) where an item belongs; those are nobody's item.
    """
    value = node.code(thing="item", vital=True) if node else None
    if node is None or value is None or value in NOT_TOLD:
        return
    scheme, findings = scheme_of(node), node.context.findings
    if scheme and scheme != "gtin":
        yield Identifier(scheme, value)
    elif scheme:
        if found := gtin.read(value, node.place, findings):
            yield Identifier("gtin", found)
    else:
        guess = None if node.element.get("schemeID") else gtin.gtin14(value)
        proved = guess is not None and gtin.check_digit_holds(guess)
        what = "it was taken as GTIN by its check digit" if proved else "it was left out"
        findings.warn("item.unknown", node.place, f"a schemeID for items is expected, as 0160 for a GTIN; {what}")
        if guess and proved:
            yield Identifier("gtin", guess)


def _additional(node: Node | None) -> Iterator[Identifier]:
    value = node.code(thing="item") if node else None
    scheme = scheme_of(node) if node else None
    if node and value and scheme == "gtin":
        value = gtin.read(value, node.place, node.context.findings)
    if value and scheme:
        yield Identifier(scheme, value)


def _class(node: Node | None) -> Iterator[Identifier]:
    value = node.code(thing="unspsc") if node else None
    if node is None or value is None or (node.attribute("listID") or "") not in UNSPSC_LISTS:
        return
    if _UNSPSC.fullmatch(value):
        yield Identifier("unspsc", value)
    else:
        node.context.findings.warn("unspsc.invalid", node.place, "a UNSPSC has 8 or 10 digits; it was left out")


def read_marked(item: Node | None) -> tuple[Marked, ...]:
    """What is marked on each of the pieces, one entry an ItemInstance."""
    return tuple(_marked(entry) for entry in item.all("ItemInstance")) if item else ()


def _marked(node: Node) -> Marked:
    markings = Markings(node.context.findings)
    lot = node.get("LotIdentification")
    place = node.place
    if lot:
        markings.say_lot(lot.code("LotNumberID", thing="lot", vital=True), f"{place}/LotIdentification/LotNumberID")
        markings.say_expiry(lot.day("ExpiryDate"), f"{place}/LotIdentification/ExpiryDate")
    markings.say_serial(node.code("SerialID", thing="serial", vital=True), f"{place}/SerialID")
    _say_trace(node.get("ProductTraceID"), markings)
    expiry = markings.expiry or node.day("BestBeforeDate")
    return Marked(markings.lot, markings.serial, expiry, node.day("ManufactureDate"), markings.udi, markings.gtin)


def _say_trace(node: Node | None, markings: Markings) -> None:
    """ProductTraceID; a UDI where it says so or is one (GS1 element strings, HIBC)."""
    if node is None or not node.raw:
        return
    value = node.clean(lambda text: gate.text(text, allowed=gate.GROUP_SEPARATOR), node.raw, "udi", vital=False)
    if value and ((node.attribute("schemeID") or "").upper() == "UDI" or parse(value).issuer):
        markings.say_udi(value, node.place)
