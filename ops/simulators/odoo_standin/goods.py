"""Items, lots, precision and settings of the stand-in.

Registered in ``catalogue``.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
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
        "barcode": Field(),
        "purchase_ok": Field("bool", default=True),
        "use_expiration_date": Field("bool", default=False),
        "categ_id": Field("many2one", "product.category"),
        "type": Field(default="consu"),
        "purchase_method": Field(default="receive"),
        "supplier_taxes_id": Field("many2many", "account.tax"),
        "product_uom_ids": Field("many2many", "product.uom"),
        "uom_ids": Field("many2many", "uom.uom"),
        "standard_price": Field("decimal", default="0"),
        "active": Field("bool", default=True),
    }

    def insert(self, values: Mapping[str, Any]) -> Record:
        """The item. Raises ValidationError for a barcode that another one has."""
        self._check_barcode(values.get("barcode"), None)
        return super().insert(values)

    def update(self, record: Record, values: Mapping[str, Any]) -> None:
        """Change the item. Raises ValidationError for a barcode that another one has."""
        self._check_barcode(values.get("barcode"), record["id"])
        super().update(record, values)

    def _check_barcode(self, barcode: Any, own: int | None) -> None:
        others = (one for one in self.storage.all(self.name) if one["id"] != own)
        if barcode and any(one["barcode"] == barcode for one in others):
            raise ValidationError("Barcode(s) already assigned to product(s)")

    def value(self, record: Record, name: str) -> Any:
        """Adds the template: every item of the stand-in is its own."""
        return record["id"] if name == "product_tmpl_id" else super().value(record, name)

    def display_name(self, record: Record) -> str:
        """The name with the internal reference before it."""
        return f"[{record['default_code']}] {record['name']}" if record["default_code"] else str(record["name"])


class Unit(LoadableModel):
    """A unit of measure; a new database has ``Units`` alone."""

    name = "uom.uom"
    fields = {
        "name": Field(required=True),
        "factor": Field("decimal", default="1"),
        "relative_factor": Field("decimal", default="1"),
        "relative_uom_id": Field("many2one", "uom.uom"),
        "active": Field("bool", default=True),
    }

    def insert(self, values: Mapping[str, Any]) -> Record:
        """The unit; its factor is against the root of its family."""
        other = self.get(values["relative_uom_id"])["factor"] if values.get("relative_uom_id") else "1"
        factor = Decimal(values.get("factor") or 1) * Decimal(values.get("relative_factor") or 1) * Decimal(other)
        return super().insert({**values, "factor": factor})


class Lot(LoadableModel):
    """A lot or serial number, unique for its item."""

    name = "stock.lot"
    fields = {
        "name": Field(required=True),
        "product_id": Field("many2one", "product.product", required=True),
        "expiration_date": Field(),
    }

    def value(self, record: Record, name: str) -> Any:
        """Adds how much of it is in stock."""
        if name != "product_qty":
            return super().value(record, name)
        places = self.env["stock.location"]
        quants = (quant for quant in self.storage.all("stock.quant") if quant["lot_id"] == record["id"])
        here = (quant for quant in quants if places.get(quant["location_id"])["usage"] == "internal")
        return sum((Decimal(quant["quantity"]) for quant in here), Decimal(0))

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
        "group_analytic_accounting": Field("bool", default=False),
    }

    @rpc(ids=True)
    def execute(self, ids: list[int]) -> Record:
        """Apply the form. Raises MissingError for one that is not there."""
        if len(ids) != 1:
            raise UserError("Expected singleton: res.config.settings")
        self.get(ids[0])
        return {"type": "ir.actions.client", "tag": "reload"}
