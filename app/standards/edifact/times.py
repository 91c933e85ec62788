"""Dates and times: data element 2380 in one of the formats of 2379, both ways.

Used by ``app.standards.edifact.values`` and by the writing side of the package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from app.errors import Permanent
from app.model import gate
from app.model.when import When

FORMATS: Mapping[str, str] = {
    "2": "DDMMYY",
    "3": "MMDDYY",
    "4": "DDMMCCYY",
    "101": "YYMMDD",
    "102": "CCYYMMDD",
    "201": "YYMMDDhhmm",
    "202": "YYMMDDhhmmss",
    "203": "CCYYMMDDhhmm",
    "204": "CCYYMMDDhhmmss",
    "205": "CCYYMMDDhhmmZ",
    "208": "CCYYMMDDhhmmssZ",
    "301": "YYMMDDhhmmZ",
    "302": "YYMMDDhhmmssZ",
    "303": "CCYYMMDDhhmmZ",
    "304": "CCYYMMDDhhmmssZ",
    "609": "YYMM",
    "610": "CCYYMM",
}
"""Format codes and their fields."""
PERIODS: Mapping[str, str] = {"711": "102", "713": "201", "717": "101", "718": "102", "719": "203"}
"""Codes of periods and the format of both ends."""
BY_LENGTH: Mapping[int, str] = {8: "102", 12: "203", 14: "204"}
"""What a value without a right format code is, where its length tells; six digits could be anything."""
DAYS = frozenset({"2", "3", "4", "101", "102"})
ZONES: Mapping[str, int] = {
    "UTC": 0, "GMT": 0, "WET": 0, "BST": 60, "CET": 60, "MEZ": 60, "CES": 120, "CEST": 120, "MES": 120, "MESZ": 120,
    "EET": 120, "EES": 180, "EST": -300, "EDT": -240, "CST": -360, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480,
    "PDT": -420,
}  # fmt: skip
"""Time zones told by their letters, in minutes from universal time."""
PIVOT = 70
"""Two-digit years from here on are of the last century (the standard leaves the century to the partners)."""

_FIELDS = {"CC": r"(?P<century>\d\d)", "YY": r"(?P<year>\d\d)", "MM": r"(?P<month>\d\d)", "DD": r"(?P<day>\d\d)",
    "hh": r"(?P<hour>\d\d)", "mm": r"(?P<minute>\d\d)", "ss": r"(?P<second>\d\d)",
    "Z": r"(?P<zone>\S{1,6})"}  # fmt: skip
_PATTERNS = {
    code: re.compile(re.sub("CC|YY|MM|DD|hh|mm|ss|Z", lambda found: _FIELDS[found[0]], form), re.ASCII)
    for code, form in FORMATS.items()
}
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)?", re.ASCII)


def parse(value: str, code: str, zone: tzinfo, *, month_end: bool = False) -> When | None:
    """The day or moment, None where it is none; a moment without a zone is local to ``zone``.

    A month alone is a day only for ``month_end``, as for expiry dates: its last one.
    """
    pattern = _PATTERNS.get(code)
    found = pattern.fullmatch(value) if pattern else None
    if found is None:
        return None
    parts = found.groupdict()
    year = int(parts["century"] or 0) * 100 if "century" in parts else (1900 if int(parts["year"]) >= PIVOT else 2000)
    if "day" not in parts and not month_end:
        return None
    try:
        day = gate.day(year + int(parts["year"]), int(parts["month"]), int(parts["day"]) if "day" in parts else None)
        return day if "hour" not in parts else _moment(day, parts, zone)
    except (gate.Unfit, ValueError):
        return None


def _moment(day: date, parts: Mapping[str, str], zone: tzinfo) -> datetime | None:
    told = _zone(parts["zone"]) if "zone" in parts else zone
    if told is None:
        return None
    clock = (int(parts["hour"]), int(parts["minute"]), int(parts.get("second") or 0))
    return gate.moment(datetime(day.year, day.month, day.day, *clock), told)  # noqa: DTZ001 - gate.moment adds the zone


def _zone(told: str) -> tzinfo | None:
    told = told.upper().strip()
    if told in ZONES:
        return timezone(timedelta(minutes=ZONES[told])) if ZONES[told] else UTC
    if found := _OFFSET.fullmatch(told):
        minutes = int(found[2]) * 60 + int(found[3] or 0)
        return timezone(timedelta(minutes=-minutes if found[1] == "-" else minutes)) if minutes < 24 * 60 else None
    return None


def period(value: str, code: str, zone: tzinfo) -> tuple[When | None, When | None]:
    """Both ends of a period, None where they are none."""
    digits = value.replace("-", "")
    half = len(digits) // 2
    form = PERIODS.get(code, "")
    return parse(digits[:half], form, zone), parse(digits[half:], form, zone)


def write(when: When, zone: tzinfo) -> list[str]:
    """Value and format: days as 102, moments as 203 or 204 in local time, as 303 or 304 where that is ambiguous.

    Raises Permanent for fractions of a second.
    """
    if not isinstance(when, datetime):
        return [f"{when:%Y%m%d}", "102"]
    if when.microsecond:
        raise Permanent("EDIFACT tells times to the second", code="document.not_carried")
    local = when.astimezone(zone)
    form = "%Y%m%d%H%M%S" if local.second else "%Y%m%d%H%M"
    # Where clocks are set back an hour comes twice, and the offset alone tells which one is meant.
    twice = local.replace(tzinfo=zone, fold=0).utcoffset() != local.replace(tzinfo=zone, fold=1).utcoffset()
    if twice:
        return [f"{when.astimezone(UTC):{form}}UTC", "304" if local.second else "303"]
    return [f"{local:{form}}", "204" if local.second else "203"]
