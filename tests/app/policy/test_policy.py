"""Pure decisions: when to try again, which lane, and what stock may be moved."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.model.stock import Item, Location
from app.policy.lanes import lane_for, more_urgent
from app.policy.retry import Retry
from app.policy.stock import Facts, Wish, admit

START = datetime(2026, 11, 20, tzinfo=UTC)
RETRY = Retry(timedelta(seconds=10), timedelta(minutes=10), timedelta(hours=24))
PLACE = Location(1, "GEN/Stock/OR1", active=True, usage="internal", warehouse_id=1)
ITEM = Item(7, "SUTURE-30", active=True, storable=True, tracking="none", uom_id=1)


@given(st.integers(1, 10_000), st.floats(0, 86_399))
def test_pauses_grow_to_the_cap_and_are_never_longer(attempts: int, seconds: float) -> None:
    at = START + timedelta(seconds=seconds)
    pause = RETRY.next_attempt(attempts, START, at) - at
    full = min(RETRY.base * 2 ** min(attempts - 1, 30), RETRY.cap)
    assert full / 2 <= pause <= full


def test_after_the_horizon_it_is_given_up() -> None:
    assert RETRY.next_attempt(200, START, START + timedelta(hours=24)) is None
    assert RETRY.next_attempt(200, START, START + timedelta(hours=23, minutes=59)) is not None


def test_what_only_waited_has_all_its_patience_left() -> None:
    assert RETRY.next_attempt(3, START, START + timedelta(days=30)) is not None


def test_a_critical_item_is_urgent_and_nothing_is_lowered() -> None:
    assert lane_for("bulk", "critical") == "urgent"
    assert lane_for("bulk", "routine") == lane_for("bulk", None) == "bulk"
    assert lane_for("urgent", "routine") == "urgent"
    assert more_urgent("bulk") == ("urgent", "approvals")
    assert more_urgent("urgent") == ()


def facts(on_hand: Decimal | None) -> Facts:
    stock = None if on_hand is None else {(ITEM.id, None): on_hand}
    return Facts({ITEM.reference: [ITEM]}, {}, PLACE, PLACE, stock, digits=4)


quantities = st.lists(st.decimals("0.0001", "1000", places=4), max_size=30)


@given(quantities, st.decimals("0", "5000", places=4))
def test_never_more_is_admitted_than_there_is_and_nobody_is_forgotten(wanted: list[Decimal], stock: Decimal) -> None:
    wishes = [Wish(place, ITEM.reference, quantity) for place, quantity in enumerate(wanted)]
    admission = admit(wishes, facts(stock), PLACE.name)
    assert sum(line.quantity for _, line in admission.admitted) <= stock
    owners = sorted([owner for owner, _ in admission.admitted] + [owner for owner, _ in admission.held])
    assert owners == list(range(len(wanted)))
    assert {held.cause for _, held in admission.held} <= {"stock_negative"}


@given(quantities)
def test_what_comes_back_needs_no_stock(wanted: list[Decimal]) -> None:
    wishes = [Wish(place, ITEM.reference, quantity) for place, quantity in enumerate(wanted)]
    assert admit(wishes, facts(None), PLACE.name).held == ()


@pytest.mark.parametrize("digits", [0, 2, 4])
def test_a_quantity_that_odoo_would_round_is_held(digits: int) -> None:
    known = Facts({ITEM.reference: [ITEM]}, {}, PLACE, PLACE, None, digits)
    fine = Decimal(1).scaleb(-digits - 1)
    ((_, held),) = admit([Wish("a", ITEM.reference, fine)], known, PLACE.name).held
    assert held.cause == "quantity_too_fine"
    assert admit([Wish("a", ITEM.reference, fine * 10)], known, PLACE.name).held == ()
