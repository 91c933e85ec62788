"""Rows and cells, whatever kind of file they come from.

Made by ``syntax`` and ``workbook``, used by all that read them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NoReturn

from app.errors import Issue, Rejected

MAX_ROWS = 250_000
MAX_COLUMNS = 500
MAX_CELLS = 5_000_000


@dataclass(frozen=True, slots=True)
class Broken:
    """What a workbook shows where a formula failed; no field takes it."""


Cell = str | Decimal | bool | date | datetime | Broken | None
"""Text as written, or what a workbook says it is; a number keeps the digits it was stored with."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``number`` is its (first) line in the file or its row in the sheet.

    ``line`` is the whole line of a file with fixed width. ``stray_quotes``: a quote was not where it belongs.
    """

    number: int
    cells: tuple[Cell, ...]
    line: str = ""
    stray_quotes: bool = False

    @property
    def filled(self) -> bool:
        """Whether there is anything in it."""
        return any(cell is not None and (not isinstance(cell, str) or cell.strip()) for cell in self.cells)

    def place(self, heading: str = "") -> str:
        """Where it stands: ``line 7: Quantity``."""
        return f"line {self.number}: {heading}" if heading else f"line {self.number}"


def refuse(code: str, where: str, text: str) -> NoReturn:
    """Raise Rejected."""
    raise Rejected([Issue(code, where, text)])
