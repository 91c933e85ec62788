"""Parties in UBL: their numbers, names, addresses and contacts.

Used by the readers of this standard. Numbers come with an ISO 6523 code for their kind (``schemeID="0088"`` is a GLN).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from biip.checksums import gs1_standard_check_digit

from app.model.party import Address, Contact, Party, PartyIdentifier, PartyScheme
from app.standards.ubl.syntax import NOT_TOLD, Node

SCHEMES: Mapping[str, PartyScheme] = {
    "0088": "gln",
    "GLN": "gln",
    "0060": "duns",
    "DUNS": "duns",
    "HIN": "hin",
    "DEA": "dea",
    "VAT": "vat",
    "ACCOUNT": "account",
    "INTERNAL": "internal",
}
"""Identifier schemes by ``schemeID``; the last ones are the house's words for what ISO 6523 has no code for."""

VAT_CODES = frozenset({
    "9910",
    "9914",
    "9920",
    *(str(code) for code in range(9922, 9954)),
    "9955",
    "9957",
    "0211",
})
"""The codes of the Peppol code list (EAS) that stand for VAT numbers."""

CONTACTS = ("DeliveryContact", "DespatchContact", "BuyerContact", "SellerContact", "AccountingContact")
_KNOWN: frozenset[str] = frozenset(get_args(PartyScheme))


def read_party(node: Node | None) -> Party | None:
    """A ``cac:Party`` and elements that are built like it (PayeeParty, CarrierParty); None where it says nothing."""
    if node is None:
        return None
    party = Party(
        tuple(dict.fromkeys(_identifiers(node))),
        _name(node),
        read_address(node.get("PostalAddress")),
        _contact(node.get("Contact")),
    )
    return None if party == Party() else party


def read_role(node: Node | None, account: str, contacts: tuple[str, ...] = CONTACTS) -> Party | None:
    """A party in a role (BuyerCustomerParty), with the account number the other side gave it."""
    if node is None:
        return None
    inner = read_party(node.get("Party")) or Party()
    number = node.code(account, thing="account")
    identifiers = (*inner.identifiers, PartyIdentifier("account", number)) if number else inner.identifiers
    contact = inner.contact or next((found for name in contacts if (found := _contact(node.get(name)))), None)
    party = Party(tuple(dict.fromkeys(identifiers)), inner.name, inner.address, contact)
    return None if party == Party() else party


def read_customer(node: Node | None) -> Party | None:
    """A customer in a role; the supplier's number for it counts."""
    return read_role(node, "SupplierAssignedAccountID")


def read_supplier(node: Node | None) -> Party | None:
    """A supplier in a role; the customer's number for it counts."""
    return read_role(node, "CustomerAssignedAccountID")


def read_ship_to(delivery: Node | None) -> Party | None:
    """Where goods go: DeliveryLocation or DeliveryAddress, and DeliveryParty, as one party."""
    if delivery is None:
        return None
    place = delivery.get("DeliveryLocation")
    party = read_party(delivery.get("DeliveryParty")) or Party()
    at = read_identifier(place.get("ID")) if place else None
    address = read_address(place.get("Address") if place else None) or read_address(delivery.get("DeliveryAddress"))
    found = Party(
        tuple(dict.fromkeys((*((at,) if at else ()), *party.identifiers))),
        party.name or (place.prose("Name") if place else None),
        address or party.address,
        party.contact,
    )
    return None if found == Party() else found


def read_identifier(node: Node | None) -> PartyIdentifier | None:
    """A number with its kind; one of a kind the house does not know keeps the kind's code before it."""
    value = node.code(thing="party", vital=True) if node else None
    if node is None or value is None or value in NOT_TOLD:
        return None
    code = node.attribute("schemeID") or ""
    scheme = _scheme(code, node.context.options.party_schemes)
    if scheme == "gln" and not _is_gln(value, node):
        scheme = None
    if scheme:
        return PartyIdentifier(scheme, value)
    prefixed = f"{code}:{value}" if len(code) == 4 and code.isdigit() else value
    return PartyIdentifier("name", prefixed)


def _scheme(code: str, table: Mapping[str, str]) -> PartyScheme | None:
    if (told := table.get(code)) in _KNOWN:
        return told  # type: ignore[return-value]  # a Literal's member, as was just seen
    return "vat" if code in VAT_CODES else SCHEMES.get(code.upper())


def _is_gln(value: str, node: Node) -> bool:
    if len(value) != 13 or not (value.isascii() and value.isdigit()):
        node.context.findings.warn("gln.invalid", node.place, "a GLN has 13 digits; the number is kept as it is")
        return False
    if gs1_standard_check_digit(value[:-1]) != int(value[-1]):
        node.context.findings.warn("gln.check_digit", node.place, "the check digit of the GLN is wrong")
    return True


def _identifiers(node: Node) -> list[PartyIdentifier]:
    found = [_endpoint(node)]
    found += [read_identifier(entry.get("ID")) for entry in node.all("PartyIdentification")]
    found += [_tax_number(entry) for entry in node.all("PartyTaxScheme")]
    found += [read_identifier(entry.get("CompanyID")) for entry in node.all("PartyLegalEntity")]
    return [identifier for identifier in found if identifier]


def _endpoint(node: Node) -> PartyIdentifier | None:
    """The electronic address; its kind stays before it, as the network writes it."""
    address = node.get("EndpointID")
    value = address.code(thing="endpoint", vital=True) if address else None
    if address is None or value is None:
        return None
    code = address.attribute("schemeID")
    return PartyIdentifier("network", f"{code}:{value}" if code else value)


def _tax_number(node: Node) -> PartyIdentifier | None:
    value = node.code("CompanyID", thing="vat")
    scheme = node.code("TaxScheme", "ID", thing="tax_scheme") or "VAT"
    return PartyIdentifier("vat", value) if value and value not in NOT_TOLD and "VAT" in scheme.upper() else None


def _name(node: Node) -> str | None:
    legal = node.prose("PartyLegalEntity", "RegistrationName")
    return node.prose("PartyName", "Name") or legal or node.prose("PartyTaxScheme", "RegistrationName")


def read_address(node: Node | None) -> Address | None:
    """A postal address; building number and street are one line, as they are written."""
    if node is None:
        return None
    street = " ".join(filter(None, (node.prose("StreetName"), node.prose("BuildingNumber"))))
    lines = [street, *(node.prose(name) for name in ("AdditionalStreetName", "BuildingName", "Postbox", "Department"))]
    lines += [line.prose("Line") for line in node.all("AddressLine")]
    address = Address(
        tuple(line for line in lines if line),
        node.prose("CityName"),
        node.prose("CountrySubentity") or node.prose("Region"),
        node.code("PostalZone"),
        node.code("Country", "IdentificationCode", thing="country"),
    )
    return None if address == Address() else address


def _contact(node: Node | None) -> Contact | None:
    if node is None:
        return None
    contact = Contact(node.prose("Name"), node.code("Telephone"), node.code("ElectronicMail"))
    return None if contact == Contact() else contact
