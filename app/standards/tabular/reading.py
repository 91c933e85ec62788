"""Rows read as documents. Rows with faults are told by their lines, while the others stand.

Called by ``app.standards.tabular.standard``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from app import ids
from app.errors import Issue
from app.model import records
from app.model.channel import Profile
from app.model.documents import KINDS, Document
from app.model.findings import Findings
from app.model.gate import Unfit
from app.model.schema import WIRE
from app.standards.tabular import assembling, cells, paths, units
from app.standards.tabular.assembling import Disagrees, Entry, Leaf
from app.standards.tabular.columns import Layout, Target, layout
from app.standards.tabular.options import TabularOptions
from app.standards.tabular.rows import Cell, Row
from app.standards.tabular.values import Convert, Values

STANDING = frozenset({"price_list", "inventory_report"})
"""Kinds whose lines stand for themselves: one with a fault leaves the others as they are."""
IDENTITY: Mapping[str, tuple[str, ...]] = {
    "consumption": (),
    "response": (),
    "order_confirmation": ("order_number", "number"),
    "punchout_setup": ("session",),
}
"""The fields that make rows one document, where they are not its number; without any, each row is one."""
NAMED_BY_CHANNEL = "price_list"
"""The kind whose document of a channel is always the same one, told anew."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a file says: its kind, its documents, and every fault and oddity."""

    kind: str
    documents: tuple[Document, ...]
    issues: tuple[Issue, ...]


def read(rows: Sequence[Row], profile: Profile) -> Found:
    """The documents. Raises Rejected where there is none."""
    options = profile.options(TabularOptions)
    found = layout(rows, options)
    reader = _Reader(found, options, profile)
    documents = tuple(reader.documents())
    findings = reader.findings
    if not documents:
        findings.reject("row.missing", rows[0].place(), "at least one row below the headings is expected")
        findings.settle()
    for document in documents:
        findings.add(document.warnings)
    return Found(found.kind, documents, (*findings.errors, *findings.warnings))


@dataclass(slots=True)
class _Told:
    """What one row tells: values with their targets, and whether a cell of it was refused."""

    row: Row
    values: list[tuple[Target, Leaf]]
    broken: bool = False

    def value(self, path: str) -> Any:
        return next((leaf.value for target, leaf in self.values if target.path.text == path), None)


