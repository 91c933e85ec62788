"""Dates and times of HL7 v2."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.gate import Unfit
from app.standards.hl7v2 import times

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "iso", "to_the_hour"),
    [
        ("20261120", "2026-11-20T00:00:00+01:00", False),
        ("20260720", "2026-07-20T00:00:00+02:00", False),
        ("2026112009", "2026-11-20T09:00:00+01:00", True),
        ("202611200930", "2026-11-20T09:30:00+01:00", True),
        ("20261120093015", "2026-11-20T09:30:15+01:00", True),
        ("20261120093015.1234", "2026-11-20T09:30:15.123400+01:00", True),
        ("20261120093015-0500", "2026-11-20T09:30:15-05:00", True),
        ("202611200930+0545", "2026-11-20T09:30:00+05:45", True),
        ("20261120+0000", "2026-11-20T00:00:00+00:00", False),
        ("2026-11-20T09:30:15", "2026-11-20T09:30:15+01:00", True),
        ("2026-11-20T09:30:15Z", "2026-11-20T09:30:15+00:00", True),
        ("2026-11-20", "2026-11-20T00:00:00+01:00", False),
    ],
)
def test_moments(text: str, iso: str, to_the_hour: bool) -> None:
    found, precise = times.moment(text, BERLIN)
    assert (found.isoformat(), precise) == (iso, to_the_hour)


@pytest.mark.parametrize("text", ["2026", "202611"])
def test_less_than_a_day_is_ambiguous(text: str) -> None:
    with pytest.raises(Unfit) as caught:
        times.moment(text, BERLIN)
    assert caught.value.reason == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "2026112", "20261120 0930", "2026-11-20T99", "2026-99-99", "٢٠٢٦١١٢٠", "20261120~"),
        *("20261301", "20260230", "2026112025", "202611200960", "20261120+9900", "00010101", "99991231", "20269999"),
    ],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(Unfit) as caught:
        times.moment(text, BERLIN)
    assert caught.value.reason == "invalid"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20280630", date(2028, 6, 30)),
        ("202802", date(2028, 2, 29)),
        ("20280630235959+0100", date(2028, 6, 30)),
        ("2028-06-30", date(2028, 6, 30)),
    ],
)
def test_days(text: str, expected: date) -> None:
    assert times.day(text) == expected


@pytest.mark.parametrize("text", ["2028", "280630", "20280631", "", "never"])
def test_what_is_no_day(text: str) -> None:
    with pytest.raises(Unfit):
        times.day(text)


@given(st.datetimes(datetime.fromisoformat("1900-01-01"), datetime.fromisoformat("2199-12-31")))
def test_every_local_time_is_understood(local: datetime) -> None:
    found, _ = times.moment(local.strftime("%Y%m%d%H%M%S.%f"), BERLIN)
    assert found.replace(tzinfo=None) == local
