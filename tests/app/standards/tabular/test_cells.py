"""Cells: numbers, days and words; what has two meanings is never guessed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.gate import Unfit
from app.standards.tabular import cells
from app.standards.tabular.rows import Broken, Cell
from app.standards.tabular.values import word

BERLIN = ZoneInfo("Europe/Berlin")


def number(text: Cell, mark: cells.Mark = "", decimals: int = 0) -> str:
    try:
        return cells.number(text, mark, decimals)
    except Unfit as fault:
        return fault.reason


@pytest.mark.parametrize(
    ("text", "unknown", "point", "comma"),
    [
        ("12", "12", "12", "12"),
        ("12.50", "12.50", "12.50", "invalid"),
        ("12,50", "12.50", "invalid", "12.50"),
        ("1.500", "ambiguous", "1.500", "1500"),
        ("1,500", "ambiguous", "1500", "1.500"),
        ("0.500", "0.500", "0.500", "invalid"),
        ("1234.500", "1234.500", "1234.500", "invalid"),
        ("1.234,50", "1234.50", "invalid", "1234.50"),
        ("1,234.50", "1234.50", "1234.50", "invalid"),
        ("1.234.567", "1234567", "invalid", "1234567"),
        ("1 234,50", "1234.50", "invalid", "1234.50"),
        ("1'234.50", "1234.50", "1234.50", "invalid"),
        ("$12.50", "12.50", "12.50", "invalid"),
        ("12,50 EUR", "12.50", "invalid", "12.50"),
        (".5", "0.5", "0.5", "invalid"),
        ("-3", "-3", "-3", "-3"),
        ("(3.10)", "-3.10", "-3.10", "invalid"),
        ("3.10-", "-3.10", "-3.10", "invalid"),
        ("10 BOX", "invalid", "invalid", "invalid"),
        ("1,23,4", "invalid", "invalid", "invalid"),
        ("1e5", "invalid", "invalid", "invalid"),
        ("\u0661", "invalid", "invalid", "invalid"),
        ("9" * 300, "too_long", "too_long", "too_long"),
    ],
)
def test_numbers(text: str, unknown: str, point: str, comma: str) -> None:
    assert [number(text), number(text, "."), number(text, ",")] == [unknown, point, comma]


def test_implied_decimals_and_the_numbers_of_workbooks() -> None:
    assert number("001250", decimals=2) == "12.50"
    assert number(Decimal("0.10")) == "0.10"
    assert number(Decimal("1E+3")) == "1000"
    assert number(True) == "invalid"
    assert number(Broken()) == "invalid"


def test_what_one_number_proves_holds_for_the_others() -> None:
    assert cells.marks(["1.500", "12.50", "3"]) == {"."}
    assert cells.marks(["1.500", "1,5"]) == {","}
    assert cells.marks(["1.5", "1,5"]) == {".", ","}
    assert cells.marks(["1.500", "7"]) == set()


def when(text: Cell, *formats: str, order: cells.Order = "") -> str:
    try:
        return cells.Dates(formats, BERLIN, order).when(text)
    except Unfit as fault:
        return fault.reason


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-11-20", "2026-11-20"),
        ("20261120", "2026-11-20"),
        ("2026/1/5", "2026-01-05"),
        ("20.11.2026", "2026-11-20"),
        ("01/31/2025", "2025-01-31"),
        ("31/01/2025", "2025-01-31"),
        ("01/02/2025", "ambiguous"),
        ("02/02/2025", "2025-02-02"),
        ("20-Nov-2026", "2026-11-20"),
        ("November 20, 2026", "2026-11-20"),
        ("2026-11-20 08:15", "2026-11-20T08:15:00+01:00"),
        ("2026-07-20T08:15:30Z", "2026-07-20T08:15:30+00:00"),
        ("11/20/2026 8:15 PM", "2026-11-20T20:15:00+01:00"),
        ("1/2/25", "invalid"),
        ("2026-02-30", "invalid"),
        ("00.11.2026", "invalid"),
        ("13/13/2026", "invalid"),
        ("20261120 25:00", "invalid"),
        ("x" * 100, "invalid"),
        (date(2026, 11, 20), "2026-11-20"),
        (Decimal(20261120), "2026-11-20"),
        (datetime.fromisoformat("2026-11-20T08:15:00"), "2026-11-20T08:15:00+01:00"),
        (None, "invalid"),
    ],
)
def test_days_and_times(text: Cell, found: str) -> None:
    assert when(text) == found


def test_formats_and_proof_settle_what_has_two_meanings() -> None:
    assert when("01/02/2025", "%d/%m/%Y") == "2025-02-01"
    assert when("260711", "%d%m%y", "%y%m%d") == "2011-07-26"
    assert when("01/02/25 0715", "%m/%d/%y %H%M") == "2025-01-02T07:15:00+01:00"
    assert when("2025-01-02", "%d/%m/%Y") == "invalid"
    assert when("01/02/2025", order="mdy") == "2025-01-02"
    assert cells.order_of(["01/02/2025", "01/31/2025"]) == "mdy"
    assert cells.order_of(["31/01/2025", "01/31/2025"]) == ""


def test_an_expiry_may_be_a_month() -> None:
    dates = cells.Dates((), BERLIN)
    assert dates.day("2027-02", last_of_month=True) == "2027-02-28"
    assert dates.day("06/2027", last_of_month=True) == "2027-06-30"
    with pytest.raises(Unfit):
        dates.day("06/2027")


@pytest.mark.parametrize(("text", "found"), [("TRUE", True), ("n", False), ("1", True), (True, True), ("Nein", False)])
def test_yes_and_no(text: Cell, found: bool) -> None:
    assert cells.flag(text) is found


def test_words_are_ours_or_known() -> None:
    upkeep = ("add", "update", "deactivate", "reactivate", "delete")
    assert [word(text, upkeep) for text in ("Add", "C", "del")] == ["add", "update", "delete"]
    assert word("Credit Note", ("invoice", "credit_note")) == "credit_note"
    with pytest.raises(Unfit):
        word("active", upkeep)


@given(st.text(max_size=8) | st.text("'=+-@\t\r1A", max_size=6))
def test_a_guarded_text_is_no_formula_and_comes_back(text: str) -> None:
    guarded = cells.guarded(text)
    assert not guarded.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cells.unguarded(guarded) == text


def test_an_apostrophe_before_anything_else_belongs_to_the_text() -> None:
    assert cells.text("'s Hertogenbosch") == "'s Hertogenbosch"
    assert cells.guarded("'s Hertogenbosch") == "'s Hertogenbosch"
    assert cells.text("'-5") == "-5"
