"""A worker that hears no bell although bells are rung is ended; one that is merely idle, or new, is not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from app.ledger.ledger import Ledger
from workers.watch import Watch

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


def ring(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        ledger.bells.ring(tx, "translate", "bulk")


def hear(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        ledger.pulses.heard(tx, "bulk@here", "bulk")


def test_a_worker_is_ended_only_when_it_does_not_hear_what_is_rung(
    ledger: Ledger, clock: time_machine.Coordinates
) -> None:
    ended: list[int] = []
    watch = Watch(ledger.database, "bulk@here", "bulk", lambda: ended.append(1))
    assert not watch.look(), "it has only just started"
    clock.shift(timedelta(minutes=10))
    assert not watch.look(), "nobody rings"
    ring(ledger)
    hear(ledger)
    assert not watch.look(), "it hears"
    clock.shift(timedelta(seconds=170))
    ring(ledger)
    assert not watch.look(), "it may be busy"
    clock.shift(timedelta(seconds=20))
    assert watch.look()
    assert ended == [1]


def test_a_ledger_out_of_reach_says_nothing_about_the_worker(small_ledger: Ledger) -> None:
    watch = Watch(small_ledger.database, "bulk@here", "bulk", lambda: pytest.fail("ended"))
    small_ledger.database.close()
    assert not watch.look()


def test_workers_are_counted_by_lane_and_forgotten(ledger: Ledger, clock: time_machine.Coordinates) -> None:
    with ledger.transaction() as tx:
        for worker, lane in (("bulk@one", "bulk"), ("bulk@two", "bulk"), ("urgent@one", "urgent")):
            ledger.pulses.heard(tx, worker, lane)
    clock.shift(timedelta(minutes=4))
    hear(ledger)
    with ledger.transaction() as tx:
        assert ledger.pulses.workers(tx, timedelta(minutes=5)) == {"bulk": 3, "urgent": 1}
        assert ledger.pulses.workers(tx, timedelta(minutes=3)) == {"bulk": 1}
        assert ledger.pulses.forget(tx, NOON + timedelta(minutes=1)) == 3
        assert ledger.pulses.workers(tx, timedelta(hours=1)) == {"bulk": 1}
