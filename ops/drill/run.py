"""One drill after the other: a fleet under load, a fault, the time to recover, and the books."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from app.ledger.ledger import Ledger
from app.odoo.transport import Connection
from ops.bench.place import Place, opened
from ops.bench.sender import answers, wait_until
from ops.drill.books import Books, Verdict
from ops.drill.faults import DRILLS, Drill, scene
from ops.drill.load import Load
from ops.simulators.proxy import FaultyProxy

PROCESSES = ("web", "relay", "urgent", "approvals", "bulk")
BEFORE, AFTER = 2.0, 1.0
"""Seconds of load before the fault and after it."""
PATIENCE = 240.0
CHANGES = {
    "lease_seconds": 15.0,
    "odoo_read_timeout": 10.0,
    "in_doubt_seconds": 1.0,
    "circuit_probe_seconds": 1.0,
    "retry_base_seconds": 1.0,
    "retry_cap_seconds": 5.0,
}
"""Patience in seconds rather than minutes, so that a drill ends today."""


@dataclass(frozen=True, slots=True)
class Result:
    """How a drill went; ``urgent_seconds`` and ``all_seconds`` are from the fault's end until all of it was posted."""

    name: str
    text: str
    verdict: Verdict
    urgent_seconds: float | None
    all_seconds: float


def run(names: Sequence[str], seconds: float, folder: Path, tell: Callable[[Result], None]) -> list[Result]:
    """Run drills by name, each with a fleet, a ledger and an Odoo of its own; ``tell`` hears of each as it ends.

    Raises DevError where servers are missing, Unavailable where a fleet never comes to rest.
    """
    results = []
    for result in _results(names, seconds, folder):
        tell(result)
        results.append(result)
    return results


def _results(names: Sequence[str], seconds: float, folder: Path) -> Iterator[Result]:
    shutil.rmtree(folder, ignore_errors=True)
    with opened(folder) as place:
        for name in names:
            with ExitStack() as ending:
                yield _drill(replace(place, ending=ending), name, DRILLS[name], seconds)


def _drill(place: Place, name: str, drill: Drill, seconds: float) -> Result:
    purpose = name.replace("-", "_")
    settings = place.ledger(purpose)
    odoo = _odoo(place, purpose)
    proxy = place.ending.enter_context(FaultyProxy(settings.odoo_url))
    chosen = replace(settings, **(CHANGES | {"odoo_database": odoo.database, "odoo_url": proxy.url}))
    fleet = place.fleet(purpose, chosen)
    ledger = Ledger(chosen)
    place.ending.callback(ledger.database.close)
    load = Load(f"http://{chosen.web_bind}", ledger.keys.create("drill", ["messages:write"], ["*"]), drill.copies)
    fleet.start(*PROCESSES)
    wait_until(lambda: answers(chosen.web_bind, "/readyz"), "the web process is ready")
    load.start()
    time.sleep(BEFORE)
    drill.do(scene(fleet, proxy, place.stack, chosen.database_url, place.name, seconds))
    ended = time.time()
    time.sleep(AFTER)
    load.stop()
    wait_until(lambda: _at_rest(ledger, load), f"drill {name} comes to rest", PATIENCE)
    return _result(name, drill, Books(ledger, odoo), load, ended)


def _result(name: str, drill: Drill, books: Books, load: Load, ended: float) -> Result:
    verdict = books.compare(load.sent)
    urgent, bulk = (books.posted_last(load.sent, lane, ended) for lane in ("urgent", "bulk"))
    last = max((moment for moment in (urgent, bulk) if moment), default=ended)
    return Result(name, drill.text, verdict, urgent and max(0.0, urgent - ended), max(0.0, last - ended))


def _at_rest(ledger: Ledger, load: Load) -> bool:
    with ledger.reading() as tx:
        posted = ledger.figures.states(tx)["posting"].get("posted", 0)
        return not ledger.figures.backlogs(tx) and posted >= load.events


def _odoo(place: Place, purpose: str) -> Connection:
    """An Odoo of the drill's own, copied from the one that was filled for all of them."""
    name = f"wardline_drill_{os.getpid()}_{purpose}"
    place.ending.callback(place.stack.odoo.drop, name)
    made = place.stack.odoo.clone(name, place.settings.odoo_database)
    url, database, key = (made[f"WARDLINE_TEST_ODOO_{part}"] for part in ("URL", "DB", "API_KEY"))
    connection = Connection(url, database, key, read_timeout=120)
    place.ending.callback(connection.close)
    return connection
