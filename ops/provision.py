"""Sets an Odoo database up for Wardline: settings, hospitals with their departments, items, lots and counted stock.

Called by the demo, the tests and the command line. Records are keyed by external ids and counts are absolute, so that
a second run changes only what differs from the description.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.errors import Misconfigured
from app.odoo.gateway import Tracking
from app.odoo.transport import Connection

MODULE = "wardline_site"
DIGITS = 4
CONSUMPTION = "CONS"
BATCH = 200
SETTINGS = {"group_stock_production_lot": True, "group_uom": True, "group_stock_multi_locations": True}


@dataclass(frozen=True, slots=True)
class Hospital:
    """A warehouse (``code`` has at most five characters) and the departments that keep stock of their own."""

    code: str
    name: str
    departments: tuple[str, ...]

    def stock(self, department: str) -> str:
        """The complete name of the location where the department keeps its stock."""
        return f"{self.code}/Stock/{department}"

    def consumption(self, department: str) -> str:
        """The complete name of the location into which the department consumes."""
        return f"Consumption/{self.code} {department}"


@dataclass(frozen=True, slots=True)
class Item:
    """A product; ``key`` sets two products with one reference apart."""

    reference: str
    name: str
    tracking: Tracking = "none"
    storable: bool = True
    active: bool = True
    key: str = ""


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot or serial number of the item with this reference."""

    reference: str
    name: str


@dataclass(frozen=True, slots=True)
class Count:
    """What was counted of an item, and of one lot where it has lots, in the location with this complete name."""

    location: str
    reference: str
    quantity: Decimal
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """All that Odoo must know before Wardline can post to it."""

    hospitals: tuple[Hospital, ...]
    items: tuple[Item, ...]
    lots: tuple[Lot, ...] = ()
    counts: tuple[Count, ...] = ()


def provision(connection: Connection, site: Site) -> None:
    """Make the database agree with the description; raises what the transport raises, or Misconfigured.

    The key must belong to an administrator. What the description does not name is left as it is.
    """
    _settings(connection)
    codes = {hospital.code: (hospital.name, hospital.code) for hospital in site.hospitals}
    warehouses = _load(connection, "stock.warehouse", ("name", "code"), codes)
    locations = _locations(connection, site.hospitals, warehouses)
    _operations(connection, site.hospitals, warehouses)
    items = _items(connection, site.items)
    lots = _lots(connection, site.lots, items)
    _counts(connection, site.counts, locations, items, lots)


def _settings(connection: Connection) -> None:
    """Lots, units and locations on; quantities with four decimals, since the two of a new database round 0.125 away."""
    precision = connection.get_model("decimal.precision")
    if precision.precision_get(application="Product Unit") < DIGITS:
        rows = precision.search_read(domain=[["name", "=", "Product Unit"]], fields=["digits"])
        precision.write(ids=[row["id"] for row in rows], vals={"digits": DIGITS})
    settings = connection.get_model("res.config.settings", timeout=120)
    settings.execute(ids=settings.create(vals_list=[SETTINGS]))


def _locations(connection: Connection, hospitals: Sequence[Hospital], warehouses: Mapping[str, int]) -> dict[str, int]:
    """The warehouses' stock, the departments' under it, and the places they consume into, by complete name.

    Only under the warehouse's own stock do Odoo's replenishment rules reach a department; usage ``production`` keeps
    consumption in Odoo's figures of demand, which a loss (``inventory``) is not.
    """
    rows = connection.get_model("stock.warehouse").read(ids=list(warehouses.values()), fields=["lot_stock_id"], load="")
    stock = {row["id"]: str(row["lot_stock_id"]) for row in rows}
    fields = ("name", "usage", "location_id/.id")
    root = str(_load(connection, "stock.location", fields, {"use": ("Consumption", "view", "")})["use"])
    records = {}
    for hospital in hospitals:
        for department in hospital.departments:
            parent = stock[warehouses[hospital.code]]
            records[hospital.stock(department)] = (department, "internal", parent)
            records[hospital.consumption(department)] = (f"{hospital.code} {department}", "production", root)
    stores = {f"{hospital.code}/Stock": int(stock[warehouses[hospital.code]]) for hospital in hospitals}
    return _load(connection, "stock.location", fields, records) | stores


def _operations(connection: Connection, hospitals: Sequence[Hospital], warehouses: Mapping[str, int]) -> None:
    """An operation type of its own, so that consumption has its own numbers and never makes a backorder."""
    fixed = {
        "code": "internal",
        "sequence_code": CONSUMPTION,
        "reservation_method": "manual",
        "create_backorder": "never",
        "use_create_lots": "0",
        "use_existing_lots": "1",
    }
    records = {
        f"{CONSUMPTION}_{hospital.code}": ("Clinical consumption", str(warehouses[hospital.code]), *fixed.values())
        for hospital in hospitals
    }
    _load(connection, "stock.picking.type", ("name", "warehouse_id/.id", *fixed), records)


def _items(connection: Connection, items: Sequence[Item]) -> dict[str, int]:
    fields = ("name", "default_code", "is_storable", "tracking", "active")
    records = {
        item.key or item.reference: (item.name, item.reference, _flag(item.storable), item.tracking, _flag(item.active))
        for item in items
    }
    return _load(connection, "product.product", fields, records)


def _lots(connection: Connection, lots: Sequence[Lot], items: Mapping[str, int]) -> dict[tuple[str, str], int]:
    records = {f"{lot.reference}.{lot.name}": (lot.name, str(items[lot.reference])) for lot in lots}
    made = _load(connection, "stock.lot", ("name", "product_id/.id"), records)
    return {(lot.reference, lot.name): made[f"{lot.reference}.{lot.name}"] for lot in lots}


def _counts(
    connection: Connection,
    counts: Sequence[Count],
    locations: Mapping[str, int],
    items: Mapping[str, int],
    lots: Mapping[tuple[str, str], int],
) -> None:
    """Stock as counted: an absolute figure, so a repeated count changes nothing."""
    quants = connection.get_model("stock.quant", timeout=120)
    values = [
        {
            "product_id": items[count.reference],
            "location_id": locations[count.location],
            "lot_id": lots[count.reference, count.lot] if count.lot else False,
            "inventory_quantity_auto_apply": str(count.quantity),
        }
        for count in counts
    ]
    for start in range(0, len(values), BATCH):
        quants.create(
            vals_list=values[start : start + BATCH],
            context={"inventory_mode": True, "inventory_name": "Counted", "tracking_disable": True},
        )


def _load(
    connection: Connection, model: str, fields: Sequence[str], records: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """Make or change the records with these keys; returns the ids by key. Raises Misconfigured where Odoo refuses."""
    rows = [[f"{MODULE}.{_external_id(model, key)}", *values] for key, values in records.items()]
    ids: list[int] = []
    for start in range(0, len(rows), BATCH):
        answer: dict[str, Any] = connection.get_model(model, timeout=120).load(
            fields=["id", *fields], data=rows[start : start + BATCH], context={"tracking_disable": True}
        )
        if answer["ids"] is False:
            raise Misconfigured(f"Odoo refuses the site's {model}: {answer['messages'][0]['message']}")
        ids += answer["ids"]
    return dict(zip(records, ids, strict=True))


def _external_id(model: str, key: str) -> str:
    return re.sub(r"\s", "_", f"{model.replace('.', '_')}_{key}")


def _flag(value: bool) -> str:
    return "1" if value else "0"
