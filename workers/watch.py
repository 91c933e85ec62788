"""A worker's own judge: ends a worker that hears no bell although bells are rung, for its supervisor to start it anew.

A thread of the worker's parent process, begun by ``workers.signals``. Celery has lost its consumer after a reconnect
before, with the process still there and looking well.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import structlog

from app import ids, settings
from app.ledger.database import Database, LedgerUnavailable
from app.ledger.pulses import Pulses
from app.policy.pulse import is_stuck

log = structlog.get_logger()

LOOK_SECONDS = 30.0
LAST_WORD_SECONDS = 60.0
"""How long a soft end may take; a consumer that is stuck may not manage even that."""


class Watch:
    """Looks after one worker: its name and lane, and when it started."""

    def __init__(self, database: Database, worker: str, lane: str, end: Callable[[], None]) -> None:
        self._database = database
        self._pulses = Pulses()
        self._worker = worker
        self._lane = lane
        self._end = end
        self._started: datetime = ids.now()

    def look(self) -> bool:
        """Look once; whether the worker had to be ended. A ledger out of reach says nothing about the worker."""
        try:
            with self._database.reading() as tx:
                heard, rung = self._pulses.last(tx, self._worker), self._pulses.rung(tx, self._lane)
        except LedgerUnavailable:
            return False
        if not is_stuck(ids.now(), self._started, heard, rung):
            return False
        log.error("worker.deaf", worker=self._worker, heard_at=str(heard), rung_at=str(rung))
        self._end()
        return True

    def run(self) -> None:
        """Look every now and then, until the worker is ended."""
        while not self.look():
            time.sleep(LOOK_SECONDS)


def start(worker: str) -> threading.Thread:
    """Watch the worker of this name (``bulk@host``) from a thread of its own."""
    database = Database(settings.load().database_url)
    database.keep_time()
    with suppress(LedgerUnavailable), database.reading():
        pass  # from here on the worker's start is told by the ledger's clock
    watch = Watch(database, worker, worker.partition("@")[0], _end)
    thread = threading.Thread(target=watch.run, name="watch", daemon=True)
    thread.start()
    return thread


def _end() -> None:
    """Ask this process to end softly; a minute later it ends anyway."""
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_WORD_SECONDS)
    os._exit(1)