class _Reader:
    """Reads one file."""

    def __init__(self, found: Layout, options: TabularOptions, profile: Profile) -> None:
        self.findings = Findings()
        self._layout, self._options, self._profile = found, options, profile
        values = Values.of(found, options, profile)
        self._columns: list[tuple[int | None, str, list[tuple[Target, Convert]]]] = [
            (bound.index, bound.heading, [(target, values.converter(target, bound.index)) for target in bound.targets])
            for bound in found.columns
        ]
        self._fields = found.fields
        self._key = self._key_fields()

    def _key_fields(self) -> tuple[str, ...]:
        kind = self._layout.kind
        chosen = self._options.group_by or IDENTITY.get(kind, ("number",))
        return tuple(field for field in chosen if field in self._fields)

    def documents(self) -> Iterator[Document]:
        """The documents, in the order of their first rows."""
        self._notice()
        for rows in self._groups():
            document = self._standing(rows) if self._stands() else self._whole(rows)
            if document is not None:
                yield document

    def _notice(self) -> None:
        """Say what of the file is not read."""
        header = self._layout.header
        if header and self._layout.unread:
            numbers = ", ".join(map(str, self._layout.unread[:50]))
            text = f"the meaning of these columns is not known, they were not read: {numbers}"
            self.findings.warn("column.unknown", header.place(), text)
        if header and self._layout.above and not self._options.header_row:
            self.findings.warn(
                "row.unread", "line 1", f"what stands above the headings in {header.place()} was not read"
            )

    def _stands(self) -> bool:
        chosen = self._options.bad_rows
        has_lines = any(field.name == paths.LINES for field in fields(KINDS[self._layout.kind]))
        return has_lines and (chosen == "left_out" or (not chosen and self._layout.kind in STANDING))

    def _groups(self) -> list[list[_Told]]:
        """The rows of each document."""
        groups: dict[Any, list[_Told]] = {}
        above: Any = None
        has_identity = self._options.group_by or IDENTITY.get(self._layout.kind, ("number",))
        for row in self._layout.rows:
            told = self._tell(row)
            key: Any = tuple(told.value(field) for field in self._key)
            if not has_identity:
                key = row.number
            elif self._options.blank_as_above and key and above and all(part is None for part in key):
                key = above
            above = key
            groups.setdefault(key, []).append(told)
        return list(groups.values())

    def _tell(self, row: Row) -> _Told:
        told = _Told(row, [])
        self._check_width(row, told)
        width = len(row.cells)
        for index, heading, targets in self._columns:
            cell = row.cells[index] if index is not None and index < width else None
            empty = cells.blank(cell)
            for target, convert in targets:
                if empty and not target.spec.default:
                    if target.spec.required:
                        self._reject(told, f"{target.path.thing}.missing", heading, "a value is required")
                    continue
                self._take(told, target, convert, target.spec.default if empty else cell, heading)
        return told

    def _take(self, told: _Told, target: Target, convert: Convert, cell: Cell, heading: str) -> None:
        try:
            value = convert(cell if target.constant is None else target.constant)
        except Unfit as fault:
            self._reject(told, f"{target.path.thing}.{fault.reason}", heading, str(fault))
            return
        aid = target.aid or bool(target.spec.default and cell is target.spec.default)
        told.values.append((target, Leaf(value, told.row.number, heading, target.weak, aid)))

    def _check_width(self, row: Row, told: _Told) -> None:
        header = self._layout.header
        if row.stray_quotes:
            self.findings.warn("quote.invalid", row.place(), "a quote within a cell is expected to be doubled")
        if header is None:
            return
        if any(not cells.blank(cell) for cell in row.cells[len(header.cells) :]):
            self._reject(told, "row.too_long", "", "as many cells as there are headings are expected")
        elif len(row.cells) < len(header.cells):
            text = "there are fewer cells than headings; those that are missing were taken as blank"
            self.findings.warn("row.too_short", row.place(), text)

    def _reject(self, told: _Told, code: str, heading: str, text: str) -> None:
        told.broken = True
        self.findings.reject(code, told.row.place(heading), text)

    def _standing(self, rows: list[_Told]) -> Document | None:
        """A document of rows that stand for themselves: each is read alone, what is good is put together."""
        whole: Any = None
        lines: list[Any] = []
        warnings = Findings()
        for number, told in enumerate(rows, 1):
            document: Any = self._document([told], number)
            if document is None:
                continue
            head = replace(document, lines=(), warnings=())
            if whole is not None and head != whole:
                text = "what is told of the whole document disagrees with the rows above"
                self._reject(told, "document.conflict", "", text)
                continue
            whole = head
            lines.extend(document.lines)
            warnings.add(document.warnings)
        return None if whole is None else replace(whole, lines=tuple(lines), warnings=warnings.warnings)

    def _whole(self, rows: list[_Told]) -> Document | None:
        document = self._document(rows, 1)
        if document is None and len(rows) > 1:
            text = f"the document of the {len(rows)} rows from here on was left out, since one of them has a fault"
            self.findings.reject("document.incomplete", rows[0].row.place(), text)
        return document

    def _document(self, rows: list[_Told], first: int) -> Document | None:
        """The document that rows make; None where there are faults, which are left in the findings."""
        if any(told.broken for told in rows):
            return None
        root = self._assembled(rows)
        if root is None:
            return None
        record = assembling.wire(root)
        findings = Findings()
        self._complete(record, first, findings)
        at = _Places(root, self._fields).at
        self._measure(record, findings, at)
        document = records.read(record, self._profile, findings, at)
        strict = [replace(i, severity="error") for i in findings.warnings if i.code in self._options.strict]
        self.findings.add([*findings.errors, *strict])
        return None if strict else document

    def _assembled(self, rows: list[_Told]) -> Entry | None:
        root, good = Entry(rows[0].row.number), True
        for told in rows:
            slots: assembling.Slots = {}
            for target, leaf in told.values:
                try:
                    assembling.put(root, target.path, leaf, slots)
                except Disagrees as fault:
                    good = False
                    self._reject(told, f"{target.path.thing}.conflict", leaf.heading, str(fault))
        return root if good else None

    def _complete(self, record: dict[str, Any], first: int, findings: Findings) -> None:
        """Tell what a table has no column for: the kind, the numbers of lines, and of the one document of a file."""
        kind = self._layout.kind
        record["document"] = kind
        if "number" not in self._fields and _has(kind, "number", required=True) and "number" not in record:
            record["number"] = self._options.document_number or self._own_number
            if not self._options.document_number:
                text = "no column tells the document's number; one was made for it"
                findings.warn("number.missing", self._header_place, text)
        if "lines.number" not in self._fields and _has_numbered_lines(kind):
            for number, line in enumerate(record.get(paths.LINES, ()), first):
                line["number"] = str(number)
        if kind == "order_confirmation" and "status" not in self._fields:
            record["status"] = _status(record)

    @property
    def _header_place(self) -> str:
        return self._layout.header.place() if self._layout.header else "line 1"

    @cached_property
    def _own_number(self) -> str:
        """The number of the one document of a file without numbers: equal for equal files."""
        number = self._profile.channel.name
        if self._layout.kind != NAMED_BY_CHANNEL:
            content = [list(map(str, row.cells)) for row in self._layout.rows]
            number = f"{number}-{ids.digest(ids.canonical_json(content))[:12]}"
        return number

    def _measure(self, record: Any, findings: Findings, at: records.Place, path: str = "") -> None:
        """Tell common units, where the file has no column for them."""
        if isinstance(record, list):
            for number, entry in enumerate(record):
                self._measure(entry, findings, at, f"{path}.{number}")
        elif isinstance(record, dict):
            for name, below in list(record.items()):
                here = f"{path}.{name}" if path else name
                if name in {"unit", "base_unit"} and isinstance(below, str):
                    self._common(record, below, findings, at, here)
                elif isinstance(below, list | dict):
                    self._measure(below, findings, at, here)

    def _common(self, record: dict[str, Any], unit: str, findings: Findings, at: records.Place, path: str) -> None:
        generic = ".".join(part for part in path.split(".") if not part.isdigit())
        told = generic.removesuffix("base_unit").removesuffix("unit") + "common_unit"
        if told in self._fields or "common_unit" in record:
            return
        if common := units.common(unit, self._options.units):
            record["common_unit"] = common
        else:
            text = "the unit is in no table; the channel's options may give its UN/ECE code"
            findings.warn("unit.unknown", at(path), text)


