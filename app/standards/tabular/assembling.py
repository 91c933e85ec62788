"""Rows put together into records: one row fills fields of a document, a line of it, and entries of lists.

Called by ``app.standards.tabular.reading``.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from app.standards.tabular.paths import LINES, OWN, Path


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value and where it stands. ``weak``: another value goes before it; ``aid``: it says nothing alone."""

    value: Any
    row: int
    heading: str
    weak: bool = False
    aid: bool = False


class Disagrees(ValueError):
    """A field is told twice, differently; ``row`` is where it was told first."""

    def __init__(self, row: int) -> None:
        super().__init__(f"disagrees with line {row}")
        self.row = row


@dataclass(slots=True)
class Entry:
    """An object in the making; ``row`` is the first row that told something of it."""

    row: int
    fields: dict[str, Any] = field(default_factory=dict)

    def put(self, name: str, leaf: Leaf) -> None:
        """Tell a field. Raises Disagrees."""
        known = self.fields.setdefault(name, leaf)
        if known is leaf or known.value == leaf.value or leaf.weak:
            return
        if not known.weak:
            raise Disagrees(known.row)
        self.fields[name] = leaf

    def child(self, name: str, made: type[Entry] | type[Entries], row: int) -> Any:
        """The object or list in a field, made where there is none yet."""
        if name not in self.fields:
            self.fields[name] = made(row)
        return self.fields[name]


@dataclass(slots=True)
class Entries:
    """A list in the making: numbered entries first, then those that rows brought."""

    row: int
    numbered: dict[int, Any] = field(default_factory=dict)
    named: dict[str, Leaf] = field(default_factory=dict)
    own: list[Any] = field(default_factory=list)

    def ordered(self) -> list[Any]:
        """The entries in their order."""
        return [self.numbered[number] for number in sorted(self.numbered)] + self.own


Slots = dict[int, Entry]
"""The entries that belong to the row in hand, by their list."""


def put(root: Entry, path: Path, leaf: Leaf, slots: Slots) -> None:
    """Tell a field of a document. Raises Disagrees."""
    node: Any = root
    last = len(path.steps) - 1
    for place, step in enumerate(path.steps):
        if isinstance(node, Entry):
            if place == last:
                node.put(str(step), leaf)
                return
            following = path.steps[place + 1]
            listed = isinstance(following, int) or following == OWN or following.startswith("@")
            node = node.child(str(step), Entries if listed else Entry, leaf.row)
        elif isinstance(step, str) and step.startswith("@"):
            _put_named(node, step[1:], leaf)
            return
        elif place == last:
            _put_plain(node, step, leaf)
            return
        else:
            node = _entry(node, step, leaf.row, slots)


def _put_named(node: Entries, name: str, leaf: Leaf) -> None:
    """A number of an item or a party. Of weak ones that disagree none is told: which of them is meant is not clear."""
    known = node.named.setdefault(name, leaf)
    if known.value != leaf.value and known.weak and leaf.weak:
        node.named[name] = replace(known, value=None)
    elif known.value != leaf.value:
        raise Disagrees(known.row)


def _put_plain(node: Entries, step: str | int, leaf: Leaf) -> None:
    """A list of plain values: the same one comes once."""
    if isinstance(step, int):
        known = node.numbered.setdefault(step, leaf)
        if known.value != leaf.value:
            raise Disagrees(known.row)
    elif all(known.value != leaf.value for known in node.own[-50:]):
        node.own.append(leaf)


def _entry(node: Entries, step: str | int, row: int, slots: Slots) -> Entry:
    if isinstance(step, int):
        found: Entry = node.numbered.setdefault(step, Entry(row))
        return found
    if id(node) not in slots:
        slots[id(node)] = Entry(row)
        node.own.append(slots[id(node)])
    return slots[id(node)]


def wire(root: Entry) -> dict[str, Any]:
    """The record: what is told, without objects of which only aids are told, and without equal entries of a list."""
    found: dict[str, Any] = _plain(root, keep=True)
    return found


def _plain(node: Any, *, keep: bool = False) -> Any:
    if isinstance(node, Leaf):
        return node.value
    if isinstance(node, Entries):
        return _listed(node)
    if not keep and not _tells(node):
        return None
    told = {name: _plain(below) for name, below in node.fields.items() if name != LINES}
    if LINES in node.fields:
        lines = node.fields[LINES]
        told[LINES] = [_plain(line, keep=keep) for line in lines.ordered()]
    return {name: value for name, value in told.items() if value is not None and value != []}


def _listed(node: Entries) -> list[Any]:
    found = [{"scheme": name.partition(".")[0], "value": leaf.value} for name, leaf in node.named.items() if leaf.value]
    for entry in node.ordered():
        value = _plain(entry)
        if value is not None and (not isinstance(entry, Entry) or value not in found[-20:]):
            found.append(value)
    return found


def _tells(node: Any) -> bool:
    """Whether anything but aids is told."""
    if isinstance(node, Leaf):
        return not node.aid
    if isinstance(node, Entries):
        return bool(node.named) or any(map(_tells, node.ordered()))
    return any(map(_tells, node.fields.values()))


def place_of(root: Entry, path: str) -> tuple[int, str]:
    """The row and the heading (empty: of no column) where the field at a record's path stands."""
    node: Any = root
    row = root.row
    for part in path.split(".") if path else ():
        node = _step(node, part)
        if node is None:
            return row, ""
        row = node.row
        if isinstance(node, Leaf):
            return row, node.heading
    return row, ""


def _step(node: Any, part: str) -> Any:
    if isinstance(node, Entry):
        return node.fields.get(part)
    entries = [*node.named.values(), *node.ordered()]
    return entries[int(part)] if part.isdigit() and int(part) < len(entries) else None
