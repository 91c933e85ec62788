"""Par levels as CSV, the form in which people keep and review them; used by ``wardline levels``."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, get_args

from app.errors import Issue, Rejected
from app.model.master import Criticality
from app.model.supply import Level

COLUMNS = ("item", "location", "minimum", "maximum", "reorder_point", "pack", "lead_days", "criticality")
_AMOUNTS = ("minimum", "maximum", "reorder_point", "pack", "lead_days")


def read_levels(path: str | Path) -> list[Level]:
    """The levels of a file; ``minimum`` is the reorder point where that is not told.

    Raises Rejected naming every faulty line, and OSError where the file cannot be read.
    """
    with Path(path).open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        names = reader.fieldnames or ()
        if set(names) - set(COLUMNS) or not {"item", "location"} <= set(names):
            raise Rejected([Issue("levels.header", "line 1", f"the columns must be among {', '.join(COLUMNS)}")])
        lines = [(reader.line_num, {name: (cells.get(name) or "").strip() for name in COLUMNS}) for cells in reader]
    issues = [Issue("levels.cell", f"line {number}", text) for number, cells in lines for text in _faults(cells)]
    seen: dict[tuple[str, str], int] = {}
    for number, cells in lines:
        if first := seen.get((cells["item"], cells["location"])):
            issues.append(Issue("levels.repeated", f"line {number}", f"the level stands in line {first} already"))
        seen[cells["item"], cells["location"]] = number
    if issues:
        raise Rejected(issues)
    return [_level(cells) for _, cells in lines]


def _faults(cells: dict[str, str]) -> Iterator[str]:
    if not cells["item"] or not cells["location"]:
        yield "item and location are missing"
    if any(_number(cells[name]) is None for name in _AMOUNTS if cells[name]):
        yield f"{', '.join(_AMOUNTS)} must be numbers of 0 or more"
    elif cells["maximum"] and Decimal(cells["maximum"]) < Decimal(cells["reorder_point"] or cells["minimum"] or 0):
        yield "the maximum is below the reorder point"
    if cells["criticality"] and cells["criticality"] not in get_args(Criticality):
        yield f"criticality must be one of {', '.join(get_args(Criticality))}"


def _level(cells: dict[str, str]) -> Level:
    amounts: dict[str, Any] = {name: _number(cells[name]) for name in _AMOUNTS}
    criticality: Any = cells["criticality"] or "routine"
    return Level(
        item=cells["item"],
        location=cells["location"],
        reorder_point=amounts["minimum"] if amounts["reorder_point"] is None else amounts["reorder_point"],
        maximum=amounts["maximum"],
        pack=amounts["pack"] or Decimal(1),
        lead_days=amounts["lead_days"],
        criticality=criticality,
    )


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and number >= 0 else None
