"""Figure 12: what a message costs while the ledger holds many documents, against what it costs while it holds few.

Called by ``ops.bench.__main__`` alone. Both ledgers begin with the same real messages, posted to Odoo; one is then
lengthened by a past (``ops.bench.past``). Then both take in, read, decide and post the same new events in turn. All of
it runs in the benchmark's own process: what is compared is the ledger, not processes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from app import ids
from app.flows.intake import Sending
from app.ledger import tables
from app.services import Services, build
from ops.bench import past
from ops.bench.accounts import Accounts, WrongWork
from ops.bench.events import UNITS, VARIETY, Use, message, mixed
from ops.bench.measures import Line, Rounds
from ops.bench.place import Place
from ops.bench.plan import Plan
from ops.bench.site import PAIRS

FIGURE = "12 a message, while the ledger holds so many documents"
BASE = 1000
"""How many real messages both ledgers begin with."""
FEW = 10_000
SAMPLE = 300
STAGES = ("translate", "resolve", "post")
WITHOUT_ODOO = "all but posting"
CHANNEL = "cabinets"


@dataclass(frozen=True)
class Aged:
    """A ledger that holds so many documents, and the services that work on it."""

    documents: int
    services: Services

    def accept(self, uses: list[Use]) -> None:
        """Each use as a message of its own."""
        channel = self.services.channels[CHANNEL]
        for use in uses:
            sending = Sending(channel, message([use]), "application/x-ndjson", "bench", ids.new_id().hex)
            self.services.intake.take_in(sending)

    def work(self, stage: str) -> None:
        """All that is due to the stage."""
        while self.services.stages[stage].step(self.services.channels[CHANNEL].lane):
            pass

    def check(self) -> None:
        """Raises WrongWork where anything is not posted, or the ledger is not as long as it is said to be."""
        with self.services.ledger.reading() as tx:
            rows = tx.execute(sa.select(tables.posting.c.state, sa.func.count()).group_by(tables.posting.c.state)).all()
        found = dict(map(tuple, rows))
        if set(found) != {"posted"} or not self.documents <= found["posted"] <= self.documents * 1.5:
            raise WrongWork(f"a ledger of {self.documents} documents has these postings: {found}")


def steps(plan: Plan) -> int:
    """How many portions of a past are written, and how many measurements there are."""
    return sum(past.steps(count // BASE - 1) for count in (FEW, plan.documents)) + 2 * plan.rounds


def measure(place: Place, accounts: Accounts, plan: Plan, tick: Callable[[], None]) -> list[Line]:
    """Both ledgers in every round, the one that comes first in turn. Raises WrongWork."""
    ledgers = [_aged(place, accounts, count, tick) for count in (FEW, plan.documents)]
    costs = {part: Rounds(FIGURE, "ms") for part in ("accept", *STAGES, WITHOUT_ODOO)}
    for number in range(plan.rounds + 1):
        for aged in reversed(ledgers) if number % 2 else ledgers:
            taken = dict(_costs(aged, accounts))
            if number:  # the first round is not counted: connections, caches
                for part, cost in taken.items():
                    costs[part].add(_subject(part, aged), cost)
                tick()
    for aged in ledgers:
        aged.check()
        aged.services.ledger.database.close()
    few, many = ledgers
    return [
        line for part, rounds in costs.items() for line in _lines(rounds, _subject(part, few), _subject(part, many))
    ]


def _lines(rounds: Rounds, few: str, many: str) -> list[Line]:
    return [rounds.line(few), rounds.line(many, few)]


def _subject(part: str, aged: Aged) -> str:
    return f"{part}, {aged.documents:,} documents"


def _aged(place: Place, accounts: Accounts, documents: int, tick: Callable[[], None]) -> Aged:
    services = build(place.ledger(f"of_{documents}"))
    aged = Aged(documents, services)
    uses = mixed(BASE, UNITS, variety=VARIETY)
    aged.accept(uses)
    accounts.used(uses)
    for stage in STAGES:
        aged.work(stage)
    while services.ledger.audit.seal():
        pass
    past.lengthen(services.ledger.database.engine, documents // BASE - 1, tick)
    aged.check()
    return aged


def _costs(aged: Aged, accounts: Accounts) -> Iterator[tuple[str, float]]:
    """Milliseconds a message, by part."""
    uses = list(PAIRS[:SAMPLE])
    accounts.used(uses)
    accepted = _milliseconds(partial(aged.accept, uses))
    yield "accept", accepted
    worked = {stage: _milliseconds(partial(aged.work, stage)) for stage in STAGES}
    yield from worked.items()
    yield WITHOUT_ODOO, accepted + sum(cost for stage, cost in worked.items() if stage != "post")


def _milliseconds(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) / SAMPLE * 1000
