"""A worker on a machine whose clock is ahead by more than a day: ``celery -A ops.drill.ahead:celery``.

Started by the drill ``clock-ahead``. Everything that asks the system for the time is told another one, from before
anything of the product is loaded.
"""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine

AHEAD = timedelta(hours=25)


def __getattr__(name: str) -> Any:
    """The Celery application ``celery``."""
    if name != "celery":
        raise AttributeError(name)
    time_machine.travel(datetime.now(UTC) + AHEAD, tick=True).start()
    return importlib.import_module("workers.celery").celery
