"""The clock's jobs in the ledger: one process at a time, due again after their pause, given back by the dead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import time_machine

from app.ledger.ledger import Ledger

AT = datetime(2026, 11, 20, 8, tzinfo=UTC)


def claim(ledger: Ledger, *, now: bool = False) -> UUID | None:
    with ledger.transaction() as tx:
        return ledger.jobs.claim(tx, "orders.pick_up", now=now)


def finish(ledger: Ledger, token: UUID, done: int = 3) -> None:
    with ledger.transaction() as tx:
        ledger.jobs.finish(tx, "orders.pick_up", token, timedelta(minutes=5), done, None)


def test_a_job_is_done_by_one_and_due_again_after_its_pause(ledger: Ledger) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        token = claim(ledger)
        assert token is not None
        assert claim(ledger) is None
        assert claim(ledger, now=True) is None, "not even on demand while it is being done"
        finish(ledger, token)
        assert claim(ledger) is None
        clock.shift(timedelta(minutes=5))
        assert claim(ledger) is not None


def test_on_demand_it_need_not_be_due(ledger: Ledger) -> None:
    with time_machine.travel(AT, tick=False):
        token = claim(ledger)
        assert token is not None
        finish(ledger, token)
        assert claim(ledger, now=True) is not None


def test_a_dead_process_gives_its_job_back_and_a_living_one_keeps_it(ledger: Ledger) -> None:
    with time_machine.travel(AT, tick=False) as clock:
        token = claim(ledger)
        assert token is not None
        clock.shift(50)
        with ledger.transaction() as tx:
            assert ledger.jobs.renew(tx, "orders.pick_up", token)
        clock.shift(50)
        assert claim(ledger) is None
        clock.shift(20)
        successor = claim(ledger)
        assert successor is not None
        with ledger.transaction() as tx:
            assert not ledger.jobs.renew(tx, "orders.pick_up", token)
        finish(ledger, token, done=99)
        with ledger.reading() as tx:
            [row] = ledger.jobs.list(tx)
        assert (row.done, row.lease_token) == (None, successor), "who lost it writes nothing"


def test_how_it_went_is_kept(ledger: Ledger) -> None:
    with time_machine.travel(AT, tick=False):
        token = claim(ledger)
        assert token is not None
        finish(ledger, token)
        with ledger.reading() as tx:
            [row] = ledger.jobs.list(tx)
    assert (row.done, row.error_code, row.due_at) == (3, None, AT + timedelta(minutes=5))
