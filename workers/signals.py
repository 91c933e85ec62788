"""What a worker does when it starts and when its children start and end, told by Celery's signals.

Connected by ``workers.celery``; acts in workers only.
"""

from __future__ import annotations

import logging
import resource
import warnings
from typing import Any

import sentry_sdk
from celery import signals
from celery.exceptions import CPendingDeprecationWarning

from app import settings, telemetry
from app.errors import Misconfigured
from workers import watch
from workers.ending import ENDING
from workers.task import StageTask

MIB = 1024 * 1024
_CHATTER = ("celery.worker.strategy", "celery.app.trace")
"""Loggers that write a line when a bell arrives and when it is done; a drain writes its own."""


class Lifecycle:
    """The life of one worker: its process, which is named after its lane, and its children."""

    def __init__(self) -> None:
        self.process = "worker"

    def started(self, sender: str = "", **_: Any) -> None:
        """Set up the parent, and refuse to start with a configuration that no child could work with."""
        self.process = f"worker-{sender.partition('@')[0]}"
        try:
            telemetry.start(settings.load(), self.process)
            StageTask.build()
        except Misconfigured as error:
            raise SystemExit(f"{error.code}: {error.message}\n{error.hint}") from error

    def ready(self, sender: Any = None, **_: Any) -> None:
        """Watch over the worker from now on."""
        watch.start(str(getattr(sender, "hostname", "") or self.process))

    def ending(self, **_: Any) -> None:
        """SIGTERM has come: what is in hand is finished, what waits is left to others."""
        ENDING.say()

    def logging_wanted(self, **_: Any) -> None:
        """Being connected keeps Celery from setting up logging of its own."""
        # Celery warns at every loss of a connection of a default that it may change and that we have set.
        warnings.filterwarnings("ignore", category=CPendingDeprecationWarning)
        for name in _CHATTER:
            logging.getLogger(name).setLevel(logging.WARNING)

    def child_started(self, **_: Any) -> None:
        """Set up a child: threads and connections do not survive a fork, so it begins anew.

        Its memory has a limit, so that a message whose reading takes without end dies of it and not the machine.
        """
        effective = settings.load()
        most = effective.worker_memory * MIB
        resource.setrlimit(resource.RLIMIT_DATA, (most, resource.getrlimit(resource.RLIMIT_DATA)[1]))
        telemetry.start(effective, self.process)
        StageTask.services().ledger.database.keep_time()

    def child_ended(self, **_: Any) -> None:
        """Send what is still to be reported and close the ledger."""
        sentry_sdk.flush(timeout=2)
        StageTask.services().ledger.database.close()


def connect() -> None:
    """Connect a worker's life to Celery's signals."""
    worker = Lifecycle()
    signals.celeryd_init.connect(worker.started, weak=False)
    signals.setup_logging.connect(worker.logging_wanted, weak=False)
    signals.worker_ready.connect(worker.ready, weak=False)
    signals.worker_shutting_down.connect(worker.ending, weak=False)
    signals.worker_process_init.connect(worker.child_started, weak=False)
    signals.worker_process_shutdown.connect(worker.child_ended, weak=False)
