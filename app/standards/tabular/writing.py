"""A document as a CSV file: with the columns of the channel's options, else with a column for every field told.

Called by ``app.standards.tabular.standard``. What is written is read back exactly by the same options.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import Any, NoReturn

from app.errors import Permanent
from app.model import gate
from app.model.documents import Document
from app.model.item import Identifier
from app.model.party import PartyIdentifier
from app.standards.tabular import paths
from app.standards.tabular.cells import guarded
from app.standards.tabular.columns import KIND
from app.standards.tabular.options import Column, TabularOptions

CONTENT_TYPE = "text/csv"
MATTERS = frozenset({
    "number", "value", "amount", "identifiers", "lot", "serial", "action", "order_number", "order_line", "total",
    "event_id", "kind", "occurred_at", "location", "unit",
})  # fmt: skip
"""Fields that must not be lost where the channel's columns leave them out."""
_LEFT_OUT = frozenset({"warnings", "case", "facility"})

_BAG = re.compile(r"(.*(?:identifiers|substitute|start_from))\.")
_TWO_MEANINGS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")

Told = dict[str, Any]
"""Values by their paths."""
Table = list[list[str]]


@dataclass(frozen=True, slots=True)
class Habits:
    """How the values of a file are written; a file of our own is written in one way only."""

    options: TabularOptions
    zone: tzinfo
    own: bool = False


def write(document: Document, options: TabularOptions, zone: tzinfo) -> bytes:
    """The file, with CRLF; moments without an offset are in ``zone``. Raises Permanent (``document.not_carried``)."""
    head, lines = told(document)
    if options.columns and options.kind == document.document_kind:
        _check_carried(document, head, lines, options)
        table = _chosen(head, lines, Habits(options, zone))
    elif options.columns:
        refuse(f"documents of the kind {document.document_kind}; the channel's columns are those of {options.kind}")
    else:
        table = _all(document.document_kind, head, lines, Habits(options, zone, own=True))
    text = _fixed(table, options) if options.layout == "fixed" else _delimited(table, options)
    try:
        return text.encode(options.encoding or "utf-8")
    except UnicodeEncodeError:
        refuse(f"a character that {options.encoding} does not have")


def _delimited(table: Table, options: TabularOptions) -> str:
    content = io.StringIO(newline="")
    writer = csv.writer(content, delimiter=options.delimiter or ",", quotechar=options.quote, lineterminator="\r\n")
    writer.writerows(table)
    return content.getvalue()


def _fixed(table: Table, options: TabularOptions) -> str:
    """Lines of cells at their positions; the columns of the options are in the order of the cells."""
    spans = [(column.position or 1, column.width or 0) for column in _written(options)]
    length = max((first - 1 + width for first, width in spans), default=0)
    return "".join(_placed(row, spans, length) + "\r\n" for row in table)


def _placed(row: Sequence[str], spans: Sequence[tuple[int, int]], length: int) -> str:
    line = [" "] * length
    for cell, (first, width) in zip(row, spans, strict=True):
        if len(cell) > width or "\n" in cell:
            refuse("a value that is longer than its column")
        line[first - 1 : first - 1 + width] = cell.ljust(width)
    return "".join(line)


def told(document: Document) -> tuple[Told, list[Told]]:
    """What a document tells of itself and of each of its lines, by paths without numbers of lines."""
    head: Told = {}
    for field in fields(document):
        if field.name not in _LEFT_OUT and field.name != paths.LINES:
            head.update(_flat(getattr(document, field.name), field.name))
    lines = [dict(_flat(line, paths.LINES)) for line in getattr(document, paths.LINES, ())]
    return head, lines


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, tuple):
        yield from _flat_entries(value, path)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _flat(getattr(value, field.name), f"{path}.{field.name}")
    elif value is not None:
        yield path, value


def _flat_entries(value: tuple[Any, ...], path: str) -> Iterator[tuple[str, Any]]:
    counts: dict[str, int] = {}
    for number, entry in enumerate(value, 1):
        if isinstance(entry, Identifier | PartyIdentifier):
            count = counts[entry.scheme] = counts.get(entry.scheme, 0) + 1
            yield f"{path}.{entry.scheme}" + (f".{count}" if count > 1 else ""), entry.value
        else:
            yield from _flat(entry, f"{path}.{number}")


def _all(kind: str, head: Told, lines: list[Told], habits: Habits) -> Table:
    """Headings that are the paths themselves, after the kind, in the order in which they are first told."""
    names = _with_units(_bags_in_order(dict.fromkeys(name for part in (head, *lines) for name in part), [head, *lines]))
    rows = [
        [kind, *(_cell({**head, **line}.get(name), Column(name), habits) for name in names)] for line in lines or [{}]
    ]
    return [[KIND, *names], *rows]


def _bags_in_order(names: dict[str, None], rows: Sequence[Told]) -> dict[str, None]:
    """The numbers of an item or a party in an order that suits all rows, where there is one."""
    bags: dict[str, TopologicalSorter[str]] = {}
    for row in rows:
        before: dict[str, str] = {}
        for name in row:
            if bag := _bag(name):
                bags.setdefault(bag, TopologicalSorter()).add(name, *([before[bag]] if bag in before else []))
                before[bag] = name
    ordered: dict[str, Iterator[str]] = {}
    for bag, graph in bags.items():
        with suppress(CycleError):
            ordered[bag] = iter(tuple(graph.static_order()))
    return dict.fromkeys(next(ordered[_bag(name)]) if _bag(name) in ordered else name for name in names)


