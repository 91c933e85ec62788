"""One drill after the other: a fleet under load, a fault, the time to recover, and the books."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import sqlalchemy as sa

from app.errors import Unavailable, WardlineError
from app.ledger.ledger import Ledger
from app.odoo.transport import Connection
from ops.bench.place import Place, opened
from ops.bench.sender import answers, wait_until
from ops.dev.errors import DevError
from ops.drill.books import Books, Verdict
from ops.drill.drills import DRILLS
from ops.drill.load import Load
from ops.drill.scene import PROCESSES, Drill, Scene
from ops.drill.servers import own
from ops.simulators.proxy import FaultyProxy

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
    """How a drill went; ``urgent_seconds`` and ``all_seconds`` are from the fault's end until all of it was posted.

    ``measured`` is what the fault itself timed, in seconds.
    """

    name: str
    text: str
    verdict: Verdict
    urgent_seconds: float | None
    all_seconds: float
    measured: dict[str, float] = field(default_factory=dict)


def run(names: Sequence[str], seconds: float, folder: Path, tell: Callable[[Result], None]) -> list[Result]:
    """Run drills by name, each with a fleet, a ledger and an Odoo of its own; ``tell`` hears of each as it ends.

    Raises DevError where servers are missing. A fleet that never comes to rest is a promise that was not kept; a drill
    that cannot be run to its end is one, too, and the next one is run.
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
            try:
                with ExitStack() as ending:
                    stack = ending.enter_context(own(place.stack, DRILLS[name].own))
                    result = _drill(replace(place, stack=stack, ending=ending), name, DRILLS[name], seconds)
            except (WardlineError, DevError) as error:  # the others can still be run
                result = _broken(name, error)
            yield result


def _broken(name: str, error: Exception) -> Result:
    """A drill that was not run to its end has kept no promise."""
    return Result(name, DRILLS[name].text, Verdict(0, 0, 0, 0, 0, 0, (f"not run to its end: {error}",)), None, 0.0)


def _drill(place: Place, name: str, drill: Drill, seconds: float) -> Result:
    scene = _scene(place, name, drill, seconds)
    if drill.prepare:
        drill.prepare(scene)
    scene.fleet.start(*PROCESSES)
    wait_until(lambda: answers(scene.settings.web_bind, "/readyz"), "the web process is ready")
    scene.load.start()
    time.sleep(BEFORE)
    drill.do(scene)
    ended = time.time()
    time.sleep(AFTER)
    scene.load.stop()
    faults: list[str] = []
    try:
        wait_until(lambda: _at_rest(scene, drill), "the fleet has come to rest", PATIENCE, pause=0.5)
    except Unavailable as error:
        faults.append(error.message)
    return _result(name, drill, scene, ended, faults)


def _scene(place: Place, name: str, drill: Drill, seconds: float) -> Scene:
    purpose = name.replace("-", "_")
    settings = place.ledger(purpose)
    odoo = _odoo(place, purpose)
    proxy = place.ending.enter_context(FaultyProxy(place.stack.odoo.url))
    changes = CHANGES | {"odoo_database": odoo.database, "odoo_url": proxy.url, "broker_url": _broker(place, drill)}
    chosen = replace(settings, **(changes | drill.changes))
    fleet = place.fleet(purpose, chosen)
    ledger = Ledger(chosen)
    place.ending.callback(ledger.database.close)
    load = Load(f"http://{chosen.web_bind}", ledger.keys.create("drill", ["messages:write"], ["*"]), drill.copies)
    database = str(sa.make_url(chosen.database_url).database)
    scene = Scene(fleet, proxy, place.stack, chosen, ledger, odoo, load, database, place.name, seconds)
    scene.ending = place.ending
    return scene


def _broker(place: Place, drill: Drill) -> str:
    """The address of the drill's broker: its own server's where it takes that away, else the run's virtual host."""
    if drill.broker == "redis":
        return place.stack.redis.url
    if "rabbitmq" in drill.own:
        return place.stack.rabbitmq.url
    return place.settings.broker_url


def _result(name: str, drill: Drill, scene: Scene, ended: float, faults: Sequence[str]) -> Result:
    books, sent = Books(scene.ledger, scene.odoo), scene.load.sent
    verdict = books.compare(sent)
    verdict = replace(verdict, faults=(*faults, *verdict.faults, *drill.check(scene)))
    urgent, bulk = (books.posted_last(sent, lane, ended) for lane in ("urgent", "bulk"))
    last = max((moment for moment in (urgent, bulk) if moment), default=ended)
    urgent_seconds = urgent and max(0.0, urgent - ended)
    return Result(name, drill.text, verdict, urgent_seconds, max(0.0, last - ended), scene.measured)


def _at_rest(scene: Scene, drill: Drill) -> bool:
    if drill.mend:
        drill.mend(scene)
    figures = scene.ledger.figures
    with scene.ledger.reading() as tx:
        posted = figures.states(tx)["posting"].get("posted", 0)
        waits = figures.backlogs(tx) or figures.open_exceptions(tx)["held"]
        return not waits and posted >= scene.load.events


def _odoo(place: Place, purpose: str) -> Connection:
    """An Odoo of the drill's own, copied from the one that was filled for all of them."""
    name = f"wardline_drill_{os.getpid()}_{purpose}"
    place.ending.callback(place.stack.odoo.drop, name)
    made = place.stack.odoo.clone(name, place.settings.odoo_database)
    url, database, key = (made[f"WARDLINE_TEST_ODOO_{part}"] for part in ("URL", "DB", "API_KEY"))
    connection = Connection(url, database, key, read_timeout=120)
    place.ending.callback(connection.close)
    return connection
