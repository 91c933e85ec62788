"""Elements turned into canonical values: texts, amounts, dates, quantities and prices, each fault with its place.

Used by every mapping of the package.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal

from app.model import gate
from app.model.channel import Channel
from app.model.findings import Findings
from app.model.price import Price
from app.model.quantity import Quantity
from app.model.when import When
from app.standards.x12 import bases
from app.standards.x12.options import X12Options
from app.standards.x12.syntax import Segment
from app.standards.x12.units import COMMON

ZONES: dict[str, int] = {
    "UT": 0, "GM": 0, "ET": -5, "ES": -5, "ED": -4, "CT": -6, "CS": -6, "CD": -5, "MT": -7, "MS": -7, "MD": -6,
    "PT": -8, "PS": -8, "PD": -7,
}  # fmt: skip
"""Time codes of data element 623, as far as one code is one offset; the ones without summer time are taken as such."""
PIVOT = 70
"""Two-digit years from here on are of the last century (X12.3 leaves the century to the partners)."""


@dataclass(frozen=True, slots=True)
class Values:
    """Reads elements of one transaction set; what it cannot read it leaves in ``findings``."""

    findings: Findings
    options: X12Options
    channel: Channel

    def text(self, segment: Segment | None, number: int, thing: str, *, required: bool = False) -> str | None:
        """A code or number."""
        if segment is None:
            return None
        value = segment.text(number)
        if value is None and not required:
            return None
        if value and len(value) <= gate.MAX_TEXT and value.isprintable():
            return value  # Nothing for the gate to look at; places are dear to make.
        return self.findings.text(thing, value, segment.place(number), required=required)

    def prose(self, segment: Segment | None, number: int, thing: str = "text") -> str | None:
        """Text for people."""
        if segment is None:
            return None
        try:
            return gate.prose(segment.text(number))
        except gate.Unfit as fault:
            self.findings.unfit(thing, segment.place(number), fault)
            return None

    def amount(self, segment: Segment, number: int, thing: str, *, required: bool = False) -> Decimal | None:
        """A decimal number (R), exact."""
        value = segment.text(number)
        if value is None and not required:
            return None
        if value and value.isdecimal() and value.isascii() and len(value) <= gate.MAX_INTEGER_DIGITS:
            return Decimal(value)
        return self.written(value, segment.place(number), thing, required=required)

    def written(self, value: str | None, where: str, thing: str, *, required: bool = False) -> Decimal | None:
        """An exact number out of its text."""
        if value is None:
            if required:
                self.findings.reject(f"{thing}.missing", where, "a number is required")
            return None
        try:
            return gate.amount(gate.number(value))
        except gate.Unfit as fault:
            self.findings.unfit(thing, where, fault)
            return None

    def aside(self, segment: Segment, number: int, thing: str) -> Decimal | None:
        """A number that nothing depends on, such as a weight; one that is none is left out with a warning."""
        if (value := segment.text(number)) is None:
            return None
        try:
            return gate.amount(gate.number(value))
        except gate.Unfit as fault:
            self.findings.warn(f"{thing}.{fault.reason}", segment.place(number), f"{fault}; it was left out")
            return None

    def implied(self, segment: Segment, number: int, thing: str, decimals: int = 2) -> Decimal | None:
        """A number with implied decimals (N2): ``12345`` is 123.45. One that has a point says it itself."""
        found = self.amount(segment, number, thing)
        if found is None:
            return None
        if "." in (segment.text(number) or ""):
            text = "an amount with implied decimals has a point and was taken as it stands"
            self.findings.warn(f"{thing}.decimals", segment.place(number), text)
            return found
        return found.scaleb(-decimals)

    def day(self, value: str | None, where: str, thing: str) -> date | None:
        """A date (DT): CCYYMMDD or YYMMDD. One that is none is left out with a warning."""
        if value is None:
            return None
        digits = re.fullmatch(r"(\d{2})?(\d{2})(\d{2})(\d{2})", value)
        if digits:
            century = digits[1] or ("19" if int(digits[2]) >= PIVOT else "20")
            try:
                return gate.day(int(century + digits[2]), int(digits[3]), int(digits[4]))
            except gate.Unfit:
                pass
        self.findings.warn(f"{thing}.invalid", where, "a date CCYYMMDD is expected; it was left out")
        return None

    def when(self, segment: Segment, number: int, thing: str, time: int = 0, code: int = 0) -> When | None:
        """A date and, where the elements ``time`` and ``code`` hold one, its time."""
        day = self.day(segment.text(number), segment.place(number), thing)
        clock = segment.text(time) if time else None
        if day is None or clock is None:
            return day
        digits = re.fullmatch(r"(\d{2})(\d{2})(\d{2})?\d*", clock)
        if not digits or int(digits[1]) > 23 or int(digits[2]) > 59 or int(digits[3] or 0) > 59:
            self.findings.warn(f"{thing}.invalid", segment.place(time), "a time HHMM is expected; it was left out")
            return day
        zone = self._zone(segment, code, thing)
        naive = datetime(day.year, day.month, day.day, int(digits[1]), int(digits[2]), int(digits[3] or 0), tzinfo=None)  # noqa: DTZ001
        return gate.moment(naive, zone)

    def _zone(self, segment: Segment, number: int, thing: str) -> tzinfo:
        code = segment.text(number) if number else None
        if code is None:
            return self.channel.time_zone
        if code in ZONES:
            return timezone(timedelta(hours=ZONES[code])) if ZONES[code] else UTC
        if code.isdigit() and 1 <= int(code) <= 24:
            hours = int(code)
            return timezone(timedelta(hours=hours if hours <= 12 else hours - 25))
        self.findings.warn(f"{thing}.zone", segment.place(number), "the time code is not known; local time was taken")
        return self.channel.time_zone

    def quantity(
        self, segment: Segment, number: int, unit: int, thing: str = "quantity", *, required: bool = False
    ) -> Quantity | None:
        """A quantity and the unit beside it."""
        value = self.amount(segment, number, thing, required=required)
        if value is None:
            return None
        code = self.text(segment, unit, "unit") if unit else None
        common = self.common_unit(code)
        if code and common is None:
            return self.measured(value, code, segment.place(unit or number))
        return Quantity(value, code, common)

    def measured(self, value: Decimal, code: str | None, where: str) -> Quantity:
        """A quantity in a unit of data element 355."""
        if code and self.common_unit(code) is None:
            self.findings.warn("unit.unknown", where, "the unit is in no table; it is kept as it is")
        return Quantity(value, code, self.common_unit(code))

    def unit(self, segment: Segment, number: int) -> str | None:
        """The unit code in a composite unit of measure (C001), whose exponents and multipliers nobody uses."""
        return self.findings.text("unit", segment.part(number), segment.place(number))

    def common_unit(self, code: str | None) -> str | None:
        """The UN/ECE code of a unit, by the partner's table, then by the standard's."""
        return None if code is None else self.options.units.get(code) or COMMON.get(code)

    def price(self, segment: Segment, number: int, basis: int, unit: str | None, currency: str | None) -> Price | None:
        """A unit price and what it is a price of: data element 639 beside it."""
        amount = self.amount(segment, number, "price")
        if amount is None:
            return None
        return Price(amount, currency, self._basis(segment, basis, unit))

    def _basis(self, segment: Segment, number: int, unit: str | None) -> Quantity | None:
        code = segment.text(number)
        if code is None:
            return None
        told = bases.basis_of(code, unit, self.options.price_bases.get(code))
        if told is bases.UNKNOWN:
            text = "what the price is for is not known (option price_bases); one of the line's unit was taken"
            self.findings.warn("price.basis", segment.place(number), text)
            return None
        return None if told is None else Quantity(told.value, told.unit, self.common_unit(told.unit))


def first(segments: Iterable[Segment], tag: str, *codes: str) -> Segment | None:
    """The first segment of that tag; with ``codes`` the first whose first element is one of them."""
    return next((s for s in segments if s.tag == tag and (not codes or s.text(1) in codes)), None)


def all_of(segments: Iterable[Segment], tag: str, *codes: str) -> list[Segment]:
    """Every segment of that tag; with ``codes`` those whose first element is one of them."""
    return [s for s in segments if s.tag == tag and (not codes or s.text(1) in codes)]


def loops(
    segments: Sequence[Segment], start: str, ends: Iterable[str]
) -> tuple[list[Segment], list[list[Segment]], list[Segment]]:
    """Header, loops and summary: each loop begins with ``start``, the summary with the first of ``ends`` after one."""
    header: list[Segment] = []
    found: list[list[Segment]] = []
    summary: list[Segment] = []
    stop = frozenset(ends)
    for segment in segments:
        if segment.tag == start and not summary:
            found.append([segment])
        elif summary or (found and segment.tag in stop):
            summary.append(segment)
        else:
            (found[-1] if found else header).append(segment)
    return header, found, summary
