"""Which lane goes first, and how much of Odoo each may have."""

from __future__ import annotations

import pytest

from app.policy.lanes import lane_for, more_urgent, visits


def test_a_critical_item_is_urgent_on_every_channel() -> None:
    assert (lane_for("bulk", "critical"), lane_for("bulk", "standard"), lane_for("approvals", None)) == (
        "urgent", "bulk", "approvals",
    )  # fmt: skip


def test_the_lanes_that_go_first() -> None:
    assert (more_urgent("urgent"), more_urgent("bulk")) == ((), ("urgent", "approvals"))


@pytest.mark.parametrize(
    ("lane", "odoo_workers", "quiet", "most"),
    [
        ("urgent", 2, False, None),
        ("approvals", 2, True, None),
        ("bulk", 2, False, 1),
        ("bulk", 2, True, 2),
        ("bulk", 6, False, 5),
        ("bulk", 6, True, 6),
        ("bulk", 1, False, 1),
        ("bulk", 1, True, 1),
    ],
)
def test_bulk_leaves_one_of_odoos_workers_to_lanes_that_are_not_quiet(
    lane: str, odoo_workers: int, quiet: bool, most: int | None
) -> None:
    assert visits(lane, odoo_workers, quiet=quiet) == most
