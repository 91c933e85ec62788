"""Figure 9: a file of items put into Odoo by ``wardline master import``, against bare loads of the same rows.

Called by ``ops.bench.__main__`` alone. Both take turns, each time with items that Odoo has not seen.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial

from app.crosswalk.store import CrosswalkStore
from app.flows.item_import import SET, ItemImport
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.model.item_record import ItemRecord
from app.odoo import loading
from app.odoo.erp import Erp
from app.odoo.transport import Connection
from ops.bench.accounts import Accounts, WrongWork
from ops.bench.measures import Line, Rounds
from ops.bench.place import Place
from ops.bench.plan import Plan

FIGURE = "9  items of a file put into Odoo, per second"
ITEMS = 2 * SET
OPPONENT, OURS, AGAIN = "bare loads of the same rows", "wardline master import", "the same file once more"
FIELDS = ["id", "default_code", "is_storable", "name", "tracking"]


def steps(plan: Plan) -> int:
    """How many files are put."""
    return 3 * plan.rounds


def measure(place: Place, _: Accounts, plan: Plan, tick: Callable[[], None]) -> list[Line]:
    """Bare, ours, ours again, round by round. Raises WrongWork where a row was left out."""
    chosen = place.settings
    connection = Connection(chosen.odoo_url, chosen.odoo_database, chosen.odoo_api_key, read_timeout=120)
    ledger = Ledger(place.ledger("items"))
    rates = Rounds(FIGURE, "items/s")
    for number in range(plan.rounds):
        file = [ItemRecord(f"NEW{number}-{one:05}", description=f"New item {one}") for one in range(ITEMS)]
        runs = {
            OPPONENT: partial(_bare, connection, f"BARE{number}"),
            OURS: partial(_import, ledger, connection, file, "created"),
            AGAIN: partial(_import, ledger, connection, file, "unchanged"),
        }
        for name, run in runs.items():
            begun = time.perf_counter()
            run()
            rates.add(name, ITEMS / (time.perf_counter() - begun))
            tick()
    ledger.database.close()
    return [rates.line(OPPONENT), rates.line(OURS, OPPONENT), rates.line(AGAIN, OPPONENT)]


def _bare(connection: Connection, prefix: str) -> None:
    for start in range(0, ITEMS, SET):
        rows = [
            [f"wardline_bench.{prefix}_{n}", f"{prefix}-{n:05}", "1", f"New item {n}", "none"]
            for n in range(start, start + SET)
        ]
        loading.load(connection, "product.product", FIELDS, rows)


def _import(ledger: Ledger, connection: Connection, file: Sequence[ItemRecord], expected: str) -> None:
    crosswalk = CrosswalkStore(ledger.database, ledger.audit)
    importing = ItemImport(ledger, Erp(connection), crosswalk, Channel("bench", "tabular", "GEN"), "bench")
    left = [one for some in importing.run(file) for one in some if one.outcome != expected]
    if left:
        raise WrongWork(f"{len(left)} rows were not {expected}", code="bench.items")