def _bag(name: str) -> str:
    """``lines.identifiers`` of ``lines.identifiers.gtin``; empty for a field of its own."""
    found = _BAG.match(name)
    return found[1] if found else ""


def _with_units(names: dict[str, None]) -> list[str]:
    """A column of common codes beside each of units: where it is blank, none is made up when it is read."""
    found: dict[str, None] = {}
    for name in names:
        found[name] = None
        if name.endswith((".unit", "base_unit")):
            found[name.removesuffix("base_unit").removesuffix("unit") + "common_unit"] = None
    return list(found)


def _chosen(head: Told, lines: list[Told], habits: Habits) -> Table:
    columns = _written(habits.options)
    rows = [[_cell(_value({**head, **line}, column), column, habits) for column in columns] for line in lines or [{}]]
    if habits.options.layout == "fixed" or not any(column.name for column in columns):
        return rows
    return [[column.name or column.field for column in columns], *rows]


def _written(options: TabularOptions) -> list[Column]:
    """The columns of the file in their order, with a blank one wherever a position is left out."""
    columns = [column for column in options.columns if column.name or column.position]
    if options.layout == "fixed" or not all(column.position for column in columns):
        return columns
    placed = {column.position or 0: column for column in columns}
    return [placed.get(position, Column("")) for position in range(1, max(placed, default=0) + 1)]


def _value(row: Mapping[str, Any], column: Column) -> Any:
    """The value of a field; a list's only entry answers for the list."""
    found = row.get(column.field)
    return row.get(_first(column.field, row)) if found is None else found


def _first(field: str, row: Mapping[str, Any]) -> str:
    """The path with a 1 wherever it enters a list without a number."""
    return next((path for path in row if _generic(path) == field and ".2" not in path), field)


def _generic(path: str) -> str:
    return ".".join(part for part in path.split(".") if part != "1")


def _check_carried(document: Document, head: Told, lines: list[Told], options: TabularOptions) -> None:
    """Raise Permanent where something that matters is told, has no column, and is not what is taken without one."""
    carried = {column.field for column in options.columns}
    taken = _defaults(document)
    constants = {column.field: column.default for column in options.columns if not (column.name or column.position)}
    numbered = "lines.number" not in carried
    for place, row in enumerate([head, *lines]):
        for path, value in row.items():
            known = path in carried or _generic(path) in carried
            counted = numbered and path == "lines.number" and value == str(place)
            if not known and not counted and _matters(path) and taken.get(path) != value:
                refuse(path)
            if constants.get(path, str(value)) != str(value):
                refuse(f"another {path} than the channel's")


def _defaults(document: Document) -> Told:
    """What a document and a line say where nobody says anything."""
    found = {field.name: field.default for field in fields(document)}
    for line in getattr(document, paths.LINES, ())[:1]:
        found |= {f"{paths.LINES}.{field.name}": field.default for field in fields(line)}
    return found


def _matters(path: str) -> bool:
    parts = [part for part in path.split(".") if not part.isdigit()]
    return (
        parts[-1] in MATTERS - {"unit", "number"}
        or "identifiers" in parts
        or parts in (["number"], ["lines", "number"])
    )


def _cell(value: Any, column: Column, habits: Habits) -> str:
    """The value as text, as the column is written."""
    if value is None:
        return ""
    text = _text(value, column, habits)
    if back := next((theirs for theirs, ours in column.values.items() if ours == text), None):
        return back
    plain = isinstance(value, Decimal | date | bool) or habits.options.layout == "fixed"
    return text if plain else guarded(text)


def _text(value: Any, column: Column, habits: Habits) -> str:
    if isinstance(value, Decimal):
        return _number(value, column, habits)
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, date):
        return str(value)
    formats = () if habits.own else (column.format,) if column.format else habits.options.date_formats
    return _when(value, formats[0], column, habits.zone) if formats else value.isoformat()


def _when(value: date, known: str, column: Column, zone: tzinfo) -> str:
    """A day or a moment in a format, which must say all of it."""
    text = value.astimezone(zone).strftime(known) if isinstance(value, datetime) else value.strftime(known)
    back = datetime.strptime(text, known)  # noqa: DTZ007 - its zone is told below
    same = gate.moment(back, zone) == value if isinstance(value, datetime) else back.date() == value
    if not same:
        refuse(f"all of {column.field} in the format of its column")
    return text


def _number(value: Decimal, column: Column, habits: Habits) -> str:
    if column.decimals and not habits.own:
        shifted = value.scaleb(column.decimals)
        if shifted != shifted.to_integral_value():
            refuse(f"{column.field} with more than {column.decimals} decimals")
        return format(shifted, ".0f")
    text = format(value, "f")
    if habits.own or habits.options.decimal_mark:
        return text.replace(".", (not habits.own and habits.options.decimal_mark) or ".")
    # 1.500 has two meanings where nobody has told the decimal mark; 1.5000 has one.
    return f"{text}0" if _TWO_MEANINGS.fullmatch(text) else text


def refuse(what: str) -> NoReturn:
    """Raise Permanent."""
    raise Permanent(f"the table has no place for {what}", code="document.not_carried")
