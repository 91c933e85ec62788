"""INU^U05 read as an inventory report: what an analyser or cabinet has and has used (HL7 v2 chapter 13, EQU and INV).

Called by ``app.standards.hl7v2.messages``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from app.model.channel import Profile
from app.model.findings import Findings
from app.model.inventory_report import Activity, InventoryLine, InventoryReport
from app.model.item import Identifier
from app.model.markings import Markings
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.hl7v2 import codes, times, units
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.positions import Extras
from app.standards.hl7v2.syntax import Message, Segment

QUANTITIES: Mapping[Activity, tuple[int, ...]] = {"on_hand": (8, 9), "consumed": (10,)}
"""The fields of INV that tell each activity; current comes before available quantity."""
MAX_LINES = 20_000


def read(message: Message, profile: Profile) -> tuple[InventoryReport, ...]:
    """The report. Raises Rejected with every fault in it."""
    findings = Findings()
    equipment = message.first("EQU")
    details = _groups(message)
    if len(details) > MAX_LINES:
        findings.reject("segment.too_many", "INV", f"at most {MAX_LINES} INV segments are allowed")
    lines = [line for group in details[:MAX_LINES] for line in _lines(group, profile, findings)]
    if not lines and not findings.errors:
        findings.reject("segment.missing", "INV", "at least one INV segment with a quantity is expected")
    number = codes.code(findings, "control_id", message.header, 10)
    findings.settle()
    report = InventoryReport(
        number=number or "",
        lines=tuple(lines),
        reported_at=_reported_at(equipment, message, profile, findings),
        location=codes.code(findings, "location", equipment, 1) if equipment else None,
        currency=profile.options(Hl7Options).currency,
        warnings=findings.warnings,
    )
    return (report,)


def _groups(message: Message) -> list[list[Segment]]:
    groups: list[list[Segment]] = []
    for segment in message.segments:
        if segment.name == "INV":
            groups.append([segment])
        elif groups and segment.name.startswith("Z"):
            groups[-1].append(segment)
    return groups


def _reported_at(equipment: Segment | None, message: Message, profile: Profile, findings: Findings) -> When | None:
    """EQU-2, else the time of sending."""
    for segment, field in ((equipment, 2), (message.header, 7)):
        if segment and segment.text(field):
            zone = profile.channel.time_zone
            return times.when(segment.text(field), segment.place(field), "reported_at", zone, findings)
    return None


def _lines(group: list[Segment], profile: Profile, findings: Findings) -> Iterator[InventoryLine]:
    segment, options = group[0], profile.options(Hl7Options)
    extras = Extras(group, options, findings)
    told = list(_quantities(segment, findings))
    if not told:
        findings.warn("quantity.missing", segment.place(), "it tells no quantity and was left out")
        return
    identifiers = _identifiers(segment, extras, profile, findings)
    if not identifiers:
        findings.reject("item.missing", segment.place(1), "an item code is required")
        return
    unit = extras.text("unit") or units.of(segment, 11, findings)
    if unit is None:
        findings.warn("unit.missing", segment.place(11), "a unit is expected")
    common = units.named(unit, segment.place(11), options, findings)
    line = _line(segment, extras, identifiers, findings)
    for activity, amount in told:
        yield replace(line, quantity=Quantity(amount, unit, common), activity=activity)


def _quantities(segment: Segment, findings: Findings) -> Iterator[tuple[Activity, Decimal]]:
    for activity, fields in QUANTITIES.items():
        field = next((field for field in fields if segment.text(field)), None)
        if field and (amount := codes.number_in(findings, "quantity", segment, field)) is not None:
            yield activity, amount


def _identifiers(segment: Segment, extras: Extras, profile: Profile, findings: Findings) -> tuple[Identifier, ...]:
    scheme = profile.options(Hl7Options).item_schemes.get("INV-1", "manufacturer")
    return codes.ordered([*extras.identifiers(), *codes.item_codes(findings, segment, 1, scheme, profile.channel)])


def _line(segment: Segment, extras: Extras, identifiers: tuple[Identifier, ...], findings: Findings) -> InventoryLine:
    markings = Markings(findings)
    extras.mark(markings)
    markings.say_lot(codes.code(findings, "lot", segment, 16), segment.place(16))
    markings.say_expiry(times.expiry(segment.text(12), segment.place(12), findings), segment.place(12))
    return InventoryLine(
        quantity=Quantity(Decimal(0)),
        number=str(segment.ordinal),
        location=extras.text("location"),
        identifiers=identifiers,
        description=codes.prose(findings, "description", segment.prose(1, 2), segment.place(1, 2)),
        lot=markings.lot,
        serial=markings.serial,
        expiry=markings.expiry,
        udi=markings.udi,
    )
