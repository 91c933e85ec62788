"""Who sells an item and how it is packed: the VND and PKG segments of a master file (HL7 v2 chapter 17).

Called by the reader of master files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.model import gtin
from app.model.findings import Findings
from app.model.item_record import ItemSource, Pack
from app.standards.hl7v2 import codes, units
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.syntax import Segment

MAX_PACKS = 200
"""Packagings of one item; more are a fault in the sender."""


@dataclass(frozen=True, slots=True)
class Sourcing:
    """Where an item comes from: its sources with their packs, and packs that are told without a source."""

    sources: tuple[ItemSource, ...] = ()
    packs: tuple[Pack, ...] = ()

    def all_packs(self) -> Iterator[Pack]:
        """The packs of all sources and of none."""
        yield from self.packs
        for source in self.sources:
            yield from source.packs

    @property
    def base_unit(self) -> tuple[str | None, str | None]:
        """The unit of which a pack of one tells that it is the base unit, with its common code."""
        singles = {(pack.unit, pack.common_unit) for pack in self.all_packs() if pack.quantity == 1}
        return singles.pop() if len(singles) == 1 else (None, None)


def read(group: Sequence[Segment], options: Hl7Options, findings: Findings) -> Sourcing:
    """The sources and packs of an item; too many leave a fault."""
    own, vendors = _split(group)
    if len(own) + sum(map(len, vendors)) > 2 * MAX_PACKS:
        findings.reject("pack.too_many", "PKG", f"at most {MAX_PACKS} packagings of an item are allowed")
        return Sourcing()
    sources = tuple(source for vendor in vendors if (source := _source(vendor, options, findings)))
    return Sourcing(sources, tuple(_packs(own, options, findings)))


def _split(group: Sequence[Segment]) -> tuple[list[Segment], list[list[Segment]]]:
    """The packagings before any vendor, and every vendor with its own."""
    own: list[Segment] = []
    vendors: list[list[Segment]] = []
    for segment in group:
        if segment.name == "VND":
            vendors.append([segment])
        elif segment.name == "PKG":
            (vendors[-1] if vendors else own).append(segment)
    return own, vendors


def _source(vendor: Sequence[Segment], options: Hl7Options, findings: Findings) -> ItemSource | None:
    segment, *packs = vendor
    supplier = codes.party(findings, segment, 2, 3)
    if supplier is None:
        findings.warn("party.missing", segment.place(2), "a vendor is expected; the segment was left out")
        return None
    return ItemSource(
        supplier=supplier,
        catalogue_number=codes.code(findings, "item", segment, 4),
        primary=codes.flag(findings, "primary", segment, 5),
        contract=codes.code(findings, "contract", segment, 9),
        packs=tuple(_packs(packs, options, findings)),
    )


def _packs(segments: Sequence[Segment], options: Hl7Options, findings: Findings) -> Iterator[Pack]:
    for place, segment in enumerate(segments):
        unit = units.of(segment, 2, findings)
        if unit is None:
            findings.warn("unit.missing", segment.place(2), "a packaging unit is expected; the segment was left out")
            continue
        number = codes.code(findings, "gtin", segment, 8)
        yield Pack(
            unit=unit,
            quantity=_quantity(segments, place, options, findings),
            common_unit=units.named(unit, segment.place(2), options, findings),
            gtin=gtin.read(number, segment.place(8), findings) if number else None,
            price=codes.price(findings, segment, 5, options.currency),
            default=codes.flag(findings, "default", segment, 3),
        )


def _quantity(segments: Sequence[Segment], place: int, options: Hl7Options, findings: Findings) -> Decimal | None:
    """How many base units a packaging holds.

    PKG-10 says so. PKG-4 counts what is within, and where several packagings of more than one are told without PKG-10,
    nobody can tell whether that is the next smaller packaging or the base unit, unless the channel says so.
    """
    segment = segments[place]
    each, within = (codes.told_number(findings, "pack_quantity", segment, field) for field in (10, 4))
    found = each if each is not None else within
    if found is not None and found <= 0:
        findings.warn("pack_quantity.invalid", segment.place(4), "a number greater than zero is expected")
        return None
    if each is not None or within is None or within == 1 or options.package_quantity == "base_unit":
        return found
    larger = [one for one in segments if (told := one.text(4)) and told not in {"1", "1.0", "1.00"}]
    if len(larger) == 1:
        return within
    if options.package_quantity == "next_level":
        return _through_levels(segments, place, within, findings)
    text = "with several packagings PKG-10 is expected, which tells the base units in each; it was left out"
    findings.warn("pack_quantity.ambiguous", segment.place(4), text)
    return None


def _through_levels(segments: Sequence[Segment], place: int, within: Decimal, findings: Findings) -> Decimal | None:
    """The product of what each smaller packaging below (in descending order, as the standard has it) holds."""
    found = within
    for segment in segments[place + 1 :]:
        told = codes.told_number(findings, "pack_quantity", segment, 4)
        if told is None or told <= 0:
            return None
        found *= told
    return found
