"""What a message costs without Wardline: one Celery task for each, with odoo-client-lib as it comes.

Run by a Celery worker with the bulk workers' own options, which ``ops.bench.versus`` compares with them. It does the
least that posts an event: it searches the item and the lot, creates the transfer and validates it. It remembers its
connection, the places and the operation type; no key keeps it from posting twice, nothing is written down, and the
events come to it read and resolved.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import odoolib
from celery import Celery

from app import settings
from app.settings import Settings

QUEUE = "opponent"
celery = Celery("opponent", broker=settings.load().broker_url)
celery.conf.update(
    task_default_queue=QUEUE,
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
)


@cache
def _odoo() -> Any:
    """The library's own connection, one for each process."""
    chosen: Settings = settings.load()
    parts = urlsplit(chosen.odoo_url)
    return odoolib.get_connection(
        hostname=parts.hostname,
        protocol="json2",
        port=parts.port or 80,
        database=chosen.odoo_database,
        password=chosen.odoo_api_key,
    )


@cache
def _places(stock: str, consumption: str) -> tuple[int, int, int]:
    """The two locations and the operation type of consumption."""
    rows = (
        _odoo()
        .get_model("stock.location")
        .search_read(
            domain=[["complete_name", "in", [stock, consumption]]], fields=["complete_name", "warehouse_id"], load=""
        )
    )
    known = {row["complete_name"]: row for row in rows}
    kinds = (
        _odoo()
        .get_model("stock.picking.type")
        .search(domain=[["warehouse_id", "=", known[stock]["warehouse_id"]], ["sequence_code", "=", "CONS"]])
    )
    return known[stock]["id"], known[consumption]["id"], kinds[0]


@celery.task
def consume(stock: str, consumption: str, item: str, lot: str | None, quantity: float, tally: str) -> None:
    """Post one event, and add a byte to the tally when it is in Odoo."""
    source, destination, kind = _places(stock, consumption)
    (product,) = (
        _odoo()
        .get_model("product.product")
        .search_read(domain=[["default_code", "=", item]], fields=["uom_id"], load="")
    )
    lot_id = _lot(product["id"], lot) if lot else False
    way = {"product_id": product["id"], "location_id": source, "location_dest_id": destination}
    line = {**way, "product_uom_id": product["uom_id"], "quantity": quantity, "lot_id": lot_id, "picked": True}
    head = {"picking_type_id": kind, "location_id": source, "location_dest_id": destination}
    pickings = _odoo().get_model("stock.picking")
    made = pickings.create(vals_list=[{**head, "move_line_ids": [[0, 0, line]]}])
    if pickings.button_validate(ids=made, context={"skip_backorder": True, "skip_sms": True}) is not True:
        raise RuntimeError("the transfer was not validated")
    with Path(tally).open("ab", buffering=0) as done:
        done.write(b".")


def _lot(product: int, name: str) -> int:
    found: list[int] = _odoo().get_model("stock.lot").search(domain=[["product_id", "=", product], ["name", "=", name]])
    return found[0]
