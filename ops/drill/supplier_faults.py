"""Faults of suppliers: away, too slow, asking for patience, their answers lost, their SFTP server gone.

Listed in ``ops.drill.drills``. Orders go to three suppliers while consumption goes to Odoo; the fault is one
supplier's, and nobody else may feel it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from app import channels
from app.ledger import deliveries
from ops.bench.site import CHANNELS
from ops.drill.market import SUPPLIERS, Market
from ops.drill.orders import Orders
from ops.drill.scene import Scene
from ops.simulators.proxy import Trouble

SOON = 20.0
"""The most seconds that others may wait, suppliers and urgent consumption: so slow may Odoo be on a busy machine."""
PERSON = "drill"


def prepared(scene: Scene) -> None:
    """Before the fleet starts: suppliers are there, and every process knows their channels."""
    scene.market = scene.ending.enter_context(Market(scene.fleet.folder))
    file = scene.fleet.folder / "channels.toml"
    file.write_text(CHANNELS + scene.market.channels())
    scene.fleet.environment["WARDLINE_CHANNELS_FILE"] = str(file)


def away(name: str, scene: Scene) -> None:
    """Nobody listens at a supplier's address; then it is back."""
    with _ordering(scene) as market, market.proxies[name].away():
        scene.wait()


def troubled(name: str, trouble: Trouble, scene: Scene) -> None:
    """Trouble between Wardline and a supplier for the whole time."""
    with _ordering(scene) as market:
        market.proxies[name].trouble = trouble
        scene.wait()
        market.proxies[name].trouble = None
        scene.measured["befallen"] = float(market.proxies[name].befallen)


def server_away(scene: Scene) -> None:
    """An SFTP server loses answers to renamings, then goes with all its connections, and comes back."""
    with _ordering(scene) as market:
        server = market.cedar.server
        until = time.monotonic() + scene.seconds / 2
        while time.monotonic() < until:
            server.faults.cut_after_rename = True
            time.sleep(1.0)
        server.faults.cut_after_rename = False
        with server.away():
            scene.wait(0.5)


@contextmanager
def _ordering(scene: Scene) -> Iterator[Market]:
    """Orders are placed from a little before the fault until a little after it."""
    assert scene.market
    with scene.market.ordering(scene.load):
        time.sleep(1.0)
        scene.market.unwell_since = time.time()
        yield scene.market
        time.sleep(1.0)


def asked(scene: Scene) -> None:
    """What a person does about a delivery in doubt: asks the supplier, and tells Wardline what it said."""
    assert scene.market
    ledger = scene.ledger
    with ledger.reading() as tx:
        held = {one.subject for one in ledger.holds.groups(tx) if one.cause == deliveries.DOUBT}
        rows = ledger.interchanges.list(tx, delivery="in_doubt", limit=1000)
    known = channels.load(scene.fleet.environment["WARDLINE_CHANNELS_FILE"])
    for row in (row for row in rows if deliveries.subject(row) in held):
        there = any(row.control_id.encode() in body for body in scene.market.suppliers[row.channel].received)
        scene.notes.append(row.control_id)
        with ledger.transaction() as tx:
            if there:
                ledger.deliveries.delivered(tx, row, known[row.channel], PERSON)
            else:
                ledger.deliveries.resend(tx, row, PERSON)


def delivered(name: str, scene: Scene, *, copies: bool = False, doubted: bool = False) -> list[str]:
    """Every supplier has what was ordered, and nobody but ``name`` was kept waiting, neither suppliers nor Odoo.

    ``copies``: it may have been sent the same bytes twice; ``doubted``: a person had to ask it what it has.
    """
    assert scene.market
    orders = Orders(scene.ledger, scene.market)
    faults = orders.compare([name] if copies else [])
    others = [one for one in SUPPLIERS if one != name]
    told = {
        "orders": float(len(scene.market.ordered)),
        "copies": float(orders.copies()),
        "asked_a_person": float(len(scene.notes)),
        "longest_order": orders.longest([name]),
        "longest_order_of_others": orders.longest(others),
        "longest_urgent": orders.longest_use("urgent"),
    }
    scene.measured |= told
    faults += [f"{one} is {told[one]} s" for one in ("longest_order_of_others", "longest_urgent") if told[one] > SOON]
    if bool(scene.notes) != doubted:
        faults.append(f"a person was asked about {len(scene.notes)} deliveries")
    return faults
