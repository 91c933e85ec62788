"""Cells turned into what the wire form of a field takes, by the type of the field and the habits of the column.

Called by ``app.standards.tabular.reading``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Any

from app.model.channel import Profile
from app.model.gate import Unfit
from app.standards.tabular import cells, kinds
from app.standards.tabular.columns import Layout, Target
from app.standards.tabular.options import Column, TabularOptions
from app.standards.tabular.rows import Cell, Row

Convert = Callable[[Cell], Any]

_CONVERTERS: Mapping[str, Callable[[str], str]] = {
    "": lambda text: text,
    "upper": str.upper,
    "lower": str.lower,
    "digits": lambda text: re.sub(r"\D", "", text),
    "no_leading_zeros": lambda text: text.lstrip("0") or text[-1:],
    "first_word": lambda text: text.split(None, 1)[0],
}
_EXPIRY = "expiry"


@dataclass(frozen=True, slots=True)
class Values:
    """Reads the cells of one file; what the file itself proves about its numbers and days is known beforehand."""

    formats: Sequence[str]
    zone: tzinfo
    mark: cells.Mark
    orders: Mapping[int, cells.Order]

    @classmethod
    def of(cls, layout: Layout, options: TabularOptions, profile: Profile) -> Values:
        """Looks through the columns of numbers and days for those with one meaning only."""
        zone = profile.channel.time_zone
        if layout.own:
            return cls((), zone, ".", {})
        numbers = {b.index for b in layout.columns for t in b.targets if t.path.leaf is Decimal and not t.constant}
        days = {b.index for b in layout.columns for t in b.targets if _is_day(t.path.leaf)}
        mark = options.decimal_mark
        if not mark:
            proved = cells.marks(_texts(layout.rows, numbers))
            mark = "." if proved == {"."} else "," if proved == {","} else ""
        orders = {index: cells.order_of(_texts(layout.rows, {index})) for index in days if index is not None}
        return cls(options.date_formats, zone, mark, orders)

    def converter(self, target: Target, index: int | None) -> Convert:
        """The function for the cells of a column; it raises Unfit."""
        spec, leaf = target.spec, target.path.leaf
        read = _remembering(self._by_type(leaf, spec, target, index))
        if not (spec.values or spec.converter):
            return read

        def convert(cell: Cell) -> Any:
            text = _CONVERTERS[spec.converter](cells.text(cell).strip())
            return read(spec.values.get(text, text))

        return convert

    def _by_type(self, leaf: Any, spec: Column, target: Target, index: int | None) -> Convert:
        if leaf is Decimal:
            return lambda cell: cells.number(_free(cell), self.mark, spec.decimals)
        if leaf is bool:
            return cells.flag
        if isinstance(leaf, tuple) and leaf and isinstance(leaf[0], str):
            return lambda cell: word(cells.text(cell), leaf)
        if not _is_day(leaf):
            return cells.text
        formats = (spec.format,) if spec.format else self.formats
        dates = cells.Dates(formats, self.zone, self.orders.get(index or 0, ""))
        if leaf is date:
            return lambda cell: dates.day(cell, last_of_month=target.path.name == _EXPIRY)
        return dates.when


REMEMBERED = 5_000
"""Texts of a column whose meaning is kept: columns repeat themselves."""


def _remembering(read: Convert) -> Convert:
    known: dict[str, Any] = {}

    def convert(cell: Cell) -> Any:
        if not isinstance(cell, str):
            return read(cell)
        if cell not in known:
            if len(known) >= REMEMBERED:
                known.clear()
            known[cell] = read(cell)
        return known[cell]

    return convert


def _free(cell: Cell) -> Cell:
    return cells.unguarded(cell) if isinstance(cell, str) else cell


def word(text: str, allowed: Sequence[str]) -> str:
    """One of our words, as we or others write it. Raises Unfit."""
    told = text.strip().lower()
    plain = re.sub(r"[\s-]+", "_", told)
    if plain in allowed:
        return plain
    found = [ours for ours in allowed if kinds.WORDS.get(ours, {}).get(told) == ours]
    if len(found) != 1:
        raise Unfit("invalid", f"must be one of: {', '.join(allowed)}")
    return found[0]


def _is_day(leaf: Any) -> bool:
    return leaf in (date, datetime) or leaf == (date, datetime)


def _texts(rows: Sequence[Row], indexes: set[int | None]) -> Iterator[str]:
    for row in rows:
        for index in indexes:
            if index is not None and index < len(row.cells) and isinstance(cell := row.cells[index], str):
                yield cell
