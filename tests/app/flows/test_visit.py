"""A visit is made of calls that are kept short, takes everything of an item along, and makes room for the urgent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app import ids
from app.flows.posting import Posting
from app.flows.visit import Visit
from app.ledger import tables
from app.ledger.ledger import Ledger
from app.ledger.work import NewWork
from app.policy.lanes import QUIET
from app.policy.pace import Pace
from app.policy.pulse import CANARY_STAGE
from tests import factories
from tests.app.flows.house import House
from tests.app.flows.warehouse import Warehouse

OR1 = "GEN/Stock/OR1"
SUTURE, GLOVE = "SUTURE-30", "GLOVE-M"
LONG_AGO, NEVER = 0.0, float("inf")


@pytest.fixture
def odoo() -> Warehouse:
    warehouse = Warehouse()
    for item in (SUTURE, GLOVE):
        warehouse.count(OR1, item, 100)
    return warehouse


@pytest.fixture
def house(small_ledger: Ledger, odoo: Warehouse) -> House:
    house = House.over(small_ledger, odoo)
    house.channels["carts"] = factories.channel(name="carts", lane="urgent")
    return house


def posting(house: House) -> Posting:
    stage = house.stages["post"]
    assert isinstance(stage, Posting)
    return stage


def one_line_a_call(house: House) -> Posting:
    """The posting stage, which believes that Odoo takes a second for each line."""
    stage = posting(house)
    stage.lines = Pace(dict.fromkeys(stage.limits, 1), 1.0, 1.0)
    return stage


def resolved(house: House, *items: str, channel: str = "cabinets") -> None:
    lane = house.channels[channel].lane
    for item in items:
        house.receive(factories.event(identifiers=[{"scheme": "internal", "value": item}]), channel=channel)
    house.stages["translate"].step(lane)
    house.stages["resolve"].step(lane)


def lines(odoo: Warehouse) -> list[list[int]]:
    """The quantities of the lines of every movement, in the order they were made."""
    return [[int(line.quantity) for line in movement.lines] for movement in odoo.moved.values()]


def during(odoo: Warehouse, step: str, happens: Callable[[], object]) -> None:
    """Let something happen once, when Odoo is about to make a step."""
    left = [happens]

    def fate(reached: str) -> None:
        if reached == step and left:
            left.pop()()

    odoo.fate = fate


@pytest.mark.parametrize(
    ("calls", "until", "outranked", "goes_on"),
    [
        (0, LONG_AGO, True, True),
        (1, NEVER, False, True),
        (1, NEVER, True, False),
        (1, LONG_AGO, False, False),
    ],
)
def test_a_visit_makes_at_least_one_call(calls: int, until: float, outranked: bool, goes_on: bool) -> None:
    visit = Visit("bulk", Pace({"bulk": 50}, 1.0), until, lambda: outranked)
    for _ in range(calls):
        with visit.call():
            pass
    assert visit.goes_on() == goes_on


def test_a_call_that_fails_is_a_call() -> None:
    visit = Visit("bulk", Pace({"bulk": 50}, 1.0), LONG_AGO, lambda: False)
    with pytest.raises(RuntimeError), visit.call(3):
        raise RuntimeError
    assert not visit.goes_on()


def test_what_waits_for_one_item_is_one_line_however_small_the_calls(house: House, odoo: Warehouse) -> None:
    resolved(house, SUTURE, GLOVE, SUTURE, GLOVE, SUTURE)
    one_line_a_call(house).step("bulk")
    assert lines(odoo) == [[3], [2]]


def test_a_visit_ends_for_who_is_urgent(house: House, odoo: Warehouse) -> None:
    resolved(house, SUTURE, GLOVE, GLOVE)
    during(odoo, "validated", lambda: resolved(house, GLOVE, channel="carts"))
    stage = one_line_a_call(house)

    assert stage.step("bulk") == 3
    assert lines(odoo) == [[1]]
    assert stage.step("bulk") == 0, "the urgent lane has the partition first"
    assert stage.step("urgent") == 1
    assert stage.step("bulk") == 2
    assert lines(odoo) == [[1], [1], [2]]
    assert stage.step("bulk") == 0


def two_odoo_workers(house: House) -> Posting:
    """The posting stage, one line a call, while another worker posts bulk elsewhere."""
    resolved(house, SUTURE, GLOVE)
    stage = one_line_a_call(house)
    stage.odoo_workers = 2
    with house.ledger.transaction() as tx:
        house.ledger.work.add(
            tx, "post", [NewWork(ids.new_id(), "bulk", "odoo:elsewhere")], ids.now() - timedelta(days=1)
        )
        leased = house.ledger.partitions.acquire(tx, "post", "bulk", ())
    assert leased
    assert leased[0] == "odoo:elsewhere"
    return stage


def ring(house: House, lane: str) -> None:
    with house.ledger.transaction() as tx:
        house.ledger.bells.ring(tx, "translate", lane)


@pytest.mark.parametrize(("lane", "moved"), [("bulk", [[1], [1]]), ("approvals", []), ("urgent", [])])
def test_bulk_has_odoos_last_worker_while_more_urgent_lanes_are_quiet(
    house: House, odoo: Warehouse, lane: str, moved: list[list[int]]
) -> None:
    stage = two_odoo_workers(house)
    ring(house, lane)
    stage.step("bulk")
    assert lines(odoo) == moved


def test_a_bell_that_only_asks_whether_a_worker_lives_ends_no_quiet_minute(house: House, odoo: Warehouse) -> None:
    stage = two_odoo_workers(house)
    with house.ledger.transaction() as tx:
        house.ledger.bells.ring(tx, CANARY_STAGE, "urgent")
    stage.step("bulk")
    assert lines(odoo) == [[1], [1]]


def test_a_quiet_minute_is_over_after_the_call_under_way(house: House, odoo: Warehouse) -> None:
    stage = two_odoo_workers(house)
    during(odoo, "validated", lambda: ring(house, "urgent"))
    assert (stage.step("bulk"), lines(odoo)) == (2, [[1]])
    assert (stage.step("bulk"), lines(odoo)) == (0, [[1]])
    with time_machine.travel(ids.now() + QUIET * 1.1, tick=False):
        assert (stage.step("bulk"), lines(odoo)) == (1, [[1], [1]])


def test_a_visit_ends_when_its_time_is_over(house: House, odoo: Warehouse) -> None:
    resolved(house, SUTURE, GLOVE)
    stage = one_line_a_call(house)
    stage.call_seconds = LONG_AGO
    assert (stage.step("bulk"), lines(odoo)) == (2, [[1]])
    assert (stage.step("bulk"), lines(odoo)) == (1, [[1], [1]])


def test_what_is_left_was_not_tried(house: House, odoo: Warehouse) -> None:
    resolved(house, SUTURE, GLOVE)
    stage = one_line_a_call(house)
    stage.call_seconds = LONG_AGO
    stage.step("bulk")
    with house.ledger.reading() as tx:
        (left,) = tx.execute(sa.select(tables.work)).all()
        states = set(tx.scalars(sa.select(tables.posting.c.state)))
    assert (left.attempts, left.interruptions, left.lease_token) == (0, 0, None)
    assert states == {"posted", "due"}


def test_a_refusal_in_the_first_call_takes_nothing_from_the_second(house: House, odoo: Warehouse) -> None:
    odoo.unwanted.add(SUTURE)
    resolved(house, SUTURE, GLOVE, GLOVE)
    one_line_a_call(house).step("bulk")
    assert lines(odoo) == [[2]]
    assert (odoo.held(OR1, SUTURE), odoo.held(OR1, GLOVE)) == (100, 98)
