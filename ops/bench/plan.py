"""How much is measured: the sizes of a quick run and of a whole one.

Chosen by ``ops.bench.__main__``; every other module of the benchmark is told its plan.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

SENDERS = (1, 8)
"""How many senders the intake is asked by at once."""
LIMITS = (1, 50, 200)
"""The most events that a batch may take, the smallest first."""
FULL = LIMITS[-1]


@dataclass(frozen=True, slots=True)
class Plan:
    """The sizes of one run.

    ``rounds`` is how often posting and intake are measured. In each, ``singles`` events go to Odoo one by one, and of
    the hospital's mix one full batch from each of ``wards`` locations, other ones in the next round. One burst of
    sending lasts ``intake_seconds``. Latency is taken of ``idle_samples`` events before each of ``floods`` and after
    the last, and of ``busy_samples`` while ``backlog`` bulk events wait. ``versus_rounds`` is how often another program
    is compared with, which posts the first ``opponent_sample`` of the events: its cost does not depend on how many.
    ``bells`` that find nothing are heard one after the other. Memory is looked at after ``many`` messages. A long
    ledger holds ``documents``.
    """

    rounds: int
    singles: int
    wards: int
    intake_seconds: float
    idle_samples: int
    busy_samples: int
    floods: int
    backlog: int = 2000
    versus_rounds: int = 3
    opponent_sample: int = 120
    bells: int = 1500
    many: int = 200_000
    documents: int = 10_000_000


QUICK = Plan(
    rounds=3, singles=8, wards=2, intake_seconds=0.7, idle_samples=10, busy_samples=12, floods=1,
    versus_rounds=1, opponent_sample=60, bells=500, many=20_000, documents=1_000_000,
)  # fmt: skip
WHOLE = Plan(rounds=5, singles=20, wards=4, intake_seconds=2.0, idle_samples=20, busy_samples=24, floods=2)
DEEP = replace(WHOLE, idle_samples=60, busy_samples=200, floods=1, backlog=100_000)
"""Of latency alone: an outage's backlog, and samples enough for the 99th percentile."""
