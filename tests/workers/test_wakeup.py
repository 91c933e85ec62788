"""What wakes the relay, on both databases."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.ledger.ledger import Ledger
from tests.workers import toy
from workers import wakeup
from workers.stop import Stop
from workers.wakeup import Wakeup


@pytest.fixture
def stop() -> Stop:
    return Stop()


@pytest.fixture
def awake(ledger: Ledger, stop: Stop) -> Iterator[Wakeup]:
    made = wakeup.of(ledger.database, stop)
    made.wait(5.0)
    yield made
    made.close()


def slept(awake: Wakeup, seconds: float) -> tuple[bool, float]:
    begun = time.monotonic()
    return awake.wait(seconds), time.monotonic() - begun


def test_it_sleeps_where_nothing_happens(awake: Wakeup) -> None:
    woken, seconds = slept(awake, 0.2)
    assert not woken
    assert 0.19 < seconds < 1.0


def test_new_work_wakes_it_when_it_is_committed(ledger: Ledger, awake: Wakeup) -> None:
    timer = threading.Timer(0.1, lambda: toy.add(ledger, "translate", "urgent"))
    timer.start()
    woken, seconds = slept(awake, 5.0)
    assert woken
    assert seconds < 2.0
    timer.join()


def test_work_that_came_while_nobody_slept_is_not_missed(ledger: Ledger, awake: Wakeup) -> None:
    toy.add(ledger, "translate", "urgent")
    woken, seconds = slept(awake, 5.0)
    assert woken
    assert seconds < 1.0
    assert slept(awake, 0.1)[0] is False, "many changes are one reason"


def test_work_given_back_wakes_it(ledger: Ledger, awake: Wakeup) -> None:
    toy.add(ledger, "translate", "urgent")
    with ledger.transaction() as tx:
        claim = ledger.work.claim(tx, "translate", "urgent", 1)
    awake.wait(1.0)
    assert claim is not None
    with ledger.transaction() as tx:
        ledger.work.again(tx, claim, claim.subjects, claim.until)
    assert slept(awake, 5.0)[0]


def test_the_wish_to_end_wakes_it(awake: Wakeup, stop: Stop) -> None:
    timer = threading.Timer(0.1, stop.set)
    timer.start()
    assert slept(awake, 5.0)[1] < 2.0
    timer.join()


@pytest.mark.real
def test_a_connection_that_was_ended_is_made_again(postgres_url: str, stop: Stop) -> None:
    from app.ledger.database import Database

    database = Database(postgres_url)
    awake = wakeup.of(database, stop)
    assert awake.wait(1.0), "a new connection is a reason to look"
    with database.transaction() as tx:
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'wardline-relay'"
        tx.execute(sa.text(f"{ended} AND datname = current_database()"))
    deadline = time.monotonic() + 10
    awake.wait(0.5)
    while not awake.wait(0.5):
        assert time.monotonic() < deadline
    with database.transaction() as tx:
        database.notify(tx)
    assert awake.wait(2.0)
    awake.close()
    database.close()


def test_a_database_out_of_reach_is_slept_over(stop: Stop) -> None:
    from app.ledger.database import Database

    awake = wakeup.of(Database("postgresql+psycopg://nobody@127.0.0.1:1/nothing"), stop)
    assert awake.wait(0.2) is False
    assert awake.wait(0.2) is False
    awake.close()
