"""Warehouses, locations and operation types of the stand-in.

Registered in ``catalogue``; ``transfers`` takes its numbers from the operation types.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.simulators.odoo_standin.loading import LoadableModel
from ops.simulators.odoo_standin.records import Environment, Field, Record
from ops.simulators.odoo_standin.refusals import ValidationError


class Location(LoadableModel):
    """Where stock is; the complete name leads from the outermost location that is no view to this one."""

    name = "stock.location"
    fields = {
        "name": Field(required=True),
        "usage": Field(default="internal"),
        "location_id": Field("many2one", "stock.location"),
        "active": Field("bool", default=True),
        "complete_name": Field(),
        "warehouse_id": Field("many2one", "stock.warehouse"),
    }

    def value(self, record: Record, name: str) -> Any:
        """Adds the two computed fields."""
        if name == "complete_name":
            return "/".join(reversed([place["name"] for place in self._way_up(record) if place]))
        if name == "warehouse_id":
            return self._warehouse(record)
        return super().value(record, name)

    def _way_up(self, record: Record) -> list[Record]:
        """The location and those that hold it, innermost first; a view's own name starts anew."""
        way = [record]
        while way[-1]["location_id"] and way[-1]["usage"] != "view":
            way.append(self.get(way[-1]["location_id"]))
        return way

    def _warehouse(self, record: Record) -> int | bool:
        roots = {place["id"] for place in self._way_up(record)}
        warehouses = self.storage.all("stock.warehouse")
        return next((house["id"] for house in warehouses if house["view_location_id"] in roots), False)


class Warehouse(LoadableModel):
    """A hospital: making one makes its view, its stock and its operation types."""

    name = "stock.warehouse"
    fields = {
        "name": Field(required=True),
        "code": Field(required=True),
        "view_location_id": Field("many2one", "stock.location"),
        "lot_stock_id": Field("many2one", "stock.location"),
        "int_type_id": Field("many2one", "stock.picking.type"),
        "in_type_id": Field("many2one", "stock.picking.type"),
        "company_id": Field("many2one", "res.company", default=1),
    }

    def insert(self, values: Mapping[str, Any]) -> Record:
        """Raises ValidationError for a code that is taken or too long."""
        if any(house["code"] == values["code"] for house in self.storage.all(self.name)):
            raise ValidationError("The short name of the warehouse must be unique per company!")
        locations = self.env["stock.location"]
        view = locations.insert({"name": values["code"], "usage": "view"})
        stock = locations.insert({"name": "Stock", "usage": "internal", "location_id": view["id"]})
        record = super().insert({**values, "view_location_id": view["id"], "lot_stock_id": stock["id"]})
        transfers = {"name": "Internal Transfers", "code": "internal", "sequence_code": "INT"}
        operation = self.env["stock.picking.type"].insert({**transfers, "warehouse_id": record["id"]})
        receipts = {"name": "Receipts", "code": "incoming", "sequence_code": "IN", "use_existing_lots": False}
        own = {"warehouse_id": record["id"], "default_location_dest_id": stock["id"]}
        incoming = self.env["stock.picking.type"].insert({**receipts, **own})
        self.update(record, {"int_type_id": operation["id"], "in_type_id": incoming["id"]})
        return record


class OperationType(LoadableModel):
    """A kind of transfer; ``sequence_code`` is the middle of their numbers."""

    name = "stock.picking.type"
    fields = {
        "name": Field(required=True),
        "code": Field(required=True),
        "sequence_code": Field(required=True),
        "warehouse_id": Field("many2one", "stock.warehouse"),
        "default_location_src_id": Field("many2one", "stock.location"),
        "default_location_dest_id": Field("many2one", "stock.location"),
        "reservation_method": Field(default="at_confirm"),
        "create_backorder": Field(default="ask"),
        "use_create_lots": Field("bool", default=True),
        "use_existing_lots": Field("bool", default=True),
        "active": Field("bool", default=True),
    }

    def number(self, record: Record) -> str:
        """The next number of a transfer of this type, ``GEN/CONS/00012``."""
        warehouse = self.env["stock.warehouse"].get(record["warehouse_id"])
        number = self.storage.next(f"{self.name} {record['id']}")
        return f"{warehouse['code']}/{record['sequence_code']}/{number:05}"


def vendors(env: Environment) -> int:
    """The place that suppliers deliver from."""
    found = (place for place in env.storage.all("stock.location") if place["usage"] == "supplier")
    return int((next(found, None) or env["stock.location"].insert({"name": "Vendors", "usage": "supplier"}))["id"])
