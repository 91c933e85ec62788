"""A worker is alive when it hears the bells that are rung for it, not when its process exists."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.policy.pulse import is_stuck, life

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def ago(seconds: float | None) -> datetime | None:
    return None if seconds is None else NOON - timedelta(seconds=seconds)


@pytest.mark.parametrize(("started", "heard", "rung", "expected"), [
    (None, 5, 5, "alive"),
    (None, 59, 1, "alive"),
    (None, 200, 10, "deaf"),
    (None, None, 10, "unknown"),
    (400, None, 10, "unknown"),
    (None, 200, 300, "unknown"),
    (None, None, None, "unknown"),
    (10, 500, 5, "unknown"),
])  # fmt: skip
def test_life(started: float | None, heard: float | None, rung: float | None, expected: str) -> None:
    found = life(NOON, ago(started), ago(heard), ago(rung))
    assert found == expected


@pytest.mark.parametrize(("started", "heard", "rung", "stuck"), [
    (1000, 5, 5, False),
    (1000, 179, 10, False),
    (1000, 181, 10, True),
    (1000, None, 10, True),
    (100, None, 10, False),
    (1000, 500, 100, False),
    (1000, 500, None, False),
])  # fmt: skip
def test_only_who_hears_nothing_of_what_is_rung_is_stuck(
    started: float, heard: float | None, rung: float | None, stuck: bool
) -> None:
    begun = ago(started)
    assert begun is not None
    assert is_stuck(NOON, begun, ago(heard), ago(rung)) is stuck
