"""Old and new side by side: one speaks, both are compared, a switch neither loses an event nor has it twice."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from app import ids
from app.errors import Conflict
from app.flows.cutover import Said, compare, judge, recover
from app.ledger.ledger import Ledger
from tests import factories
from tests.app.flows.house import House
from tests.app.flows.warehouse import Warehouse

MORNING = datetime(2026, 11, 20, 8, tzinfo=UTC)
DAY = (MORNING - timedelta(hours=8), MORNING + timedelta(hours=16))


@pytest.fixture
def warehouse() -> Warehouse:
    stocked = Warehouse()
    stocked.count("GEN/Stock/OR1", "SUTURE-30", 100)
    return stocked


@pytest.fixture
def house(ledger: Ledger, warehouse: Warehouse) -> House:
    made = House.over(ledger, warehouse)
    made.channels["files"] = factories.channel(name="files")
    made.channels["api"] = factories.channel(name="api")
    return made


def event(number: str, at: datetime, quantity: str = "1") -> dict[str, Any]:
    return factories.event(event_id=number, occurred_at=at.isoformat(), quantity={"value": quantity, "unit": "EA"})


def switch(house: House, channel: str, from_at: datetime, *, first: bool = False) -> None:
    with house.ledger.transaction() as tx:
        house.ledger.authorities.switch(tx, "GEN", "consumption", channel, from_at, "tester", first=first)


def used(warehouse: Warehouse) -> Decimal:
    return 100 - warehouse.held("GEN/Stock/OR1", "SUTURE-30")


def test_every_event_of_both_ways_has_one_effect_across_switch_and_rollback(house: House, warehouse: Warehouse) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        switch(house, "files", datetime(2000, 1, 1, tzinfo=UTC), first=True)
        switch(house, "api", MORNING + timedelta(hours=1))
        # The old way is late: its file of the whole day comes after the switch, with what happened before it.
        moments = [MORNING + timedelta(minutes=20 * n) for n in range(9)]
        clock.shift(timedelta(hours=1, minutes=30))
        switch(house, "files", MORNING + timedelta(hours=2))
        clock.shift(timedelta(hours=2))
        for n, at in enumerate(moments):
            house.receive(event(f"A-{n}", at), channel="api")
        house.receive(*(event(f"F-{n}", at) for n, at in enumerate(moments)), channel="files")
        house.work_off()
    assert used(warehouse) == 9
    with house.ledger.reading() as tx:
        for channel, effects in (("files", 6), ("api", 3)):
            rows = house.ledger.documents.told(tx, channel, "consumption", *DAY)
            posted = house.ledger.postings.of_documents(tx, [row.id for row in rows])
            assert (len(rows), len(posted)) == (9, effects)
        found = compare(tx, house.ledger, house.crosswalk, "consumption", ("files", "api"), DAY)
    assert (found.old, found.new, found.agreed, found.differences) == (9, 9, 9, ())


def test_what_differs_is_named_in_our_words(house: House) -> None:
    with time_machine.travel(MORNING, tick=False):
        switch(house, "files", datetime(2000, 1, 1, tzinfo=UTC), first=True)
        house.receive(event("E-1", MORNING), event("E-2", MORNING), event("F-3", MORNING, "5"), channel="files")
        house.receive(event("E-1", MORNING), event("E-2", MORNING, "2"), event("A-3", MORNING, "7"), channel="api")
        house.work_off()
    with house.ledger.reading() as tx:
        found = compare(tx, house.ledger, house.crosswalk, "consumption", ("files", "api"), DAY)
    assert (found.old, found.new, found.agreed) == (3, 3, 1)
    assert [(d.what, d.key) for d in found.differences] == [
        ("differs", "E-2"), ("only_old", "F-3"), ("only_new", "A-3"),
    ]  # fmt: skip
    assert found.differences[0].new == "use 2 SUTURE-30 at GEN/Stock/OR1"


def test_what_only_the_silent_side_told_can_be_carried_out_once(house: House, warehouse: Warehouse) -> None:
    with time_machine.travel(MORNING, tick=False):
        switch(house, "api", datetime(2000, 1, 1, tzinfo=UTC), first=True)
        house.receive(event("E-1", MORNING), event("E-2", MORNING, "3"), channel="files")
        house.receive(event("E-1", MORNING), channel="api")
        house.work_off()
        assert used(warehouse) == 1
        for expected in (1, 0):
            with house.ledger.reading() as tx:
                found = compare(tx, house.ledger, house.crosswalk, "consumption", ("files", "api"), DAY)
            assert recover(house.ledger, found, "old", "tester") == expected
            assert recover(house.ledger, found, "new", "tester") == 0
            house.work_off()
            assert used(warehouse) == 4


def test_about_what_was_decided_nobody_changes_the_mind(house: House) -> None:
    with time_machine.travel(MORNING, tick=False):
        switch(house, "files", datetime(2000, 1, 1, tzinfo=UTC), first=True)
        with pytest.raises(Conflict):
            switch(house, "api", ids.now())
        with pytest.raises(Conflict):
            switch(house, "api", ids.now() - timedelta(days=1))
        switch(house, "api", MORNING + timedelta(hours=1))
        with pytest.raises(Conflict):
            switch(house, "files", MORNING + timedelta(minutes=30))
        with pytest.raises(Conflict):
            switch(house, "api", datetime(1999, 1, 1, tzinfo=UTC), first=True)


SAID = st.lists(
    st.builds(Said, st.sampled_from("abcdefgh"), st.sampled_from("xyz")), max_size=8, unique_by=lambda one: one.number
)


@given(SAID, SAID)
def test_every_document_is_agreed_or_told(old: list[Said], new: list[Said]) -> None:
    found = judge(old, new)
    told = Counter(difference.what for difference in found.differences)
    assert found.agreed + told["differs"] + told["only_old"] == len(old)
    assert found.agreed + told["differs"] + told["only_new"] == len(new)
    assert judge(new, old).agreed == found.agreed


@given(SAID)
def test_a_side_agrees_with_itself_under_other_numbers(side: list[Said]) -> None:
    assert judge(side, [Said(one.number.upper(), one.meaning) for one in side]).differences == ()
