"""A visit to Odoo stays near its time: short calls while Odoo is slow, full batches while it is fast."""

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
