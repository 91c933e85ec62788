"""Whether a worker is alive, by the bells it heard and the bells that were rung for it; pure.

Asked by ``workers.health`` and by the worker itself. A worker that hears nothing is only dead where somebody rings.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

Life = Literal["alive", "deaf", "unknown"]

CANARY = timedelta(seconds=20)
"""How often the relay rings in a lane that is idle."""
CANARY_STAGE = "dispatch"
"""For which stage it does: one that leaves Odoo alone, for bells of the others say that a lane is not quiet."""
ALIVE = timedelta(seconds=60)
"""For so long a bell that was heard says that the worker lives."""
DEAF = timedelta(seconds=180)
"""After so long without a bell, while bells are rung, a worker restarts itself; longer than its longest work."""


def life(at: datetime, started: datetime | None, heard: datetime | None, rung: datetime | None) -> Life:
    """Judge at a moment: ``heard`` by the worker, ``rung`` for its lane, ``started`` where that is known.

    ``unknown`` where nobody rings (the relay is away), or where it has only just started.
    """
    if heard and at - heard <= ALIVE:
        return "alive"
    if heard is None or rung is None or at - rung > ALIVE:
        return "unknown"
    return "deaf" if at - max(heard, started or heard) > ALIVE else "unknown"


def is_stuck(at: datetime, started: datetime, heard: datetime | None, rung: datetime | None) -> bool:
    """Whether a worker that is still there should end, so that its supervisor starts it anew."""
    last = max(started, heard or started)
    return rung is not None and at - rung <= ALIVE and at - last > DEAF
