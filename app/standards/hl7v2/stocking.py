"""Where an item is kept and how much of it: IVT, ILT and IIM segments of a master file (HL7 v2 chapter 17).

Called by the reader of master files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Any

from app.model.findings import Findings
from app.model.item_record import ItemPlace
from app.standards.hl7v2 import codes, times, units
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.sourcing import Sourcing
from app.standards.hl7v2.syntax import Segment

MAX_PLACES = 5_000
"""Places and lots of one item."""


def read(
    group: Sequence[Segment], told: Mapping[str, Any], sourcing: Sourcing, options: Hl7Options, findings: Findings
) -> dict[str, Any]:
    """The item's places, its lot where all of them hold the same one, and whether it is used again.

    ``told`` is what is known of the item by now.
    """
    kept = [segment for segment in group if segment.name in {"IVT", "ILT", "IIM"}]
    if len(kept) > MAX_PLACES:
        findings.reject("location.too_many", "IVT", f"at most {MAX_PLACES} places and lots of an item are allowed")
        return {}
    if not kept:
        return {}
    reader = _Reader(told.get("base_unit"), sourcing, options, findings)
    found: dict[str, Any] = {"places": (*reader.places(kept), *_counted(kept, findings))}
    again = {codes.flag(findings, "reusable", one, 17) for one in kept if one.name == "IVT"} - {None}
    if len(again) == 1 and "reusable" not in told:
        found["reusable"] = again.pop()
    if not told.get("lot"):
        found |= _lot([segment for segment in kept if segment.name == "ILT"], findings)
    return found


def _lot(lots: Sequence[Segment], findings: Findings) -> dict[str, Any]:
    """The lot and its expiry where there is but one."""
    numbers = {lot for segment in lots if (lot := codes.code(findings, "lot", segment, 2))}
    if len(numbers) > 1:
        findings.warn("lot.several", lots[0].place(2), "several lots are told; only what they sum up to was taken")
    if len(numbers) != 1:
        return {}
    expiries = {told for one in lots if (told := times.expiry(one.text(3), one.place(3), findings))}
    if len(expiries) > 1:
        findings.reject("expiry.conflict", lots[-1].place(3), "one lot has one expiry date")
    return {"lot": numbers.pop(), **({"expiry": expiries.pop()} if expiries else {})}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the places of one item; quantities are told in its base unit."""

    base_unit: str | None
    sourcing: Sourcing
    options: Hl7Options
    findings: Findings

    def places(self, group: Sequence[Segment]) -> Iterator[ItemPlace]:
        """Every IVT with the lots below it."""
        starts = [place for place, segment in enumerate(group) if segment.name == "IVT"]
        for start, end in pairwise([*starts, len(group)]):
            lots = [one for one in group[start:end] if one.name == "ILT"]
            if place := self._place(group[start], lots):
                yield place

    def _place(self, segment: Segment, lots: Sequence[Segment]) -> ItemPlace | None:
        findings = self.findings
        location = codes.code(findings, "location", segment, 2)
        if location is None:
            findings.warn("location.missing", segment.place(2), "a location is expected; the segment was left out")
            return None
        return ItemPlace(
            location=location,
            bin=codes.code(findings, "bin", segment, 7),
            minimum=_level(segment, 22, self.options, findings),
            maximum=_level(segment, 23, self.options, findings),
            reorder_point=codes.told_number(findings, "reorder_point", segment, 24),
            reorder_quantity=self._reorder_quantity(segment),
            on_hand=self._on_hand(lots),
            consigned=codes.flag(findings, "consigned", segment, 16),
        )

    def _reorder_quantity(self, segment: Segment) -> Decimal | None:
        """IVT-25, which counts order packagings (IVT-8), in base units."""
        told = codes.told_number(self.findings, "reorder_quantity", segment, 25)
        unit = units.of(segment, 8, self.findings)
        if told is None or unit is None or unit == self.base_unit:
            return told
        factors = {pack.quantity for pack in self.sourcing.all_packs() if pack.unit == unit}
        factor = factors.pop() if len(factors) == 1 else None
        if factor is None:
            text = "it is told in a packaging of unknown content; it was left out"
            self.findings.warn("reorder_quantity.unit", segment.place(25), text)
            return None
        if factor != 1:
            self.findings.warn("reorder_quantity.converted", segment.place(25), "it was turned into base units")
        return told * factor

    def _on_hand(self, lots: Sequence[Segment]) -> Decimal | None:
        """The sum of the lots (ILT-9), where all are told in the base unit or in none."""
        found = []
        for lot in lots:
            unit, told = units.of(lot, 10, self.findings), codes.told_number(self.findings, "on_hand", lot, 9)
            if told is not None and unit is not None and unit != self.base_unit:
                text = "it is told in another unit than the base unit; stock on hand was left out"
                self.findings.warn("on_hand.unit", lot.place(10), text)
                return None
            if told is not None:
                found.append(told)
        if len(found) > 1:
            self.findings.warn("on_hand.summed", lots[0].place(9), "stock on hand is the sum of the lots")
        return sum(found[1:], found[0]) if found else None


def _level(segment: Segment, field: int, options: Hl7Options, findings: Findings) -> Decimal | None:
    if options.levels == "quantity":
        return codes.told_number(findings, "level", segment, field)
    if segment.text(field):
        findings.warn("level.days", segment.place(field), "days of stock are no quantity; the level was left out")
    return None


def _counted(group: Sequence[Segment], findings: Findings) -> Iterator[ItemPlace]:
    """The place of an IIM segment (M15)."""
    for segment in group:
        if segment.name == "IIM" and (location := codes.code(findings, "location", segment, 6)):
            yield ItemPlace(location, on_hand=codes.told_number(findings, "on_hand", segment, 12))
