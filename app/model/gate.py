"""What may enter the canonical model: clean text, exact amounts, plausible dates.

Every standard passes each value it keeps through here, so that what lies behind can rely on it. A refusal is an
``Unfit``; its message says what is expected and never quotes what was found.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal

MAX_TEXT = 200
"""Characters in a code or a number; what people search for must fit an index."""
MAX_DESCRIPTION = 250
MAX_INTEGER_DIGITS = 12
MAX_DECIMALS = 9
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""Dates outside of these are slips of the pen, and where the calendar ends, arithmetic with zones fails."""

GROUP_SEPARATOR = "\x1d"
"""FNC1 as scanners send it; the one control character that belongs in a code (GS1 General Specifications, 7.8)."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)")
_LINE_END = re.compile("\r\n?|\n|\x85|\u2028|\u2029")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


class Unfit(ValueError):
    """A value that may not enter; ``reason`` completes an issue code: ``invalid``, ``too_long``."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def text(value: str | None, *, allowed: str = "") -> str | None:
    """The text without surrounding blanks, None where nothing is left.

    Raises Unfit for control characters other than ``allowed`` and for more than MAX_TEXT characters.
    """
    if value is None or not (value := value.strip(" \t\r\n\xa0")):
        return None
    if len(value) > MAX_TEXT:
        raise Unfit("too_long", f"at most {MAX_TEXT} characters are allowed")
    # Nothing printable is a control character, and asking for the one is much cheaper than looking for the other.
    if not value.isprintable() and any(found not in allowed for found in _CONTROL.findall(value)):
        raise Unfit("invalid", "control characters are not allowed")
    return value


def prose(value: str | None, most: int = 4_000) -> str | None:
    """Text for people, its line ends kept as newlines, None where nothing is left. Raises Unfit if it is too long.

    Control characters become blanks: nothing is decided by them and nothing is lost without them.
    """
    if value is None:
        return None
    if len(value) > 4 * most:
        raise Unfit("too_long", f"at most {most} characters are allowed")
    lines = _LINE_END.split(value)
    found = "\n".join(_CONTROL.sub(" ", line).strip() for line in lines).strip()
    if len(found) > most:
        raise Unfit("too_long", f"at most {most} characters are allowed")
    return found or None


def description(value: str | None) -> str | None:
    """Text for human eyes on one line, cut to MAX_DESCRIPTION characters; nothing is decided by it."""
    if value is None:
        return None
    line = " ".join(_CONTROL.sub(" ", value[: 4 * MAX_DESCRIPTION]).split())
    return line[:MAX_DESCRIPTION].rstrip() or None


def number(value: str) -> Decimal:
    """The number in plain digits with an optional sign and point (HL7 NM). Raises Unfit."""
    if len(value) > MAX_TEXT or not _NUMBER.fullmatch(value):
        raise Unfit("invalid", "a number in plain digits is expected")
    return Decimal(value)


def amount(value: Decimal) -> Decimal:
    """The amount with all its digits written out (``1000``, not ``1E+3``), its decimals kept.

    Raises Unfit unless it is finite and has at most MAX_INTEGER_DIGITS digits before the point and MAX_DECIMALS after.
    """
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise Unfit("invalid", "a finite number is expected")
    if value.adjusted() >= MAX_INTEGER_DIGITS or exponent < -MAX_DECIMALS:
        raise Unfit("invalid", f"at most {MAX_INTEGER_DIGITS} digits and {MAX_DECIMALS} decimals are allowed")
    return Decimal(format(value, "f"))


def moment(value: datetime, zone: tzinfo = UTC) -> datetime:
    """The time with a fixed offset; a time without one is taken as local to ``zone``. Raises Unfit for odd years."""
    _check_year(value.year)
    local = value if value.tzinfo else value.replace(tzinfo=zone)
    # A fixed offset survives storage; zone rules change, and times in a repeated hour compare unequal to all others.
    return datetime.fromisoformat(local.isoformat())


def day(year: int, month: int, day_of_month: int | None = None) -> date:
    """A calendar day, the month's last one where no day is told, as for expiry dates. Raises Unfit."""
    _check_year(year)
    try:
        return date(year, month, day_of_month or monthrange(year, month)[1])
    except ValueError:
        raise Unfit("invalid", "a calendar date is expected") from None


def _check_year(year: int) -> None:
    if not FIRST_DAY.year <= year <= LAST_DAY.year:
        raise Unfit("invalid", f"a year from {FIRST_DAY.year} to {LAST_DAY.year} is expected")
