"""Worker processes that can be killed between any two statements, or frozen between any two transactions.

Each has an engine of its own on one SQLite ledger. A killed worker reaches the ledger no more, so that nothing of its
clean-up code takes effect, as after SIGKILL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from app.crosswalk.store import CrosswalkStore
from app.flows.base import Stage
from app.flows.posting import Posting
from app.flows.resolution import Resolution
from app.flows.translation import Translation
from app.ledger.ledger import Ledger
from app.model.channel import LANES, Channel
from app.policy.retry import Retry
from app.settings import Settings
from tests import factories
from tests.app.flows.warehouse import Warehouse

RETRY = Retry(timedelta(0), timedelta(0), timedelta(hours=24))


class Killed(BaseException):
    """The end of a worker process."""


class Mortal:
    """A worker process with the three stages; ``limit`` is the most it claims at once."""

    def __init__(self, settings: Settings, channels: dict[str, Channel], odoo: Warehouse, limit: int = 200) -> None:
        self.ledger = Ledger(settings)
        self._odoo = replace(odoo, fate=self._reached)
        self._left: int | None = None
        self._pauses: int | None = None
        self._meanwhile: Callable[[], None] = lambda: None
        self._dead = False
        self.faults: list[tuple[str, Exception]] = []
        limits = dict.fromkeys(LANES, limit)
        crosswalk = CrosswalkStore(self.ledger.database, self.ledger.audit)
        stages: list[Stage] = [
            Translation(self.ledger, channels, str, limits, RETRY),
            Resolution(self.ledger, crosswalk, limits, RETRY),
            Posting(self.ledger, factories.erp(self._odoo), limits, RETRY, in_doubt_seconds=0),
        ]
        self.stages = {stage.name: stage for stage in stages}
        engine = self.ledger.database.engine
        self._connections: list[Any] = []
        sa.event.listen(engine, "connect", lambda connection, _: self._connections.append(connection))
        sa.event.listen(engine, "before_cursor_execute", self._statement)
        sa.event.listen(engine, "commit", self._statement)
        sa.event.listen(engine, "checkout", self._pause)

    def step(self, stage: str, lane: str) -> int:
        """One step of a stage; 0 where the worker was killed in it."""
        try:
            return self.stages[stage].step(lane)
        except Killed:
            return 0

    def work_off(self, limit: int = 300) -> None:
        """Step all stages until nothing is left to be claimed."""
        for _ in range(limit):
            if not sum([self.step(stage, lane) for stage in self.stages for lane in LANES]):
                return
        raise AssertionError("the work never ends")

    @contextmanager
    def killed_at(self, place: int) -> Iterator[None]:
        """Die before the ``place``-th statement, commit or step in Odoo from now, if it comes to that."""
        self._left = place
        try:
            yield
        finally:
            self._left = None

    @contextmanager
    def frozen_at(self, place: int, meanwhile: Callable[[], None]) -> Iterator[None]:
        """Stand still before the ``place``-th transaction or step in Odoo while something happens elsewhere."""
        self._pauses, self._meanwhile = place, meanwhile
        try:
            yield
        finally:
            self._pauses = None

    @property
    def dead(self) -> bool:
        """Whether it was killed; it never comes back."""
        return self._dead

    def close(self) -> None:
        """Close its connections, as the system does for a dead process, whatever was under way."""
        for connection in self._connections:
            connection.close()
        self.ledger.database.close()

    def _reached(self, step: str) -> None:
        self._statement()
        self._pause()
        for fault in self.faults:
            if fault[0] == step:
                self.faults.remove(fault)
                raise fault[1]

    def _pause(self, *_: Any) -> None:
        if self._pauses is not None:
            self._pauses -= 1
            if self._pauses == 0:
                self._pauses = None
                self._meanwhile()

    def _statement(self, *_: Any) -> None:
        if self._left is not None:
            self._left -= 1
            self._dead = self._dead or self._left == 0
        if self._dead:
            raise Killed
