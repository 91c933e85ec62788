"""The ledger is lost and restored from a backup; Odoo has what the backup does not know.

Listed in ``ops.drill.drills``.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from app import ids
from app.flows.finding import Finding
from app.model.master import ItemFacts, Offer, SupplierFacts
from app.model.order import Order
from app.odoo.erp import Erp
from ops.bench.sender import answers, wait_until
from ops.drill import chain, chain_faults
from ops.drill.chain_faults import CLOCK
from ops.drill.load import Letter
from ops.drill.scene import PROCESSES, Scene

PATIENCE = 120.0
REQUISITIONS = 3
"""How many come before the backup, and how many after it."""
WARD = "odoo"
"""The channel that requisitions come on."""


def restored(scene: Scene) -> None:
    """The ledger is lost and restored from a backup that was taken under load; senders repeat what came since."""
    wait_until(lambda: _posted(scene) > 0, "the first events are posted")
    before = _posted(scene)

    def going_on() -> None:
        scene.wait()
        wait_until(lambda: _posted(scene) > before, "there is something in Odoo that the backup does not know")

    begun = _lost(scene, PROCESSES, going_on)
    scene.load.stop()
    scene.measured["sent_again"] = float(scene.load.send_again(begun - 1))


def found_again(scene: Scene) -> list[str]:
    """What the backup did not know was found."""
    return [] if scene.measured["found_events"] else ["nothing was found in Odoo"]


def chain_prepared(scene: Scene) -> None:
    """Before the fleet starts: a supplier with prices that the ledger knows, too."""
    chain_faults.prepared(scene, replace(chain.MARKET, currencies=("EUR",)))
    registry = scene.ledger.registry
    with scene.ledger.transaction() as tx:
        registry.put_items(tx, [ItemFacts(item, unit="Units") for item in chain.BOUGHT])
        registry.put_suppliers(tx, [SupplierFacts(chain.SUPPLIER, "Chain Medical")])
        registry.put_offers(tx, [_offer(item) for item in chain.BOUGHT])


def chain_restored(scene: Scene) -> None:
    """The same, while requisitions become orders and goods and invoices come; all of their papers are sent again."""
    scene.fleet.start(CLOCK)
    letters = [_asked(number) for number in range(2 * REQUISITIONS)]
    _send(scene, letters[:REQUISITIONS])
    wait_until(lambda: len(_orders(scene)) == REQUISITIONS, "the first requisitions are ordered", PATIENCE)

    def going_on() -> None:
        _send(scene, letters[REQUISITIONS:])
        wait_until(lambda: len(_orders(scene)) == 2 * REQUISITIONS, "all requisitions are ordered", PATIENCE)
        letters.extend(_papers(_orders(scene)))
        _send(scene, letters[2 * REQUISITIONS :])
        wait_until(lambda: _bills(scene) >= REQUISITIONS, "invoices are billed", PATIENCE)

    begun = _lost(scene, (*PROCESSES, CLOCK), going_on)
    scene.load.stop()
    scene.measured["sent_again"] = float(scene.load.send_again(begun - 1) + len(letters))
    _send(scene, letters)


def chain_found_again(scene: Scene) -> list[str]:
    """Every requisition has one order in Odoo, and every order its goods and its bill once."""
    orders = _orders(scene)
    wanted = Counter(_number(place) for place in range(2 * REQUISITIONS))
    faults = []
    if (found := Counter(order.origin for order in orders)) != wanted:
        faults.append(f"requisitions have these orders: {sorted((found - wanted) + (wanted - found))}")
    if not scene.measured["found_orders"]:
        faults.append("no order was found in Odoo")
    return faults + chain.Purchases(scene.odoo).differences([order.number for order in orders])


def _lost(scene: Scene, processes: Sequence[str], going_on: Callable[[], None]) -> float:
    """Back the ledger up, go on, lose it, restore it, find, start again; when the backup was begun."""
    dump, begun = str(scene.fleet.folder / "ledger.dump"), time.time()
    scene.stack.postgres.tool("pg_dump", "-Fc", "-f", dump, scene.database)
    going_on()
    for name in processes:
        scene.fleet.kill(name)
    scene.wait(0.5)  # Odoo finishes the call of a caller that is gone, and only then can it be found
    scene.ledger.database.close()
    scene.stack.postgres.drop_database(scene.database)
    scene.stack.postgres.create_database(scene.database)
    scene.stack.postgres.tool("pg_restore", "-d", scene.database, dump)
    found = Finding(scene.ledger, Erp(scene.odoo)).find(datetime.fromtimestamp(begun, UTC), "drill")
    scene.measured["found_transfers"], scene.measured["found_events"] = float(found.transfers), float(found.events)
    scene.measured["found_orders"] = float(len(found.orders))
    scene.fleet.start(*processes)
    wait_until(lambda: answers(scene.settings.web_bind, "/readyz"), "the web process is ready", PATIENCE)
    return begun


def _offer(item: str) -> Offer:
    return Offer(item, chain.SUPPLIER, chain.PRICE, "EUR", supplier_code=f"CH-{item}")


def _asked(place: int) -> Letter:
    lines = [
        {
            "number": str(number),
            "identifiers": [{"scheme": "internal", "value": f"C-{item}"}],
            "quantity": {"value": format(chain.QUANTITY, "f"), "unit": "EA"},
        }
        for number, item in enumerate(chain.BOUGHT, 1)
    ]
    document = {"document": "requisition", "number": _number(place), "requester": "drill", "lines": lines}
    return Letter(WARD, json.dumps(document).encode(), str(ids.new_id()))


def _number(place: int) -> str:
    return f"R-{place:04}"


def _papers(orders: Sequence[Order]) -> list[Letter]:
    """The papers of orders, each paper of all orders before the next."""
    written = [chain.papers(order) for order in orders]
    papers = [paper[name] for name in chain.PAPERS for paper in written]
    return [Letter(paper.channel, paper.body, str(ids.new_id())) for paper in papers]


def _send(scene: Scene, letters: Sequence[Letter]) -> None:
    for letter in letters:
        scene.load.insist(letter)


def _orders(scene: Scene) -> list[Order]:
    """The orders in Odoo that are made for requisitions and confirmed, by number."""
    domain = [["origin", "=like", "R-%"], ["state", "=", "purchase"]]
    rows = scene.odoo.get_model("purchase.order").search_read(domain=domain, fields=["name"], order="id")
    found = Erp(scene.odoo).purchasing.of_ids([row["id"] for row in rows])
    return sorted(found.values(), key=lambda order: order.number)


def _bills(scene: Scene) -> int:
    domain = [["move_type", "=", "in_invoice"], ["state", "=", "posted"]]
    return len(scene.odoo.get_model("account.move").search_read(domain=domain, fields=["ref"]))


def _posted(scene: Scene) -> int:
    with scene.ledger.reading() as tx:
        return int(scene.ledger.figures.states(tx)["posting"].get("posted", 0))
