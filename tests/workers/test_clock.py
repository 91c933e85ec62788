"""The clock: does what is due, in threads, notes failures, and never stops for one."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import sqlalchemy as sa

from app.errors import Unavailable
from app.flows.base import Job
from app.ledger.jobs import job as table
from app.ledger.ledger import Ledger
from workers.clock import Clock


def outcomes(ledger: Ledger) -> dict[str, tuple[Any, Any]]:
    with ledger.reading() as tx:
        return {row.name: (row.done, row.error_code) for row in ledger.jobs.list(tx)}


def settle(clock: Clock) -> None:
    wait([future for _, future in clock.running.values()], timeout=10)


def fail() -> int:
    raise Unavailable("Odoo is down", code="odoo.unavailable")


def burst() -> int:
    raise ValueError("a fault of ours")


def test_jobs_that_are_due_are_done_and_their_outcome_is_noted(ledger: Ledger) -> None:
    jobs = (Job("good", 60, lambda: 3), Job("down", 60, fail), Job("faulty", 60, burst))
    with ThreadPoolExecutor(4) as pool:
        clock = Clock(ledger, jobs)
        clock.tick(pool)
        settle(clock)
    assert outcomes(ledger) == {"good": (3, None), "down": (None, "odoo.unavailable"), "faulty": (None, "unexpected")}


def test_a_job_that_takes_long_is_not_begun_twice_and_keeps_its_lease(ledger: Ledger) -> None:
    begun, go_on = [], threading.Event()

    def long() -> int:
        begun.append(1)
        go_on.wait(10)
        return 1

    with ThreadPoolExecutor(4) as pool:
        clock, other = Clock(ledger, (Job("long", 0, long),)), Clock(ledger, (Job("long", 0, long),))
        clock.tick(pool)
        with ledger.transaction() as tx:
            early = tx.scalar(sa.select(table.c.lease_until))
        clock.tick(pool)
        other.tick(pool)
        with ledger.transaction() as tx:
            assert tx.scalar(sa.select(table.c.lease_until)) > early
        assert (len(begun), other.running) == (1, {})
        go_on.set()
        settle(clock)
        clock.tick(pool)
        settle(clock)
    assert len(begun) == 2
