"""Transfers of the stand-in and their lines: drafted and reserved by ``load``, validated, cancelled.

Registered in ``catalogue``; the texts of the refusals are Odoo's own, because the gateway reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from ops.simulators.odoo_standin.loading import LoadableModel
from ops.simulators.odoo_standin.places import OperationType
from ops.simulators.odoo_standin.quants import Quant
from ops.simulators.odoo_standin.receipts import Receipts
from ops.simulators.odoo_standin.records import Field, Record, rpc
from ops.simulators.odoo_standin.refusals import UserError, ValidationError


class MoveLine(LoadableModel):
    """A quantity of an item, and of one of its lots, in a transfer."""

    name = "stock.move.line"
    fields = {
        "picking_id": Field("many2one", "stock.picking"),
        "product_id": Field("many2one", "product.product", required=True, label="Operations/Product"),
        "product_uom_id": Field("many2one", "uom.uom", default=1),
        "quantity": Field("decimal", default="0"),
        "lot_id": Field("many2one", "stock.lot", label="Operations/Lot/Serial Number"),
        "lot_name": Field(),
        "expiration_date": Field(),
        "move_id": Field("many2one", "stock.move"),
        "picked": Field("bool", default=False),
        "location_id": Field("many2one", "stock.location"),
        "location_dest_id": Field("many2one", "stock.location"),
    }

    def insert(self, values: Mapping[str, Any]) -> Record:
        """Raises ValidationError for a negative quantity or the lot of another item."""
        if Decimal(values["quantity"]) < 0:
            raise ValidationError("You can not enter negative quantities.")
        lot = values.get("lot_id")
        if lot and self.env["stock.lot"].get(lot)["product_id"] != values["product_id"]:
            raise ValidationError("This lot is incompatible with this product")
        return super().insert(values)


class Picking(LoadableModel):
    """A transfer. Lines that are marked as picked make it ``assigned`` at once, and reserve stock."""

    name = "stock.picking"
    fields = {
        "name": Field(),
        "picking_type_id": Field("many2one", "stock.picking.type", required=True, label="Operation Type"),
        "location_id": Field("many2one", "stock.location"),
        "location_dest_id": Field("many2one", "stock.location"),
        "origin": Field(),
        "note": Field(),
        "date_done": Field(),
        "backorder_id": Field("many2one", "stock.picking"),
        "return_id": Field("many2one", "stock.picking"),
        "state": Field(default="draft"),
        "move_line_ids": Field("one2many", "stock.move.line"),
        "move_ids": Field("one2many", "stock.move"),
    }

    def insert(self, values: Mapping[str, Any]) -> Record:
        """The transfer with its moves and lines; a line that nobody has picked yet is shown as a move to come."""
        types = OperationType(self.env)
        name = types.number(types.get(values["picking_type_id"])) if values["picking_type_id"] else None
        record = super().insert({**values, "name": name, "move_line_ids": None, "move_ids": None})
        ends = {name: values.get(name) for name in ("location_id", "location_dest_id")}
        lines = ({**ends, **line, "picking_id": record["id"]} for line in values.get("move_line_ids", ()))
        made = [self.env["stock.move.line"].insert(line) for line in lines]
        for line in made:
            self._quants.reserve(line, line["location_id"], 1)
        ready = made and all(Decimal(line["quantity"]) for line in made)
        state = "assigned" if ready else "draft"
        given = (move for move in values.get("move_ids") or () if move["product_id"])
        of = {"picking_id": record["id"], "state": state}
        moves = [self.env["stock.move"].insert({**move, **of, "quantity": move["product_uom_qty"]}) for move in given]
        moves += [self._planned(line) for line in made if not line["picked"]]
        self.update(record, {"move_line_ids": [line["id"] for line in made], "state": state})
        self.update(record, {"move_ids": [move["id"] for move in moves]})
        return record

    def update(self, record: Record, values: Mapping[str, Any]) -> None:
        """Change the transfer, and its moves by commands."""
        rest = dict(values)
        if any(isinstance(entry, list) for entry in values.get("move_ids") or ()):
            for _, move_id, changes in rest.pop("move_ids"):
                self.env["stock.move"].write([move_id], changes)
        super().update(record, rest)

    def _planned(self, line: Record) -> Record:
        ends = {name: line[name] for name in ("picking_id", "product_id", "location_id", "location_dest_id")}
        amount = {"product_uom_qty": line["quantity"], "product_uom": line["product_uom_id"]}
        return self.env["stock.move"].insert({**ends, **amount, "quantity": line["quantity"], "state": "assigned"})

    @rpc(ids=True)
    def action_confirm(self, ids: Sequence[int]) -> bool:
        """Confirm the transfers."""
        for record in map(self.get, ids):
            if record["state"] == "draft":
                self.update(record, {"state": "confirmed"})
                self._set_moves(record, "confirmed")
        return True

    @rpc(ids=True)
    def button_validate(self, ids: Sequence[int]) -> bool:
        """Complete the transfers that are not done yet. Raises UserError for empty ones and for missing lots."""
        for record in map(self.get, ids):
            if record["state"] != "done":
                self._validate(record)
        return True

    @rpc(ids=True)
    def action_cancel(self, ids: Sequence[int]) -> bool:
        """Cancel the transfers and give back what they reserve. Raises UserError for done ones."""
        for record in map(self.get, ids):
            if record["state"] == "done":
                raise UserError("You cannot cancel a stock move that has been set to 'Done'.")
            self._drop_lines(record, self._lines(record))
            self.update(record, {"state": "cancel"})
            self._set_moves(record, "cancel")
        return True

    @rpc(ids=True)
    def unlink(self, ids: Sequence[int]) -> bool:
        """Delete the transfers and their external ids. Raises UserError for done ones."""
        self.action_cancel(ids)
        for record_id in ids:
            self.storage.delete(self.name, record_id)
        return True

    @property
    def _quants(self) -> Quant:
        return Quant(self.env)

    def _lines(self, record: Record) -> list[Record]:
        return [self.env["stock.move.line"].get(line_id) for line_id in record["move_line_ids"] or ()]

    def _validate(self, record: Record) -> None:
        if record["state"] == "cancel":
            raise UserError("You cannot validate a cancelled transfer.")
        if arriving := [move for move in self._moves(record) if move["purchase_line_id"]]:
            Receipts(self.env).complete(record, arriving)
            return
        lines = self._lines(record)
        if not lines:
            raise UserError(
                "You can\u2019t validate an empty transfer. Please add some products to move before proceeding."
            )
        self._drop_lines(record, [line for line in lines if not Decimal(line["quantity"])])
        lines = self._lines(record)
        self._check_lots(record, lines)
        for line in lines:
            self._quants.reserve(line, line["location_id"], -1)
            self._quants.move(line, line["location_id"], line["location_dest_id"])
        self.update(record, {"state": "done"})
        self._set_moves(record, "done")

    def _moves(self, record: Record) -> list[Record]:
        return [self.env["stock.move"].get(move_id) for move_id in record["move_ids"] or ()]

    def _set_moves(self, record: Record, state: str) -> None:
        for move in self._moves(record):
            self.env["stock.move"].update(move, {"state": state})

    def _check_lots(self, record: Record, lines: Sequence[Record]) -> None:
        operation = self.env["stock.picking.type"].get(record["picking_type_id"])
        if not (operation["use_create_lots"] or operation["use_existing_lots"]):
            return
        products = self.env["product.product"]
        items = [products.get(line["product_id"]) for line in lines if not line["lot_id"]]
        if tracked := [products.display_name(item) for item in items if item["tracking"] != "none"]:
            raise UserError(f"You need to supply a Lot/Serial number for products {', '.join(tracked)}.")

    def _drop_lines(self, record: Record, lines: Sequence[Record]) -> None:
        gone = {line["id"] for line in lines}
        for line in lines:
            self._quants.reserve(line, line["location_id"], -1)
            self.storage.delete("stock.move.line", line["id"])
        self.update(record, {"move_line_ids": [kept for kept in record["move_line_ids"] or () if kept not in gone]})
