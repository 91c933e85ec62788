"""Crosswalk rows as CSV, the form in which people keep and review them; used by ``wardline crosswalk``."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TextIO

from app.crosswalk.rows import ANY, CrosswalkRow
from app.errors import Issue, Rejected

COLUMNS = (
    "kind", "facility", "scheme", "code", "item", "target", "factor", "consumption_location", "criticality",
    "valid_from", "valid_to",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class NumberedRow:
    """A row with the line of the file it stands in."""

    line: int
    row: CrosswalkRow


def read_csv(path: str | Path) -> list[NumberedRow]:
    """The rows of a file. Raises Rejected naming every faulty line, and OSError where it cannot be read."""
    with Path(path).open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        unknown = [name for name in reader.fieldnames or () if name not in COLUMNS]
        if unknown or not {"kind", "code", "target"} <= set(reader.fieldnames or ()):
            raise Rejected([Issue("crosswalk.header", "line 1", f"the columns must be among {', '.join(COLUMNS)}")])
        rows, issues = [], []
        for cells in reader:
            try:
                rows.append(NumberedRow(reader.line_num, _row(cells)))
            except (ValueError, InvalidOperation):
                text = "factor must be a number and dates must be YYYY-MM-DD"
                issues.append(Issue("crosswalk.cell", f"line {reader.line_num}", text))
    issues += [Issue("crosswalk.row", f"line {entry.line}", fault) for entry in rows for fault in entry.row.faults()]
    if issues:
        raise Rejected(sorted(issues, key=lambda issue: int(issue.where.split()[1])))
    return rows


def write_csv(rows: Iterable[CrosswalkRow], stream: TextIO) -> None:
    """Rows with a header, in the form that ``read_csv`` takes."""
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        cells = {name: getattr(row, name) for name in COLUMNS}
        if row.factor is not None:
            cells["factor"] = format(row.factor, "f")
        writer.writerow({name: "" if value is None else value for name, value in cells.items()})


def _row(cells: dict[str, str | None]) -> CrosswalkRow:
    text = {name: (cells.get(name) or "").strip() for name in COLUMNS}
    return CrosswalkRow(
        kind=text["kind"],
        code=text["code"],
        target=text["target"],
        facility=text["facility"] or ANY,
        scheme=text["scheme"] or ANY,
        item=text["item"],
        factor=Decimal(text["factor"]) if text["factor"] else None,
        consumption_location=text["consumption_location"] or None,
        criticality=text["criticality"] or None,
        valid_from=date.fromisoformat(text["valid_from"]) if text["valid_from"] else None,
        valid_to=date.fromisoformat(text["valid_to"]) if text["valid_to"] else None,
    )
