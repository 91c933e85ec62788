"""Which column is which field: told by the channel's options, by a file of our own, or by usual headings.

Called by ``app.standards.tabular.reading``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from app.model.documents import KINDS
from app.standards.tabular import kinds, paths
from app.standards.tabular.headings import SYNONYMS
from app.standards.tabular.options import Column, TabularOptions
from app.standards.tabular.paths import Path
from app.standards.tabular.rows import Row, refuse

LOOKED_AT = 20
"""Rows in which the headings are looked for; above them stand titles and dates."""
KIND = "document"
"""The heading over the kind of document in files of our own, whose other headings are field paths."""

_PARENTHESES = re.compile(r"\([^)]*\)|\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Target:
    """A field that a column fills; ``weak``: unless another does; ``aid``: never alone; ``constant``: with this."""

    path: Path
    spec: Column
    weak: bool = False
    aid: bool = False
    constant: str | None = None


@dataclass(frozen=True, slots=True)
class Bound:
    """A column of the file, by its place from 0 (None: of no column), with the fields that it fills."""

    index: int | None
    heading: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A file that is understood: its kind, its columns, the rows below the headings, and what was not read.

    ``above`` is how many rows stand above the headings; ``own`` tells a file that we wrote with our own headings.
    """

    kind: str
    columns: tuple[Bound, ...]
    rows: Sequence[Row]
    header: Row | None = None
    unread: tuple[int, ...] = ()
    above: int = 0
    own: bool = False

    @property
    def fields(self) -> Mapping[str, str]:
        """The headings by the fields below them."""
        return {target.path.text: bound.heading for bound in self.columns for target in bound.targets}


def layout(rows: Sequence[Row], options: TabularOptions) -> Layout:
    """How the file is to be read. Raises Rejected where that is unclear."""
    if options.columns:
        return _told(rows, options)
    start = _numbered(rows, options.header_row) if options.header_row else None
    for place in [start] if start is not None else range(min(len(rows), LOOKED_AT)):
        found = _own(rows, place, options) or _usual(rows, place, options)
        if found:
            return found
    text = "headings that tell a kind of document are expected; the channel's options may name kind and columns"
    return refuse("table.unknown", rows[0].place(), text)


def _numbered(rows: Sequence[Row], number: int) -> int:
    for place, row in enumerate(rows):
        if row.number == number:
            return place
    return refuse("header.missing", f"line {number}", "the headings are expected in this line")


def _told(rows: Sequence[Row], options: TabularOptions) -> Layout:
    named = any(column.name for column in options.columns) and options.layout != "fixed"
    if not named:
        first = _numbered(rows, options.header_row) + 1 if options.header_row else 0
        return Layout(options.kind, tuple(_placed(options)), rows[first:])
    place = _numbered(rows, options.header_row) if options.header_row else _best(rows, options)
    header = _normalised(rows[place])
    bound = tuple(_named(options, header, rows[place]))
    return Layout(options.kind, bound, rows[place + 1 :], rows[place], _unread(rows[place], bound), place)


def _placed(options: TabularOptions) -> Iterator[Bound]:
    """Columns by their positions; of fixed width the reader has cut the line into them already."""
    for number, column in enumerate(options.columns):
        index = number if options.layout == "fixed" else (column.position or 0) - 1
        target = Target(paths.resolved(options.kind, column.field), column)
        yield Bound(index if column.position else None, column.name or column.field, (target,))


def _best(rows: Sequence[Row], options: TabularOptions) -> int:
    wanted = {normalised(column.name) for column in options.columns if column.name}
    matches = [len(wanted & set(_normalised(row))) for row in rows[:LOOKED_AT]]
    return matches.index(max(matches))


def _named(options: TabularOptions, header: Sequence[str], row: Row) -> Iterator[Bound]:
    for column in options.columns:
        target = Target(paths.resolved(options.kind, column.field), column)
        index: int | None = column.position - 1 if column.position else None
        if column.name:
            wanted = normalised(column.name)
            if header.count(wanted) > 1:
                refuse("column.duplicate", row.place(column.name), "the heading is there twice")
            index = header.index(wanted) if wanted in header else None
            if index is None and column.required:
                refuse("column.missing", row.place(column.name), "this column is required")
            if index is None and not column.default:
                continue
        yield Bound(index, column.name or column.field, (target,))


