"""What is done now and then."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
import time_machine

from app import ids
from app.ledger.audit import Event
from app.ledger.ledger import Ledger
from workers.stop import Stop
from workers.upkeep import EXPIRE_SECONDS, SEAL_SECONDS, SET, Upkeep


def append(ledger: Ledger, count: int) -> None:
    with ledger.transaction() as tx:
        ledger.audit.append(tx, [Event("tested", "tester") for _ in range(count)])


def test_events_are_sealed(small_ledger: Ledger) -> None:
    append(small_ledger, 3)
    assert 0 < Upkeep(small_ledger, Stop()).do_due() <= SEAL_SECONDS
    found = small_ledger.audit.verify()
    assert (found.sealed, found.unsealed, found.faults) == (3, 0, ())


def test_more_than_a_set_is_sealed_without_a_pause(small_ledger: Ledger) -> None:
    append(small_ledger, SET + 1)
    upkeep = Upkeep(small_ledger, Stop())
    assert upkeep.do_due() == 0.0
    assert upkeep.do_due() > 0.0
    assert small_ledger.audit.verify().unsealed == 0


def test_bodies_go_when_their_time_is_over(small_ledger: Ledger) -> None:
    owner = ids.new_id()
    with small_ledger.transaction() as tx:
        small_ledger.bodies.store(tx, [(owner, b"content")], ids.now() + timedelta(days=1))
    Upkeep(small_ledger, Stop()).do_due()
    with small_ledger.reading() as tx:
        assert small_ledger.bodies.load(tx, [owner])
    with time_machine.travel(ids.now() + timedelta(days=2)):
        Upkeep(small_ledger, Stop()).do_due()
    with small_ledger.reading() as tx:
        assert small_ledger.bodies.load(tx, [owner]) == {}


def test_a_ledger_out_of_reach_stops_nothing(tmp_path) -> None:
    from tests import factories

    away = Ledger(factories.settings(tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    assert 0 < Upkeep(away, Stop()).do_due() <= SEAL_SECONDS < EXPIRE_SECONDS


def test_the_thread_seals_by_itself_and_ends_when_it_is_told(small_ledger: Ledger) -> None:
    stop = Stop()
    thread = Upkeep(small_ledger, stop).start()
    append(small_ledger, 2)
    deadline = time.monotonic() + 10
    while small_ledger.audit.verify().unsealed:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    stop.set()
    thread.join(timeout=5)
    assert not thread.is_alive()


@pytest.mark.parametrize("readers", [1, 3])
def test_the_wish_to_end_is_seen_by_all(readers: int) -> None:
    stop = Stop()
    seen: list[float] = []

    def wait() -> None:
        begun = time.monotonic()
        stop.wait(10)
        seen.append(time.monotonic() - begun)

    threads = [threading.Thread(target=wait) for _ in range(readers)]
    for thread in threads:
        thread.start()
    stop.set()
    stop.set()
    for thread in threads:
        thread.join()
    assert stop.is_set()
    assert len([seconds for seconds in seen if seconds < 5]) == readers
