"""What may be peculiar to a partner that sends tables: their layout, and which column is which field.

Set as a channel's ``options``; used by every module of this standard.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.model.documents import KINDS
from app.standards.tabular.paths import resolved

Converter = Literal["", "upper", "lower", "digits", "no_leading_zeros", "first_word"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column and the field that it fills.

    ``field`` is a path in the document: ``number``, ``lines.quantity.value``, ``lines.identifiers.gtin`` (an identifier
    of that scheme), ``seller.identifiers.gln``, ``breaks.price.amount``; a number in it counts the entries of a list
    (``lines.breaks.2.minimum``). The column is found by its heading, ``name``, whose capitals and blanks do not matter,
    or by its ``position`` from 1; of fixed width by its first character and ``width``. Without any of these it is no
    column of the file, and ``default`` is told for every row.

    ``converter`` changes a text before it is taken. ``values`` turns the partner's words into ours (``{"A": "add"}``).
    ``format`` is how days and times are written, in Python's notation (``%d.%m.%y``). ``decimals`` is how many digits
    of a number are decimals without a mark. ``default`` stands where the cell is blank, else ``required`` makes that a
    fault.
    """

    field: str
    name: str = ""
    position: int | None = None
    width: int | None = None
    converter: Converter = ""
    values: Mapping[str, str] = dataclasses.field(default_factory=dict)
    format: str = ""
    decimals: int = 0
    default: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class TabularOptions:
    """A partner's files.

    ``kind`` is the kind of document and ``columns`` the columns; without them both are told by the headings. An empty
    ``delimiter`` is found by looking. ``header_row`` counts lines of the file from 1; 0: it is looked for, and a file
    whose columns all have positions has none. ``ignore`` lists the beginnings of rows that are no data (``#``,
    ``TOTAL``). ``group_by`` names the fields whose equal values make rows one document, else it is the document's
    number; with ``blank_as_above`` a blank there means the row belongs to the document above.

    ``decimal_mark`` and ``date_formats`` are only needed where numbers (1.500) and days (01/02/2026) have two meanings
    and nothing else in the file tells which; ``date_formats`` hold for every column without a format of its own.
    ``bad_rows`` says whether a row with a fault takes its document with it: by default, not for lists of prices and
    reports of stock, whose rows stand for themselves.

    ``units`` gives UN/ECE codes for the partner's units, ``document_number`` the number of the one document of a file
    that has no column for it, ``strict`` the codes of warnings that refuse a row.
    """

    kind: str = ""
    columns: tuple[Column, ...] = ()
    layout: Literal["delimited", "fixed"] = "delimited"
    delimiter: Literal["", ",", ";", "\t", "|"] = ""
    quote: str = '"'
    encoding: Literal["", "utf-8", "utf-16", "latin-1", "cp1252", "iso8859-15"] = ""
    sheet: str = ""
    header_row: int = 0
    ignore: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()
    blank_as_above: bool = False
    decimal_mark: Literal["", ".", ","] = ""
    date_formats: tuple[str, ...] = ()
    bad_rows: Literal["", "left_out", "refuse_document"] = ""
    units: Mapping[str, str] = dataclasses.field(default_factory=dict)
    document_number: str = ""
    strict: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for a kind or a field that there is none of."""
        if self.kind and self.kind not in KINDS:
            raise ValueError(f"kind must be one of: {', '.join(KINDS)}")
        if self.columns and not self.kind:
            raise ValueError("kind is required where there are columns")
        for column in self.columns:
            resolved(self.kind, column.field)
            if self.layout == "fixed" and bool(column.position) != bool(column.width):
                raise ValueError(f"{column.field}: a column of fixed width has a position and a width")
        for name in self.group_by if self.kind else ():
            resolved(self.kind, name)
