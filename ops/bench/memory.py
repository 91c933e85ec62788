"""Figure 11: what web and workers take of memory after many messages, against after few.

Called by ``ops.bench.__main__`` alone. The fleet is web, relay and bulk workers; Odoo has the accelerator, so that
hundreds of thousands of messages take minutes and not hours. Measured is the proportional set size of a process and
its children (``Pss`` of smaps_rollup), which counts shared pages once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import sqlalchemy as sa

from app.ledger import tables
from app.ledger.ledger import Ledger
from app.odoo.transport import Connection
from ops import accelerator
from ops.bench.accounts import Accounts, WrongWork
from ops.bench.events import UNITS, VARIETY, Use, mixed
from ops.bench.measures import Line
from ops.bench.place import Place
from ops.bench.plan import Plan
from ops.bench.sender import answers, connected, wait_until
from ops.fleet import Fleet

FIGURE = "11 memory of processes, after so many messages"
PROCESSES = ("web", "relay", "bulk")
FEW = 2000
SENDERS = 4
SETS = 10
"""In how many sets the many are sent; each is settled before the next one."""
PATIENCE = 3600.0
MIB = 1024.0


def steps(_: Plan) -> int:
    """How many sets of messages are sent."""
    return SETS + 1


def measure(place: Place, accounts: Accounts, plan: Plan, tick: Callable[[], None]) -> list[Line]:
    """Few messages, a look, many messages, another look. Raises WrongWork where not all of them were posted."""
    odoo = Connection(place.settings.odoo_url, place.settings.odoo_database, place.settings.odoo_api_key)
    accelerator.install(odoo, accelerator.own_user(odoo))
    try:
        return _measured(place, accounts, plan, tick)
    finally:
        accelerator.remove(odoo)


def _measured(place: Place, accounts: Accounts, plan: Plan, tick: Callable[[], None]) -> list[Line]:
    chosen = place.ledger("memory")
    ledger = Ledger(chosen)
    key = ledger.keys.create("bench", ["messages:write"], ["*"])
    fleet = place.fleet("memory", chosen)
    fleet.start(*PROCESSES)
    wait_until(lambda: answers(chosen.web_bind, "/readyz"), "the web process is ready")
    sent = 0
    before: dict[str, float] = {}
    few = mixed(FEW, UNITS, variety=VARIETY)  # more of them would use what nobody has counted into Odoo
    for count in (FEW, *[plan.many // SETS] * SETS):
        uses = list(islice(cycle(few), count))
        _send(chosen.web_bind, key, uses)
        accounts.used(uses)
        sent += count
        _settled(ledger, sent)
        before = before or {name: _mebibytes(fleet, name) for name in PROCESSES}
        tick()
    after = {name: _mebibytes(fleet, name) for name in PROCESSES}
    fleet.stop()
    ledger.database.close()
    return [line for name in PROCESSES for line in _lines(name, before[name], after[name], sent)]


def _lines(name: str, before: float, after: float, sent: int) -> list[Line]:
    few, many = f"{name}, {FEW}", f"{name}, {sent}"
    return [
        Line(FIGURE, few, "MiB", before, (before,)),
        Line(FIGURE, many, "MiB", after, (after,), few, after / before, (after / before,)),
    ]


def _send(address: str, key: str, uses: Sequence[Use]) -> None:
    """Each use as a message of its own, by several senders at once."""

    def send(number: int) -> None:
        with connected(address, key) as sender:
            for use in uses[number::SENDERS]:
                sender.send("cabinets", [use])

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, range(SENDERS)))


def _settled(ledger: Ledger, sent: int) -> None:
    """Wait until all are. Raises WrongWork where there are others, too, or any waits for a person."""
    settled = sa.select(sa.func.count()).where(tables.message.c.state == "settled")

    def done() -> bool:
        with ledger.reading() as tx:
            if any(exceptions := ledger.figures.open_exceptions(tx).values()):
                raise WrongWork(f"exceptions are open: {sum(exceptions)}")
            return (tx.scalar(settled) or 0) >= sent

    wait_until(done, "all messages are settled", PATIENCE, pause=0.5)
    with ledger.reading() as tx:
        states = ledger.figures.states(tx)["posting"]
    if states != {"posted": sent}:
        raise WrongWork(f"of {sent} messages the postings are {states}")


def _mebibytes(fleet: Fleet, name: str) -> float:
    """What a process and its children take."""
    leader = fleet.pid(name)
    family = [folder for folder in Path("/proc").glob("[0-9]*") if _session(folder) == leader]
    return sum(map(_proportional, family)) / MIB


def _session(folder: Path) -> int:
    try:
        return int((folder / "stat").read_text().rpartition(")")[2].split()[3])
    except OSError:  # it has ended meanwhile
        return 0


def _proportional(folder: Path) -> int:
    """Kibibytes."""
    lines = (folder / "smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