def _own(rows: Sequence[Row], place: int, options: TabularOptions) -> Layout | None:
    """A file of our own: the first column tells the kind, the headings are field paths."""
    header = [cell if isinstance(cell, str) else "" for cell in rows[place].cells]
    if KIND not in header or place + 1 >= len(rows):
        return None
    index = header.index(KIND)
    cells = rows[place + 1].cells
    kind = cells[index] if index < len(cells) else ""
    if not isinstance(kind, str) or kind not in KINDS or (options.kind and kind != options.kind):
        return None
    found = []
    for number, heading in enumerate(header):
        try:
            target = Target(paths.resolved(kind, heading), Column(heading))
        except paths.Unresolved:
            continue
        found.append(Bound(number, heading, (target,)))
    unread = tuple(one for one in _unread(rows[place], found) if one != index + 1)
    return Layout(kind, tuple(found), rows[place + 1 :], rows[place], unread, place, own=True) if found else None


def _usual(rows: Sequence[Row], place: int, options: TabularOptions) -> Layout | None:
    """A file with usual headings: of the kinds that have all they need, the one that can place the most columns."""
    header = _normalised(rows[place])
    if sum(map(bool, header)) < 2:
        return None
    chosen = [options.kind] if options.kind in kinds.FIELDS else list(kinds.FIELDS)
    scores: dict[str, int] = {}
    for kind in chosen:
        things = {thing for heading in header if (thing := thing_of(kind, heading))}
        if all(things & set(group) for group in kinds.NEEDS[kind]):
            scores[kind] = len(things) + len(things & kinds.TELLING.get(kind, frozenset()))
    if not scores:
        return None
    best = [kind for kind, score in scores.items() if score == max(scores.values())]
    if len(best) > 1:
        text = f"this may be any of: {', '.join(best)}; the channel's options must name the kind"
        refuse("kind.ambiguous", rows[place].place(), text)
    bound = tuple(_synonyms(best[0], header, rows[place]))
    return Layout(best[0], bound, rows[place + 1 :], rows[place], _unread(rows[place], bound), place)


def _synonyms(kind: str, header: Sequence[str], row: Row) -> Iterator[Bound]:
    for index, heading in enumerate(header):
        thing = thing_of(kind, heading)
        if thing:
            if header.count(heading) > 1:
                refuse("column.duplicate", row.place(f"column {index + 1}"), "the heading is there twice")
            yield Bound(index, str(row.cells[index]).strip(), _targets(kind, thing))


@cache
def _targets(kind: str, thing: str) -> tuple[Target, ...]:
    return tuple(_target(kind, text, aid=thing in kinds.AIDS) for text in kinds.FIELDS[kind][thing])


def _target(kind: str, text: str, *, aid: bool) -> Target:
    field, is_constant, constant = text.partition("=")
    path = paths.resolved(kind, field.rstrip("?"))
    aid = aid or bool(is_constant) or path.text in kinds.AID_FIELDS
    return Target(path, Column(path.text), field.endswith("?"), aid, constant if is_constant else None)


@cache
def thing_of(kind: str, heading: str) -> str | None:
    """What a heading stands for in documents of the kind."""
    return next((thing for thing in kinds.FIELDS[kind] if heading in SYNONYMS[thing]), None)


def _unread(header: Row, bound: Sequence[Bound]) -> tuple[int, ...]:
    read = {column.index for column in bound}
    return tuple(
        number for number, cell in enumerate(header.cells, 1) if cell not in {None, ""} and number - 1 not in read
    )


def _normalised(row: Row) -> list[str]:
    """The headings; one that is known only without what stands in parentheses loses that."""
    found = []
    for cell in row.cells:
        heading = normalised(cell) if isinstance(cell, str) else ""
        if heading and heading not in _known() and isinstance(cell, str):
            shorter = normalised(_PARENTHESES.sub("", cell))
            heading = shorter if shorter in _known() else heading
        found.append(heading)
    return found


@cache
def _known() -> frozenset[str]:
    return frozenset(heading for headings in SYNONYMS.values() for heading in headings)


def normalised(heading: str) -> str:
    """Small letters and digits alone; a number sign means number."""
    text = heading[:200].strip().lower().replace("#", "number").replace("no.", "number").replace("nr.", "nummer")
    return "".join(character for character in text if character.isalnum())
