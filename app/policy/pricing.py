"""What a supplier's price list changes of the prices that stand: which are new, change, end or stay as they are.

Pure; used by ``app.odoo.price_lists`` with what Odoo has. A price is known by its item, unit and quantity; of one such
there is never more than one on a day, so a new one ends the one before it on the day before it begins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from app.errors import Held

DAY = timedelta(days=1)
Key = tuple[str, str, Decimal]


@dataclass(frozen=True, slots=True)
class WantedPrice:
    """What a row of a list says; ``unit`` is whatever tells Odoo's units apart, ``row`` where it stands in the list.

    ``lead_days`` None: nobody says. ``ended`` marks a row by which the supplier takes its price back.
    """

    row: str
    item: str
    unit: str
    minimum: Decimal
    price: Decimal
    currency: str
    code: str | None = None
    lead_days: int | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    ended: bool = False

    @property
    def key(self) -> Key:
        """What makes two prices the same price at two times."""
        return self.item, self.unit, self.minimum


@dataclass(frozen=True, slots=True)
class StandingPrice:
    """A price in Odoo; ``listed`` tells that it is one of those which a full list speaks of."""

    id: int
    item: str
    unit: str
    minimum: Decimal
    price: Decimal
    currency: str
    code: str | None = None
    lead_days: int = 0
    valid_from: date | None = None
    valid_to: date | None = None
    listed: bool = True

    @property
    def key(self) -> Key:
        """As of a wanted one."""
        return self.item, self.unit, self.minimum

    @property
    def begins(self) -> date:
        """Its first day."""
        return self.valid_from or date.min

    @property
    def ends(self) -> date:
        """Its last day."""
        return self.valid_to or date.max


@dataclass(frozen=True, slots=True)
class Limits:
    """How far prices may move unseen, in per cent: each price, and the share of them that a full list may end.

    ``accepted``: a person has looked at what this list does and lets it pass. ``subject`` names the list.
    """

    subject: str = "price list"
    change_percent: Decimal = Decimal(25)
    ended_percent: Decimal = Decimal(30)
    accepted: bool = False


@dataclass
class Plan:
    """What is to be done; ``ended`` are last days by the id of the price."""

    new: list[WantedPrice] = field(default_factory=list)
    changed: list[tuple[int, WantedPrice]] = field(default_factory=list)
    ended: dict[int, date] = field(default_factory=dict)
    unchanged: int = 0
    moves: list[tuple[WantedPrice, Decimal]] = field(default_factory=list)
    """Rows with the price that holds before them."""


def plan(
    wanted: Sequence[WantedPrice], standing: Sequence[StandingPrice], today: date, *, full: date | None, limits: Limits
) -> Plan:
    """What a list changes; ``full`` is the day from which on it is all that the supplier offers, None for a part.

    Raises Held where rows contradict each other or what stands, and where prices move too far.
    """
    made, by_key = Plan(), defaultdict(list)
    standing = [one for one in standing if one.begins <= one.ends]
    for one in standing:
        by_key[one.key].append(one)
    touched: set[int] = set()
    for key, rows in _by_key(wanted, today).items():
        touched |= _place(made, rows, by_key[key], today, full)
    if full:
        _end_unlisted(made, standing, touched, max(full, today), today, limits)
    _judge(made, limits)
    return made


def _by_key(wanted: Sequence[WantedPrice], today: date) -> dict[Key, list[WantedPrice]]:
    """The rows whose time is not over, in the order of their beginnings. Raises Held where two are about one day."""
    found: dict[Key, list[WantedPrice]] = defaultdict(list)
    for row in sorted(dict.fromkeys(wanted), key=lambda one: one.valid_from or date.min):
        if row.valid_to is None or row.valid_to >= today:
            found[row.key].append(row)
    for rows in found.values():
        for row, after in pairwise(rows):
            # A row without a day is about today, so that no other one may be about today as well.
            begins = after.valid_from or date.min
            if begins <= (row.valid_to or row.valid_from or today):
                hint = f"{row.row} and {after.row} of the list give two prices for the same days; have it corrected."
                raise Held("price_overlap", f"item {row.item}", hint)
    return found


def _place(
    made: Plan, rows: Sequence[WantedPrice], standing: Sequence[StandingPrice], today: date, full: date | None
) -> set[int]:
    """Put the rows of one key among the prices that stand; the ids of those that the rows speak of."""
    resolved = [_begun(row, standing, today) for row in rows if not row.ended]
    same = {row: _matching(row, standing) for row in resolved}
    matched = {one.id for one in same.values() if one}
    unmatched = [one for one in standing if one.id not in matched]
    others = [one for one in unmatched if one.ends >= today]
    # What leads up to the first row stays until then, whether a full list has it or not.
    leading = {one.id for one in others if resolved and one.begins < _begins(resolved[0])}
    touched = matched | leading | _taken_back(made, rows, others, today)
    for row, after in zip(resolved, [*resolved, None][1:], strict=True):
        later = [one for one in unmatched if one.begins > _begins(row) and not (full and one.listed)]
        ends = _last_day(row, after, later, today)
        before = _before(row, [one for one in others if one.id not in made.ended])
        known = same[row]
        final = replace(row, valid_to=ends)
        if known is None:
            made.new.append(final)
        elif _differs(final, known):
            made.changed.append((known.id, final))
        else:
            made.unchanged += 1
        if before:
            made.ended[before.id] = _begins(row) - DAY
        if previous := before or known:
            made.moves.append((row, previous.price))
    return touched


def _begun(row: WantedPrice, standing: Sequence[StandingPrice], today: date) -> WantedPrice:
    """The row with its first day: one that names none is about the price of today, which ends if it differs."""
    if row.valid_from or not standing:
        return row
    current = [one for one in standing if one.begins <= today <= one.ends]
    if any(one.begins == today for one in current):
        current = [one for one in current if one.begins == today]
    if len(current) > 1:
        raise _ambiguous(row)
    if not current:
        return replace(row, valid_from=today)
    known = current[0]
    kept = replace(row, valid_from=known.valid_from, valid_to=row.valid_to or known.valid_to)
    in_place = known.begins in (date.min, today) or not _differs(kept, known)
    return kept if in_place else replace(row, valid_from=today)


def _matching(row: WantedPrice, standing: Sequence[StandingPrice]) -> StandingPrice | None:
    found = [one for one in standing if one.begins == _begins(row)]
    if len(found) > 1:
        raise _ambiguous(row)
    return found[0] if found else None


def _before(row: WantedPrice, others: Sequence[StandingPrice]) -> StandingPrice | None:
    """The price that ends because of the row. Raises Held where the rest of its time would be left without any."""
    found = [one for one in others if one.begins < _begins(row) <= one.ends]
    if len(found) > 1:
        raise _ambiguous(row)
    if found and row.valid_to and found[0].valid_to and found[0].valid_to > row.valid_to:
        text = f"{row.row} of the list ends before the price that it replaces, on {found[0].valid_to}"
        raise Held("price_overlap", f"item {row.item}", f"{text}; settle which one holds.")
    return found[0] if found else None


def _last_day(row: WantedPrice, after: WantedPrice | None, later: Sequence[StandingPrice], today: date) -> date | None:
    """The row's last day; one that is left open ends where the next price begins."""
    if row.valid_to:
        if met := [one for one in later if one.begins <= row.valid_to and one.ends >= today]:
            hint = f"{row.row} of the list runs into a price that begins on {met[0].begins}; settle which one holds."
            raise Held("price_overlap", f"item {row.item}", hint)
        return row.valid_to
    starts = [one.begins for one in later] + ([_begins(after)] if after else [])
    return min(starts) - DAY if starts else None


