"""What a drill is, and what its fault may be done to: nothing that is not the drill's own.

Filled by ``ops.drill.run``; used by the modules of faults.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from app.ledger.ledger import Ledger
from app.odoo.transport import Connection
from app.settings import Settings
from ops.dev.stack import Stack
from ops.drill.load import Load
from ops.drill.market import Market
from ops.fleet import Fleet
from ops.simulators.proxy import FaultyProxy

SEED = 11
WORKERS = ("urgent", "approvals", "bulk")
PROCESSES = ("web", "relay", *WORKERS)


@dataclass
class Scene:
    """Our processes, Odoo's proxy, our database, our virtual host, and the load; ``market`` where orders go out, too.

    ``measured`` is what a fault counted or timed, ``notes`` what its check must know later, ``messages`` the ids of
    what it sent besides the load.
    """

    fleet: Fleet
    proxy: FaultyProxy
    stack: Stack
    settings: Settings
    ledger: Ledger
    odoo: Connection
    load: Load
    database: str
    virtual_host: str
    seconds: float
    chance: random.Random = field(default_factory=lambda: random.Random(SEED))
    measured: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    market: Market | None = None
    ending: ExitStack = field(default_factory=ExitStack)

    def sql(self, statement: str) -> None:
        """Run a statement in the ledger's database, as its superuser."""
        self.stack.postgres.sql(statement, self.database)

    def odoo_sql(self, statement: str, **values: str) -> str:
        """Run a statement in the database of the drill's Odoo, behind Odoo's back."""
        return self.stack.odoo.postgres.sql(statement, self.odoo.database, **values)

    def wait(self, share: float = 1.0) -> None:
        """Let a share of the fault's time pass."""
        time.sleep(self.seconds * share)


Fault = Callable[[Scene], None]
Check = Callable[[Scene], list[str]]


def _no_check(_scene: Scene) -> list[str]:
    return []


@dataclass(frozen=True, slots=True)
class Drill:
    """One fault: ``do`` lasts ``seconds`` or until it is done; ``copies`` is how often every message is sent.

    ``own`` names the servers that it takes away, of which it gets instances of its own; ``broker`` is the kind of
    broker; ``changes`` are settings of its own; ``prepare`` is done before the fleet starts; ``mend`` is what a person
    does once the fault is over, where the promise asks for one; ``check`` tells which further promises were not kept.
    """

    text: str
    do: Fault
    copies: int = 1
    own: tuple[str, ...] = ()
    broker: str = "rabbitmq"
    changes: Mapping[str, Any] = field(default_factory=dict)
    prepare: Fault | None = None
    mend: Fault | None = None
    check: Check = _no_check
