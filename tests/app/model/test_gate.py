"""What passes the gate of the canonical model and what does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model import gate


@pytest.mark.parametrize("blank", [None, "", "   ", "\t\r\n", "\xa0"])
def test_blank_text_is_no_text(blank: str | None) -> None:
    assert gate.text(blank) is None


def test_text_loses_its_surrounding_blanks_only() -> None:
    assert gate.text("  two  words ") == "two  words"


@pytest.mark.parametrize("bad", ["a\0b", "a\nb", "a\x1db", "a\x85b", "a\u2028b", "a\ud800", "a\x7f"])
def test_control_characters_do_not_pass(bad: str) -> None:
    with pytest.raises(gate.Unfit) as caught:
        gate.text(bad)
    assert caught.value.reason == "invalid"


def test_an_allowed_control_character_passes() -> None:
    assert gate.text("a\x1db", allowed=gate.GROUP_SEPARATOR) == "a\x1db"
    with pytest.raises(gate.Unfit):
        gate.text("a\x1d\0b", allowed=gate.GROUP_SEPARATOR)


def test_the_longest_text_that_passes() -> None:
    assert gate.text("x" * gate.MAX_TEXT) == "x" * gate.MAX_TEXT
    with pytest.raises(gate.Unfit) as caught:
        gate.text("x" * (gate.MAX_TEXT + 1))
    assert caught.value.reason == "too_long"


def test_a_refusal_does_not_quote_what_it_refuses() -> None:
    with pytest.raises(gate.Unfit) as caught:
        gate.text("Doe John\0")
    assert "Doe" not in str(caught.value)


def test_a_description_becomes_one_line_and_is_cut() -> None:
    assert gate.description(" two\r\n  lines\0 ") == "two lines"
    assert gate.description(" \n ") is None
    assert len(gate.description("x" * 10_000) or "") == gate.MAX_DESCRIPTION


@pytest.mark.parametrize("good", ["1", "-1", "+1", "1.50", "1.", ".5", "000123"])
def test_plain_numbers_are_read(good: str) -> None:
    assert gate.number(good) == Decimal(good)


@pytest.mark.parametrize("bad", ["", "1e3", "1_000", "NaN", "Infinity", "1,5", "٣", "0x1", "1 ", "--1", ".", "9" * 201])
def test_other_numbers_are_not(bad: str) -> None:
    with pytest.raises(gate.Unfit):
        gate.number(bad)


@pytest.mark.parametrize("bad", ["NaN", "sNaN", "Infinity", "1e400", "1e-400", "1e12", "0.0000000001"])
def test_amounts_out_of_bounds_do_not_pass(bad: str) -> None:
    with pytest.raises(gate.Unfit):
        gate.amount(Decimal(bad))


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=9))
def test_an_amount_keeps_its_value_and_its_decimals(value: Decimal) -> None:
    found = gate.amount(value)
    assert found == value
    assert found.as_tuple().exponent == -9


def test_an_amount_is_written_out() -> None:
    assert str(gate.amount(Decimal("1E+3"))) == "1000"


def test_a_time_keeps_its_instant_and_gets_a_fixed_offset() -> None:
    found = gate.moment(datetime.fromisoformat("2026-07-01T12:00"), ZoneInfo("Europe/Berlin"))
    assert found == datetime(2026, 7, 1, 10, 0, tzinfo=UTC)
    assert found.tzinfo == timezone(timedelta(hours=2))


def test_a_time_in_the_repeated_hour_still_equals_itself_elsewhere() -> None:
    found = gate.moment(datetime.fromisoformat("2026-10-25T02:30"), ZoneInfo("Europe/Berlin"))
    assert found == found.astimezone(UTC)


@pytest.mark.parametrize("year", [1, 1899, 2200, 9999])
def test_odd_years_do_not_pass(year: int) -> None:
    with pytest.raises(gate.Unfit):
        gate.moment(datetime(year, 1, 1, tzinfo=UTC))
    with pytest.raises(gate.Unfit):
        gate.day(year, 1, 1)


def test_a_month_means_its_last_day() -> None:
    assert gate.day(2028, 2) == date(2028, 2, 29)
    assert gate.day(2028, 2, 1) == date(2028, 2, 1)


@pytest.mark.parametrize(("month", "day"), [(0, 1), (13, 1), (13, None), (2, 30)])
def test_days_that_do_not_exist_do_not_pass(month: int, day: int | None) -> None:
    with pytest.raises(gate.Unfit):
        gate.day(2026, month, day)
