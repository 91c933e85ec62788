"""Parties: N1 loops and the segments that belong to them (N2, N3, N4, REF, PER), both ways.

Used by every mapping of the package.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import cast, get_args

from app.model import gate
from app.model.party import Address, Contact, Party, PartyIdentifier, PartyScheme
from app.standards.x12.syntax import Segment
from app.standards.x12.values import Values, all_of, first

QUALIFIERS: Mapping[str, str] = {
    "UL": "gln",
    "1": "duns",
    "9": "duns",
    "21": "hin",
    "11": "dea",
    "91": "account",
    "92": "account",
    "93": "account",
    "94": "account",
    "ZZ": "internal",
}
"""Identification code qualifiers (data element 66): the scheme of the number in N1-04."""
WRITTEN: Mapping[str, str] = {
    "gln": "UL", "duns": "1", "hin": "21", "dea": "11", "account": "92", "internal": "ZZ",
}  # fmt: skip
ROLES: Mapping[str, tuple[str, ...]] = {
    "buyer": ("BY", "SO", "OB", "PO", "BG"),
    "seller": ("SE", "VN", "SU", "DS", "MF", "98"),
    "ship_to": ("ST", "BS"),
    "bill_to": ("BT", "BS", "PR"),
    "ship_from": ("SF", "SH"),
    "remit_to": ("RE", "RI"),
}
"""Entity identifier codes (data element 98) by canonical role, the best one first."""
NAME_LENGTH, STREET_LENGTH = 60, 55
"""Characters of N1-02 and of N3; what is longer is continued between words."""
VAT = "VX"
"""REF-01 of a value added tax number."""
MORE, LIKEWISE = "ZZ", frozenset(get_args(PartyScheme))
"""REF-01 of a further number of a party; N1 has room for one. REF-03 names its scheme."""
INSIDE = frozenset({"N1", "N2", "N3", "N4", "PER", "REF", "FOB"})
"""Segments that may follow N1 in its loop."""


def loops_of(segments: Sequence[Segment]) -> tuple[list[list[Segment]], list[Segment]]:
    """The N1 loops, and the other segments in their order."""
    found: list[list[Segment]] = []
    others: list[Segment] = []
    inside = False
    for segment in segments:
        if segment.tag == "N1":
            found.append([segment])
            inside = True
        elif inside and segment.tag in INSIDE:
            found[-1].append(segment)
        else:
            inside = False
            others.append(segment)
    return found, others


def read(segments: Sequence[Segment], role: str, values: Values) -> Party | None:
    """The party in a role, None where there is none."""
    by_code = {loop[0].text(1): loop for loop in reversed(loops_of(segments)[0])}
    loop = next((by_code[code] for code in ROLES[role] if code in by_code), None)
    return party(loop, values) if loop else None


def party(loop: Sequence[Segment], values: Values) -> Party:
    """One N1 loop as a party."""
    n1 = loop[0]
    identifiers = dict.fromkeys([*_identifier(n1, values), *_further(loop, values)])
    return Party(tuple(identifiers), _name(loop, values), _address(loop, values), _contact(loop, values))


def _name(loop: Sequence[Segment], values: Values) -> str | None:
    """N1-02, and in N2 what does not fit into it."""
    parts = [
        values.prose(loop[0], 2, "name"),
        *(values.prose(s, n, "name") for s in all_of(loop, "N2") for n in (1, 2)),
    ]
    try:
        return gate.prose(" ".join(part for part in parts if part))
    except gate.Unfit as fault:
        values.findings.unfit("name", loop[0].place(2), fault)
        return None


def _identifier(n1: Segment, values: Values) -> Iterator[PartyIdentifier]:
    number, qualifier = values.text(n1, 4, "party"), n1.text(3)
    if number is None:
        return
    scheme = values.options.party_qualifiers.get(qualifier or "") or QUALIFIERS.get(qualifier or "")
    if scheme is None or scheme not in get_args(PartyScheme):
        values.findings.warn(
            "party.qualifier", n1.place(3), "the qualifier is in no table; the number is kept as a name"
        )
        scheme = "name"
    yield PartyIdentifier(cast("PartyScheme", scheme), number)


def _further(loop: Sequence[Segment], values: Values) -> Iterator[PartyIdentifier]:
    for ref in all_of(loop, "REF", MORE, VAT):
        scheme = "vat" if ref.text(1) == VAT else ref.text(3)
        number = values.text(ref, 2, "party")
        if scheme in LIKEWISE and number:
            yield PartyIdentifier(cast("PartyScheme", scheme), number)


def _address(loop: Sequence[Segment], values: Values) -> Address | None:
    streets = [values.prose(s, n, "address") for s in loop if s.tag == "N3" for n in (1, 2)]
    n4 = first(loop, "N4")
    lines = tuple(line for line in streets if line and line != "NULL")
    if not lines and n4 is None:
        return None
    found = Address(
        lines,
        values.prose(n4, 1, "city"),
        values.prose(n4, 2, "region"),
        values.text(n4, 3, "postal_code"),
        values.text(n4, 4, "country"),
    )
    return found if found != Address() else None


def _contact(loop: Sequence[Segment], values: Values) -> Contact | None:
    per = first(loop, "PER")
    if per is None:
        return None
    numbers = {per.text(n): values.text(per, n + 1, "contact") for n in (7, 5, 3) if per.text(n)}
    found = Contact(values.prose(per, 2, "contact"), numbers.get("TE"), numbers.get("EM"))
    return found if found != Contact() else None


def write(role: str, found: Party | None, qualifiers: Mapping[str, str]) -> Iterator[list[str]]:
    """The N1 loop of a party; nothing where there is none. N1 has the first number that it knows, REF the others."""
    if found is None:
        return
    table = {**WRITTEN, **qualifiers}
    number = next((one for one in found.identifiers if one.scheme in table), None)
    ids = [table[number.scheme], number.value] if number else []
    name, *more = wrap(found.name or "", NAME_LENGTH) or [""]
    yield ["N1", ROLES[role][0], name, *ids]
    yield from (["N2", *more[place : place + 2]] for place in range(0, len(more), 2))
    if address := found.address:
        lines = [part for line in address.lines for part in wrap(line, STREET_LENGTH)]
        yield from (["N3", *lines[place : place + 2]] for place in range(0, len(lines), 2))
        yield ["N4", address.city or "", address.region or "", address.postal_code or "", address.country or ""]
    for one in found.identifiers:
        if one is not number:
            yield ["REF", VAT, one.value] if one.scheme == "vat" else ["REF", MORE, one.value, one.scheme]
    if contact := found.contact:
        pairs = [("TE", contact.phone), ("EM", contact.email)]
        yield ["PER", "IC", contact.name or "", *(part for code, value in pairs if value for part in (code, value))]
