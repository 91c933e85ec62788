"""Reorder rules and the moves of internal transfers of the stand-in.

Registered in ``catalogue``; ``transfers`` confirms, reserves and completes the moves.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ops.simulators.odoo_standin.loading import LoadableModel
from ops.simulators.odoo_standin.receipts import Receipts
from ops.simulators.odoo_standin.records import Field, Record, rpc
from ops.simulators.odoo_standin.refusals import UserError

OPEN = ("confirmed", "partially_available", "assigned")
DRAFTS = ("draft", "sent", "to approve")


class Move(LoadableModel):
    """A quantity of an item that is to go from one place to another."""

    name = "stock.move"
    fields = {
        "picking_id": Field("many2one", "stock.picking"),
        "product_id": Field("many2one", "product.product", required=True, label="Product"),
        "product_uom_qty": Field("decimal", default="0"),
        "product_uom": Field("many2one", "uom.uom", default=1),
        "quantity": Field("decimal", default="0"),
        "location_id": Field("many2one", "stock.location", required=True),
        "location_dest_id": Field("many2one", "stock.location", required=True),
        "location_final_id": Field("many2one", "stock.location"),
        "purchase_line_id": Field("many2one", "purchase.order.line"),
        "state": Field(default="draft"),
        "date": Field(),
        "date_deadline": Field(),
        "picked": Field("bool", default=False),
        "move_line_ids": Field("one2many", "stock.move.line"),
    }

    def value(self, record: Record, name: str) -> Any:
        """Adds the quantity in the item's base unit, and a date."""
        if name == "product_qty":
            unit = self.env["uom.uom"].get(record["product_uom"] or 1)
            return Decimal(record["product_uom_qty"]) * Decimal(unit.get("factor") or 1)
        if name == "move_line_ids":
            return [line["id"] for line in self.storage.all("stock.move.line") if line["move_id"] == record["id"]]
        if name == "date":
            return record["date"] or record["write_date"]
        return super().value(record, name)

    @rpc(ids=True)
    def write(self, ids: Sequence[int], vals: Mapping[str, Any]) -> bool:
        """Change the moves. Raises UserError for another unit of a done one and another quantity of a cancelled one."""
        rest = dict(vals)
        commands = rest.pop("move_line_ids", None)
        for record in map(self.get, ids):
            if record["state"] == "done" and "product_uom" in rest:
                raise UserError("You cannot change the UoM for a stock move that has been set to 'Done'.")
            if record["state"] == "cancel" and ("quantity" in rest or commands):
                raise UserError("You cannot change a cancelled stock move, create a new line instead.")
            self.update(record, rest)
            Receipts(self.env).command(record, commands or ())
        return True


class Orderpoint(LoadableModel):
    """A reorder rule: its forecast is what is there and what is to come, drafts of orders too, less what is to go."""

    name = "stock.warehouse.orderpoint"
    fields = {
        "product_id": Field("many2one", "product.product", required=True, label="Product"),
        "location_id": Field("many2one", "stock.location", required=True, label="Location"),
        "warehouse_id": Field("many2one", "stock.warehouse"),
        "product_min_qty": Field("decimal", default="0"),
        "product_max_qty": Field("decimal", default="0"),
        "trigger": Field(default="auto"),
        "replenishment_uom_id": Field("many2one", "uom.uom"),
        "snoozed_until": Field(),
        "active": Field("bool", default=True),
    }

    def value(self, record: Record, name: str) -> Any:
        """Adds the computed figures."""
        if name in ("qty_forecast", "qty_to_order", "lead_days"):
            forecast = self._forecast(record)
            low = forecast < Decimal(record["product_min_qty"])
            wanted = max(Decimal(record["product_min_qty"]), Decimal(record["product_max_qty"])) - forecast
            return {"qty_forecast": forecast, "lead_days": Decimal(0)}.get(name, wanted if low else Decimal(0))
        return super().value(record, name)

    def _forecast(self, record: Record) -> Decimal:
        places = set(self._places(record["location_id"]))
        mine = {"product_id": record["product_id"]}.items()
        quants = [q for q in self.storage.all("stock.quant") if mine <= q.items() and q["location_id"] in places]
        moves = [m for m in self.storage.all("stock.move") if mine <= m.items() and m["state"] in OPEN]
        come = (Decimal(m["product_uom_qty"]) for m in moves if m["location_dest_id"] in places)
        go = (Decimal(m["product_uom_qty"]) for m in moves if m["location_id"] in places)
        drafts = sum(self._drafted(mine, places), Decimal(0))
        return sum((Decimal(quant["quantity"]) for quant in quants), Decimal(0)) + sum(come) - sum(go) + drafts

    def _drafted(self, mine: ItemsView[str, Any], places: set[int]) -> Iterator[Decimal]:
        """What lines of orders will bring that nobody has confirmed yet."""
        for line in self.storage.all("purchase.order.line"):
            order = self.env["purchase.order"].get(line["order_id"])
            operation = self.env["stock.picking.type"].get(order["picking_type_id"])
            if mine <= line.items() and order["state"] in DRAFTS and operation["default_location_dest_id"] in places:
                yield self.env["purchase.order.line"].value(line, "product_uom_qty")

    def _places(self, root: int) -> Iterator[int]:
        yield root
        for place in self.storage.all("stock.location"):
            if place["location_id"] == root:
                yield from self._places(place["id"])
