"""Workbooks (XLSX): rows of one sheet, with every number in the digits it was stored with.

Called by ``app.standards.tabular.syntax``. openpyxl turns numbers into floats; they are taken from the sheet here.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import IO, Any

from openpyxl import load_workbook
from openpyxl.worksheet._reader import WorkSheetParser

from app import ids
from app.errors import Rejected
from app.standards.tabular.rows import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Broken, Cell, Row, refuse

MAX_PARTS = 2_000
MAX_UNPACKED = 256 * 1024 * 1024
MAX_RATIO = 200
"""How many times its size a part may have been packed; sheets of real workbooks come to about 20."""

_PIECE = 1024 * 1024
_FORBIDDEN = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODED = re.compile(rb"<\?xml[^>]*encoding\s*=\s*[\"'](?!utf-?8|us-ascii)", re.IGNORECASE)
EXACT_DIGITS = 15
"""Significant digits of a number that a spreadsheet keeps and shows."""


def rows(body: bytes, sheet: str) -> Iterator[Row]:
    """The rows of the sheet of that name, else of the first one with anything in it. Raises Rejected."""
    _inspect(body)
    try:
        yield from _rows(body, sheet)
    except Rejected:
        raise
    except Exception:  # noqa: BLE001 - openpyxl raises whatever a damaged part leads to
        refuse("table.invalid", "message", "a workbook (XLSX) is expected")


def fingerprint(body: bytes) -> str:
    """Equal for two savings of the same cells: parts by name and checksum, without properties and times."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = sorted(
                (part.filename, part.CRC, part.file_size)
                for part in archive.infolist()
                if not part.filename.startswith("docProps/")
            )
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        refuse("table.invalid", "message", "a workbook (XLSX) is expected")
    return ids.digest(ids.canonical_json(parts))


def _inspect(body: bytes) -> None:
    """Refuse archives that grow beyond bounds, and XML that declares entities or hides in another encoding."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
            if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
                refuse("table.too_large", "message", f"at most {MAX_UNPACKED} bytes are allowed when unpacked")
            for part in parts:
                if part.file_size > MAX_RATIO * max(part.compress_size, 1024):
                    refuse("table.too_large", "message", "a part is packed more tightly than workbooks are")
                if part.filename.lower().endswith((".xml", ".rels", ".vml")):
                    _inspect_part(archive, part)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, RuntimeError, OSError, EOFError, zlib.error):
        refuse("table.invalid", "message", "a workbook (XLSX) is expected")


def _inspect_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    tail = b""
    with archive.open(part) as content:
        while piece := content.read(_PIECE):
            start = piece if tail else piece.removeprefix(b"\xef\xbb\xbf").lstrip()
            if not tail and (not start.startswith(b"<") or _ENCODED.match(start)):
                refuse("table.invalid", "message", "parts of a workbook are XML in UTF-8")
            if b"\0" in piece[:4] or _FORBIDDEN.search(tail + piece):
                refuse("table.invalid", "message", "parts of a workbook declare no entities")
            tail = piece[-16:]


def _rows(body: bytes, name: str) -> Iterator[Row]:
    with closing(load_workbook(io.BytesIO(body), read_only=True, data_only=True, keep_links=False)) as book:
        sheets = [book[name]] if name in book.sheetnames else [] if name else list(book.worksheets)
        if not sheets:
            refuse("sheet.missing", "message", "the sheet that the channel's options name is expected")
        for sheet in sheets:
            if sheet.sheet_state != "visible" and not name:
                continue
            found = [row for row in _sheet(book, sheet) if row.filled]
            if found:
                # A row ends with its last cell; in a text file, where it does not, cells would be missing.
                width = max(len(row.cells) for row in found)
                yield from (Row(row.number, row.cells + (None,) * (width - len(row.cells))) for row in found)
                return


def _sheet(book: Any, sheet: Any) -> Iterator[Row]:
    with closing(sheet._get_source()) as source:  # noqa: SLF001 - the only way to a cell's stored digits
        parser = _Parser(source, sheet._shared_strings, book)  # noqa: SLF001
        total = 0
        for number, cells in parser.parse():
            total += len(cells)
            if number > 4 * MAX_ROWS or total > MAX_CELLS:
                refuse("row.too_many", f"line {number}", f"at most {MAX_ROWS} rows are allowed")
            yield Row(number, _in_place(cells, number))


def _in_place(cells: list[dict[str, Any]], number: int) -> tuple[Cell, ...]:
    found: dict[int, Cell] = {cell["column"]: _value(cell) for cell in cells if cell["value"] is not None}
    last = max(found, default=0)
    if last > MAX_COLUMNS:
        refuse("column.too_many", f"line {number}", f"at most {MAX_COLUMNS} columns are allowed")
    return tuple(found.get(column) for column in range(1, last + 1))


class _Parser(WorkSheetParser):
    """openpyxl's parser, keeping the text of numbers."""

    def __init__(self, source: IO[bytes], shared_strings: list[str], book: Any) -> None:
        super().__init__(
            source,
            shared_strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,  # noqa: SLF001
            timedelta_formats=book._timedelta_formats,  # noqa: SLF001
        )

    def parse_cell(self, element: Any) -> Any:
        """The cell, its ``stored`` digits beside its value."""
        cell = super().parse_cell(element)
        cell["stored"] = element.findtext("{*}v") if cell["data_type"] == "n" else None
        return cell


def _value(cell: dict[str, Any]) -> Cell:
    if cell["data_type"] == "e":
        return Broken()
    if cell["data_type"] == "n" and cell["stored"] is not None:
        return stored_number(cell["stored"])
    value = cell["value"]
    if isinstance(value, datetime):
        return value if value.time() != time() else value.date()
    if isinstance(value, str | bool | date):
        return value
    return str(value)


def stored_number(text: str) -> Cell:
    """The number as it was meant.

    Spreadsheets store doubles with up to 17 digits, so that 1.1 is kept as 1.1000000000000001; what they show has 15.
    Whatever has more digits than a double was stored by something else and is exact as it stands.
    """
    try:
        exact = Decimal(text.strip())
    except InvalidOperation:
        return text
    if EXACT_DIGITS < len(exact.normalize().as_tuple().digits) <= EXACT_DIGITS + 2:
        shortest = Decimal(repr(float(exact)))
        if len(shortest.normalize().as_tuple().digits) <= EXACT_DIGITS:
            return shortest
    return exact