def _taken_back(made: Plan, rows: Sequence[WantedPrice], others: Sequence[StandingPrice], today: date) -> set[int]:
    """End what the supplier takes back; the ids."""
    days = [row.valid_from or today for row in rows if row.ended]
    ended = {one.id: day - DAY for day in days for one in others if one.begins <= day <= one.ends}
    made.ended |= ended
    return set(ended)


def _begins(row: WantedPrice) -> date:
    return row.valid_from or date.min


def _ambiguous(row: WantedPrice) -> Held:
    hint = f"Odoo has several prices for the days of {row.row}; end all but one there and release."
    return Held("price_overlap", f"item {row.item}", hint)


def _differs(row: WantedPrice, known: StandingPrice) -> bool:
    days = row.lead_days is not None and row.lead_days != known.lead_days
    code = row.code is not None and row.code != known.code
    return days or code or (row.price, row.currency, row.valid_to) != (known.price, known.currency, known.valid_to)


def _end_unlisted(
    made: Plan, standing: Sequence[StandingPrice], touched: set[int], full: date, today: date, limits: Limits
) -> None:
    """End what a full list no longer has; one that has not begun ends before its beginning, and so never holds."""
    listed = [one for one in standing if one.listed and one.ends >= max(full - DAY, today)]
    gone = [one for one in listed if one.id not in touched and one.ends > full - DAY]
    made.ended |= {one.id: full - DAY for one in gone}
    share = Decimal(len(gone)) / len(listed) * 100 if listed else Decimal(0)
    if len(gone) > 1 and share > limits.ended_percent and not limits.accepted:
        hint = (
            f"The list would end {len(gone)} of {len(listed)} prices; is it whole? "
            "Release it to let them end, or cancel it."
        )
        raise Held("prices_vanish", limits.subject, hint)


def _judge(made: Plan, limits: Limits) -> None:
    far = [text for row, before in made.moves if (text := _far(row, before, limits.change_percent))]
    if far and not limits.accepted:
        more = f" and {len(far) - 5} more" if len(far) > 5 else ""
        hint = f"{'; '.join(far[:5])}{more}. Release it to accept these prices, or cancel it and ask the supplier."
        raise Held("price_jump", limits.subject, hint)


def _far(row: WantedPrice, before: Decimal, percent: Decimal) -> str:
    if row.price == before or (before and abs(row.price - before) * 100 <= percent * before):
        return ""
    return f"{row.row}, item {row.item}: {before.normalize():f} becomes {row.price.normalize():f}"
