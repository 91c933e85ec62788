"""UBL put together: elements in the order of the schemas, and what all documents share in them.

Used by the writers of this standard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NoReturn

from lxml import etree

from app.errors import Permanent
from app.model.item import Identifier
from app.model.party import Party, PartyIdentifier
from app.model.price import Charge, Price, Tax
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.ubl.options import UblOptions
from app.standards.ubl.syntax import UBL_NAMESPACE
from app.standards.ubl.units import common_unit

CAC = f"{UBL_NAMESPACE}CommonAggregateComponents-2"
CBC = f"{UBL_NAMESPACE}CommonBasicComponents-2"
CONTENT_TYPE = "application/xml"
NOTHING = "NA"
"""What Peppol writes where the schema wants a value and there is none."""

_ICD = re.compile(r"(\d{4}):(?=.)")
"""A number's kind by ISO 6523, before the number."""
PARTY_CODES: Mapping[str, str] = {
    "gln": "0088",
    "duns": "0060",
    "hin": "HIN",
    "dea": "DEA",
    "account": "ACCOUNT",
    "internal": "INTERNAL",
}
"""``schemeID`` of a party's number; only the first two are codes of ISO 6523."""
GTIN = "0160"
ITEM_CODES: Mapping[str, str] = {
    "hibc": "HIBC",
    "ndc": "NDC",
    "udi_di": "UDI-DI",
    "isbt": "ISBT",
    "internal": "INTERNAL",
}
"""``schemeID`` of an item's additional numbers."""


def refuse(what: str) -> NoReturn:
    """Raise Permanent: the standard has no place for something that matters."""
    hint = "Correct the document or the channel's options."
    raise Permanent(f"UBL does not carry {what}", code="document.not_carried", hint=hint)


@dataclass(frozen=True, slots=True)
class Element:
    """An element that is being written, and what holds for the whole document."""

    node: etree._Element
    options: UblOptions
    currency: str | None = None

    def value(self, name: str, value: str | None, **attributes: str | None) -> None:
        """A ``cbc`` element; nothing where there is no value."""
        if value is None:
            return
        child = etree.SubElement(self.node, f"{{{CBC}}}{name}")
        try:
            child.text = value
            for key, told in attributes.items():
                if told is not None:
                    child.set(key, told)
        except ValueError:
            refuse(f"a control character in {name}")

    def group(self, name: str) -> Element:
        """A ``cac`` element; ``finish`` takes it away again if nothing is put into it."""
        return Element(etree.SubElement(self.node, f"{{{CAC}}}{name}"), self.options, self.currency)

    def reference(self, name: str, number: str | None) -> None:
        """A reference to a document by its number."""
        if number is not None:
            self.group(name).value("ID", number)

    def when(self, when: When | None, day: str, time: str = "") -> None:
        """A day, and the time of day with its offset where it is a moment."""
        if when is None:
            return
        self.value(day, (when.date() if isinstance(when, datetime) else when).isoformat())
        if isinstance(when, datetime):
            if not time:
                refuse(f"a time of day in {day}")
            self.value(time, when.timetz().isoformat())

    def period(self, name: str, start: When | None, end: When | None) -> None:
        """A period of which one end may be open."""
        group = self.group(name)
        group.when(start, "StartDate", "StartTime")
        group.when(end, "EndDate", "EndTime")

    def quantity(self, name: str, quantity: Quantity | None) -> None:
        """A quantity in a unit the receiver knows: one of its own, or a code of UN/ECE Recommendation 20 or 21."""
        if quantity is None:
            return
        if quantity.pack_factor is not None:
            refuse(f"a pack factor in {name}")
        self.value(name, exact(quantity.value), unitCode=self._unit(name, quantity))

    def _unit(self, name: str, quantity: Quantity) -> str:
        unit = quantity.unit
        if unit and common_unit(unit, self.options.units) == (quantity.common_unit or unit):
            return unit
        if unit and unit in self.options.units and quantity.common_unit is None:
            return unit
        return quantity.common_unit or refuse(f"the unit of {name}")

    def money(self, name: str, amount: Decimal | None, currency: str | None = None) -> None:
        """An amount with its currency, which is the document's where nothing else is told."""
        if amount is not None:
            self.value(
                name, exact(amount), currencyID=currency or self.currency or refuse("amounts without a currency")
            )


