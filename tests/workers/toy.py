"""A worker whose stages only strike out their work: ``celery -A tests.workers.toy:celery worker``.

Everything about it is real but the stages: ledger, tasks, consumer and broker. In the lane ``approvals`` the stage
``resolve`` fails with an error that quotes content.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from app import ids, settings
from app.ledger.ledger import Ledger
from app.ledger.work import STAGES, NewWork
from app.settings import Settings
from workers.celery import celery
from workers.task import StageTask

CONTENT = "PID|1||4711^^^HOSPITAL"


@dataclass(frozen=True, slots=True)
class Striking:
    """A stage that strikes out what is due, up to 50 at a time."""

    ledger: Ledger
    name: str

    def step(self, lane: str) -> int:
        if (self.name, lane) == ("resolve", "approvals"):
            raise KeyError(CONTENT)
        with self.ledger.transaction() as tx:
            claim = self.ledger.work.claim(tx, self.name, lane, 50)
            if claim is None:
                return 0
            self.ledger.work.done(tx, claim, claim.subjects)
        return len(claim.subjects)


def services(effective: Settings) -> Any:
    ledger = Ledger(effective)
    return SimpleNamespace(
        settings=effective, ledger=ledger, stages={stage: Striking(ledger, stage) for stage in STAGES}
    )


def add(ledger: Ledger, stage: str, lane: str, count: int = 1, due_at: datetime | None = None) -> list[UUID]:
    """Work for the stage; the ids of its subjects."""
    subjects = [ids.new_id() for _ in range(count)]
    with ledger.transaction() as tx:
        ledger.work.add(tx, stage, (NewWork(subject, lane) for subject in subjects), due_at)
    return subjects


def left(ledger: Ledger, pairs: Iterable[tuple[str, str]] | None = None) -> int:
    """How much work there is, of some stages and lanes or of all."""
    wanted = set(pairs) if pairs else None
    with ledger.reading() as tx:
        return sum(b.waiting for b in ledger.figures.backlogs(tx) if not wanted or (b.stage, b.lane) in wanted)


StageTask.build = staticmethod(lambda: services(settings.load()))

__all__ = ["celery"]
