"""Working hours against counting minute by minute, over nights, weekends, holidays and changes of the clocks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.policy.working_hours import DAYS, Hours, after, by_clock

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")

calendars = st.builds(
    Hours,
    days=st.lists(st.sampled_from(DAYS), min_size=2, unique=True).map(tuple),
    start=st.sampled_from(["00:00", "06:30", "08:00"]),
    end=st.sampled_from(["12:00", "17:00", "24:00"]),
    holidays=st.just((date(2026, 3, 30), date(2026, 10, 26))),
)
# The clocks change within these weeks in all of the zones that do.
moments = st.builds(
    lambda first, minutes: first + timedelta(minutes=minutes),
    st.sampled_from([datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)]),
    st.integers(0, 36 * 24 * 60),
)


def counted(start: datetime, end: datetime, calendar: Hours, zone: ZoneInfo) -> int:
    """The whole minutes from start to end in which somebody works."""
    worked, moment = 0, start
    while moment < end:
        local = moment.astimezone(zone)
        clock = f"{local:%H:%M}"
        worked += calendar.works(local.date()) and calendar.start <= clock < calendar.end
        moment += timedelta(minutes=1)
    return worked


@settings(max_examples=60, deadline=None)
@given(moments, st.integers(1, 20 * 60), calendars, st.sampled_from(ZONES))
def test_the_hours_are_those_that_are_worked(start: datetime, minutes: int, calendar: Hours, name: str) -> None:
    zone = ZoneInfo(name)

    due = after(start, Decimal(minutes) / 60, calendar, zone)

    # A third of an hour has no exact number of seconds as a float.
    rounded = (due + timedelta(seconds=1)).replace(second=0, microsecond=0)
    assert counted(start, rounded, calendar, zone) == minutes
    assert counted(rounded - timedelta(minutes=1), rounded, calendar, zone) == 1


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-11-23T09:00+01:00", 4, "2026-11-23T13:00+01:00"),
        ("2026-11-23T09:00+01:00", 8, "2026-11-23T17:00+01:00"),
        ("2026-11-23T09:00+01:00", 9, "2026-11-24T09:00+01:00"),
        ("2026-11-27T16:00+01:00", 2, "2026-11-30T09:00+01:00"),
        ("2026-11-28T12:00+01:00", 1, "2026-11-30T09:00+01:00"),
        ("2026-11-23T05:00+01:00", 1, "2026-11-23T09:00+01:00"),
        ("2026-12-24T16:00+01:00", 2, "2026-12-28T09:00+01:00"),
        ("2026-03-27T16:00+01:00", 2, "2026-03-30T09:00+02:00"),
    ],
)
def test_examples(start: str, hours: int, due: str) -> None:
    calendar = Hours(holidays=(date(2026, 12, 25),))

    found = after(datetime.fromisoformat(start), Decimal(hours), calendar, ZoneInfo("Europe/Berlin"))

    assert found == datetime.fromisoformat(due)


def test_nothing_to_wait_for_is_over_when_work_begins() -> None:
    start = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)

    assert after(start, Decimal(0), Hours(), ZoneInfo("UTC")) == datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


def test_where_nobody_ever_works_the_clock_counts() -> None:
    start = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
    every_monday = tuple(date(2026, 11, 23) + timedelta(weeks=week) for week in range(60))

    found = after(start, Decimal(5), Hours(days=("mon",), holidays=every_monday), ZoneInfo("UTC"))

    assert found == by_clock(start, Decimal(5))
