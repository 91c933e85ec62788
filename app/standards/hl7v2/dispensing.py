"""RDS^O13 and RAS^O17 read as consumption (HL7 v2 chapter 4A, RXD and RXA).

Called by ``app.standards.hl7v2.messages``. A dispense takes from stock. What was given is a clinical amount, which is
taken for stock only where the channel says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.findings import Findings
from app.model.item import Identifier
from app.model.markings import Markings
from app.standards.hl7v2 import codes, events, orders, times
from app.standards.hl7v2.events import Event
from app.standards.hl7v2.items import coded
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.orders import OrderedItem
from app.standards.hl7v2.positions import Extras
from app.standards.hl7v2.syntax import Message, Segment

GIVEN = frozenset({"", "CP", "PA"})
"""Completion statuses (RXA-20, table 0322) of what was given, wholly or in part; RE and NA took nothing."""
UNKNOWN_AMOUNTS = frozenset({"999"})
"""What RXA-6 holds where the amount is not known (chapter 4A.4.7)."""

MAX_LOTS = 20


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a detail segment tells what: item, time, amount, unit, lots, expiry dates, locations."""

    item: int
    time: int
    amount: int
    unit: int
    lot: int
    expiry: int
    locations: tuple[tuple[int, int], ...]
    """Fields with their components."""


DISPENSE = Layout(item=2, time=3, amount=4, unit=5, lot=18, expiry=19, locations=((26, 1), (13, 1)))
ADMINISTRATION = Layout(item=5, time=3, amount=6, unit=7, lot=15, expiry=16, locations=((27, 1), (11, 1), (11, 4)))


def dispenses(message: Message, profile: Profile) -> tuple[Consumption, ...]:
    """Every RXD segment. Raises Rejected with every fault in the message: it counts as a whole."""
    faults = Findings()
    found = []
    for item in orders.items(message.segments, "RXD", faults):
        reader = _Reader(item, DISPENSE, message, profile, Findings())
        control = orders.control(item.order, reader.options, reader.findings)
        if control == "change":
            reader.findings.reject(
                "order_control.unsupported", item.order.place(1), "a new or cancelled one is expected"
            )
        found.append(
            reader.event(_number(item, ((item.detail, 7),), (1,), reader.findings), undone=control == "cancel")
        )
    return events.settled(found, message, profile, faults)


def administrations(message: Message, profile: Profile, oddities: Findings) -> tuple[Consumption, ...]:
    """Every RXA segment of something that was given. Raises Rejected with every fault in the message."""
    if profile.options(Hl7Options).administrations == "ignored":
        text = "what was given is no movement of stock on this channel (option administrations); it was not taken"
        oddities.warn("administration.ignored", "RXA[1]", text)
        return ()
    faults = Findings()
    found = [_administration(item, message, profile) for item in orders.items(message.segments, "RXA", faults)]
    for event in found:
        oddities.add(event.findings.warnings)
    return events.settled([event for event in found if not _nothing_given(event.segment)], message, profile, faults)


def _nothing_given(segment: Segment) -> bool:
    return (segment.text(20) or "").upper() not in GIVEN


def _administration(item: OrderedItem, message: Message, profile: Profile) -> Event:
    findings, segment = Findings(), item.detail
    action = (segment.text(21) or "A").upper()
    if action not in {"A", "D"}:
        findings.reject("action.unsupported", segment.place(21), "A or D is expected; tell an update as D and A")
    if _nothing_given(segment):
        findings.warn("administration.nothing_given", segment.place(20), "nothing was given; it takes nothing")
    if segment.text(6) in UNKNOWN_AMOUNTS:
        findings.reject("quantity.ambiguous", segment.place(6), "a known amount is expected")
    number = _number(item, (), (2, 1), findings)
    return _Reader(item, ADMINISTRATION, message, profile, findings).event(number, undone=action == "D")


