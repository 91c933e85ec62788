"""Components turned into canonical values: texts, numbers, dates and quantities, each fault with its place.

Used by every mapping of the package.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal

from app.model import gate
from app.model.channel import Channel
from app.model.findings import Findings
from app.model.quantity import Quantity
from app.model.text import MAX_PROSE
from app.model.when import When
from app.standards.edifact import times
from app.standards.edifact.options import EdifactOptions
from app.standards.edifact.syntax import Segment
from app.standards.edifact.units import common_unit

_COULD_BE_THOUSANDS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")


@dataclass(frozen=True, slots=True)
class Values:
    """Reads components of one message; what it cannot read it leaves in ``findings``."""

    findings: Findings
    options: EdifactOptions
    channel: Channel
    decimal_mark: str = "."
    unknown_units: set[str] = field(default_factory=set)

    def text(
        self, segment: Segment | None, element: int, component: int = 1, thing: str = "code", *, required: bool = False
    ) -> str | None:
        """A code or number."""
        if segment is None:
            return None
        value = segment.text(element, component)
        if value is None and not required:
            return None
        if value and len(value) <= gate.MAX_TEXT and value.isprintable():
            return value
        return self.findings.text(thing, value, segment.place(element, component), required=required)

    def prose(self, segment: Segment | None, element: int, component: int = 1, thing: str = "text") -> str | None:
        """Text for people."""
        value = segment.text(element, component) if segment else None
        if segment is None or value is None:
            return None
        if len(value) <= MAX_PROSE and value.isprintable():
            return value
        try:
            return gate.prose(value)
        except gate.Unfit as fault:
            self.findings.unfit(thing, segment.place(element, component), fault)
            return None

    def words(self, segment: Segment, element: int, first: int, last: int) -> str | None:
        """The text that is spread over several components."""
        found = [self.prose(segment, element, number) for number in range(first, last + 1)]
        return " ".join(part for part in found if part) or None

    def number(
        self, segment: Segment, element: int, component: int, thing: str, *, required: bool = False
    ) -> Decimal | None:
        """An exact number. Its mark is the one of UNA; the other one is taken where nothing else can be meant."""
        value = segment.text(element, component)
        if value and len(value) <= gate.MAX_INTEGER_DIGITS and value.isascii() and value.isdigit():
            return Decimal(value)
        if value is None and not required:
            return None
        where = segment.place(element, component)
        if value is None:
            self.findings.reject(f"{thing}.missing", where, "a number is required")
            return None
        try:
            if (value := self._plain(value, thing, where)) is None:
                return None
            return gate.amount(gate.number(value))
        except gate.Unfit as fault:
            self.findings.unfit(thing, where, fault)
            return None

    def _plain(self, value: str, thing: str, where: str) -> str | None:
        other = "," if self.decimal_mark == "." else "."
        if other in value and self.decimal_mark not in value:
            if _COULD_BE_THOUSANDS.fullmatch(value):
                text = "the mark is not the decimal mark of UNA, and the number could mean thousands as well"
                self.findings.reject(f"{thing}.ambiguous", where, text)
                return None
            self.findings.warn(f"{thing}.decimal_mark", where, "the decimal mark is another one than UNA says")
            return value.replace(other, ".")
        return value.replace(self.decimal_mark, ".") if other not in value else value

    def when(self, segment: Segment | None, thing: str = "date", *, month_end: bool = False) -> When | None:
        """C507 of a DTM segment: the day or moment, the beginning of a period."""
        return self.period(segment, thing, month_end=month_end)[0] if segment else None

    def period(
        self, segment: Segment, thing: str = "date", *, month_end: bool = False
    ) -> tuple[When | None, When | None]:
        """C507 of a DTM segment: both ends of a period; of anything else the second is None."""
        value, code = segment.text(1, 2), segment.text(1, 3) or ""
        if value is None:
            return None, None
        zone = self.channel.time_zone
        if code in times.PERIODS:
            begin, end = times.period(value, code, zone)
            if begin is None or end is None:
                self.findings.warn(f"{thing}.invalid", segment.place(1, 2), "a period is expected; it was left out")
            return begin, end
        found = times.parse(value, code, zone, month_end=month_end)
        return (found or self._by_length(segment, value, code, thing)), None

    def _by_length(self, segment: Segment, value: str, code: str, thing: str) -> When | None:
        """A date whose format code is missing or wrong, where the length of the value leaves no doubt."""
        form = times.BY_LENGTH.get(len(value), "")
        short = code in times.DAYS and form != "102"
        found = times.parse(value[:8] if short else value, "102" if short else form, self.channel.time_zone)
        if found is None:
            text = "a date in the format told beside it is expected; it was left out"
            self.findings.warn(f"{thing}.invalid", segment.place(1, 2), text)
        else:
            self.findings.warn(f"{thing}.format", segment.place(1, 3), "the format is not that of the value")
        return found

    def quantity(self, segment: Segment | None, thing: str = "quantity") -> Quantity | None:
        """C186 of a QTY segment."""
        if segment is None:
            return None
        value = self.number(segment, 1, 2, thing, required=True)
        return None if value is None else self.measured(value, segment, 1, 3)

    def measured(self, value: Decimal, segment: Segment, element: int, component: int) -> Quantity:
        """A quantity with the unit (6411) in that component."""
        code = self.text(segment, element, component, "unit")
        common = common_unit(code, self.options.units)
        if code and common is None and code not in self.unknown_units:
            self.unknown_units.add(code)
            where = segment.place(element, component)
            self.findings.warn("unit.unknown", where, "the unit is in no table; it is kept as it is")
        return Quantity(value, code, common)
