"""Figure 4: how many messages a second the HTTP intake accepts, against an endpoint that only stores them.

Called by ``ops.bench.__main__``. Both are run by gunicorn with the Procfile's own workers and threads, on databases of
one PostgreSQL, and asked in turn by the same senders. Nothing works the messages off meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import sqlalchemy as sa

from app.ledger import tables
from app.ledger.ledger import Ledger
from ops.bench import bare
from ops.bench.accounts import WrongWork
from ops.bench.events import mixed
from ops.bench.measures import Line, Rounds
from ops.bench.place import Place, free_address
from ops.bench.plan import SENDERS, Plan
from ops.bench.sender import answers, burst, wait_until
from ops.dev.probe import port_open
from ops.fleet import commands

FIGURE = "4  intake over HTTP, messages of one event, against an endpoint that inserts one row"
APPLICATION = "api:create_app()"
USE = mixed(1)[0]


@dataclass
class Door:
    """One HTTP endpoint, the table it stores messages in, and how many it must have stored."""

    name: str
    address: str
    key: str
    engine: sa.Engine
    table: sa.Table
    sent: int = field(default=0)

    def rate(self, senders: int, seconds: float) -> float:
        """Messages a second, all of them accepted."""
        count, took = burst(self.address, self.key, senders, seconds, USE)
        self.sent += count
        return count / took

    def check(self) -> None:
        """Raises WrongWork where not every message, or more than that, was stored."""
        with self.engine.connect() as tx:
            stored = tx.scalar(sa.select(sa.func.count()).select_from(self.table))
        if stored != self.sent:
            raise WrongWork(f"{self.name}: {stored} messages are stored, {self.sent} were accepted")


def steps(plan: Plan) -> int:
    """How many measurements there are."""
    return 2 * plan.rounds * len(SENDERS)


def measure(place: Place, plan: Plan, tick: Callable[[], None]) -> list[Line]:
    """Both doors with every number of senders in every round. Raises WrongWork."""
    rates = Rounds(FIGURE, "messages/s")
    with _web(place) as wardline, _bare(place) as other:
        doors = [wardline, other]
        for door in doors:
            door.rate(max(SENDERS), plan.intake_seconds / 2)  # not counted: connections, imports
        for number in range(plan.rounds):
            for senders in SENDERS:
                for door in reversed(doors) if number % 2 else doors:
                    rates.add(_subject(door.name, senders), door.rate(senders, plan.intake_seconds))
                    tick()
        for door in doors:
            door.check()
    return list(_report(rates))


def _report(rates: Rounds) -> Iterator[Line]:
    for senders in SENDERS:
        yield rates.line(_subject("one row", senders))
        yield rates.line(_subject("intake", senders), _subject("one row", senders))


def _subject(name: str, senders: int) -> str:
    return f"{name}, {senders} sender{'' if senders == 1 else 's'}"


@contextmanager
def _web(place: Place) -> Iterator[Door]:
    """The intake as it is run in production, with a ledger of its own."""
    chosen = place.ledger("intake")
    ledger = Ledger(chosen)
    key = ledger.keys.create("bench", ["messages:write"], ["*"])
    fleet = place.fleet("intake", chosen)
    fleet.start("web")
    wait_until(lambda: answers(chosen.web_bind, "/readyz"), "the web process is ready")
    yield Door("intake", chosen.web_bind, key, ledger.database.engine, tables.message)
    fleet.stop()
    ledger.database.close()


@contextmanager
def _bare(place: Place) -> Iterator[Door]:
    """The endpoint to compare with, run by the very same command."""
    chosen = replace(place.settings, database_url=place.database("bare"), web_bind=free_address())
    engine = sa.create_engine(chosen.database_url)
    bare.metadata.create_all(engine)
    fleet = place.fleet("bare", chosen)
    fleet.start_command("bare", commands()["web"].replace(APPLICATION, f"{bare.__name__}:create_app()"))
    wait_until(lambda: port_open(int(chosen.web_bind.rpartition(":")[2])), "the bare endpoint listens")
    yield Door("one row", chosen.web_bind, "", engine, bare.bare_message)
    fleet.stop()
    engine.dispose()
