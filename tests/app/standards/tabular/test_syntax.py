"""Rows out of bytes: character sets, delimiters, quotes, fixed width, and bounds."""

from __future__ import annotations

import pytest

from app.errors import Rejected
from app.standards.tabular import syntax
from app.standards.tabular.options import Column, TabularOptions
from app.standards.tabular.rows import Row
from app.standards.tabular.standard import TABULAR


def cells(body: bytes, **options: object) -> list[tuple[object, ...]]:
    return [row.cells for row in syntax.rows(body, TabularOptions(**options))]


def refusal(body: bytes, **options: object) -> str:
    with pytest.raises(Rejected) as caught:
        cells(body, **options)
    return caught.value.code


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(delimiter: str) -> None:
    lines = ["item#qty#price", 'A#1#"1,50;x|y"', "B#2#3"]
    body = "\n".join(line.replace("#", delimiter) for line in lines).encode()
    assert cells(body) == [("item", "qty", "price"), ("A", "1", "1,50;x|y"), ("B", "2", "3")]


def test_decimal_commas_do_not_hide_semicolons() -> None:
    assert cells(b"item;price\nA;1,50\nB;2,75\n")[1] == ("A", "1,50")


def test_two_delimiters_that_divide_equally_are_ambiguous() -> None:
    assert refusal(b"a,b;c\nd,e;f\n") == "delimiter.ambiguous"
    assert cells(b"a,b;c\nd,e;f\n", delimiter=";") == [("a,b", "c"), ("d,e", "f")]


def test_excels_hint_is_obeyed() -> None:
    found = syntax.rows(b"sep=;\r\na;b\r\n1,5;2\r\n", TabularOptions())
    assert [(row.number, row.cells) for row in found] == [(2, ("a", "b")), (3, ("1,5", "2"))]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_marks_tell_the_character_set(encoding: str) -> None:
    assert cells("Stück,ä\r\n1,ß\r\n".encode(encoding)) == [("Stück", "ä"), ("1", "ß")]


def test_other_character_sets_are_told_by_the_options() -> None:
    body = "Stück,ä\n1,€\n".encode("cp1252")
    assert refusal(body) == "table.encoding"
    assert cells(body, encoding="cp1252")[1] == ("1", "€")


def test_rows_keep_the_numbers_of_their_lines() -> None:
    found = syntax.rows(b'a,b\r\n\r\n ,\r\n"1\r\n2",3\r\n4,5', TabularOptions())
    assert [(row.number, row.cells) for row in found] == [(1, ("a", "b")), (4, ("1\r\n2", "3")), (6, ("4", "5"))]


def test_a_stray_quote_ends_with_its_line() -> None:
    found = syntax.rows(b'item,text\nA,"5" tube"\nB,"open\nC,x\n', TabularOptions())
    assert [row.cells[0] for row in found] == ["item", "A", "B", "C"]
    assert found[3] == Row(4, ("C", "x"))


def test_rows_that_are_no_data_are_left_out() -> None:
    assert cells(b"# made today\na,b\n1,2\nTOTAL,2\n", ignore=("#", "TOTAL")) == [("a", "b"), ("1", "2")]


def test_fixed_width() -> None:
    columns = (Column("number", position=1, width=4), Column("lines.quantity.value", position=7, width=5))
    body = b"HEADER\nR001  00012rest\nR002\x1d 00007\n\n"
    found = cells(body, kind="requisition", layout="fixed", columns=columns, ignore=("HEADER",))
    assert found == [("R001", "00012"), ("R002", "00007")]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "table.missing"),
        (b"\xef\xbb\xbf\r\n , \n", "table.missing"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "table.unsupported"),
        (b"a,b\n1,\x002\n", "table.invalid"),
        (b"PK\x03\x04junk", "table.invalid"),
        (b"a," * 600 + b"\n", "row.too_many"),
    ],
)
def test_what_is_no_table(body: bytes, code: str) -> None:
    assert refusal(body) == code


def test_neither_line_ends_nor_marks_make_another_file() -> None:
    plain = TABULAR.envelope("a,b\n1,ü\n".encode())
    assert TABULAR.envelope("\ufeffa,b\r\n1,ü".encode()) == plain
    assert TABULAR.envelope("a,b\n1,ü\n".encode("utf-16")) == plain
    assert TABULAR.envelope(b"a,b\n1,u\n").fingerprint != plain.fingerprint
    assert (plain.standard, plain.message_type, plain.sender, plain.control_id) == ("tabular", "table", "", None)
