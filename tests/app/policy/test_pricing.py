"""What a price list changes: new, changed, ended, unchanged; never two prices of one kind on a day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Held
from app.policy.pricing import Limits, Plan, StandingPrice, WantedPrice, plan

TODAY = date(2026, 11, 23)
JANUARY, DECEMBER = date(2027, 1, 1), date(2026, 12, 31)
OLD = date(2026, 1, 1)
ROW = WantedPrice("row 1", "GLOVE-M", "7", Decimal(0), Decimal(10), "EUR", "M-991", 3)
NOW = StandingPrice(1, "GLOVE-M", "7", Decimal(0), Decimal(10), "EUR", "M-991", 3)
WIDE = Limits("price list PL-1", Decimal(1000), Decimal(100))


def made(*wanted: WantedPrice, standing: tuple[StandingPrice, ...] = (NOW,), full: bool = False, **limits: str) -> Plan:
    within = replace(WIDE, **{name: Decimal(value) for name, value in limits.items()})
    return plan(wanted, standing, TODAY, full=TODAY if full else None, limits=within)


def test_a_price_that_stands_as_told_costs_nothing() -> None:
    done = made(ROW)
    assert (done.new, done.changed, done.ended, done.unchanged) == ([], [], {}, 1)


def test_a_price_that_nobody_had_is_new() -> None:
    done = made(ROW, standing=())
    assert done.new == [ROW]


def test_an_undated_price_that_began_earlier_ends_yesterday() -> None:
    done = made(replace(ROW, price=Decimal(11)), standing=(replace(NOW, valid_from=OLD),))
    [new] = done.new
    assert (new.price, new.valid_from) == (Decimal(11), TODAY)
    assert done.ended == {1: TODAY - timedelta(days=1)}


def test_an_undated_price_without_a_beginning_is_changed_in_its_place() -> None:
    done = made(replace(ROW, price=Decimal(11)))
    [(price, row)] = done.changed
    assert (price, row.price, row.valid_from) == (1, Decimal(11), None)


def test_the_price_of_next_year_ends_this_years_on_its_last_day() -> None:
    done = made(replace(ROW, price=Decimal(11), valid_from=JANUARY), standing=(replace(NOW, valid_from=OLD),))
    assert [row.valid_from for row in done.new] == [JANUARY]
    assert done.ended == {1: DECEMBER}


def test_this_years_list_said_again_leaves_next_years_price_alone() -> None:
    standing = (replace(NOW, valid_from=OLD, valid_to=DECEMBER), replace(NOW, id=2, valid_from=JANUARY))
    done = made(replace(ROW, valid_from=OLD), standing=standing)
    assert (done.unchanged, done.changed, done.ended) == (1, [], {})


def test_an_open_price_ends_where_the_next_row_begins() -> None:
    done = made(replace(ROW, valid_from=OLD), replace(ROW, row="row 2", valid_from=JANUARY), standing=())
    assert [(row.valid_from, row.valid_to) for row in done.new] == [(OLD, DECEMBER), (JANUARY, None)]


def test_quantity_breaks_are_prices_of_their_own() -> None:
    done = made(ROW, replace(ROW, minimum=Decimal(100), price=Decimal(9)))
    assert (done.unchanged, [row.minimum for row in done.new]) == (1, [Decimal(100)])


def test_a_full_list_ends_what_it_no_longer_has() -> None:
    gone, over = replace(NOW, id=2, item="TAPE"), replace(NOW, id=3, item="GAUZE", valid_to=OLD)
    future = replace(NOW, id=4, item="SUTURE", valid_from=JANUARY)
    done = made(ROW, standing=(NOW, gone, over, future), full=True)
    assert done.ended == {2: TODAY - timedelta(days=1), 4: TODAY - timedelta(days=1)}


def test_a_full_list_said_twice_ends_nothing_the_second_time() -> None:
    yesterday = TODAY - timedelta(days=1)
    done = made(ROW, standing=(NOW, replace(NOW, id=2, item="TAPE", valid_to=yesterday)), full=True)
    assert done.ended == {}


def test_a_full_list_leaves_prices_of_other_contracts() -> None:
    done = made(ROW, standing=(NOW, replace(NOW, id=2, item="TAPE", listed=False)), full=True)
    assert done.ended == {}


def test_a_row_that_takes_its_price_back_ends_it() -> None:
    done = made(replace(ROW, ended=True))
    assert (done.new, done.ended) == ([], {1: TODAY - timedelta(days=1)})


@pytest.mark.parametrize(
    ("rows", "standing"),
    [
        ((ROW, replace(ROW, row="row 2", price=Decimal(9))), ()),
        ((replace(ROW, valid_to=JANUARY), replace(ROW, row="row 2", valid_from=JANUARY)), ()),
        (
            (replace(ROW, price=Decimal(9), valid_from=TODAY, valid_to=DECEMBER),),
            (replace(NOW, valid_from=OLD, valid_to=JANUARY),),
        ),
        ((replace(ROW, valid_to=JANUARY),), (replace(NOW, valid_from=DECEMBER),)),
        ((ROW,), (replace(NOW, valid_from=OLD), replace(NOW, id=2, valid_from=OLD + timedelta(days=1)))),
    ],
)
def test_two_prices_for_the_same_days_are_held(
    rows: tuple[WantedPrice, ...], standing: tuple[StandingPrice, ...]
) -> None:
    with pytest.raises(Held) as caught:
        made(*rows, standing=standing)
    assert caught.value.cause == "price_overlap"


@pytest.mark.parametrize(("price", "held"), [("12.5", False), ("12.51", True), ("7.5", False), ("7.49", True)])
def test_a_price_that_moves_too_far_is_held_with_its_row(price: str, held: bool) -> None:
    row = replace(ROW, price=Decimal(price))
    if not held:
        assert made(row, change_percent="25").changed
        return
    with pytest.raises(Held) as caught:
        made(row, change_percent="25")
    assert (caught.value.cause, caught.value.subject) == ("price_jump", "price list PL-1")
    assert f"row 1, item GLOVE-M: 10 becomes {price}" in caught.value.hint
    assert made(row, change_percent="25", accepted="1").changed


def test_a_price_of_nothing_becoming_something_is_a_move() -> None:
    with pytest.raises(Held):
        made(ROW, standing=(replace(NOW, price=Decimal(0)),), change_percent="25")


def test_a_list_that_would_end_most_prices_is_held() -> None:
    others = tuple(replace(NOW, id=number, item=f"I-{number}") for number in range(2, 5))
    with pytest.raises(Held) as caught:
        made(ROW, standing=(NOW, *others), full=True, ended_percent="30")
    assert caught.value.cause == "prices_vanish"
    assert "3 of 4" in caught.value.hint


DAYS = st.none() | st.dates(date(2026, 1, 1), date(2027, 12, 31))


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 1), st.integers(1, 9), DAYS), max_size=6),
    st.lists(st.tuples(st.sampled_from("AB"), st.integers(0, 1), st.integers(1, 9), DAYS, DAYS), max_size=6),
    st.booleans(),
)
def test_what_was_done_stands_and_is_never_done_twice(
    told: list[tuple[str, int, int, date | None]],
    had: list[tuple[str, int, int, date | None, date | None]],
    full: bool,
) -> None:
    """Whatever stands and is told: carried out in whatever part, the rest completes it; whole, nothing is left."""
    standing = tuple(
        StandingPrice(number, item, "7", Decimal(least), Decimal(price), "EUR", None, 0, start, end)
        for number, (item, least, price, start, end) in enumerate(had, 1)
    )
    rows = tuple(
        WantedPrice(f"row {n}", item, "7", Decimal(least), Decimal(price), "EUR", valid_from=start)
        for n, (item, least, price, start) in enumerate(told, 1)
    )
    try:
        first = made(*rows, standing=standing, full=full)
    except Held:
        return
    halfway = carried_out(standing, replace_ended(first))
    for state in (halfway, carried_out(standing, first)):
        whole = carried_out(state, made(*rows, standing=state, full=full))
        last = made(*rows, standing=whole, full=full)
        assert (last.new, last.changed, last.ended) == ([], [], {})


def replace_ended(done: Plan) -> Plan:
    """The plan as far as it was carried out by somebody who died before the old prices ended."""
    return Plan(done.new, done.changed, {}, done.unchanged)


def carried_out(standing: tuple[StandingPrice, ...], done: Plan) -> tuple[StandingPrice, ...]:
    """What stands after a plan."""
    changed = dict(done.changed)
    after = []
    for one in standing:
        row = changed.get(one.id)
        now = replace(one, price=row.price, currency=row.currency, valid_to=row.valid_to) if row else one
        after.append(replace(now, valid_to=done.ended.get(one.id, now.valid_to)))
    made_now = [
        StandingPrice(
            1000 + len(standing) + place, row.item, row.unit, row.minimum, row.price, row.currency, None, 0,
            row.valid_from, row.valid_to,
        )
        for place, row in enumerate(done.new)
    ]  # fmt: skip
    return (*after, *made_now)
