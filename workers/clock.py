"""The clock: does what is to be done every so often and talks to the outside for it. ``python -m workers.clock``.

Polls Odoo and partners, runs what escalates and plans. Any number of clocks may run: the ledger leases each job to one
of them, and a job whose clock died is done by another a minute later.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import sentry_sdk
import structlog

from app import services, telemetry
from app.errors import Misconfigured, Transient, WardlineError
from app.flows.base import Job
from app.ledger.database import LedgerUnavailable
from app.ledger.ledger import Ledger
from workers.stop import Stop

log = structlog.get_logger()

TICK_SECONDS = 1.0
AT_ONCE = 4
"""How many jobs one clock does at a time."""


@dataclass
class Clock:
    """Does jobs as they come due, each in a thread of its own."""

    ledger: Ledger
    jobs: Iterable[Job]
    running: dict[str, tuple[UUID, Future[None]]] = field(default_factory=dict)

    def run(self, stop: Stop) -> None:
        """Go on until the process is to end; what is running then is finished first."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="job") as pool:
            while not stop.is_set():
                with suppress(LedgerUnavailable):
                    self.tick(pool)
                stop.wait(TICK_SECONDS)

    def tick(self, pool: ThreadPoolExecutor) -> None:
        """Give the signs of life of what runs and begin what is due."""
        for name, (token, future) in list(self.running.items()):
            if future.done():
                del self.running[name]
            else:
                with self.ledger.transaction() as tx:
                    self.ledger.jobs.renew(tx, name, token)
        for job in self.jobs:
            if len(self.running) < AT_ONCE and job.name not in self.running:
                self._begin(job, pool)

    def _begin(self, job: Job, pool: ThreadPoolExecutor) -> None:
        with self.ledger.transaction() as tx:
            token = self.ledger.jobs.claim(tx, job.name)
        if token:
            self.running[job.name] = token, pool.submit(do, self.ledger, job, token)


def do(ledger: Ledger, job: Job, token: UUID) -> None:
    """Do a job that was claimed, and note how it went; its errors end here."""
    done: int | None = None
    code: str | None = None
    try:
        with telemetry.STAGE_SECONDS.labels("job", job.name).time():
            done = job.run()
    except WardlineError as error:
        code = error.code
        log.log(30 if isinstance(error, Transient) else 40, "job.failed", job=job.name, error_code=code)
    except Exception as error:
        code = "unexpected"
        sentry_sdk.capture_exception(error)
        log.exception("job.failed", job=job.name)
    with suppress(LedgerUnavailable), ledger.transaction() as tx:
        ledger.jobs.finish(tx, job.name, token, timedelta(seconds=job.every_seconds), done, code)
    if done:
        log.info("job.done", job=job.name, done=done)


def main() -> None:
    """Run the clock until SIGTERM."""
    try:
        built = services.build()
        telemetry.start(built.settings, "clock")
    except Misconfigured as error:
        raise SystemExit(f"{error.code}: {error.message}\n{error.hint}") from error
    built.ledger.database.keep_time()
    stop = Stop()
    stop.on_signals()
    log.info("clock.started", jobs=[job.name for job in built.jobs])
    Clock(built.ledger, built.jobs).run(stop)
    built.ledger.database.close()
    log.info("clock.stopped")


if __name__ == "__main__":
    main()