@dataclass(frozen=True, slots=True)
class _Places:
    """Where the fields of a record stand in the file."""

    root: Entry
    fields: Mapping[str, str]

    def at(self, path: str) -> str:
        """``line 7: Quantity``; a field that was not told is named by its column, else by its own name."""
        row, heading = assembling.place_of(self.root, path)
        generic = ".".join(part for part in path.split(".") if not part.isdigit())
        told = (
            self.fields[field] for field in (generic, f"{generic}.value", f"{generic}.amount") if field in self.fields
        )
        below = (known for field, known in self.fields.items() if field.startswith(f"{generic}."))
        return f"line {row}: {heading or next(told, '') or next(below, generic)}"


def _has(kind: str, name: str, *, required: bool) -> bool:
    schema = WIRE[kind]
    return name in schema.fields and schema.fields[name].required is required


def _has_numbered_lines(kind: str) -> bool:
    lines = WIRE[kind].fields.get(paths.LINES)
    inner = getattr(getattr(lines, "inner", None), "schema", None)
    return inner is not None and "number" in inner.fields and inner.fields["number"].required


def _status(record: dict[str, Any]) -> str:
    """The status of a confirmation that tells only what becomes of its lines."""
    outcomes = {line.get("outcome") for line in record.get(paths.LINES, ())}
    return outcomes.pop() if len(outcomes) == 1 and outcomes <= {"accepted", "rejected", "backordered"} else "changed"
