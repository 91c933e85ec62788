"""What must be done now and then: the audit trail is sealed, expired bodies go, missing answers are noticed.

A thread of the relay, so that no separate scheduler is needed and no bell waits for it. Every job may run twice at
once, in two relays, and does its work in small transactions.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Thread

import sentry_sdk
import structlog

from app import ids
from app.ledger.database import LedgerUnavailable
from app.ledger.ledger import Ledger
from workers.stop import Stop

log = structlog.get_logger()

SEAL_SECONDS = 1.0
EXPIRE_SECONDS = 300.0
MISS_SECONDS = 30.0
SET = 2000
"""How much a job does in one transaction."""


@dataclass(slots=True)
class Job:
    """Something to be done every so often: ``do`` does up to ``SET`` at a time and says how many it did."""

    name: str
    every: float
    do: Callable[[], int]
    due: float = 0.0


class Upkeep:
    """The jobs and the thread that does them."""

    def __init__(self, ledger: Ledger, stop: Stop) -> None:
        self._ledger = ledger
        self._stop = stop
        self._jobs = (
            Job("audit.seal", SEAL_SECONDS, lambda: ledger.audit.seal(SET)),
            Job("bodies.expire", EXPIRE_SECONDS, self._expire),
            Job("interchanges.miss", MISS_SECONDS, self._miss),
            Job("pulses.forget", EXPIRE_SECONDS, self._forget),
        )

    def start(self) -> Thread:
        """Start the thread; it ends with the process's wish to end."""
        thread = Thread(target=self._run, name="upkeep", daemon=True)
        thread.start()
        return thread

    def do_due(self) -> float:
        """Do the jobs that are due; seconds until the next one is."""
        for job in self._jobs:
            if job.due <= time.monotonic():
                # A full set means that there is more, and it is not worth a sleep.
                job.due = time.monotonic() + (0.0 if self._do(job) >= SET else job.every)
        return max(0.0, min(job.due for job in self._jobs) - time.monotonic())

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(self.do_due())

    def _do(self, job: Job) -> int:
        try:
            return job.do()
        except LedgerUnavailable as error:
            log.warning("upkeep.ledger_unavailable", job=job.name, error_code=error.code)
        except Exception as error:
            # The other jobs go on; this one is tried again at its next turn.
            sentry_sdk.capture_exception(error)
            log.exception("upkeep.failed", job=job.name)
        return 0

    def _expire(self) -> int:
        with self._ledger.transaction() as tx:
            gone = self._ledger.bodies.expire(tx, ids.now(), SET)
        if gone:
            log.info("bodies.expired", count=gone)
        return gone

    def _forget(self) -> int:
        with self._ledger.transaction() as tx:
            return self._ledger.pulses.forget(tx, ids.now() - timedelta(days=1))

    def _miss(self) -> int:
        if missed := self._ledger.interchanges.miss(SET):
            log.warning("interchanges.overdue", count=missed)
        return missed
