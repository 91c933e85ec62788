"""What goes to Odoo stays near its time: small batches while Odoo is slow, full ones while it is fast."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.policy.pace import LEAST, Pace

MOST = {"urgent": 50, "bulk": 200}


def test_before_anything_is_known_a_batch_is_full() -> None:
    assert Pace(MOST, 1.0).limit("bulk") == 200


@pytest.mark.parametrize(("each", "limit"), [(0.001, 200), (0.02, 50), (0.05, 20), (2.0, LEAST)])
def test_it_settles_where_a_visit_takes_its_time(each: float, limit: int) -> None:
    pace = Pace(MOST, 1.0)
    for _ in range(20):
        items = pace.limit("bulk")
        pace.took("bulk", items, items * each)
    assert abs(pace.limit("bulk") - limit) <= 1


@pytest.mark.parametrize(("each", "limit"), [(0.0, 200), (0.005, 200), (0.02, 50), (0.5, LEAST)])
def test_it_begins_with_what_is_usual(each: float, limit: int) -> None:
    assert Pace(MOST, 1.0, each).limit("bulk") == limit


@pytest.mark.parametrize(
    ("items", "seconds", "limit"),
    [
        pytest.param(1, 0.2, 50, id="few: mostly what every call costs"),
        pytest.param(49, 0.99, 50, id="nearly full, and within the time"),
        pytest.param(40, 0.4, 100, id="few, but cheaper than was thought"),
        pytest.param(50, 1.25, 40, id="full, and too slow"),
        pytest.param(5, 2.0, LEAST, id="few, and too slow all the same"),
        pytest.param(0, 3.0, 50, id="nothing"),
    ],
)
def test_few_teach_only_that_they_are_cheap(items: int, seconds: float, limit: int) -> None:
    pace = Pace(MOST, 1.0, 0.02)
    pace.took("bulk", items, seconds)
    assert pace.limit("bulk") == limit


def test_what_a_call_costs_by_itself_is_spread_over_a_full_one() -> None:
    pace = Pace(MOST, 1.0, 0.02)
    for items in (1, 2, 3, 1, *[200] * 20):
        sent = min(items, pace.limit("bulk"))
        pace.took("bulk", sent, 0.1 + sent * 0.015)
    assert pace.limit("bulk") == pytest.approx(60, abs=2)


def test_lanes_learn_apart() -> None:
    pace = Pace(MOST, 1.0)
    pace.took("bulk", 10, 10.0)
    assert (pace.limit("bulk"), pace.limit("urgent")) == (LEAST, 50)


@given(st.lists(st.tuples(st.integers(0, 200), st.floats(0, 600))))
def test_it_never_leaves_its_bounds(visits: list[tuple[int, float]]) -> None:
    pace = Pace(MOST, 1.0)
    for items, seconds in visits:
        pace.took("bulk", items, seconds)
        assert LEAST <= pace.limit("bulk") <= MOST["bulk"]
