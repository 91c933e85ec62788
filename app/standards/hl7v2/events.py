"""Events of consumption as orders tell them: what they have in common, and how the events of a message settle.

Called by the readers of depletions, dispensing and administration.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.errors import Issue
from app.model import gate
from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.findings import Findings
from app.model.item import Identifier
from app.model.markings import Markings
from app.model.quantity import Quantity
from app.standards.hl7v2 import codes, times, units, visits
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.positions import Extras
from app.standards.hl7v2.syntax import Message, Segment

Places = Sequence[tuple[Segment | None, int]]


@dataclass(frozen=True, slots=True)
class Event:
    """One event as far as it could be read; ``undone`` says that it takes back the one of this number."""

    segment: Segment
    findings: Findings
    event_id: str | None
    undone: bool
    occurred_at: datetime | None
    quantity: Quantity | None
    identifiers: tuple[Identifier, ...]
    location: str | None
    description: str | None
    markings: Markings
    department: str | None = None
    cost_centre: str | None = None
    case: str | None = None

    def consumption(self, profile: Profile, case: str | None) -> Consumption | None:
        """The canonical event, None where there are faults. A negative quantity came back."""
        if not self.identifiers and not self.markings.gtin:
            text = "an item code in a coding system of the channel is required"
            self.findings.reject("item.missing", self.segment.place(), text)
        if self.findings.errors or not (self.event_id and self.occurred_at and self.quantity and self.location):
            return None
        marked = (Identifier("gtin", self.markings.gtin),) if self.markings.gtin else ()
        back = self.quantity.value < 0
        return Consumption(
            event_id=f"{self.event_id}-undone" if self.undone else self.event_id,
            kind="reversal" if self.undone else "return" if back else "use",
            occurred_at=self.occurred_at,
            identifiers=tuple(dict.fromkeys((*marked, *self.identifiers))),
            quantity=Quantity(abs(self.quantity.value), self.quantity.unit, self.quantity.common_unit),
            facility=profile.channel.facility,
            location=self.location,
            description=gate.description(self.description),
            lot=self.markings.lot,
            serial=self.markings.serial,
            expiry=self.markings.expiry,
            udi=self.markings.udi,
            department=self.department,
            cost_centre=self.cost_centre,
            case=profile.pseudonym(self.case) if self.case else case,
            reverses=self.event_id if self.undone else None,
            warnings=self.findings.warnings,
        )


def settled(events: Sequence[Event], message: Message, profile: Profile, faults: Findings) -> tuple[Consumption, ...]:
    """The events of a message. Raises Rejected with every fault in it: a message counts as a whole."""
    case = visits.case(message, profile)
    found = [event.consumption(profile, case) for event in events]
    for event in events:
        faults.add(event.findings.errors)
    counts = Counter(one.event_id for one in found if one)
    for event, one in zip(events, found, strict=True):
        if one and counts[one.event_id] > 1:
            text = "two events of the message have one number"
            faults.add([Issue("event.duplicate", event.segment.place(), text)])
    faults.settle()
    return tuple(one for one in found if one)


def occurred_at(
    extras: Extras, places: Places, message: Message, profile: Profile, findings: Findings
) -> datetime | None:
    """The first time that is told; where none is, the time of sending (MSH-7) with a warning."""
    if told := extras.text("occurred_at"):
        return _moment(told, extras.where("occurred_at"), profile, findings)
    for segment, field in places:
        if segment and (text := findings.text("occurred_at", segment.text(field), segment.place(field))):
            return _moment(text, segment.place(field), profile, findings)
    header, where = message.header, _first_place(places, "MSH-7")
    findings.warn("occurred_at.missing", where, "a time is expected; that of sending is taken")
    sent = findings.text("occurred_at", header.text(7), header.place(7), required=True)
    return _moment(sent, header.place(7), profile, findings) if sent else None


def _first_place(places: Places, otherwise: str) -> str:
    segment, field = places[0]
    return segment.place(field) if segment else otherwise


def _moment(text: str, where: str, profile: Profile, findings: Findings) -> datetime | None:
    try:
        found, to_the_hour = times.moment(text, profile.channel.time_zone)
    except gate.Unfit as fault:
        findings.unfit("occurred_at", where, fault)
        return None
    if not to_the_hour:
        findings.warn("occurred_at.date_only", where, "no time is told; the start of the day is taken")
    return found


def location(extras: Extras, places: Places, profile: Profile, findings: Findings) -> str | None:
    """The first location that is told (its point of care), else the channel's."""
    if told := extras.text("location"):
        return told
    for segment, field in places:
        if segment and segment.text(field):
            return codes.plain(findings, "location", segment.text(field), segment.place(field), required=True)
    if default := profile.options(Hl7Options).default_location:
        return default
    findings.reject("location.missing", _first_place(places, "PV1-3"), "a location is required")
    return None


def quantity(
    segment: Segment, fields: tuple[int, int], extras: Extras, profile: Profile, findings: Findings
) -> Quantity | None:
    """Amount and unit of two fields; zero is none. Without a unit it is in the channel's default unit."""
    where, unit_where = segment.place(fields[0]), segment.place(fields[1])
    amount = codes.number_in(findings, "quantity", segment, fields[0])
    unit = extras.text("unit") or units.of(segment, fields[1], findings)
    if segment.text(fields[0]) is None:
        findings.reject("quantity.missing", where, "a quantity is required")
    elif amount is not None and not amount:
        findings.reject("quantity.invalid", where, "a quantity other than zero is expected")
    common = units.named(unit, unit_where, profile.options(Hl7Options), findings)
    return Quantity(amount, unit or profile.channel.default_unit, common) if amount else None
