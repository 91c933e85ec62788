"""Bytes and rows: character sets, delimiters, quotes, and lines of fixed width.

Called by ``app.standards.tabular.standard``. Workbooks are read in ``workbook``.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from app.standards.tabular import workbook
from app.standards.tabular.options import TabularOptions
from app.standards.tabular.rows import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Row, refuse

MAX_BYTES = 64 * 1024 * 1024
DELIMITERS = (",", ";", "\t", "|")
SNIFFED = 30
"""Lines that are looked at to find the delimiter."""

_LINE_END = re.compile(r"\r\n|\r|\n")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def is_workbook(body: bytes) -> bool:
    """Whether the bytes are a workbook rather than text."""
    return body.startswith(_ZIP)


def bare(body: bytes) -> bytes:
    """The text without what transports and editors add to it, in whatever character set. Raises Rejected for none."""
    if body.startswith(_OLE):
        refuse("table.unsupported", "message", "workbooks are read as XLSX, not in the old XLS format")
    text = decoded(body).encode() if body[:2] in _UTF_16 else body.removeprefix(b"\xef\xbb\xbf")
    if b"\0" in text:
        refuse("table.invalid", "message", "text is expected, not binary data")
    found = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n").strip(b" \n")
    if not found:
        refuse("table.missing", "message", "a table with at least one row is expected")
    return found


def rows(body: bytes, options: TabularOptions) -> list[Row]:
    """The rows with anything in them. Raises Rejected."""
    if len(body) > MAX_BYTES:
        refuse("table.too_large", "message", f"at most {MAX_BYTES} bytes are allowed")
    if is_workbook(body):
        found = workbook.rows(body, options.sheet)
    else:
        text = decoded(body, options.encoding)
        found = _fixed(text, options) if options.layout == "fixed" else _delimited(text, options)
    kept = list(_bounded(row for row in found if row.filled and not _ignored(row, options.ignore)))
    if not kept:
        refuse("table.missing", "message", "a table with at least one row is expected")
    return kept


def decoded(body: bytes, encoding: str = "") -> str:
    """The text of a file; ``encoding`` holds where no byte order mark tells. Raises Rejected."""
    if body.startswith(_OLE):
        refuse("table.unsupported", "message", "workbooks are read as XLSX, not in the old XLS format")
    name = "utf-16" if body[:2] in _UTF_16 else encoding or "utf-8"
    try:
        text = body.decode("utf-8-sig" if name == "utf-8" else name)
    except UnicodeDecodeError:
        text = refuse("table.encoding", "message", f"{name} is expected; the channel's options may name another one")
    if "\0" in text:
        refuse("table.invalid", "message", "text is expected, not binary data")
    return text


def _bounded(found: Iterator[Row]) -> Iterator[Row]:
    cells = 0
    for number, row in enumerate(found):
        cells += len(row.cells)
        if number >= MAX_ROWS or cells > MAX_CELLS:
            refuse("row.too_many", row.place(), f"at most {MAX_ROWS} rows and {MAX_CELLS} cells are allowed")
        if len(row.cells) > MAX_COLUMNS:
            refuse("column.too_many", row.place(), f"at most {MAX_COLUMNS} columns are allowed")
        yield row


def _ignored(row: Row, beginnings: Sequence[str]) -> bool:
    first = row.line or next((cell for cell in row.cells if cell not in {"", None}), "")
    return isinstance(first, str) and first.startswith(tuple(beginnings))


def _fixed(text: str, options: TabularOptions) -> Iterator[Row]:
    """One cell for each column of the options, in their order."""
    spans = [(column.position or 1, column.width or 0) for column in options.columns]
    for number, line in enumerate(_LINE_END.split(text), 1):
        cells = tuple(line[first - 1 : first - 1 + width].strip() if width else "" for first, width in spans)
        yield Row(number, cells if line.strip() else (), line)


def _delimited(text: str, options: TabularOptions) -> Iterator[Row]:
    first, _, rest = text.partition("\n")
    skipped, delimiter = 0, str(options.delimiter)
    if first.lower().startswith("sep=") and len(first.rstrip("\r")) == 5:
        # Excel's own hint, which it writes and obeys.
        delimiter, text, skipped = delimiter or first[4], rest, 1
    delimiter = delimiter or sniffed(text, options.quote)
    try:
        yield from list(_parsed(text, delimiter, options.quote, skipped))
    except csv.Error:
        yield from _line_by_line(text, delimiter, options.quote, skipped)


def _parsed(text: str, delimiter: str, quote: str, skipped: int) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quotechar=quote, strict=True)
    last, total = 0, 0
    for cells in reader:
        total += len(cells)
        if len(cells) > MAX_COLUMNS or reader.line_num > 4 * MAX_ROWS or total > MAX_CELLS:
            refuse("row.too_many", f"line {last + 1}", f"at most {MAX_ROWS} rows and {MAX_CELLS} cells are allowed")
        yield Row(last + 1 + skipped, tuple(cells))
        last = reader.line_num


def _line_by_line(text: str, delimiter: str, quote: str, skipped: int) -> Iterator[Row]:
    """Rows of a file with stray quotes: a cell then ends with its line, so that no quote can swallow other rows."""
    for number, line in enumerate(_LINE_END.split(text), 1 + skipped):
        try:
            cells = next(csv.reader([line], delimiter=delimiter, quotechar=quote), [])
        except csv.Error:
            refuse("table.invalid", f"line {number}", "delimited text is expected")
        yield Row(number, tuple(cells), stray_quotes=quote in "".join(cells))


def sniffed(text: str, quote: str) -> str:
    """The delimiter that divides the first lines most evenly. Raises Rejected where two do so equally well."""
    sample = list(io.StringIO(text[: 64 * 1024]))[: 4 * SNIFFED]
    lines = [line for line in sample if line.strip()][:SNIFFED]
    scores = {delimiter: _evenness(lines, delimiter, quote) for delimiter in DELIMITERS}
    best = max(scores.values())
    if best == (0, 0):
        return ","
    found = [delimiter for delimiter, score in scores.items() if score == best]
    if len(found) > 1:
        refuse("delimiter.ambiguous", "line 1", "the channel's options must name the delimiter")
    return found[0]


def _evenness(lines: list[str], delimiter: str, quote: str) -> tuple[int, int]:
    """How many lines have the most frequent number of delimiters, and that number."""
    counts = Counter(_outside(line, delimiter, quote) for line in lines)
    counts.pop(0, None)
    if not counts:
        return 0, 0
    number, lines_with_it = max(counts.items(), key=lambda found: (found[1], found[0]))
    return lines_with_it, number


def _outside(line: str, delimiter: str, quote: str) -> int:
    """Delimiters outside of quotes."""
    if quote not in line:
        return line.count(delimiter)
    return sum(part.count(delimiter) for part in line.split(quote)[::2])
