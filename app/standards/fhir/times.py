"""Dates and times of FHIR (data types date, dateTime and instant; R4, 2.24.0.1).

Called by the readers.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, tzinfo

from app.model import gate
from app.model.when import When
from app.standards.fhir.syntax import Element

EXPECTED = "a date or dateTime is expected"

_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?", re.ASCII)


def moment(text: str, zone: tzinfo) -> tuple[datetime, bool]:
    """The time, and whether it was told with time and offset; what was not told is local to ``zone``.

    A day alone means its start. Raises Unfit for anything less precise than a day.
    """
    if _DATE_TIME.fullmatch(text):
        return _moment(text, zone), _has_offset(text)
    return gate.moment(datetime.combine(_day(text), time(), zone), zone), False


def when(element: Element, thing: str, zone: tzinfo) -> When | None:
    """The day or the moment in an element; what is none is left out with a warning."""
    text = element.text(thing)
    try:
        return None if text is None else _moment(text, zone) if _DATE_TIME.fullmatch(text) else _day(text)
    except gate.Unfit as fault:
        element.findings.warn(f"{thing}.{fault.reason}", element.path, f"{fault}; it was left out")
        return None


def day(text: str) -> date:
    """The day; where only month or year is told, their last day. Raises Unfit."""
    year, month, day_of_month = _date(text[:10] if "T" in text else text)
    return gate.day(year, month or 12, day_of_month)


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        return gate.moment(datetime.fromisoformat(text), zone)
    except ValueError:
        raise gate.Unfit("invalid", EXPECTED) from None


def _day(text: str) -> date:
    year, month, day_of_month = _date(text)
    if day_of_month is None:
        raise gate.Unfit("ambiguous", "a date to the day is expected")
    return gate.day(year, month or 1, day_of_month)


def _has_offset(text: str) -> bool:
    return text.endswith("Z") or "+" in text or "-" in text[10:]


def _date(text: str) -> tuple[int, int | None, int | None]:
    match = _DATE.fullmatch(text)
    if not match:
        raise gate.Unfit("invalid", EXPECTED)
    year, month, day_of_month = match.groups()
    return int(year), int(month) if month else None, int(day_of_month) if day_of_month else None
