"""Items, lots, precision and settings of the stand-in.

Registered in ``catalogue``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ops.simulators.odoo_standin.loading import LoadableModel
from ops.simulators.odoo_standin.records import Field, Model, Record, rpc
from ops.simulators.odoo_standin.refusals import UserError, ValidationError


class Product(LoadableModel):
    """An item; internal references are not unique."""

    name = "product.product"
    fields = {
        "name": Field(required=True),
        "default_code": Field(),
        "is_storable": Field("bool", default=False),
        "tracking": Field(default="none"),
        "uom_id": Field("many2one", "uom.uom", default=1),
        "active": Field("bool", default=True),
    }

    def display_name(self, record: Record) -> str:
        """The name with the internal reference before it."""
        return f"[{record['default_code']}] {record['name']}" if record["default_code"] else str(record["name"])


class Unit(Model):
    """A unit of measure; the stand-in has ``Units`` alone."""

    name = "uom.uom"
    fields = {"name": Field(required=True)}


class Lot(LoadableModel):
    """A lot or serial number, unique for its item."""

    name = "stock.lot"
    fields = {"name": Field(required=True), "product_id": Field("many2one", "product.product", required=True)}

    def insert(self, values: Mapping[str, Any]) -> Record:
        """Raises ValidationError for a number that the item has already."""
        key = (values["name"], values["product_id"])
        if any((lot["name"], lot["product_id"]) == key for lot in self.storage.all(self.name)):
            raise ValidationError("The combination of lot/serial number and product must be unique within a company.")
        return super().insert(values)


class Precision(Model):
    """How many decimals quantities keep."""

    name = "decimal.precision"
    fields = {"name": Field(required=True), "digits": Field("int", default=2)}

    @rpc(ids=False)
    def precision_get(self, application: str) -> int:
        """The digits of one kind of number, 2 where it is not set."""
        rows = self.storage.all(self.name)
        return next((int(row["digits"]) for row in rows if row["name"] == application), 2)


class Settings(Model):
    """The form of the settings; the stand-in has all of them switched on and only checks how it is used."""

    name = "res.config.settings"
    fields = {
        "group_stock_production_lot": Field("bool", default=False),
        "group_uom": Field("bool", default=False),
        "group_stock_multi_locations": Field("bool", default=False),
    }

    @rpc(ids=True)
    def execute(self, ids: list[int]) -> Record:
        """Apply the form. Raises MissingError for one that is not there."""
        if len(ids) != 1:
            raise UserError("Expected singleton: res.config.settings")
        self.get(ids[0])
        return {"type": "ir.actions.client", "tag": "reload"}
