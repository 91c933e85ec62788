"""What a partner tells where the standard says nothing: Z segments and fields used otherwise, read by option.

Used by the readers; ``Hl7Options.fields`` maps a place (``ZQD-2``, ``ZIT-4.1``) to one of the things listed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from app.errors import Misconfigured
from app.model.findings import Findings
from app.model.item import SCHEMES, Identifier
from app.model.markings import Markings
from app.standards.hl7v2 import codes, times
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.syntax import Segment

MARKS = ("lot", "serial", "expiry", "udi")
ITEM_FLAGS = (
    "lot_tracked",
    "serial_tracked",
    "expiry_tracked",
    "stocked",
    "chargeable",
    "latex",
    "sterile",
    "hazardous",
    "reusable",
    "implantable",
    "taxable",
)
ITEM_TEXTS = ("base_unit", "type", "category", "model", "charge_code", "account", "manufacturer_name", "price")
EVENT_THINGS = ("event", "occurred_at", "quantity", "unit", "location", "department", "cost_centre", "case", "reverses")
ORDER_THINGS = ("account", "deliver_from", "substitutes_allowed", "price", "note")
THINGS = frozenset((*SCHEMES, *MARKS, "description", *ITEM_FLAGS, *ITEM_TEXTS, *EVENT_THINGS, *ORDER_THINGS))
"""What a place may hold. The names of identifier schemes mean a number of the item in that scheme."""

PATIENT = frozenset({"PID", "PD1", "PV2", "NK1", "GT1", "IN1", "IN2", "IN3", "DG1", "AL1", "MRG", "ACC", "OBX"})
"""Segments about people, from which nothing is ever read."""

_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})-([1-9]\d{0,2})(?:\.([1-9]\d?))?")


class Extras:
    """What stands in the options' places within some segments."""

    def __init__(self, segments: Iterable[Segment], options: Hl7Options, findings: Findings) -> None:
        self._findings = findings
        self._found: dict[str, list[tuple[str, str]]] = {}
        if options.fields:
            places = by_segment(options.fields)
            for segment in segments:
                for thing, number, component in places.get(segment.name, ()):
                    if value := segment.text(number, component):
                        self._found.setdefault(thing, []).append((value, segment.place(number)))

    def text(self, thing: str) -> str | None:
        """The value of a thing; two that differ are a fault, since nobody can tell which one holds."""
        if not (found := self._found.get(thing)):
            return None
        values = [(codes.plain(self._findings, thing, value, where), where) for value, where in found]
        if len({value for value, _ in values}) > 1:
            self._findings.reject(f"{thing}.conflict", values[1][1], f"disagrees with {values[0][1]}")
        return values[0][0]

    def where(self, thing: str) -> str:
        """The place that a thing was found at."""
        return self._found[thing][0][1]

    def flag(self, thing: str) -> bool | None:
        """Y or N and their like."""
        value = self.text(thing)
        return codes.yes(self._findings, thing, value, self.where(thing)) if value else None

    def prose(self, thing: str) -> str | None:
        """Text for people."""
        found = (codes.prose(self._findings, thing, value, where) for value, where in self._found.get(thing, []))
        return next((value for value in found if value), None)

    def identifiers(self) -> Iterator[Identifier]:
        """Numbers of the item."""
        for scheme in SCHEMES if self._found else ():
            if value := self.text(scheme):
                yield from codes.identifier(self._findings, scheme, value, self.where(scheme))

    def mark(self, markings: Markings) -> None:
        """Lot, serial number, expiry and UDI."""
        if not self._found:
            return
        for value, where in self._found.get("lot", []):
            markings.say_lot(codes.plain(self._findings, "lot", value, where), where)
        for value, where in self._found.get("serial", []):
            markings.say_serial(codes.plain(self._findings, "serial", value, where), where)
        for value, where in self._found.get("udi", []):
            markings.say_udi(value, where)
        for value, where in self._found.get("expiry", []):
            markings.say_expiry(times.expiry(value, where, self._findings), where)


def by_segment(fields: Mapping[str, str]) -> Mapping[str, list[tuple[str, int, int]]]:
    """The things to be found in each segment: thing, field, component. Raises Misconfigured for an impossible place."""
    return _by_segment(tuple(fields.items()))


@lru_cache(maxsize=64)
def _by_segment(fields: tuple[tuple[str, str], ...]) -> Mapping[str, list[tuple[str, int, int]]]:
    found: dict[str, list[tuple[str, int, int]]] = {}
    for place, thing in fields:
        match = _PLACE.fullmatch(place)
        if not match or thing not in THINGS or match[1] in PATIENT:
            raise Misconfigured(f"option fields: {place} cannot hold {thing}", code="options.fields")
        found.setdefault(match[1], []).append((thing, int(match[2]), int(match[3] or 1)))
    return found
