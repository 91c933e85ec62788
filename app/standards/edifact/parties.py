"""Parties: NAD and the segments of its group (RFF, LOC, CTA, COM), both ways.

Used by every mapping of the package.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import cast, get_args

from biip.checksums import gs1_standard_check_digit

from app.model.party import Address, Contact, Party, PartyIdentifier, PartyScheme
from app.standards.edifact.emit import Element, chunks, fitting, not_carried, prose
from app.standards.edifact.options import EdifactOptions
from app.standards.edifact.sections import Group, Section
from app.standards.edifact.syntax import Segment
from app.standards.edifact.values import Values

ROLES: Mapping[str, tuple[str, ...]] = {
    "buyer": ("BY", "OB", "BO"),
    "seller": ("SU", "SE", "SR", "II"),
    "ship_to": ("DP", "ST", "CN", "UC"),
    "bill_to": ("IV", "BT", "PR"),
    "ship_from": ("SF", "SH", "PW", "CZ"),
    "remit_to": ("PE", "RE"),
    "carrier": ("CA", "FW"),
    "manufacturer": ("MF",),
}
"""Party functions (3035) by canonical role, the best one first; the first is written."""
AGENCIES: Mapping[str, str] = {"9": "gln", "14": "gln", "16": "duns", "91": "account", "92": "account", "86": "account"}
"""Agencies (3055) that give numbers to parties; 91 is the seller and 92 the buyer, as each numbers the other."""
LISTS: Mapping[str, str] = {"HIN": "hin", "DEA": "dea", "NET": "network", "INT": "internal"}
"""Code lists (1131) of numbers whose agency is ZZZ, mutually defined: numbers no other code is there for."""
WRITTEN: Mapping[str, tuple[str, str]] = {
    "gln": ("", "9"),
    "duns": ("", "16"),
    "hin": ("HIN", "ZZZ"),
    "dea": ("DEA", "ZZZ"),
    "account": ("", "92"),
    "internal": ("INT", "ZZZ"),
    "network": ("NET", "ZZZ"),
    "name": ("", "ZZZ"),
}
"""Code list and agency written for a scheme."""
VAT, ANOTHER = "VA", "API"
"""References (1153) of a party: its tax number, and a further number of it with its code list or agency in 1156."""
NAME_SIZE, STREETS = 35, 4
REGION_CODE_SIZE, RECEIVER_SIZE = 9, 17


def read(section: Section, role: str, values: Values) -> Party | None:
    """The party in a role, None where there is none."""
    group = section.best("NAD", *ROLES[role])
    found = party(group, values) if group else None
    return found if found != Party() else None


def party(group: Group, values: Values) -> Party:
    """One NAD group as a party."""
    nad = group.head
    named, lines = _name(nad, values)
    return Party(
        tuple(dict.fromkeys(_identifiers(group, values))), named, _address(nad, lines, values), _contact(group, values)
    )


def _identifiers(group: Group, values: Values) -> Iterator[PartyIdentifier]:
    nad = group.head
    if number := values.text(nad, 2, 1, "party"):
        yield _identifier(number, nad.text(2, 2) or "", nad.text(2, 3) or "", nad, values)
    for rff in group.all("RFF", VAT, ANOTHER):
        if (number := values.text(rff, 1, 2, "party")) is None:
            continue
        if rff.text(1) == VAT:
            yield PartyIdentifier("vat", number)
        else:
            mark = rff.text(1, 3) or ""
            yield _identifier(number, mark, "ZZZ" if mark in LISTS else mark, rff, values)


def _identifier(number: str, code_list: str, agency: str, segment: Segment, values: Values) -> PartyIdentifier:
    scheme = values.options.party_agencies.get(agency) or AGENCIES.get(agency)
    if scheme is None and agency == "ZZZ":
        scheme = LISTS.get(code_list, "name")
    if scheme not in get_args(PartyScheme):
        text = "the agency of the number is missing or in no table; the number is kept as a name"
        values.findings.warn("party.qualifier", segment.place(2, 3), text)
        scheme = "name"
    if scheme == "gln" and not _is_gln(number):
        values.findings.warn("gln.invalid", segment.place(2), "13 digits with a check digit are expected")
    return PartyIdentifier(cast("PartyScheme", scheme), number)


def _is_gln(number: str) -> bool:
    shaped = len(number) == 13 and number.isascii() and number.isdigit()
    return shaped and gs1_standard_check_digit(number[:-1]) == int(number[-1])


def _name(nad: Segment, values: Values) -> tuple[str | None, list[str]]:
    """The name, from C080 or else the first line of C058, and what C058 holds besides."""
    unstructured = [line for n in range(1, nad.count(3) + 1) if (line := values.prose(nad, 3, n, "name"))]
    named = values.words(nad, 4, 1, 5)
    if named is None and unstructured:
        named = unstructured.pop(0)
    return named, unstructured


def _address(nad: Segment, lines: list[str], values: Values) -> Address | None:
    streets = [line for n in range(1, nad.count(5) + 1) if (line := values.prose(nad, 5, n, "address"))]
    found = Address(
        tuple(lines + streets),
        values.prose(nad, 6, 1, "city"),
        values.prose(nad, 7, 1, "region") or values.prose(nad, 7, 4, "region"),
        values.text(nad, 8, 1, "postal_code"),
        values.text(nad, 9, 1, "country"),
    )
    return found if found != Address() else None


def _contact(group: Group, values: Values) -> Contact | None:
    """The first contact that has a name or a number; who took the goods (GR) is told elsewhere."""
    name: str | None = None
    numbers: dict[str, str] = {}
    skipped = False
    for segment in group.members:
        if segment.tag == "CTA":
            skipped = segment.text(1) == "GR"
            if not skipped and name is None:
                name = values.words(segment, 2, 2, 2) or values.prose(segment, 2, 1, "contact")
        elif segment.tag == "COM" and not skipped:
            for element in range(1, len(segment.elements) + 1):
                kind = segment.text(element, 2)
                if kind in {"TE", "EM", "AL"} and (value := values.text(segment, element, 1, "contact")):
                    numbers.setdefault("TE" if kind == "AL" else kind, value)
    found = Contact(name, numbers.get("TE"), numbers.get("EM"))
    return found if found != Contact() else None


def write(
    role: str, found: Party | None, options: EdifactOptions, location: str | None = None, taken_by: str | None = None
) -> Iterator[Sequence[Element]]:
    """The NAD group of a party; nothing where there is none and nothing else to be told of the role."""
    if found is None and location is None and taken_by is None:
        return
    found = found or Party()
    numbers = [one for one in found.identifiers if one.scheme != "vat"]
    yield _write_nad(ROLES[role][0], numbers[0] if numbers else None, found, options)
    if location:
        yield ["LOC", "7", fitting(location, 25, "location")]
    for one in found.identifiers:
        if one.scheme == "vat":
            yield ["RFF", [VAT, fitting(one.value, 35, "tax number")]]
        elif one is not numbers[0]:
            code_list, agency = WRITTEN[one.scheme]
            yield ["RFF", [ANOTHER, fitting(one.value, 35, "party number"), code_list or agency]]
    yield from _write_contact(found.contact, options)
    if taken_by:
        yield ["CTA", "GR", taken_by if len(taken_by) <= RECEIVER_SIZE else ["", fitting(taken_by, 35, "receiver")]]


def _write_nad(code: str, number: PartyIdentifier | None, found: Party, options: EdifactOptions) -> list[Element]:
    c082 = [fitting(number.value, 35, "party number"), *WRITTEN[number.scheme]] if number else []
    name = chunks(prose(found.name, options), NAME_SIZE) if found.name else []
    if len(name) > 5:
        raise not_carried("a party's name has at most five times 35 characters in EDIFACT")
    place = found.address
    if place is None:
        return ["NAD", code, c082, "", name]
    streets = [piece for line in place.lines for piece in chunks(prose(line, options), NAME_SIZE)]
    if len(streets) > STREETS:
        raise not_carried("an address has at most four lines of 35 characters in EDIFACT")
    city = fitting(prose(place.city or "", options), 35, "city")
    postal_code = fitting(place.postal_code or "", 9 if options.directory == "D.96A" else 17, "postal code")
    country = fitting(place.country or "", 3, "country code")
    return ["NAD", code, c082, "", name, streets, city, _region(place.region, options), postal_code, country]


def _region(region: str | None, options: EdifactOptions) -> Element:
    text = prose(region or "", options)
    if len(text) <= REGION_CODE_SIZE or options.directory == "D.96A":
        return fitting(text, REGION_CODE_SIZE, "region")
    return ["", "", "", fitting(text, 70, "region")]


def _write_contact(contact: Contact | None, options: EdifactOptions) -> Iterator[Sequence[Element]]:
    if contact is None:
        return
    name = prose(contact.name, options) if contact.name else ""
    yield ["CTA", "OC", ["", fitting(name, 35 if options.directory == "D.96A" else 256, "contact")]]
    for kind, value in (("TE", contact.phone), ("EM", contact.email)):
        if value:
            yield ["COM", [fitting(value, 512, "number"), kind]]
