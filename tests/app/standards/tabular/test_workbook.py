"""Workbooks: exact numbers, dates, sheets, and archives that mean harm."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import Workbook

from app.errors import Rejected
from app.model.channel import Profile
from app.standards.tabular import syntax, workbook
from app.standards.tabular.options import TabularOptions
from app.standards.tabular.standard import TABULAR

Make = Callable[..., Profile]
PRICES = [
    ["Supplier Item No", "Description", "UOM", "Contract Price", "Effective Date"],
    ["VP-1", "Stent", "EA", 1250.1, date(2026, 1, 1)],
]


def saved(*sheets: list[list[Any]], titles: tuple[str, ...] = (), hidden: tuple[int, ...] = ()) -> bytes:
    book = Workbook()
    for place, content in enumerate(sheets):
        sheet = book.active if place == 0 else book.create_sheet()
        sheet.title = titles[place] if titles else f"S{place}"
        for row in content:
            sheet.append(row)
        if place in hidden:
            sheet.sheet_state = "hidden"
    content_of = io.BytesIO()
    book.save(content_of)
    return content_of.getvalue()


def changed(body: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The workbook with one part changed."""
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            content = old.read(part)
            new.writestr(part, change(content) if part == name else content)
    return result.getvalue()


def rows(body: bytes, sheet: str = "") -> list[tuple[object, ...]]:
    return [row.cells for row in syntax.rows(body, TabularOptions(sheet=sheet))]


def refusal(body: bytes, sheet: str = "") -> str:
    with pytest.raises(Rejected) as caught:
        rows(body, sheet)
    return caught.value.code


def test_a_price_list(profile: Make) -> None:
    reading = TABULAR.read(saved(PRICES), profile())
    (line,) = reading.documents[0].lines
    assert (str(line.price.amount), str(line.valid_from)) == ("1250.1", "2026-01-01")
    assert (reading.envelope.message_type, reading.mapping) == ("workbook", "tabular.price_list/1")


def test_cells_keep_their_types_and_places() -> None:
    when = datetime.fromisoformat("2026-11-20T08:15:00")
    found = rows(saved([["a", None, True, 7, when], [], ["=1", None, None, None, "x"]]))
    assert found == [("a", None, True, Decimal(7), when), (None, None, None, None, "x")]


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ("1.1000000000000001", "1.1"),
        ("22.04", "22.04"),
        ("2.50", "2.50"),
        ("0.1", "0.1"),
        ("12345678901234", "12345678901234"),
        ("123456789012345678", "123456789012345678"),
        ("0.1234567890123456789", "0.1234567890123456789"),
        ("1E-3", "0.001"),
        ("0.30000000000000004", "0.30000000000000004"),
    ],
)
def test_numbers_are_what_was_stored_or_shown(stored: str, meant: str) -> None:
    assert format(workbook.stored_number(stored), "f") == meant


def test_the_digits_come_from_the_sheet_and_not_from_a_float() -> None:
    body = changed(
        saved([["n"], [7]]), "xl/worksheets/sheet1.xml", lambda xml: xml.replace(b"<v>7</v>", b"<v>7.10</v>")
    )
    assert str(rows(body)[1][0]) == "7.10"


def test_the_first_visible_sheet_with_content_is_read_or_the_one_that_is_named() -> None:
    body = saved([["hidden"]], [], [["second"]], [["third"]], hidden=(0,), titles=("A", "B", "C", "D"))
    assert rows(body) == [("second",)]
    assert rows(body, "D") == [("third",)]
    assert refusal(body, "E") == "sheet.missing"


def test_the_error_of_a_formula_is_no_value(profile: Make) -> None:
    body = saved([["Location", "Item", "On Hand"], ["OR1", "A", 1], ["OR2", "B", 2]])
    body = changed(
        body,
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b'<c r="C3" t="n"><v>2</v>', b'<c r="C3" t="e"><v>#REF!</v>'),
    )
    reading = TABULAR.read(body, profile())
    assert len(reading.documents[0].lines) == 1
    assert ("quantity.invalid", "line 3: On Hand") in [(issue.code, issue.where) for issue in reading.issues]


def test_two_savings_of_the_same_cells_are_one_file() -> None:
    body = saved(PRICES)
    again = changed(body, "docProps/core.xml", lambda xml: xml.replace(b"openpyxl", b"somebody"))
    assert TABULAR.envelope(again) == TABULAR.envelope(body)
    assert TABULAR.envelope(saved([["x"]])).fingerprint != TABULAR.envelope(body).fingerprint


MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PARTS = {
    "[Content_Types].xml": f"""<Types xmlns="{PACKAGE}/content-types">
      <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
      <Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>
      <Override PartName="/xl/worksheets/sheet1.xml" ContentType="{TYPE}.worksheet+xml"/>
      <Override PartName="/xl/sharedStrings.xml" ContentType="{TYPE}.sharedStrings+xml"/></Types>""",
    "_rels/.rels": f"""<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1"
      Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>""",
    "xl/workbook.xml": f"""<workbook {MAIN} xmlns:r="{OFFICE}"><sheets><sheet name="Stock" sheetId="1" r:id="r1"/>
      </sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="r1"
      Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2"
      Type="{OFFICE}/sharedStrings" Target="sharedStrings.xml"/></Relationships>""",
    "xl/sharedStrings.xml": f"""<sst {MAIN}><si><t>Item</t></si><si><r><t>On </t></r><r><t>Hand</t></r></si>
      <si><t>A-1</t></si></sst>""",
    "xl/worksheets/sheet1.xml": f"""<worksheet {MAIN}><sheetData>
      <row r="2"><c r="B2" t="s"><v>0</v></c><c r="C2" t="s"><v>1</v></c></row>
      <row r="3"><c r="B3" t="s"><v>2</v></c><c r="C3"><f>1+1.1</f><v>2.1000000000000001</v></c></row>
      </sheetData></worksheet>""",
}


def test_a_workbook_as_excel_saves_it() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in PARTS.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n{part}')
    found = list(syntax.rows(content.getvalue(), TabularOptions()))
    assert [(row.number, row.cells) for row in found] == [
        (2, (None, "Item", "On Hand")),
        (3, (None, "A-1", Decimal("2.1"))),
    ]


def bomb() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"<a>" + b" " * 50_000_000)
    return content.getvalue()


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><sst>&a;</sst>'


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (bomb(), "table.too_large"),
        (changed(saved(PRICES), "xl/styles.xml", lambda _: ENTITIES), "table.invalid"),
        (changed(saved(PRICES), "xl/workbook.xml", lambda _: "<x/>".encode("utf-16")), "table.invalid"),
        (changed(saved(PRICES), "xl/workbook.xml", lambda xml: xml[:40]), "table.invalid"),
        (saved(PRICES)[:-30], "table.invalid"),
        (saved([]), "table.missing"),
    ],
)
def test_what_is_no_workbook_or_means_harm(body: bytes, code: str) -> None:
    assert refusal(body) == code
