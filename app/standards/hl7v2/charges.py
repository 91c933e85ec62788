"""DFT^P03 and P11 read as consumption: every FT1 segment is one event (HL7 v2 chapter 6, FT1; 7, PRT; 17, DEV).

Called by ``app.standards.hl7v2.standard``. From PID and PV1 only the visit or account number is taken, and that only
through the profile's pseudonym; names, addresses and diagnoses are never looked at.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.model import gate
from app.model.channel import Channel, Profile
from app.model.consumption import Consumption, Kind
from app.model.findings import Findings
from app.model.markings import Markings
from app.model.quantity import Quantity
from app.standards.hl7v2 import codes, times, units, visits
from app.standards.hl7v2.items import identifiers, mark
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.positions import Extras
from app.standards.hl7v2.syntax import Message, Segment

DEVICES = ("PRT", "DEV")
GROUP = (*DEVICES, "NTE", "ROL")
"""Segments that stay with the FT1 they follow. PR1, ORC or another one opens a group whose devices are no supplies."""
MAX_TRANSACTIONS = 5_000
MAX_DEVICES = 20
"""Device segments of one FT1: it speaks of one item, and reading a UDI costs time."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """An FT1 segment with what belongs to it; ``event_id`` is its number for its sender."""

    segment: Segment
    group: tuple[Segment, ...]
    devices: tuple[Segment, ...]
    event_id: str


def consumptions(message: Message, profile: Profile) -> tuple[Consumption, ...]:
    """The events of the message. Raises Rejected with every fault in it: a message counts as a whole."""
    faults = Findings()
    case = visits.case(message, profile)
    transactions = list(_transactions(message, faults))
    _check_unique(transactions, faults)
    numbers = _numbers(transactions)
    found = []
    for transaction in transactions:
        findings = Findings()
        consumption = _Reader(transaction, numbers, message, profile, findings).consumption(case)
        faults.add(findings.errors)
        if consumption:
            found.append(consumption)
    if not transactions:
        faults.reject("segment.missing", "FT1", "a DFT message has at least one FT1 segment")
    faults.settle()
    return tuple(found)


def _transactions(message: Message, faults: Findings) -> Iterator[Transaction]:
    control_id = message.header.text(10) or ""
    groups = _groups(message)
    if len(groups) > MAX_TRANSACTIONS:
        faults.reject("segment.too_many", "FT1", f"at most {MAX_TRANSACTIONS} transactions are allowed")
        return
    for segment, group in groups:
        devices = [one for one in group if one.name in DEVICES]
        if len(devices) > MAX_DEVICES:
            faults.reject("device.too_many", segment.place(), f"at most {MAX_DEVICES} device segments are allowed")
        number = segment.text(2) or f"{control_id}-{segment.text(1) or segment.ordinal}"
        event_id = codes.plain(faults, "event", number, segment.place(2), required=True) or ""
        yield Transaction(segment, (segment, *group), tuple(devices[:MAX_DEVICES]), event_id)


def _groups(message: Message) -> list[tuple[Segment, list[Segment]]]:
    """Every FT1 with the segments of its group."""
    groups: list[tuple[Segment, list[Segment]]] = []
    inside = False
    for segment in message.segments:
        inside = segment.name == "FT1" or (inside and (segment.name in GROUP or segment.name.startswith("Z")))
        if segment.name == "FT1":
            groups.append((segment, []))
        elif inside:
            groups[-1][1].append(segment)
    return groups


def _numbers(transactions: list[Transaction]) -> Mapping[str, set[str]]:
    """The event ids of the message by set id (FT1-1) and by themselves, which is how credits refer to them."""
    numbers: dict[str, set[str]] = defaultdict(set)
    for transaction in transactions:
        for name in {transaction.segment.text(1), transaction.event_id} - {None}:
            numbers[str(name)].add(transaction.event_id)
    return numbers


def _check_unique(transactions: list[Transaction], faults: Findings) -> None:
    counts = Counter(transaction.event_id for transaction in transactions)
    for transaction in transactions:
        if counts[transaction.event_id] > 1:
            place = transaction.segment.place(2 if transaction.segment.text(2) else 1)
            faults.reject("event.duplicate", place, "two transactions of the message have one number")


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one transaction; what it cannot read it leaves in the findings."""

    transaction: Transaction
    numbers: Mapping[str, set[str]]
    message: Message
    profile: Profile
    findings: Findings

    @property
    def options(self) -> Hl7Options:
        return self.profile.options(Hl7Options)

    @property
    def channel(self) -> Channel:
        return self.profile.channel

    @property
    def segment(self) -> Segment:
        return self.transaction.segment

    def consumption(self, case: str | None) -> Consumption | None:
        markings = Markings(self.findings)
        for device in self.transaction.devices:
            mark(markings, device, self.findings)
        extras = Extras(self.transaction.group, self.options, self.findings)
        extras.mark(markings)
        item = identifiers(self.segment, self.profile, markings, extras, self.findings)
        occurred_at, amount, location = self._occurred_at(), self._amount(), self._location(extras)
        kind = self._kind(amount)
        reverses = self._reverses(kind)
        department = extras.text("department") or self._text("department", 13)
        cost_centre, told_case = extras.text("cost_centre"), extras.text("case")
        unit = extras.text("unit")
        common = units.named(unit, extras.where("unit"), self.options, self.findings) if unit else None
        self._note_unnumbered()
        if self.findings.errors:
            return None
        assert occurred_at
        assert amount
        assert kind
        assert location
        return Consumption(
            event_id=self.transaction.event_id,
            kind="reversal" if reverses else kind,
            occurred_at=occurred_at,
            identifiers=item,
            quantity=Quantity(abs(amount), unit or self.channel.default_unit, common),
            facility=self.channel.facility,
            location=location,
            description=gate.description(self.segment.text(7, 2) or self.segment.text(34, 2)),
            lot=markings.lot,
            serial=markings.serial,
            expiry=markings.expiry,
            udi=markings.udi,
            department=department,
            cost_centre=cost_centre,
            case=self.profile.pseudonym(told_case) if told_case else case,
            reverses=reverses,
            warnings=self.findings.warnings,
        )

    def _text(self, thing: str, field: int) -> str | None:
        return self.findings.text(thing, self.segment.text(field), self.segment.place(field))

    def _note_unnumbered(self) -> None:
        if not self.segment.text(2):
            text = "without a transaction id the event is known by its message alone; sent anew it counts again"
            self.findings.warn("event.missing", self.segment.place(2), text)

    def _occurred_at(self) -> datetime | None:
        """FT1-4: a DR since 2.6, of which the start counts, a TS before."""
        where = self.segment.place(4)
        text = self.findings.text("occurred_at", self.segment.text(4), where, required=True)
        if text is None:
            return None
        try:
            found, to_the_hour = times.moment(text, self.channel.time_zone)
        except gate.Unfit as fault:
            self.findings.unfit("occurred_at", where, fault)
            return None
        if not to_the_hour:
            self.findings.warn("occurred_at.date_only", where, "no time is told; the start of the day is taken")
        if times.is_iso(text):
            self.findings.warn("occurred_at.format", where, "YYYYMMDDHHMMSS without hyphens is expected")
        return found

    def _amount(self) -> Decimal | None:
        where = self.segment.place(10)
        blank = self.options.quantity_when_blank
        if blank is not None and self.segment.text(10) is None:
            self.findings.warn("quantity.missing", where, "a quantity is expected; what the channel says is taken")
            return blank
        text = self.findings.text("quantity", self.segment.text(10), where, required=True)
        try:
            amount = gate.amount(gate.number(text)) if text else None
        except gate.Unfit as fault:
            self.findings.unfit("quantity", where, fault)
            return None
        if amount is not None and not amount:
            self.findings.reject("quantity.invalid", where, "a quantity other than zero is expected")
        return amount

    def _kind(self, amount: Decimal | None) -> Kind | None:
        """FT1-6 (table 0017): CG took the item, CD brought it back, as does a charge of a negative quantity.

        AJ corrects amounts of money in one system and counts of stock in another, and is not guessed at.
        """
        where = self.segment.place(6)
        code = self.findings.text("transaction_type", self.segment.text(6), where, required=True)
        if code and code.upper() not in {"CG", "CD"}:
            self.findings.reject("transaction_type.unsupported", where, "CG or CD is expected")
            return None
        if code is None or amount is None:
            return None
        if code.upper() == "CG":
            return "use" if amount > 0 else "return"
        if amount < 0:
            text = "a credit of a negative quantity is taken as a return of that many"
            self.findings.warn("quantity.negative", self.segment.place(10), text)
        return "return"

    def _location(self, extras: Extras) -> str | None:
        """The point of care (PL.1) of FT1-16, else of PV1-3; room, bed and building do not keep stock."""
        if told := extras.text("location"):
            return told
        visit = self.message.first("PV1")
        candidates = [(self.segment, 16)] + ([(visit, 3)] if visit else [])
        for segment, field in candidates:
            if segment.text(field):
                where = segment.place(field, 1)
                return codes.plain(self.findings, "location", segment.text(field), where, required=True)
        if self.options.default_location:
            return self.options.default_location
        self.findings.reject("location.missing", self.segment.place(16), "a point of care is required here or in PV1-3")
        return None

    def _reverses(self, kind: Kind | None) -> str | None:
        """FT1-31 tells a reversal from a return: a credit that names its charge undoes it, one that does not is new.

        The field holds the set id (FT1-1) of a charge of the same message; systems that credit later put the
        charge's transaction id (FT1-2) there, which is taken where it cannot be mistaken for a set id (SI has at most
        four digits).
        """
        references, where = self.segment.repetitions(31), self.segment.place(31)
        if not references or kind is None:
            return None
        if kind == "use":
            self.findings.warn("reverses.ignored", where, "a charge refers to no other transaction")
            return None
        reference = self.findings.text("reverses", self.segment.text(31), where, required=True)
        if len(references) > 1:
            self.findings.reject("reverses.ambiguous", where, "one reference is expected")
        named = self.numbers.get(reference or "", set()) - {self.transaction.event_id}
        if len(named) > 1:
            self.findings.reject("reverses.ambiguous", where, "two transactions of the message fit the reference")
        if named:
            return named.pop()
        if reference and (reference == self.transaction.event_id or (len(reference) <= 4 and reference.isdigit())):
            self.findings.reject("reverses.unknown", where, "no other transaction of the message has this set id")
        return reference
