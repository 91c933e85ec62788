"""Papers of purchases that come in every order, the order itself in the middle of them.

Listed in ``ops.drill.drills``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from uuid import UUID

import sqlalchemy as sa

from app import ids, services
from app.flows import following, order_watch
from app.ledger import tables
from ops import provision_procurement
from ops.bench.site import CHANNELS
from ops.drill import chain
from ops.drill.load import Letter
from ops.drill.scene import Scene
from ops.provision_procurement import Procurement

_RULES = """
confirmation:
  tolerances: [{supplier: "*", days_late: 3650, days_early: 3650}]
"""
CLOCK = "clock"


def prepared(scene: Scene, market: Procurement = chain.MARKET) -> None:
    """Before the fleet starts: a supplier in Odoo, its channel, and the clock's first look at Odoo."""
    folder = scene.fleet.folder / "orders"
    folder.mkdir()
    file = scene.fleet.folder / "channels.toml"
    file.write_text(CHANNELS + chain.CHANNELS.format(folder=folder))
    scene.fleet.environment["WARDLINE_CHANNELS_FILE"] = str(file)
    provision_procurement.provision(scene.odoo, market)
    made = services.build(replace(scene.settings, channels_file=str(file)))
    with made.ledger.transaction() as tx:
        made.ledger.policies.import_(tx, _RULES, "drill")
    next(job for job in made.jobs if job.name == order_watch.JOB).run()
    made.ledger.database.close()


def reordered(scene: Scene) -> None:
    """Two papers of every order come before anybody knows it, two after, each order's in another order."""
    orders = chain.Purchases(scene.odoo).buy()
    scene.notes.extend(order.number for order in orders)
    written = [chain.papers(order) for order in orders]
    for place in range(len(chain.PAPERS)):
        if place == len(chain.PAPERS) // 2:
            scene.wait(0.5)
            scene.fleet.start(CLOCK)
        for papers, names in zip(written, chain.ORDERS, strict=True):
            paper = papers[names[place]]
            _, message_id = scene.load.insist(Letter(paper.channel, paper.body, str(ids.new_id())))
            scene.messages.append(message_id)


def gone_through(scene: Scene) -> list[str]:
    """Every paper is settled without anybody's help, and Odoo has each receipt and each bill once."""
    document = tables.document
    messages = [UUID(one) for one in scene.messages]
    came = sa.and_(document.c.message_id.in_(messages), document.c.mapping != following.MAPPING)
    query = sa.select(document.c.kind, document.c.state).where(came)
    with scene.ledger.reading() as tx:
        states = Counter((row.kind, row.state) for row in tx.execute(query))
        holds = scene.ledger.holds.groups(tx)
    faults = [f"{number} of kind {kind} are {state}" for (kind, state), number in states.items() if state != "settled"]
    if states.total() != len(messages):
        faults.append(f"{len(messages)} papers were accepted, the ledger has {states.total()}")
    faults += [f"held: {one.cause} {one.subject}" for one in holds[:5]]
    told = sum(1 for path in (scene.fleet.folder / "orders").iterdir() if not path.name.startswith("."))
    if told != len(scene.notes):
        faults.append(f"{told} orders were sent, {len(scene.notes)} were made in Odoo")
    scene.measured["papers"] = float(len(messages))
    return faults + chain.Purchases(scene.odoo).differences(scene.notes)
