"""What every bell does: a worker that hears one drains its stage and lane.

The base of the tasks in ``tasks``; made by Celery once per task and process.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import ClassVar

import sentry_sdk
import structlog
from celery import Task
from celery.exceptions import Reject
from structlog.contextvars import bound_contextvars

from app import services, telemetry
from app.ledger.database import LedgerUnavailable
from app.model.channel import LANES
from app.services import Services

log = structlog.get_logger()


class StageTask(Task):  # type: ignore[misc]
    """The task ``wardline.<stage>``. ``build`` puts together what a worker process works with."""

    abstract = True
    build: ClassVar[Callable[[], Services]] = staticmethod(services.build)
    _held: ClassVar[tuple[int, Services] | None] = None

    @staticmethod
    def services() -> Services:
        """What this process works with, built at the first call after its fork; nothing is inherited over one."""
        held = StageTask._held
        if held is None or held[0] != os.getpid():
            held = StageTask._held = (os.getpid(), StageTask.build())
        return held[1]

    @property
    def stage(self) -> str:
        """The stage that the task drains."""
        return str(self.name).removeprefix("wardline.")

    def drain(self, lane: str) -> None:
        """Do what is due in the lane, set by set, until nothing can be claimed or the time for one bell is over.

        Whatever happens, no work is lost: what was claimed comes due again when its lease ends, and the relay rings
        for it. A ledger out of reach ends the bell quietly; what nobody expected is reported, and its bell is kept
        among the dead ones.
        """
        if lane not in LANES:
            raise Reject("there is no such lane", requeue=False)
        with bound_contextvars(stage=self.stage, lane=lane, bell=self.request.id):
            try:
                self._drain(lane)
            except LedgerUnavailable as error:
                log.warning("drain.ledger_unavailable", error_code=error.code)
            except Exception as error:
                sentry_sdk.capture_exception(error)
                log.exception("drain.failed")
                # Celery writes the text of what a task raises to its log; this one says nothing.
                raise Reject(type(error).__name__, requeue=False) from None

    def _drain(self, lane: str) -> None:
        services = self.services()
        ledger, step = services.ledger, services.stages[self.stage].step
        with ledger.transaction() as tx:
            ledger.bells.heard(tx, self.stage, lane)
        telemetry.BELLS.labels(self.stage, lane, "heard").inc()
        begun = time.monotonic()
        items = steps = 0
        more = True
        while more and time.monotonic() - begun < services.settings.drain_seconds:
            started = time.monotonic()
            done = step(lane)
            if more := done > 0:
                telemetry.STAGE_SECONDS.labels(self.stage, lane).observe(time.monotonic() - started)
                items, steps = items + done, steps + 1
        if more:
            with ledger.transaction() as tx:
                ledger.database.notify(tx)
        seconds = round(time.monotonic() - begun, 4)
        level = logging.INFO if items else logging.DEBUG
        log.log(level, "stage.drained", items=items, steps=steps, seconds=seconds, more=more)
