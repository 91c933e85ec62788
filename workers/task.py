"""What every bell does: a worker that hears one drains its stage and lane, and the stages after it.

The base of the tasks in ``tasks``; made by Celery once per task and process.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable, Container, Iterable
from typing import ClassVar

import sentry_sdk
import structlog
from celery import Task
from celery.exceptions import Reject
from sqlalchemy.engine import Connection
from structlog.contextvars import bound_contextvars

from app import services, telemetry
from app.flows.base import Stage
from app.ledger.database import LedgerUnavailable
from app.ledger.ledger import Ledger
from app.model.channel import LANES
from app.policy.lanes import turn_seconds
from app.services import Services
from workers.ending import ENDING, Ending

log = structlog.get_logger()

PULSE_SECONDS = 5.0
"""How often a process notes its worker's pulse at most."""


class StageTask(Task):  # type: ignore[misc]
    """The task ``wardline.<stage>``. ``build`` puts together what a worker process works with."""

    abstract = True
    build: ClassVar[Callable[[], Services]] = staticmethod(services.build)
    ending: ClassVar[Ending] = ENDING
    _held: ClassVar[tuple[int, Services] | None] = None
    _noted: ClassVar[float] = -1e9

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

        A worker that is to end begins no other set: the relay is told, and rings for the others.

        What this stage passes on is done at the next ones too: an urgent event does not wait for three bells. They
        are rung all the same, for other workers to help.

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
        ledger = services.ledger
        stages = list(services.stages.values())
        stages = stages[[stage.name for stage in stages].index(self.stage) :]
        with ledger.database.at_once() as tx:
            ledger.bells.heard(tx, self.stage, lane)
            self._live(tx, ledger, lane)
            due = ledger.work.due_stages(tx, lane)
        telemetry.BELLS.labels(self.stage, lane, "heard").inc()
        begun = time.monotonic()
        items = steps = 0
        more = not due.isdisjoint(stage.name for stage in stages)
        while more and not self.ending.is_said() and time.monotonic() - begun < services.settings.drain_seconds:
            if done := self._pass(stages, lane, due):
                items, steps = items + done, steps + 1
                with ledger.reading() as tx:
                    due = ledger.work.due_stages(tx, lane)
            more = done > 0 and not due.isdisjoint(stage.name for stage in stages)
        if more:
            with ledger.transaction() as tx:
                ledger.database.notify(tx)
        seconds = round(time.monotonic() - begun, 4)
        level = logging.INFO if items else logging.DEBUG
        log.log(level, "stage.drained", items=items, steps=steps, seconds=seconds, more=more)

    def _pass(self, stages: Iterable[Stage], lane: str, due: Container[str]) -> int:
        """A turn of each stage that has work due, and of those after one that passed some on; how many items."""
        done = 0
        for stage in stages:
            if done or stage.name in due:
                done += self._turn(stage, lane)
        return done

    def _turn(self, stage: Stage, lane: str) -> int:
        """One set of a stage, or more for as long as its turn lasts; how many items."""
        ends_at = time.monotonic() + turn_seconds(stage.name, lane)
        done = found = _step(stage, lane)
        while found and time.monotonic() < ends_at and not self.ending.is_said():
            done += (found := _step(stage, lane))
        return done

    def _live(self, tx: Connection, ledger: Ledger, lane: str) -> None:
        """Note the worker's pulse, now and then: a bell with nothing to do must stay cheap."""
        at = time.monotonic()
        if at - StageTask._noted > PULSE_SECONDS:
            StageTask._noted = at
            ledger.pulses.heard(tx, str(self.request.hostname or worker_name(lane))[:100], lane)


def worker_name(lane: str) -> str:
    """The name of the lane's worker on this host, as Celery has it."""
    return f"{lane}@{socket.gethostname()}"[:100]


def _step(stage: Stage, lane: str) -> int:
    """One set of one stage; how many items."""
    started = time.monotonic()
    done = stage.step(lane)
    if done:
        telemetry.STAGE_SECONDS.labels(stage.name, lane).observe(time.monotonic() - started)
    return done
