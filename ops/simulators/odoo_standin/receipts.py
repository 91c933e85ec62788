"""Goods of orders arriving in the stand-in: what a transfer's moves hold, lots made on the way, and backorders.

Used by ``transfers`` and ``supply`` for the moves that belong to lines of purchase orders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from app import ids
from ops.simulators.odoo_standin.quants import Quant
from ops.simulators.odoo_standin.records import Environment, Record
from ops.simulators.odoo_standin.refusals import UserError

CLOSED = ("done", "cancel")


class Receipts:
    """Completes transfers of orders' goods."""

    def __init__(self, env: Environment) -> None:
        self.env = env
        self.moves = env["stock.move"]
        self.pickings = env["stock.picking"]
        self.lines = env["stock.move.line"]

    def complete(self, picking: Record, moves: Sequence[Record]) -> None:
        """Take in what was picked, everything where nothing was; the rest goes into a backorder.

        Raises UserError for tracked goods without lot or serial number.
        """
        open_ones = [move for move in moves if move["state"] not in CLOSED]
        picked = [move for move in open_ones if move["picked"]] or open_ones
        if not picked:
            raise UserError("You cannot validate a transfer if no quantities are reserved.")
        rest = [move for move in open_ones if move["id"] not in {one["id"] for one in picked}]
        lefts = [(move, self._take_in(move)) for move in picked]
        rest += [self._split(move, left) for move, left in lefts if left > 0]
        now = ids.now().strftime("%Y-%m-%d %H:%M:%S")
        self.pickings.update(picking, {"state": "done", "date_done": now})
        if rest:
            self._backorder(picking, rest)
        self._gather(picking)

    def command(self, move: Record, commands: Iterable[Sequence[Any]]) -> None:
        """Delete lines of a move (2) and make new ones (0)."""
        for code, line_id, *rest in commands:
            if code == 2:
                self.lines.get(line_id)
                self.env.storage.delete("stock.move.line", line_id)
            else:
                self.lines.insert({**rest[0], "move_id": move["id"], "picking_id": move["picking_id"]})

    def _take_in(self, move: Record) -> Decimal:
        """Book the lines of a move; what is left to come."""
        lines = self._lines(move) or [self._everything(move)]
        for line in lines:
            self._name(line)
            Quant(self.env).move(line, line["location_id"], line["location_dest_id"])
        quantity = sum((Decimal(line["quantity"]) for line in lines), Decimal(0))
        left = Decimal(move["product_uom_qty"]) - quantity
        demand = quantity if left > 0 else move["product_uom_qty"]
        self.moves.update(move, {"state": "done", "quantity": quantity, "product_uom_qty": demand, "picked": True})
        return left

    def _everything(self, move: Record) -> Record:
        ends = {name: move[name] for name in ("product_id", "picking_id", "location_id", "location_dest_id")}
        return self.lines.insert({**ends, "move_id": move["id"], "quantity": move["product_uom_qty"]})

    def _name(self, line: Record) -> None:
        """Give a line of tracked goods its lot, a new one where the item has none of the name."""
        products = self.env["product.product"]
        item = products.get(line["product_id"])
        if item["tracking"] == "none" or line["lot_id"]:
            return
        if not line["lot_name"]:
            raise UserError(f"You need to supply a Lot/Serial Number for product:\n- {products.display_name(item)}")
        key = {"product_id": item["id"], "name": line["lot_name"]}
        known = (lot for lot in self.env.storage.all("stock.lot") if key.items() <= lot.items())
        expiry = line["expiration_date"] if item["use_expiration_date"] else None
        lot = next(known, None) or self.env["stock.lot"].insert({**key, "expiration_date": expiry})
        self.lines.update(line, {"lot_id": lot["id"], "expiration_date": lot["expiration_date"]})

    def _split(self, move: Record, left: Decimal) -> Record:
        kept: Mapping[str, Any] = {name: move[name] for name in self.moves.fields if name != "move_line_ids"}
        fresh = {"product_uom_qty": left, "quantity": left, "state": "assigned", "picked": False}
        return self.moves.insert({**kept, **fresh})

    def _backorder(self, picking: Record, moves: Sequence[Record]) -> None:
        """A copy of the transfer with what is still to come."""
        kept = ("picking_type_id", "location_id", "location_dest_id", "origin", "note")
        copied = {name: picking[name] for name in kept} | {"backorder_id": picking["id"]}
        backorder = self.pickings.insert(copied)
        for move in moves:
            self.moves.update(move, {"picking_id": backorder["id"], "picked": False})
            for line in self._lines(move):
                self.env.storage.delete("stock.move.line", line["id"])
        self.pickings.update(backorder, {"state": "assigned"})
        self._gather(backorder)

    def _gather(self, picking: Record) -> None:
        found = (move for move in self.env.storage.all("stock.move") if move["picking_id"] == picking["id"])
        self.pickings.update(picking, {"move_ids": [move["id"] for move in found]})

    def _lines(self, move: Record) -> list[Record]:
        return [line for line in self.env.storage.all("stock.move.line") if line["move_id"] == move["id"]]
