"""Items: pairs of product qualifier and number (data elements 235 and 234), both ways.

Used by every mapping with lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.model import gtin
from app.model.item import SCHEMES, Identifier
from app.standards.x12.syntax import Segment
from app.standards.x12.values import Values

QUALIFIERS: Mapping[str, str] = {
    "UK": "gtin",
    "UP": "gtin",
    "UI": "gtin",
    "UA": "gtin",
    "EN": "gtin",
    "EO": "gtin",
    "GT": "gtin",
    "U2": "gtin",
    "UD": "gtin",
    "UG": "gtin",
    "UH": "gtin",
    "VN": "supplier",
    "VP": "supplier",
    "VC": "supplier",
    "VA": "supplier",
    "BP": "buyer",
    "IN": "buyer",
    "PI": "buyer",
    "CB": "buyer",
    "SK": "buyer",
    "MG": "manufacturer",
    "MN": "manufacturer",
    "N1": "ndc",
    "N2": "ndc",
    "N3": "ndc",
    "N4": "ndc",
    "ND": "ndc",
    "HI": "hibc",
    "H1": "hibc",
    "C3": "unspsc",
}
"""Product qualifiers and the scheme of the number that follows."""
WRITTEN: Mapping[str, str] = {
    "gtin": "UK",
    "supplier": "VC",
    "buyer": "BP",
    "manufacturer": "MG",
    "ndc": "N4",
    "hibc": "HI",
    "unspsc": "C3",
    "internal": "IN",
}
"""What is written for a scheme; ``internal`` is ours, hence the buyer's."""
CLASS_LENGTH = 8
"""Digits of a UNSPSC class."""
LOT, SERIAL = ("LT", "B8"), ("SN", "BN")
"""Qualifiers of what is no name of the item but a mark on the unit."""
IGNORED = frozenset({
    "PL",
    "LN",
    "CN",
    "CM",
    "SM",
    "CL",
    "SZ",
    "BO",
    "IZ",
    "DV",
    "QC",
    "PD",
    "PU",
    "ZZ",
    "TX",
    "B7",
    "MF",
    "PO",
    "VE",
})
"""Qualifiers of colours, sizes, makers, orders and line numbers: no names of the item."""


@dataclass(frozen=True, slots=True)
class Product:
    """What the pairs of a segment say."""

    identifiers: tuple[Identifier, ...] = ()
    lot: str | None = None
    serial: str | None = None


def read(segment: Segment, start: int, values: Values) -> Product:
    """The pairs that begin at element ``start``."""
    identifiers: dict[Identifier, None] = {}
    lot = serial = None
    for qualifier, number, place in _pairs(segment, start):
        value = values.text(segment, number, "item")
        if value is None:
            continue
        if qualifier in LOT:
            lot = value
        elif qualifier in SERIAL:
            serial = value
        elif scheme := values.options.item_qualifiers.get(qualifier) or _scheme(qualifier, value):
            known = gtin.read(value, segment.place(number), values.findings) if scheme == "gtin" else value
            if known:
                identifiers.setdefault(Identifier(scheme, known))
        elif qualifier not in IGNORED:
            values.findings.warn(
                "item.qualifier", segment.place(place), "the qualifier is in no table; the number was left out"
            )
    return Product(_ordered(identifiers, values.options.identifier_priority), lot, serial)


def _scheme(qualifier: str, value: str) -> str | None:
    """The scheme by the standard; a universal product number is a GTIN or a HIBC, whichever its maker prints.

    ``UN`` is an old case code without check digit, hence no GTIN; with eight digits it is used for a class of items.
    """
    if qualifier == "UX":
        return "gtin" if value.isdigit() else "hibc"
    if qualifier == "UN":
        return "unspsc" if value.isdigit() and len(value) == CLASS_LENGTH else None
    return QUALIFIERS.get(qualifier)


def _pairs(segment: Segment, start: int) -> Iterator[tuple[str, int, int]]:
    for place in range(start, len(segment.elements), 2):
        if qualifier := segment.text(place):
            yield qualifier, place + 1, place


def _ordered(found: Mapping[Identifier, None], priority: Sequence[str]) -> tuple[Identifier, ...]:
    """In the order they were sent, or in the partner's order of trust."""
    if not priority:
        return tuple(found)
    ranks = {scheme: rank for rank, scheme in enumerate(priority)}
    return tuple(sorted(found, key=lambda identifier: ranks.get(identifier.scheme, len(ranks))))


def write(identifiers: Sequence[Identifier], qualifiers: Mapping[str, str]) -> list[str]:
    """The pairs for identifiers, in their order; ``qualifiers`` are the partner's own."""
    table = {**WRITTEN, **qualifiers}
    return [part for one in identifiers if one.scheme in table for part in (table[one.scheme], one.value)]


KNOWN_SCHEMES = tuple(scheme for scheme in SCHEMES if scheme in WRITTEN and scheme != "internal")
"""The schemes that come back as they were written."""
