"""Faults of Odoo itself: restarted, killed, its workers ended by their own limits, upgraded; keys and records gone.

Listed in ``ops.drill.drills``. Those that take the server away need an Odoo of the drill's own.
"""

from __future__ import annotations

import secrets
import time
from typing import cast

from ops.bench.events import ITEMS
from ops.dev.odoo_database import ADMIN_USER_ID, key_hash
from ops.drill.scene import WORKERS, Scene
from ops.drill.servers import SecondOdoo

ITEM = ITEMS[0]
"""The one that is used most."""


def stopped(scene: Scene) -> None:
    """Odoo is ended in the middle of its calls and started again, twice."""
    for _ in range(2):
        scene.stack.odoo.down()
        scene.wait(0.25)
        scene.stack.odoo.up_private()
        scene.wait(0.25)


def killed(scene: Scene) -> None:
    """Odoo dies with all its workers and is started again."""
    scene.stack.odoo.process.kill()
    scene.wait(0.5)
    scene.stack.odoo.up_private()


def frozen(scene: Scene) -> None:
    """Odoo takes calls and answers none; what it took it does afterwards."""
    scene.stack.odoo.pause()
    scene.wait()
    scene.stack.odoo.resume()


def workers_ended(scene: Scene) -> None:
    """Transfers are locked for so long that Odoo's own time limit kills the workers that wait for them."""
    for _ in range(2):
        scene.odoo_sql(f"BEGIN; LOCK TABLE stock_move_line IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({scene.seconds})")
        time.sleep(1)


def upgraded(scene: Scene) -> None:
    """A release: Odoo ends, a module is upgraded in the database, Odoo comes back."""
    scene.stack.odoo.down()
    cast("SecondOdoo", scene.stack.odoo).upgrade(scene.odoo.database, "purchase_stock")
    scene.stack.odoo.up_private()


def key_expired(scene: Scene) -> None:
    """The key expires, and somebody makes it valid for longer."""
    scene.odoo_sql("UPDATE res_users_apikeys SET expiration_date = now() - interval '1 day'")
    scene.wait()
    scene.odoo_sql("UPDATE res_users_apikeys SET expiration_date = NULL")


def key_revoked(scene: Scene) -> None:
    """The key is deleted; after a while Wardline is given another one and started anew."""
    name, key = "WARDLINE_ODOO_API_KEY", secrets.token_hex(20)
    old = scene.fleet.environment[name]
    scene.odoo_sql("DELETE FROM res_users_apikeys")
    scene.wait()
    _grant(scene, key)
    scene.fleet.environment[name] = key
    for process in WORKERS:
        scene.fleet.stop(process, patience=40)
        scene.fleet.start(process)
    _grant(scene, old)  # for the books, which read with it


def _grant(scene: Scene, key: str) -> None:
    scene.odoo_sql(
        "INSERT INTO res_users_apikeys (name, user_id, scope, expiration_date, index, key)"
        " VALUES ('drill', :'user', NULL, NULL, :'index', :'hash')",
        user=str(ADMIN_USER_ID),
        index=key[:8],
        hash=key_hash(key),
    )


def item_archived(scene: Scene) -> None:
    """Somebody archives the item that is used most, and brings it back."""
    items = scene.odoo.get_model("product.product")
    rows = items.search_read(domain=[["default_code", "=", ITEM]], fields=["id"])
    item_ids = [row["id"] for row in rows]
    items.write(ids=item_ids, vals={"active": False})
    scene.wait()
    items.write(ids=item_ids, vals={"active": True})


def location_archived(scene: Scene) -> None:
    """Somebody archives the location of a ward, and brings it back."""
    scene.odoo_sql("UPDATE stock_location SET active = false WHERE complete_name LIKE '%/Stock/WARD1'")
    scene.wait()
    scene.odoo_sql("UPDATE stock_location SET active = true WHERE complete_name LIKE '%/Stock/WARD1'")


def holds_released(scene: Scene) -> None:
    """What a person does once the record is back: release the groups. What is not mended yet is held again."""
    with scene.ledger.reading() as tx:
        groups = scene.ledger.holds.groups(tx)
    for group in groups:
        scene.ledger.holds.release(group.cause, group.subject, "drill")
