"""Figure 10: what a bell costs that finds nothing to do, against a Celery task that does nothing.

Called by ``ops.bench.__main__``. Both are published alike and heard by the same bulk worker, which stands still until
all of them wait: what is measured is hearing. The ledger is empty, so that a bell asks and finds nothing.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from ops.bench.measures import Line, Rounds
from ops.bench.place import Place
from ops.bench.plan import Plan
from ops.bench.sender import wait_until
from ops.fleet import Fleet, commands
from workers.celery import application
from workers.publisher import Publisher

FIGURE = "10 a bell that finds nothing to do, against a Celery task that does nothing"
NOTHING, BELL = "a task that does nothing", "a bell"
STAGES = {NOTHING: "nothing", BELL: "translate"}
LANE = "bulk"
WARM_UP = 40
POLL = 0.005


def steps(plan: Plan) -> int:
    """How many measurements there are."""
    return len(STAGES) * plan.rounds


def measure(place: Place, plan: Plan, tick: Callable[[], None]) -> list[Line]:
    """Both in every round, the one that comes first in turn."""
    chosen = place.ledger("bell")
    fleet = place.fleet("bell", chosen)
    fleet.start_command(LANE, commands()[LANE].replace("workers.celery:celery", "ops.bench.nothing:celery"))
    publisher = Publisher(application(chosen))
    rates = Rounds(FIGURE, "1/s")
    for stage in STAGES.values():  # not counted: connections, imports
        _rate(fleet, publisher, stage, WARM_UP)
    for number in range(plan.rounds):
        for name in sorted(STAGES, reverse=bool(number % 2)):
            rates.add(name, _rate(fleet, publisher, STAGES[name], plan.bells))
            tick()
    publisher.close()
    fleet.stop()
    return [rates.line(NOTHING), rates.line(BELL, NOTHING)]


def _rate(fleet: Fleet, publisher: Publisher, stage: str, count: int) -> float:
    """How many are heard in a second."""
    worker = fleet.pid(LANE)
    os.kill(worker, signal.SIGSTOP)
    for _ in range(count):
        publisher.ring(stage, LANE)
    begun = time.perf_counter()
    os.kill(worker, signal.SIGCONT)
    wait_until(lambda: publisher.waiting(LANE) == 0, "all are heard", pause=POLL)
    return count / (time.perf_counter() - begun)
