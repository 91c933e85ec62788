"""Dates and times of HL7 v2 (data types TS, DTM and DT, chapter 2A).

Called by the mapping.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone, tzinfo

from app.model import gate
from app.model.findings import Findings
from app.model.when import When

EXPECTED = "a date and time as YYYYMMDD[HHMM[SS]][+/-ZZZZ] is expected"

_DTM = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)"
    r"(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)(?:(?P<second>\d\d)(?:\.(?P<fraction>\d{1,6})\d*)?)?)?)?)?)?"
    r"(?:(?P<sign>[+-])(?P<offset>\d{4}))?",
    re.ASCII,
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d")


def is_iso(text: str) -> bool:
    """Whether it is written as ISO 8601 with hyphens, which HL7 does not allow and senders do."""
    return bool(_ISO.match(text))


def moment(text: str, zone: tzinfo) -> tuple[datetime, bool]:
    """The time, and whether it was told to the hour or better; without an offset it is local to ``zone``.

    A day alone means its start. Raises Unfit for anything less precise than a day.
    """
    if is_iso(text):
        return gate.moment(_from_iso(text), zone), len(text) > 10
    parts = _parts(text)
    if not parts["day"]:
        raise gate.Unfit("ambiguous", "a date to the day is expected")
    return gate.moment(_from_parts(parts), zone), bool(parts["hour"])


def day(text: str) -> date:
    """The day; where only the month is told, its last day. Raises Unfit."""
    if is_iso(text):
        text = text[:10].replace("-", "")
    parts = _parts(text)
    if not parts["month"]:
        raise gate.Unfit("ambiguous", "a date to the month or day is expected")
    return gate.day(int(parts["year"]), int(parts["month"]), int(parts["day"]) if parts["day"] else None)


def _from_iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise gate.Unfit("invalid", EXPECTED) from None


def _from_parts(parts: dict[str, str]) -> datetime:
    year, month, day_of_month, hour, minute, second = (
        int(parts[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")
    )
    microsecond = int((parts["fraction"] or "").ljust(6, "0"))
    try:
        return datetime(year, month, day_of_month, hour, minute, second, microsecond, _offset(parts))
    except ValueError:
        raise gate.Unfit("invalid", EXPECTED) from None


def _parts(text: str) -> dict[str, str]:
    match = _DTM.fullmatch(text)
    if not match:
        raise gate.Unfit("invalid", EXPECTED)
    return match.groupdict()


def _offset(parts: dict[str, str]) -> tzinfo | None:
    if not parts["offset"]:
        return None
    hours, minutes = divmod(int(parts["offset"]), 100)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if parts["sign"] == "-" else offset)


def when(text: str | None, where: str, thing: str, zone: tzinfo, findings: Findings) -> When | None:
    """A day or a moment as it is told; what is neither is left out with a warning."""
    if text is None:
        return None
    try:
        found, to_the_hour = moment(text, zone)
        return found if to_the_hour else day(text)
    except gate.Unfit:
        findings.warn(f"{thing}.invalid", where, f"{EXPECTED}; it was left out")
        return None


def expiry(text: str | None, where: str, findings: Findings) -> date | None:
    """An expiry date; what is none is a fault."""
    if text is None:
        return None
    try:
        return day(text)
    except gate.Unfit as fault:
        findings.unfit("expiry", where, fault)
        return None


def written(value: When) -> str:
    """A day or a moment as HL7 writes it."""
    if not isinstance(value, datetime):
        return value.strftime("%Y%m%d")
    fraction = f".{value.microsecond:06d}" if value.microsecond else ""
    return f"{value:%Y%m%d%H%M%S}{fraction}{value:%z}"[: 19 + len(fraction)]
