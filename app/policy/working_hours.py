"""Working hours: when a number of them is over, by the calendar of a site and in its own time zone.

Used by ``app.policy.escalation``; pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FAR = 366
"""Days after which a calendar without a working day is given up."""

_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")


@dataclass(frozen=True, slots=True)
class Hours:
    """The working hours of a facility (``*``: of all that have none of their own), in its own time.

    ``start`` and ``end`` are written ``08:00``; ``24:00`` is midnight. Nobody works on ``holidays``.
    """

    facility: str = "*"
    days: tuple[str, ...] = ("mon", "tue", "wed", "thu", "fri")
    start: str = "08:00"
    end: str = "17:00"
    holidays: tuple[date, ...] = ()

    def __post_init__(self) -> None:
        if not (_CLOCK.fullmatch(self.start) and _CLOCK.fullmatch(self.end)) or self.start >= self.end:
            raise ValueError("start and end are times like 08:00, and the end comes after the start")
        if not self.days or set(self.days) - set(DAYS):
            raise ValueError(f"days are some of {', '.join(DAYS)}")

    def works(self, day: date) -> bool:
        """Whether anybody works on that day."""
        return DAYS[day.weekday()] in self.days and day not in self.holidays

    def shift(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """From when to when is worked on a day, in UTC: a day with a change of the clocks may be longer or shorter."""
        return _moment(day, self.start, zone), _moment(day, self.end, zone)


def after(start: datetime, hours: Decimal, calendar: Hours, zone: ZoneInfo) -> datetime:
    """The moment at which so many working hours have passed since ``start``.

    Where a calendar has no working days for a year, the hours are counted by the clock.
    """
    left = _span(hours)
    for begins, ends in _shifts(start, calendar, zone):
        worked = max(timedelta(0), ends - max(begins, start))
        if worked and left <= worked:
            return max(begins, start) + left
        left -= worked
    return by_clock(start, hours)


def by_clock(start: datetime, hours: Decimal) -> datetime:
    """The moment so many hours later, day or night."""
    return start + _span(hours)


def _shifts(start: datetime, calendar: Hours, zone: ZoneInfo) -> Iterator[tuple[datetime, datetime]]:
    first = start.astimezone(zone).date()
    for number in range(FAR):
        day = first + timedelta(days=number)
        if calendar.works(day):
            yield calendar.shift(day, zone)


def _span(hours: Decimal) -> timedelta:
    return timedelta(seconds=float(hours * 3600))


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hour, minute = map(int, clock.split(":"))
    day, hour = (day + timedelta(days=1), 0) if hour == 24 else (day, hour)
    return datetime.combine(day, time(hour, minute), zone).astimezone(UTC)
