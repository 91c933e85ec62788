"""Cells read as values: numbers, days, times, words; nothing that has two meanings is guessed.

Called by ``app.standards.tabular.columns``. What comes out is what the wire form of documents takes.
"""

from __future__ import annotations

import re
from calendar import month_abbr, month_name
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from decimal import Decimal
from typing import Literal

from app.model import gate
from app.model.gate import Unfit
from app.standards.tabular.rows import Broken, Cell

Mark = Literal["", ".", ","]
Order = Literal["", "dmy", "mdy"]

_CURRENCY = "[$€£¥]|AUD|CAD|CHF|CZK|DKK|EUR|GBP|HUF|JPY|NOK|NZD|PLN|RON|SEK|USD"
_SYMBOL = re.compile(rf"^(?:{_CURRENCY})\s*|\s*(?:{_CURRENCY})$")
_SPACES = re.compile(r"(?<=\d)['\u2019\u00a0\u202f ](?=\d{3}(?:\D|$))")
_CLEAR = re.compile(r"[0-9]+(?:\.[0-9]{1,2})?")
"""The numbers of most files."""
_PLAIN = re.compile(r"\d+")
_GROUPED = {mark: re.compile(rf"[1-9]\d{{0,2}}(?:{re.escape(mark)}\d{{3}})+") for mark in ".,"}

TRUE = frozenset({"true", "t", "yes", "y", "1", "x", "ja", "j", "oui", "si", "sí", "on", "wahr"})
FALSE = frozenset({"false", "f", "no", "n", "0", "nein", "non", "off", "falsch"})


def number(cell: Cell, mark: Mark, decimals: int = 0) -> str:
    """The number in plain digits. Raises Unfit, ``ambiguous`` where it depends on the unknown decimal mark."""
    if isinstance(cell, Decimal):
        return format(_shifted(cell, decimals), "f")
    if not isinstance(cell, str):
        raise Unfit("invalid", "a number is expected")
    if _CLEAR.fullmatch(cell) and mark != "," and not decimals and len(cell) <= gate.MAX_INTEGER_DIGITS:
        return cell
    if len(cell) > gate.MAX_TEXT:
        raise Unfit("too_long", "a number is expected")
    sign, digits = _signed(_SYMBOL.sub("", cell.strip()).strip())
    digits = _SPACES.sub("", digits)
    found = _unmarked(digits, mark)
    if decimals and found.isdigit():
        return sign + format(_shifted(Decimal(found), decimals), "f")
    return sign + found


def _shifted(value: Decimal, decimals: int) -> Decimal:
    return value.scaleb(-decimals) if decimals else value


def _signed(text: str) -> tuple[str, str]:
    """Signs before and after, and the parentheses of bookkeepers."""
    if text.startswith("(") and text.endswith(")"):
        return "-", text[1:-1].strip()
    if text.endswith("-"):
        return "-", text[:-1].strip()
    if text.startswith(("-", "+", "\u2212")):
        return ("" if text[0] == "+" else "-"), text[1:].strip()
    return "", text


def _unmarked(text: str, mark: Mark) -> str:
    if _PLAIN.fullmatch(text) and text.isascii():
        return text
    found = {reading for one in ".," if not mark or one == mark for reading in _readings(text, one)}
    if len(found) == 1:
        return found.pop()
    if found:
        raise Unfit("ambiguous", "a decimal mark or a thousands separator: the channel's options must tell which")
    raise Unfit("invalid", "a number is expected")


def _readings(text: str, mark: str) -> set[str]:
    """What the text means where ``mark`` is the decimal mark; one number at most."""
    other = "," if mark == "." else "."
    whole, _, rest = text.partition(mark)
    if mark in rest or other in rest or not text.isascii() or not (whole or rest):
        return set()
    if other in whole and not _GROUPED[other].fullmatch(whole):
        return set()
    whole = whole.replace(other, "")
    if not (whole + rest).isdigit():
        return set()
    return {f"{whole or '0'}.{rest}" if rest else whole}


def marks(texts: Iterable[str]) -> set[str]:
    """The decimal marks that are proved by numbers with one meaning only."""
    proved: set[str] = set()
    for text in texts:
        digits = _SPACES.sub("", _signed(_SYMBOL.sub("", text.strip()).strip())[1])
        able = [mark for mark in ".," if _readings(digits, mark)]
        if len(able) == 1 and ("." in digits or "," in digits):
            proved.add(able[0])
        if len(proved) == 2:
            break
    return proved


_MONTHS: Mapping[str, int] = {
    name.lower(): number for names in (month_abbr, month_name) for number, name in enumerate(names) if name
}
_YMD = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})")
_LOOSE_YMD = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_XXY = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_NAMED = re.compile(r"(\d{1,2})[-/. ]+([A-Za-z]{3,9})\.?[-/., ]+(\d{4})")
_NAMED_FIRST = re.compile(r"([A-Za-z]{3,9})\.?[-/ ]+(\d{1,2}),?[-/ ]+(\d{4})")
_MONTH = re.compile(r"(\d{4})[-/](\d{1,2})|(\d{1,2})[-/](\d{4})")
_TIME = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,6}))?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|z|UTC|[+-]\d{2}:?\d{2})?"
)


