"""What is where: the quants of the stand-in.

Counted by provisioning, moved by ``transfers``. As in Odoo a quantity may fall below zero, a serial number may not be
twice in one place, and items that are not storable have no quants.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ops.simulators.odoo_standin.records import Field, Model, Record, rpc
from ops.simulators.odoo_standin.refusals import UserError, ValidationError


class Quant(Model):
    """The quantity of one item, and of one of its lots, in one location."""

    name = "stock.quant"
    fields = {
        "product_id": Field("many2one", "product.product", required=True),
        "location_id": Field("many2one", "stock.location", required=True),
        "lot_id": Field("many2one", "stock.lot"),
        "quantity": Field("decimal", default="0"),
        "reserved_quantity": Field("decimal", default="0"),
        "owner_id": Field("many2one", "res.partner"),
        "package_id": Field("many2one", "stock.package"),
    }

    def value(self, record: Record, name: str) -> Any:
        """Adds when the goods came; the stand-in takes the order of their counts for it."""
        return f"{record['id']:012}" if name == "in_date" else super().value(record, name)

    @rpc(ids=False)
    def create(self, vals_list: Sequence[Mapping[str, Any]]) -> list[int]:
        """Counts: ``inventory_quantity_auto_apply`` becomes the quantity. Raises UserError but in inventory mode."""
        if not self.env.context.get("inventory_mode"):
            raise UserError("Quant's creation is restricted, you can't do this operation.")
        return [self._count(values) for values in vals_list]

    def move(self, line: Mapping[str, Any], source: int, destination: int) -> None:
        """Book a done line. Raises ValidationError for a serial number that is already there."""
        product = self.env["product.product"].get(line["product_id"])
        if not product["is_storable"]:
            return
        for location, sign in ((source, -1), (destination, 1)):
            quant = self._of(line["product_id"], location, line["lot_id"])
            self.update(quant, {"quantity": Decimal(quant["quantity"]) + sign * Decimal(line["quantity"])})
            self._check_serial(quant, product)

    def reserve(self, line: Mapping[str, Any], source: int, sign: int) -> None:
        """Reserve a line (sign 1) or give it back (-1); only stock of the hospital's own is ever reserved."""
        product = self.env["product.product"].get(line["product_id"])
        if product["is_storable"] and self.env["stock.location"].get(source)["usage"] == "internal":
            quant = self._of(line["product_id"], source, line["lot_id"])
            reserved = Decimal(quant["reserved_quantity"]) + sign * Decimal(line["quantity"])
            self.update(quant, {"reserved_quantity": reserved})

    def _count(self, values: Mapping[str, Any]) -> int:
        product = self.env["product.product"].get(values["product_id"])
        if not product["is_storable"]:
            raise ValidationError("Quants cannot be created for consumables or services.")
        quant = self._of(values["product_id"], values["location_id"], values.get("lot_id") or None)
        self.update(quant, {"quantity": Decimal(str(values["inventory_quantity_auto_apply"]))})
        self._check_serial(quant, product)
        return int(quant["id"])

    def _of(self, product_id: int, location_id: int, lot_id: int | None) -> Record:
        key = {"product_id": product_id, "location_id": location_id, "lot_id": lot_id}
        found = (quant for quant in self.storage.all(self.name) if key.items() <= quant.items())
        return next(found, None) or self.insert(key)

    def _check_serial(self, quant: Record, product: Record) -> None:
        if product["tracking"] != "serial" or quant["lot_id"] is None or abs(Decimal(quant["quantity"])) <= 1:
            return
        serial = self.env["stock.lot"].get(quant["lot_id"])["name"]
        name = self.env["product.product"].display_name(product)
        raise ValidationError(
            f"The serial number has already been assigned: \n Product: {name}, Serial Number: {serial}"
        )
