"""Processes go by the database's clock, whatever becomes of their machine's."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app import ids
from app.ledger.database import Database

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def own_clock() -> Iterator[None]:
    """Every test begins and ends by the system's clock."""
    ids.follow(None)
    yield
    ids.follow(None)


def test_a_clock_that_is_followed_goes_on() -> None:
    there = datetime(2030, 1, 1, tzinfo=UTC)
    ahead = ids.follow(there)
    assert there <= ids.now() < there + timedelta(seconds=5)
    assert ahead < timedelta(0)
    assert ids.now() < ids.now()


def test_a_jump_of_the_system_does_not_matter_any_more() -> None:
    before = datetime.now(UTC)
    ids.follow(before)
    with time_machine.travel(before + DAY, tick=True):
        assert abs(ids.now() - before) < timedelta(seconds=5)
        late = ids.new_id()
    assert abs(ids.now() - before) < timedelta(seconds=5)
    assert late < ids.new_id(), "ids keep their order"


@pytest.mark.real
def test_a_process_that_keeps_time_asks_postgresql(postgres_url: str) -> None:
    before = datetime.now(UTC)
    database = Database(postgres_url)
    database.keep_time()
    with time_machine.travel(before + DAY, tick=True):
        assert ids.now() - before >= DAY
        with database.reading():
            pass
        assert abs(ids.now() - before) < timedelta(seconds=60)
    database.close()


@pytest.mark.real
def test_one_that_does_not_keeps_its_own(postgres_url: str) -> None:
    before = datetime.now(UTC)
    database = Database(postgres_url)
    with time_machine.travel(before + DAY, tick=True), database.reading():
        assert ids.now() - before >= DAY
    database.close()