@dataclass(frozen=True, slots=True)
class Dates:
    """How a column's days are read: by its formats, else by what has one meaning; ``order`` is what the file proves."""

    formats: Sequence[str]
    zone: tzinfo
    order: Order = ""

    def day(self, cell: Cell, *, last_of_month: bool = False) -> str:
        """A day as ISO 8601. Raises Unfit."""
        found = self._read(cell, last_of_month=last_of_month)
        if isinstance(found, datetime):
            if found.time() != time():
                raise Unfit("invalid", "a day is expected")
            found = found.date()
        return found.isoformat()

    def when(self, cell: Cell) -> str:
        """A day, or a moment with its offset, as ISO 8601. Raises Unfit."""
        found = self._read(cell)
        return gate.moment(found, self.zone).isoformat() if isinstance(found, datetime) else found.isoformat()

    def _read(self, cell: Cell, *, last_of_month: bool = False) -> date | datetime:
        if isinstance(cell, date):
            return cell
        text = format(cell, "f") if isinstance(cell, Decimal) else cell
        if not isinstance(text, str) or len(text) > 64:
            raise Unfit("invalid", "a date is expected")
        text = text.strip()
        if self.formats:
            return self._formatted(text)
        if last_of_month and (found := _MONTH.fullmatch(text)):
            year, month = (found[1], found[2]) if found[1] else (found[4], found[3])
            return gate.day(int(year), int(month))
        first, _, rest = text.replace("T", " ", 1).partition(" ") if text[:1].isdigit() else (text, "", "")
        try:
            return self._day(text)
        except Unfit:
            clock = _TIME.fullmatch(rest.strip()) if rest else None
            if clock is None:
                raise
        return _at(self._day(first), clock)

    def _formatted(self, text: str) -> date | datetime:
        for known in self.formats:
            try:
                found = datetime.strptime(text, known)  # noqa: DTZ007 - its zone is the channel's unless it says
            except ValueError:
                continue
            return found if any(code in known for code in ("%H", "%I", "%X", "%c")) else found.date()
        raise Unfit("invalid", "a date in the format of the channel's options is expected")

    def _day(self, text: str) -> date:
        if found := _YMD.fullmatch(text) or _LOOSE_YMD.fullmatch(text):
            groups = found.groups()
            return gate.day(int(groups[0]), int(groups[-2]), int(groups[-1]) or 99)
        if found := _XXY.fullmatch(text):
            return self._ordered(int(found[1]), int(found[3]), int(found[4]), dots=found[2] == ".")
        named = _NAMED.fullmatch(text)
        if named and (month := _MONTHS.get(named[2].lower())):
            return gate.day(int(named[3]), month, int(named[1]) or 99)
        named = _NAMED_FIRST.fullmatch(text)
        if named and (month := _MONTHS.get(named[1].lower())):
            return gate.day(int(named[3]), month, int(named[2]) or 99)
        raise Unfit("invalid", "a date with a year of four digits is expected")

    def _ordered(self, first: int, second: int, year: int, *, dots: bool) -> date:
        order = self.order or _order(first, second) or ("dmy" if dots else "")
        if first == second:
            order = "dmy"
        if not order:
            raise Unfit("ambiguous", "day and month could be either way round; the channel's options must tell")
        day, month = (first, second) if order == "dmy" else (second, first)
        return gate.day(year, month, day or 99)


def _order(first: int, second: int) -> Order:
    if first > 12 >= second:
        return "dmy"
    return "mdy" if second > 12 >= first else ""


def order_of(texts: Iterable[str]) -> Order:
    """The order of day and month that is proved by days with one meaning only; none where they disagree."""
    proved: set[Order] = set()
    for text in texts:
        if (found := _XXY.match(text.strip())) and found[2] != ".":
            proved.add(_order(int(found[1]), int(found[3])))
    proved.discard("")
    return proved.pop() if len(proved) == 1 else ""


def _at(day: date, clock: re.Match[str]) -> datetime:
    hour, half = int(clock[1]), (clock[5] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            raise Unfit("invalid", "a time is expected")
        hour = hour % 12 + (12 if half == "p" else 0)
    micro = int((clock[4] or "0").ljust(6, "0"))
    try:
        moment = datetime.combine(day, time(hour, int(clock[2]), int(clock[3] or 0), micro))
    except ValueError:
        raise Unfit("invalid", "a time is expected") from None
    if not clock[6]:
        return moment
    offset = "+00:00" if clock[6].upper() in {"Z", "UTC"} else clock[6]
    return datetime.fromisoformat(f"{moment.isoformat()}{offset}")


def flag(cell: Cell) -> bool:
    """Yes or no. Raises Unfit."""
    if isinstance(cell, bool):
        return cell
    word = text(cell).strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise Unfit("invalid", "yes or no is expected")


def text(cell: Cell) -> str:
    """The cell as text, freed of the apostrophe that keeps spreadsheets from calculating. Raises Unfit."""
    if isinstance(cell, Broken):
        raise Unfit("invalid", "a value is expected, not the error of a formula")
    if isinstance(cell, str):
        return unguarded(cell)
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return cell.isoformat() if cell is not None else ""


_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_GUARDED = re.compile(r"'+[=+\-@\t\r]")


def guarded(value: str) -> str:
    """The text so that no spreadsheet takes it for a formula (OWASP, CSV injection)."""
    return f"'{value}" if _FORMULA.match(value) else value


def unguarded(value: str) -> str:
    """The text that was guarded, exactly."""
    return value[1:] if _GUARDED.match(value) else value


def blank(cell: Cell) -> bool:
    """Whether nothing is told."""
    return cell is None or (isinstance(cell, str) and not cell.strip(" \t\r\n\xa0"))
