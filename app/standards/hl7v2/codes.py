"""Coded values: whose number a code is, yes and no, amounts with currencies, and codes as people mistype them.

Used by the readers of this standard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal

from app.model import gate, gtin
from app.model.channel import Channel
from app.model.findings import Findings
from app.model.item import SCHEMES, Identifier
from app.model.party import Party, PartyIdentifier, PartyScheme
from app.model.price import Price
from app.standards.hl7v2.syntax import Segment

CODING_SYSTEMS: Mapping[str, str] = {
    "L": "internal",
    "LOCAL": "internal",
    "GTIN": "gtin",
    "GS1": "gtin",
    "UPC": "gtin",
    "NDC": "ndc",
    "HIBCC": "hibc",
    "HIBC": "hibc",
    "UNSPSC": "unspsc",
    "UDI": "udi_di",
    "ISBT": "isbt",
    "IBT": "isbt",
    "BUYER": "buyer",
    "SUPPLIER": "supplier",
    "VENDOR": "supplier",
    "MANUFACTURER": "manufacturer",
}
"""Coding systems (table 0396 and common habits) that need no entry in the channel; ``99...`` is local by definition."""

WRITTEN_SYSTEMS: Mapping[str, str] = {
    "internal": "L",
    "gtin": "GTIN",
    "ndc": "NDC",
    "hibc": "HIBCC",
    "unspsc": "UNSPSC",
    "udi_di": "UDI",
    "isbt": "IBT",
    "buyer": "BUYER",
    "supplier": "SUPPLIER",
    "manufacturer": "MANUFACTURER",
}
"""How we write them."""

PARTY_SYSTEMS: Mapping[str, PartyScheme] = {
    "GLN": "gln",
    "DUNS": "duns",
    "HIN": "hin",
    "DEA": "dea",
    "VAT": "vat",
    "ACCOUNT": "account",
    "NETWORK": "network",
    "NAME": "name",
}
"""Coding systems of organisations; any other one is our own numbering, as the segments say."""

PARTY_CODES: Mapping[str, str] = {scheme: system for system, scheme in PARTY_SYSTEMS.items()}
"""How we write them."""

YES = frozenset({"Y", "YES", "TRUE", "T", "1"})
NO = frozenset({"N", "NO", "FALSE", "F", "0"})
_HYPHENS = re.compile("[\u2010\u2011\u00ad]")
"""Hyphens that look like one and are none; word processors put them into specifications, and people copy those."""


def scheme_of(system: str | None, channel: Channel) -> str | None:
    """The identifier scheme of a coding system, None where the channel and we know none."""
    if system is None:
        return None
    known = channel.identifier_systems.get(system) or CODING_SYSTEMS.get(system.upper())
    return known or ("internal" if system.startswith("99") else None)


def plain(findings: Findings, thing: str, value: str | None, where: str, *, required: bool = False) -> str | None:
    """A code that may enter, its odd hyphens as plain ones."""
    if value and not value.isascii() and _HYPHENS.search(value):
        findings.warn(f"{thing}.hyphen", where, "a plain hyphen is expected and taken")
        value = _HYPHENS.sub("-", value)
    return findings.text(thing, value, where, required=required)


def code(findings: Findings, thing: str, segment: Segment, number: int, component: int = 1) -> str | None:
    """A code in a field."""
    value = segment.text(number, component)
    return None if value is None else plain(findings, thing, value, segment.place(number))


def identifier(findings: Findings, scheme: str, value: str, where: str) -> Iterator[Identifier]:
    """The identifier; a GTIN that is none is left out with a warning."""
    number = gtin.read(value, where, findings) if scheme == "gtin" else value
    if number:
        yield Identifier(scheme, number)


def item_codes(
    findings: Findings, segment: Segment, number: int, default: str, channel: Channel
) -> Iterator[Identifier]:
    """The code of a coded field (CE, CWE, EI) and its alternate.

    The field itself says whose code it is where the coding system does not: ``default``.
    """
    for component in (1, 4):
        value = code(findings, "item", segment, number, component)
        if value is None:
            continue
        system = segment.text(number, component + 2)
        if component == 4 and system is None:
            continue
        scheme = scheme_of(system, channel)
        if scheme is None and component == 4:
            continue
        if scheme is None and system is not None:
            text = "the coding system is not known to the channel; the field tells whose code it is"
            findings.warn("item.coding_system", segment.place(number, component + 2), text)
        yield from identifier(findings, scheme or default, value, segment.place(number))


def ordered(found: list[Identifier]) -> tuple[Identifier, ...]:
    """Identifiers once each, the most trustworthy scheme first."""
    return tuple(sorted(dict.fromkeys(found), key=lambda one: SCHEMES.index(one.scheme)))


def party(findings: Findings, segment: Segment, number: int, name: int | None = None) -> Party | None:
    """An organisation in a coded field (CE, CWE), or in an identifier (EI) with its ``name`` in another field."""
    found = []
    for component in (1, 4) if name is None else (1,):
        if value := code(findings, "party", segment, number, component):
            system = segment.text(number, component + (2 if name is None else 1)) or ""
            found.append(PartyIdentifier(PARTY_SYSTEMS.get(system.upper(), "internal"), value))
    words = segment.prose(number, 2) if name is None else segment.prose(name)
    called = prose(findings, "party", words, segment.place(name or number))
    return Party(tuple(dict.fromkeys(found)), called) if found or called else None


def prose(findings: Findings, thing: str, text: str | None, where: str) -> str | None:
    """Text for people; one that is too long is left out with a warning."""
    if not text:
        return None
    if len(text) <= gate.MAX_DESCRIPTION and text.isprintable():
        return text.strip() or None
    try:
        return gate.prose(text)
    except gate.Unfit as fault:
        findings.warn(f"{thing}.{fault.reason}", where, f"{fault}; it was left out")
        return None


def yes(findings: Findings, thing: str, value: str | None, where: str) -> bool | None:
    """A yes/no indicator (tables 0136 and 0532); anything else is left out with a warning."""
    if value is None:
        return None
    if value.upper() in YES:
        return True
    if value.upper() in NO:
        return False
    findings.warn(f"{thing}.unsupported", where, "Y or N is expected; it was left out")
    return None


def flag(findings: Findings, thing: str, segment: Segment, number: int) -> bool | None:
    """A yes/no indicator in a field."""
    value = segment.text(number)
    return None if value is None else yes(findings, thing, value, segment.place(number))


def number_in(findings: Findings, thing: str, segment: Segment, number: int) -> Decimal | None:
    """An exact number in a field; what is none is a fault."""
    text = findings.text(thing, segment.text(number), segment.place(number))
    if text is None:
        return None
    try:
        return gate.amount(gate.number(text))
    except gate.Unfit as fault:
        findings.unfit(thing, segment.place(number), fault)
        return None


def told_number(findings: Findings, thing: str, segment: Segment, number: int) -> Decimal | None:
    """An exact number in a field that may be left out; what is none is left out with a warning."""
    text = segment.text(number)
    if text is None:
        return None
    try:
        return gate.amount(gate.number(text))
    except gate.Unfit as fault:
        findings.warn(f"{thing}.{fault.reason}", segment.place(number), f"{fault}; it was left out")
        return None


def price(findings: Findings, segment: Segment, number: int, currency: str | None) -> Price | None:
    """An amount of money (CP, MO, or bare): ``55.43``, ``55.43&USD``, ``150.00^USD``.

    What is no number is left out with a warning: the message is about goods.
    """
    where, text = segment.place(number), segment.subcomponent(number, 1, 1)
    if text is None:
        return None
    try:
        amount = gate.amount(gate.number(text))
    except gate.Unfit:
        findings.warn("price.invalid", where, "a number in plain digits is expected; the price was left out")
        return None
    told = segment.subcomponent(number, 1, 2) or segment.text(number, 2)
    if told and not (len(told) == 3 and told.isalpha() and told.isascii()):
        told = None  # the second component of a composite price (CP) is its type
    return Price(amount, told.upper() if told else currency)