def exact(value: Decimal) -> str:
    """All digits written out, none added."""
    return format(value, "f")


def document(root: str, options: UblOptions, currency: str | None = None) -> Element:
    """The root element of a document."""
    namespaces = {None: f"{UBL_NAMESPACE}{root}-2", "cac": CAC, "cbc": CBC}
    return Element(etree.Element(f"{{{namespaces[None]}}}{root}", nsmap=namespaces), options, currency)


def finish(root: Element) -> bytes:
    """The bytes; elements that nothing was put into are left out."""
    for node in reversed(list(root.node.iter())):
        parent = node.getparent()
        if parent is not None and len(node) == 0 and not node.text:
            parent.remove(node)
    body: bytes = etree.tostring(root.node, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return body


def is_address(text: str) -> bool:
    """Whether it is an electronic address of Peppol: a number with its kind before it."""
    return _ICD.match(text) is not None


def put_party(into: Element, party: Party | None, address: str = "", *, legal: bool = True) -> None:
    """What is in a ``cac:Party``; ``address`` is of the interchange and its own where the party brings none.

    ``legal`` says that the party is named as a legal entity too, as Peppol wants it of those who trade.
    """
    party = party or Party()
    networks = [entry.value for entry in party.identifiers if entry.scheme == "network"]
    if len(networks) > 1:
        refuse("several electronic addresses of a party")
    _put_endpoint(into, networks[0] if networks else address if is_address(address) else "")
    for entry in party.identifiers:
        if entry.scheme not in {"network", "vat"}:
            _put_number(into.group("PartyIdentification"), entry)
    into.group("PartyName").value("Name", party.name)
    put_address(into.group("PostalAddress"), party)
    for entry in party.identifiers:
        if entry.scheme == "vat":
            scheme = into.group("PartyTaxScheme")
            scheme.value("CompanyID", entry.value)
            scheme.group("TaxScheme").value("ID", "VAT")
    if legal:
        into.group("PartyLegalEntity").value("RegistrationName", party.name)
    if party.contact:
        contact = into.group("Contact")
        contact.value("Name", party.contact.name)
        contact.value("Telephone", party.contact.phone)
        contact.value("ElectronicMail", party.contact.email)


def _put_endpoint(into: Element, address: str) -> None:
    """An electronic address with the kind of its number, ``0088:7300010000001``."""
    if found := _ICD.match(address):
        into.value("EndpointID", address[found.end() :], schemeID=found[1])
    elif address:
        into.value("EndpointID", address)


def _put_number(into: Element, entry: PartyIdentifier) -> None:
    found = _ICD.match(entry.value) if entry.scheme == "name" else None
    if found:
        into.value("ID", entry.value[found.end() :], schemeID=found[1])
    else:
        into.value("ID", entry.value, schemeID=PARTY_CODES.get(entry.scheme))


def put_role(into: Element, party: Party | None, account: str, address: str = "") -> None:
    """A party in a role; the account number that the other side gave it stands beside it."""
    accounts = [entry.value for entry in party.identifiers if entry.scheme == "account"] if party else []
    if len(accounts) > 1:
        refuse("several account numbers of a party")
    into.value(account, accounts[0] if accounts else None)
    if party:
        rest = tuple(entry for entry in party.identifiers if entry.scheme != "account")
        party = Party(rest, party.name, party.address, party.contact)
    put_party(into.group("Party"), party, address)


def put_address(into: Element, party: Party) -> None:
    """A postal address, street first."""
    address = party.address
    if address is None:
        return
    lines = [*address.lines, None, None]
    into.value("StreetName", lines[0])
    into.value("AdditionalStreetName", lines[1])
    into.value("CityName", address.city)
    into.value("PostalZone", address.postal_code)
    into.value("CountrySubentity", address.region)
    for line in address.lines[2:]:
        into.group("AddressLine").value("Line", line)
    into.group("Country").value("IdentificationCode", address.country)


def put_item(into: Element, identifiers: tuple[Identifier, ...], description: str | None) -> Element:
    """An item with its names; returns it, so that what is marked on the pieces can follow."""
    item = into.group("Item")
    item.value("Name", description or NOTHING)
    names: dict[str, list[str]] = {}
    for identifier in identifiers:
        names.setdefault(identifier.scheme, []).append(identifier.value)
    item.reference("BuyersItemIdentification", _only(names, "buyer"))
    item.reference("SellersItemIdentification", _only(names, "supplier"))
    for value in names.pop("manufacturer", []):
        item.reference("ManufacturersItemIdentification", value)
    classes = names.pop("unspsc", [])
    _put_item_codes(item, names)
    for value in classes:
        item.group("CommodityClassification").value("ItemClassificationCode", value, listID="TST")
    return item


def _only(names: dict[str, list[str]], scheme: str) -> str | None:
    values = names.pop(scheme, [])
    if len(values) > 1:
        refuse(f"several {scheme} numbers of an item")
    return values[0] if values else None


def _put_item_codes(item: Element, names: dict[str, list[str]]) -> None:
    """Numbers of public standards: the first GTIN, and all others as additional ones."""
    gtins = names.pop("gtin", [])
    if gtins:
        item.group("StandardItemIdentification").value("ID", gtins[0], schemeID=GTIN)
    others = [(GTIN, gtin) for gtin in gtins[1:]]
    for scheme, values in names.items():
        code = ITEM_CODES.get(scheme) or refuse(f"item numbers of the scheme {scheme}")
        others += [(code, value) for value in values]
    for code, value in others:
        item.group("AdditionalItemIdentification").value("ID", value, schemeID=code)


def put_piece(item: Element, lot: str | None, serial: str | None, expiry: date | None = None) -> None:
    """What is marked on the piece of a line."""
    piece = item.group("ItemInstance")
    piece.value("SerialID", serial)
    marked = piece.group("LotIdentification")
    marked.value("LotNumberID", lot)
    marked.when(expiry, "ExpiryDate")


def put_price(into: Element, price: Price | None) -> None:
    """A price and what it is for."""
    if price is None:
        return
    group = into.group("Price")
    group.money("PriceAmount", price.amount, price.currency)
    group.quantity("BaseQuantity", price.basis)


def put_charges(into: Element, charges: tuple[Charge, ...]) -> None:
    """Allowances and charges."""
    for charge in charges:
        group = into.group("AllowanceCharge")
        group.value("ChargeIndicator", "true" if charge.kind == "charge" else "false")
        group.value("AllowanceChargeReasonCode", charge.code)
        group.value("AllowanceChargeReason", charge.description)
        group.money("Amount", charge.amount)


def put_taxes(into: Element, taxes: tuple[Tax, ...]) -> None:
    """Taxes with their amounts: the sum, and each of them where more than its amount is told."""
    if not taxes:
        return
    known = [tax.amount for tax in taxes if tax.amount is not None]
    if len(known) < len(taxes):
        refuse("a tax of the document without its amount")
    total = into.group("TaxTotal")
    total.money("TaxAmount", sum(known, Decimal(0)))
    if taxes == (Tax(known[0]),):
        return
    for tax in taxes:
        part = total.group("TaxSubtotal")
        part.money("TaxableAmount", tax.base)
        part.money("TaxAmount", tax.amount)
        put_category(part.group("TaxCategory"), tax)


def put_category(into: Element, tax: Tax) -> None:
    """The kind of a tax: its category, rate and scheme, which is VAT where nothing is told."""
    into.value("ID", tax.category)
    into.value("Percent", None if tax.rate is None else exact(tax.rate))
    into.group("TaxScheme").value("ID", tax.scheme or "VAT")
