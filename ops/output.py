"""What a command shows: a table on a terminal, plain columns in a pipe, JSON for machines; decided here alone.

Used by every command of ``ops.cli``. Results go to standard output, everything said about them to standard error. In
machine form only ``json`` writes, otherwise everything but ``json`` does, so a command simply calls both.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, is_dataclass
from datetime import UTC, date, datetime
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

STYLES = {
    "ok": "green",
    "settled": "green",
    "posted": "green",
    "closed": "green",
    "warn": "yellow",
    "held": "yellow",
    "blocked": "yellow",
    "in_doubt": "yellow",
    "fail": "bold red",
    "dead": "bold red",
    "open": "bold",
    "rejected": "red",
}
"""Colours of words on a terminal; the word always says the same without its colour."""

PROSE = frozenset({"error", "hint", "meaning", "states", "text", "then"})
"""Columns that may be wrapped on a terminal; every other value stays on one line, to be copied whole."""
LEAST_PROSE = 24

Row = Mapping[str, Any]


class Output:
    """Writes results. ``machine`` is the JSON form; whether there is a terminal is found out from the streams."""

    def __init__(self, *, machine: bool = False, out: Console | None = None, err: Console | None = None) -> None:
        self.machine = machine
        self._out = out or _console(sys.stdout)
        self._err = err or _console(sys.stderr)
        self._started = False

    @property
    def terminal(self) -> bool:
        """Whether a person looks at a terminal right now."""
        return self._out.is_terminal and not self.machine

    def json(self, value: object, *, line: bool = False) -> None:
        """The whole result as JSON, with ``line`` on one line."""
        if self.machine:
            self._out.out(json.dumps(value, default=_plain_value, indent=None if line else 2), highlight=False)

    def table(self, rows: Sequence[Row], columns: Sequence[str], *, title: str = "", nothing: str = "") -> None:
        """Rows under the names of the columns; ``nothing`` is said where there are none."""
        if self.machine:
            return
        if not rows:
            self.say(nothing)
            return
        self._head(title)
        if not self._out.is_terminal:
            for line in _aligned([list(columns), *_cells(rows, columns)]):
                self._write(line)
        elif _width(rows, columns) <= self._out.width:
            self._started = True
            self._out.print(grid(rows, columns))
        else:
            for row in rows:
                self.fields({name: row[name] for name in columns})
                self._write("")

    def fields(self, values: Row, *, title: str = "") -> None:
        """One thing as a list of names and values; what is None is left out."""
        known = [{"name": name, "value": value} for name, value in values.items() if value is not None]
        if self.machine:
            return
        width = max((len(entry["name"]) for entry in known), default=0)
        self._head(title)
        for entry in known:
            self._write(f"  {entry['name'].replace('_', ' '):<{width}}  {word(entry['value'])}")

    def say(self, text: str) -> None:
        """A line of the result; nothing where the text is empty."""
        if text and not self.machine:
            self._write("\n".join(printable(line) for line in text.split("\n")))

    def note(self, text: str) -> None:
        """A remark for the person, on standard error."""
        if text and not self.machine:
            self._err.print(Text(printable(text)), soft_wrap=True)

    def fault(self, code: str, message: str, hint: str, issues: Sequence[str] = ()) -> None:
        """What went wrong, on standard error in either form."""
        if self.machine:
            told = {"code": code, "message": message, "hint": hint, "issues": list(issues)}
            self._err.out(json.dumps({"error": told}), highlight=False)
            return
        lines = [f"error: {message} [{code}]", *(f"  {issue}" for issue in issues)]
        for line in (*lines, f"  what to do: {hint}" if hint else ""):
            self.note(line)

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """A bar on standard error, where that is a terminal; the block tells it how many are done so far."""
        shown = self._err.is_terminal and not self.machine
        with Progress(console=self._err, transient=True, disable=not shown) as bar:
            task = bar.add_task(label, total=total)
            yield lambda done: bar.update(task, completed=done)

    def _head(self, title: str) -> None:
        """The title of what follows, apart from what came before."""
        if title:
            self._write(f"\n{title}" if self._started else title)

    def _write(self, text: str) -> None:
        self._started = True
        self._out.print(Text(text), soft_wrap=True)


def grid(rows: Sequence[Row], columns: Sequence[str], title: str = "") -> Table:
    """A table for a terminal."""
    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", show_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        table.add_column(name.replace("_", " "), no_wrap=name not in PROSE, overflow="fold")
    for cells in _cells(rows, columns):
        table.add_row(*(Text(cell, style=STYLES.get(cell, "")) for cell in cells))
    return table


def word(value: object) -> str:
    """A value as a person reads it, on one line."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return rfc3339(value, "seconds")
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(word(entry) for entry in value) or "-"
    return printable(str(value))


def age(seconds: float) -> str:
    """A span as a person says it: ``12 s``, ``4 min``, ``3 h``, ``2 d``."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size * 2:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def printable(text: str) -> str:
    """The text without what could drive a terminal: senders choose some of the texts that are shown."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def counted(number: int, noun: str) -> str:
    """A number of things: ``1 document``, ``2 documents``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def rfc3339(value: datetime, precision: str = "microseconds") -> str:
    """A moment as RFC 3339 writes it, in UTC."""
    return value.astimezone(UTC).isoformat(timespec=precision).replace("+00:00", "Z")


def _console(stream: TextIO) -> Console:
    return Console(file=stream, highlight=False, markup=False, emoji=False)


def _cells(rows: Sequence[Row], columns: Sequence[str]) -> list[list[str]]:
    return [[word(row[name]) for name in columns] for row in rows]


def _width(rows: Sequence[Row], columns: Sequence[str]) -> int:
    """The least width of a table in which only prose is wrapped; two blanks stand between columns."""
    widths = (max(map(len, column)) for column in zip(columns, *_cells(rows, columns), strict=True))
    least = (min(width, LEAST_PROSE) if name in PROSE else width for name, width in zip(columns, widths, strict=True))
    return sum(least) + 2 * len(columns) - 1


def _aligned(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for cells in lines:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=True)).rstrip()


def _plain_value(value: object) -> object:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return str(value)