def _number(
    item: OrderedItem, others: Sequence[tuple[Segment, int]], counters: Sequence[int], findings: Findings
) -> str | None:
    """The filler's number of the order, else the placer's, else another one; and the count of the event within it."""
    places = [(item.order, 3), (item.order, 2), *others]
    number = next((code for one, field in places if (code := codes.code(findings, "order", one, field))), None)
    counts = [count for field in counters if (count := codes.code(findings, "event", item.detail, field))]
    if number is None:
        findings.reject("order.missing", item.order.place(3), "an order number is required")
        return None
    return f"{number}-{counts[0]}" if counts else number


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one detail segment; what it cannot read it leaves in the findings."""

    item: OrderedItem
    layout: Layout
    message: Message
    profile: Profile
    findings: Findings

    @property
    def options(self) -> Hl7Options:
        return self.profile.options(Hl7Options)

    def event(self, number: str | None, *, undone: bool) -> Event:
        layout, segment = self.layout, self.item.detail
        extras = Extras(self.item.group, self.options, self.findings)
        visit = self.message.first("PV1")
        return Event(
            segment=segment,
            findings=self.findings,
            event_id=extras.text("event") or number,
            undone=undone,
            occurred_at=events.occurred_at(
                extras, [(segment, layout.time), (self.item.order, 9)], self.message, self.profile, self.findings
            ),
            quantity=events.quantity(segment, (layout.amount, layout.unit), extras, self.profile, self.findings),
            identifiers=self._identifiers(extras),
            location=self._location(extras, visit),
            description=extras.prose("description") or segment.prose(layout.item, 2),
            markings=self._markings(extras),
            department=extras.text("department"),
            cost_centre=extras.text("cost_centre"),
            case=extras.text("case"),
        )

    def _identifiers(self, extras: Extras) -> tuple[Identifier, ...]:
        segment, field = self.item.detail, self.layout.item
        default = self.options.item_schemes.get(f"{segment.name}-{field}", "internal")
        found = [*extras.identifiers(), *coded(segment, field, default, self.profile.channel, self.findings)]
        alternate = codes.scheme_of(segment.text(field, 6), self.profile.channel)
        if alternate and (code := codes.code(self.findings, "item", segment, field, 4)):
            found += codes.identifier(self.findings, alternate, code, segment.place(field, 4))
        return codes.ordered(found)

    def _location(self, extras: Extras, visit: Segment | None) -> str | None:
        segment = self.item.detail
        for field, component in self.layout.locations:
            if not extras.text("location") and segment.text(field, component):
                return codes.code(self.findings, "location", segment, field, component)
        told = extras.text("location") or (visit and visit.text(3)) or self.options.default_location
        sender = codes.code(self.findings, "location", self.message.header, 3)
        if not told and sender and segment.name == "RXD":
            text = "a location is expected; the sending application is taken, which dispenses from its own stock"
            self.findings.warn("location.missing", segment.place(26), text)
            return sender
        return events.location(extras, [(visit, 3)], self.profile, self.findings)

    def _markings(self, extras: Extras) -> Markings:
        """Lot and expiry; of several lots nobody can tell how much came from which."""
        markings, segment = Markings(self.findings), self.item.detail
        extras.mark(markings)
        where, count = segment.place(self.layout.lot), len(segment.repetitions(self.layout.lot))
        if count > MAX_LOTS:
            self.findings.reject("lot.too_many", where, f"at most {MAX_LOTS} lots are allowed")
        for repetition in range(1, min(count, MAX_LOTS) + 1):
            lot = codes.plain(self.findings, "lot", segment.text(self.layout.lot, 1, repetition), where)
            markings.say_lot(lot, where)
        where = segment.place(self.layout.expiry)
        markings.say_expiry(times.expiry(segment.text(self.layout.expiry), where, self.findings), where)
        if segment.name == "RXA":
            markings.say_udi(segment.text(25), segment.place(25))
        return markings
