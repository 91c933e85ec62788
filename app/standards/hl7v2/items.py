"""Which item an FT1 segment speaks of, and what is marked on it in the PRT, DEV and Z segments that follow.

Called by the readers of consumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.model import gate, udi
from app.model.channel import Channel, Profile
from app.model.findings import Findings
from app.model.item import Identifier
from app.model.markings import Markings
from app.standards.hl7v2 import codes, times
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.positions import Extras
from app.standards.hl7v2.syntax import Segment

DEVICE_IDENTIFIERS: Mapping[str, str] = {"": "gtin", "2.51.1.1": "gtin", "1.3.160": "gtin", "GS1": "gtin"}
"""Assigning authorities of device identifiers (PRT-16, DEV-9) that are GS1; none named is tried as GS1."""

ITEM_FIELDS: tuple[tuple[int, str | None], ...] = ((7, "internal"), (34, "internal"), (29, "ndc"), (25, None))
"""FT1 fields with coded items and the scheme of a code without a coding system.

FT1-25 is a procedure code by definition, hence no item unless its coding system says so.
"""
MAX_CARRIERS = 5
"""Identifiers of one device in one field; each costs time to read."""
_REMOVED = ("DE", "D")
"""Action codes (table 0287) of participations that are taken back."""


def identifiers(
    segment: Segment, profile: Profile, markings: Markings, extras: Extras, findings: Findings
) -> tuple[Identifier, ...]:
    """All names of the item, the UDI's first. A fault is left where there is none."""
    found = [Identifier("gtin", markings.gtin)] if markings.gtin else []
    found += extras.identifiers()
    own = profile.options(Hl7Options).item_schemes
    for field, default in ITEM_FIELDS:
        found += coded(segment, field, own.get(f"FT1-{field}", default), profile.channel, findings)
    if model := codes.code(findings, "item", segment, 35):
        found.append(Identifier("manufacturer", model))
    if not found:
        findings.reject("item.missing", segment.place(7), "an item code in a coding system of the channel is required")
    return tuple(dict.fromkeys(found))


def mark(markings: Markings, segment: Segment, findings: Findings) -> None:
    """Note what a PRT (2.7 and later) or DEV (2.9) segment says of the unit; others say nothing."""
    if segment.name not in {"PRT", "DEV"} or (segment.text(2 if segment.name == "PRT" else 1) or "") in _REMOVED:
        return
    carriers, identifier, lot, serial, expiry = (
        ((10, 22), 16, 19, 20, 18) if segment.name == "PRT" else ((2, 3), 9, 10, 11, 13)
    )
    for field in carriers:
        _carriers(markings, segment, field, findings)
    authority = segment.text(identifier, 3) or segment.text(identifier, 2) or ""
    if authority in DEVICE_IDENTIFIERS:
        markings.say_gtin(segment.text(identifier), segment.place(identifier))
    markings.say_lot(segment.text(lot), segment.place(lot))
    markings.say_serial(segment.text(serial), segment.place(serial))
    markings.say_expiry(times.expiry(segment.text(expiry), segment.place(expiry), findings), segment.place(expiry))


def _carriers(markings: Markings, segment: Segment, field: int, findings: Findings) -> None:
    """A UDI in its human readable form is told by its first character (PRT-10); the field holds other numbers too."""
    where = segment.place(field)
    count = len(segment.repetitions(field))
    if count > MAX_CARRIERS:
        findings.reject("udi.too_many", where, f"at most {MAX_CARRIERS} repetitions are allowed")
        return
    for repetition in range(1, count + 1):
        text = findings.text("udi", segment.text(field, 1, repetition), where, allowed=gate.GROUP_SEPARATOR) or ""
        carrier = udi.parse(text)
        if text.startswith(("(", "{")) or (carrier.issuer and (not text.isdigit() or len(text) == 14)):
            markings.say_carrier(carrier, where)


def coded(
    segment: Segment, field: int, default: str | None, channel: Channel, findings: Findings
) -> Iterator[Identifier]:
    """The item in a field that may hold another thing's code: one in an unknown coding system is left out."""
    code = codes.code(findings, "item", segment, field)
    if code is None:
        return
    system = segment.text(field, 3)
    scheme = default if system is None else codes.scheme_of(system, channel)
    if scheme:
        yield from codes.identifier(findings, scheme, code, segment.place(field))
    elif default:
        text = "the coding system is not known to the channel; the code was left out"
        findings.warn("item.coding_system", segment.place(field, 3), text)
