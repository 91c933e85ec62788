"""Dates and times of FHIR."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

import pytest

from app.model.gate import Unfit
from app.standards.fhir import times

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "iso", "complete"),
    [
        ("2026-11-20T09:30:15Z", "2026-11-20T09:30:15+00:00", True),
        ("2026-11-20T09:30:15.123456789-05:00", "2026-11-20T09:30:15.123456-05:00", True),
        ("2026-11-20T09:30+01:00", "2026-11-20T09:30:00+01:00", True),
        ("2026-11-20T09:30:15", "2026-11-20T09:30:15+01:00", False),
        ("2026-07-20", "2026-07-20T00:00:00+02:00", False),
    ],
)
def test_moments(text: str, iso: str, complete: bool) -> None:
    found, told = times.moment(text, BERLIN)
    assert (found.isoformat(), told) == (iso, complete)


@pytest.mark.parametrize("text", ["2026", "2026-11"])
def test_less_than_a_day_is_ambiguous(text: str) -> None:
    with pytest.raises(Unfit) as caught:
        times.moment(text, BERLIN)
    assert caught.value.reason == "ambiguous"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "20261120",
        "2026-13-01",
        "2026-02-30",
        "2026-11-20T25:00:00Z",
        "2026-11-20T09:00:00+99:00",
        "0001-01-01",
        "٢٠٢٦-11-20",
    ],
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(Unfit) as caught:
        times.moment(text, BERLIN)
    assert caught.value.reason == "invalid"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2028-06-30", date(2028, 6, 30)),
        ("2028-02", date(2028, 2, 29)),
        ("2028", date(2028, 12, 31)),
        ("2028-06-30T00:00:00Z", date(2028, 6, 30)),
    ],
)
def test_days(text: str, expected: date) -> None:
    assert times.day(text) == expected
