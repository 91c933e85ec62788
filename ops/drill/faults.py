"""The faults that are drilled: what is done to a running fleet, for how long, and nothing that is not the drill's own.

``DRILLS`` lists them; ``ops.drill.run`` runs each under load.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from ops.dev.errors import DevError
from ops.dev.stack import Stack
from ops.fleet import Fleet
from ops.simulators.proxy import FaultyProxy, Trouble

SEED = 11


@dataclass
class Scene:
    """What a fault may be done to: our processes, Odoo's proxy, our database, our virtual host."""

    fleet: Fleet
    proxy: FaultyProxy
    stack: Stack
    database: str
    virtual_host: str
    seconds: float
    chance: random.Random

    def sql(self, statement: str) -> None:
        """Run a statement in the ledger's database, as its superuser."""
        self.stack.postgres.sql(statement, self.database)


Fault = Callable[[Scene], None]


@dataclass(frozen=True, slots=True)
class Drill:
    """One fault: ``do`` lasts ``seconds`` or until it is done; ``copies`` is how often every message is sent."""

    text: str
    do: Fault
    copies: int = 1


def _killed(name: str, scene: Scene) -> None:
    """Kill a process and its children at random moments and start it again at once, as a supervisor would."""
    until = time.monotonic() + scene.seconds
    while time.monotonic() < until:
        time.sleep(scene.chance.uniform(0.5, 2.0))
        scene.fleet.kill(name)
        scene.fleet.start(name)


def _killed_in_a_call(call: str, scene: Scene) -> None:
    """Kill the bulk workers while Odoo's answer to a call is kept back: Odoo has committed, nobody knows."""
    until = time.monotonic() + scene.seconds
    while time.monotonic() < until:
        before = scene.proxy.befallen
        scene.proxy.trouble = Trouble("slow", path=call, seconds=3.0)
        deadline = time.monotonic() + 5
        while scene.proxy.befallen == before and time.monotonic() < deadline:
            time.sleep(0.02)
        time.sleep(0.5)
        scene.fleet.kill("bulk")
        scene.proxy.trouble = None
        scene.fleet.start("bulk")
        time.sleep(1.0)


def _ended_softly(scene: Scene) -> None:
    """End and start the workers one after the other, as a rolling upgrade does."""
    for name in ("bulk", "urgent", "approvals", "relay", "web"):
        scene.fleet.stop(name, patience=40)
        scene.fleet.start(name)
        time.sleep(scene.seconds / 10)


def _everything_killed(scene: Scene) -> None:
    """All processes at once, as when the machine goes; some seconds later they come back."""
    names = ("bulk", "urgent", "approvals", "relay", "web")
    for name in names:
        scene.fleet.kill(name)
    time.sleep(scene.seconds / 3)
    scene.fleet.start(*names)


def _troubled(trouble: Trouble, scene: Scene) -> None:
    """Trouble between Wardline and Odoo for the whole time."""
    scene.proxy.trouble = trouble
    time.sleep(scene.seconds)
    scene.proxy.trouble = None


def _broker_cut(scene: Scene) -> None:
    """All connections to the virtual host are cut, again and again."""
    until = time.monotonic() + scene.seconds
    while time.monotonic() < until:
        with suppress(DevError):
            scene.stack.rabbitmq.ctl("close_all_connections", "--vhost", scene.virtual_host, "cut by the drill")
        time.sleep(2.0)


def _queues_deleted(scene: Scene) -> None:
    """Somebody deletes the lanes' queues by hand, with all bells in them."""
    for lane in ("bulk", "urgent"):
        scene.stack.rabbitmq.ctl("delete_queue", "-p", scene.virtual_host, f"wardline.{lane}")
        time.sleep(scene.seconds / 3)


def _ledger_cut(scene: Scene) -> None:
    """All connections to the ledger's database end, again and again, as when PostgreSQL restarts."""
    ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'name' AND pid <> pg_backend_pid()"
    until = time.monotonic() + scene.seconds
    while time.monotonic() < until:
        scene.stack.postgres.sql(ours, name=scene.database)
        time.sleep(1.5)


def _ledger_closed(scene: Scene) -> None:
    """PostgreSQL takes no connection and ends those there are: the ledger is down."""
    scene.stack.postgres.sql(f'ALTER DATABASE "{scene.database}" ALLOW_CONNECTIONS false')
    try:
        ours = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'name'"
        scene.stack.postgres.sql(ours, name=scene.database)
        time.sleep(scene.seconds)
    finally:
        scene.stack.postgres.sql(f'ALTER DATABASE "{scene.database}" ALLOW_CONNECTIONS true')


def _ledger_locked(scene: Scene) -> None:
    """Somebody holds a lock on the work table, as a careless migration does."""
    scene.sql(f"BEGIN; LOCK TABLE work IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({scene.seconds}); COMMIT")


def _nothing(scene: Scene) -> None:
    """Only time passes."""
    time.sleep(scene.seconds)


DRILLS: Mapping[str, Drill] = {
    "nothing": Drill("no fault, for comparison", _nothing),
    "web-killed": Drill("web killed at random moments", partial(_killed, "web")),
    "relay-killed": Drill("relay killed at random moments", partial(_killed, "relay")),
    "urgent-killed": Drill("urgent workers killed at random moments", partial(_killed, "urgent")),
    "bulk-killed": Drill("bulk workers killed at random moments", partial(_killed, "bulk")),
    "killed-before-validation": Drill(
        "bulk workers killed after Odoo made a transfer", partial(_killed_in_a_call, "/stock.picking/load")
    ),
    "killed-after-validation": Drill(
        "bulk workers killed after Odoo completed a transfer", partial(_killed_in_a_call, "/button_validate")
    ),
    "all-killed": Drill("every process killed at once", _everything_killed),
    "rolling-restart": Drill("SIGTERM to one process after the other under load", _ended_softly),
    "broker-cut": Drill("RabbitMQ's connections cut again and again", _broker_cut),
    "queues-deleted": Drill("RabbitMQ's queues deleted by hand", _queues_deleted),
    "ledger-cut": Drill("PostgreSQL's connections ended again and again", _ledger_cut),
    "ledger-down": Drill("PostgreSQL takes no connections", _ledger_closed),
    "ledger-locked": Drill("a lock on the table of work", _ledger_locked),
    "odoo-down": Drill("Odoo out of reach", partial(_troubled, Trouble("refused"))),
    "odoo-slow": Drill("Odoo answers after five seconds", partial(_troubled, Trouble("slow", seconds=5.0))),
    "odoo-bad-gateway": Drill("every third call gets 502", partial(_troubled, Trouble("bad_gateway", every=3))),
    "odoo-answers-lost": Drill("every third answer is lost", partial(_troubled, Trouble("cut_after", every=3))),
    "odoo-calls-lost": Drill("every third call is lost", partial(_troubled, Trouble("cut_before", every=3))),
    "duplicates": Drill("every message sent five times", _nothing, copies=5),
}


def scene(fleet: Fleet, proxy: FaultyProxy, stack: Stack, database: str, host: str, seconds: float) -> Scene:
    """A scene with a chance that is the same in every run."""
    return Scene(fleet, proxy, stack, str(sa.make_url(database).database), host, seconds, random.Random(SEED))
