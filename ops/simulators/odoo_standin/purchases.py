"""Purchase orders of the stand-in: drafted by ``load``, confirmed into incoming transfers, changed, cancelled.

Registered in ``catalogue``; the incoming transfers and their moves are those of ``transfers`` and ``supply``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from ops.simulators.odoo_standin.bills import invoiced
from ops.simulators.odoo_standin.books import tax_on
from ops.simulators.odoo_standin.loading import LoadableModel
from ops.simulators.odoo_standin.places import vendors
from ops.simulators.odoo_standin.records import Field, Record, rpc
from ops.simulators.odoo_standin.refusals import UserError

OPEN = ("draft", "sent")
CLOSED = ("done", "cancel")


class PurchaseOrderLine(LoadableModel):
    """An ordered item; its price keeps all its decimals."""

    name = "purchase.order.line"
    fields = {
        "order_id": Field("many2one", "purchase.order"),
        "product_id": Field("many2one", "product.product", required=True, label="Product"),
        "name": Field(),
        "display_type": Field(default=False),
        "product_qty": Field("decimal", default="1"),
        "product_uom_id": Field("many2one", "uom.uom", default=1),
        "price_unit": Field(default="0"),
        "technical_price_unit": Field(default="0"),
        "discount": Field("decimal", default="0"),
        "tax_ids": Field("many2many", "account.tax"),
        "date_planned": Field(),
        "analytic_distribution": Field(),
        "location_final_id": Field("many2one", "stock.location"),
    }

    def insert(self, values: Mapping[str, Any]) -> Record:
        """The line, in its order; where that is confirmed, its goods are expected at once."""
        record = super().insert(values)
        product = self.env["product.product"]
        if not record["name"]:
            record["name"] = product.display_name(product.get(record["product_id"]))
            self.storage.put(self.name, record)
        if record["order_id"]:
            orders = self.env["purchase.order"]
            assert isinstance(orders, PurchaseOrder)
            orders.adopt(orders.get(record["order_id"]), record)
        return record

    def update(self, record: Record, values: Mapping[str, Any]) -> None:
        """Change the line; a confirmed order expects what it says now."""
        before = Decimal(record["product_qty"])
        super().update(record, values)
        orders = self.env["purchase.order"]
        assert isinstance(orders, PurchaseOrder)
        order = orders.get(record["order_id"])
        orders.touch(order)
        if order["state"] == "purchase":
            orders.deadline(record, values)
            if Decimal(record["product_qty"]) != before:
                orders.expect(order, record)

    def value(self, record: Record, name: str) -> Any:
        """Adds what is computed or the order's own."""
        if name in ("state", "currency_id", "company_id", "partner_id"):
            orders = self.env["purchase.order"]
            return orders.value(orders.get(record["order_id"]), name)
        if (compute := self._computed.get(name)) is not None:
            return compute(self, record)
        return super().value(record, name)

    def _subtotal(self, record: Record) -> Decimal:
        net = Decimal(record["product_qty"]) * Decimal(record["price_unit"] or 0)
        return round(net * (1 - Decimal(record["discount"] or 0) / 100), 2)

    def base(self, record: Record, quantity: Decimal) -> Decimal:
        """A quantity of the line's unit in the item's."""
        return quantity * self.factor(record)

    def factor(self, record: Record) -> Decimal:
        """How many of the item's unit one of the line's holds."""
        units, product = self.env["uom.uom"], self.env["product.product"].get(record["product_id"])
        own, base = units.get(record["product_uom_id"]), units.get(product["uom_id"])
        return Decimal(own["factor"]) / Decimal(base["factor"])

    def moves(self, record: Record) -> list[Record]:
        """The moves of the line's goods, also those that send some back."""
        found = self.storage.all("stock.move")
        return [move for move in found if move["purchase_line_id"] == record["id"]]

    def received(self, record: Record) -> Decimal:
        """What came, less what went back, in the line's unit."""
        total = Decimal(0)
        for move in self.moves(record):
            if move["state"] == "done":
                back = self.env["stock.location"].get(move["location_dest_id"])["usage"] == "supplier"
                total += (-1 if back else 1) * Decimal(move["quantity"])
        return total / self.factor(record)

    _computed: ClassVar[Mapping[str, Callable[[PurchaseOrderLine, Record], Decimal]]] = {
        "price_unit": lambda _, record: Decimal(record["price_unit"] or 0),
        "price_subtotal": _subtotal,
        "price_tax": lambda self, record: tax_on(self.env, [(self._subtotal(record), record["tax_ids"] or [])], 2),
        "product_uom_qty": lambda self, record: self.base(record, Decimal(record["product_qty"])),
        "qty_received": received,
        "qty_invoiced": lambda self, record: invoiced(self.env, record),
    }

    def cell(self, path: str, text: str) -> Record:
        """Distributions are JSON."""
        if path == "analytic_distribution":
            return {path: json.loads(text) if text else None}
        return super().cell(path, text)


class PurchaseOrder(LoadableModel):
    """An order to a supplier; confirming it makes the incoming transfer."""

    name = "purchase.order"
    fields = {
        "name": Field(),
        "state": Field(default="draft"),
        "partner_id": Field("many2one", "res.partner", required=True, label="Vendor"),
        "partner_ref": Field(),
        "currency_id": Field("many2one", "res.currency", default=1),
        "company_id": Field("many2one", "res.company", default=1),
        "picking_type_id": Field("many2one", "stock.picking.type", label="Deliver To"),
        "origin": Field(),
        "priority": Field(default="0"),
        "note": Field(),
        "acknowledged": Field("bool", default=False),
        "order_line": Field("one2many", "purchase.order.line"),
    }

    def insert(self, values: Mapping[str, Any]) -> Record:
        """The order with its lines, numbered, in draft."""
        number = f"P{self.storage.next(f'{self.name} name'):05}"
        receipts = values.get("picking_type_id") or self._receipts()
        head = {"name": number, "order_line": None, "picking_type_id": receipts}
        record = super().insert({**values, **head})
        self._command(record, [[0, 0, line] for line in values.get("order_line") or ()])
        return self.get(record["id"])

    def update(self, record: Record, values: Mapping[str, Any]) -> None:
        """Change the order, and its lines by commands."""
        rest = {name: value for name, value in values.items() if name != "order_line"}
        super().update(record, rest)
        if "order_line" in values:
            self._command(record, values["order_line"])

    def value(self, record: Record, name: str) -> Any:
        """Adds the transfers."""
        return self._pickings(record) if name == "picking_ids" else super().value(record, name)

    @rpc(ids=True)
    def button_confirm(self, ids: Sequence[int]) -> bool:
        """Confirm the orders that are in draft, and expect their goods."""
        for record in map(self.get, ids):
            if record["state"] in OPEN:
                self.update(record, {"state": "purchase"})
                for line in self._lines(record):
                    self.expect(record, line)
        return True

    @rpc(ids=True)
    def button_approve(self, ids: Sequence[int]) -> Record:
        """Confirm the orders that wait for their approval."""
        for record in map(self.get, ids):
            if record["state"] == "to approve":
                self.update(record, {"state": "draft"})
        self.button_confirm(ids)
        return {}

    @rpc(ids=True)
    def button_cancel(self, ids: Sequence[int]) -> None:
        """Cancel the orders and what is still to come; what came stays, as in Odoo."""
        for record in map(self.get, ids):
            moves = [move for line in self._lines(record) for move in self._line_model.moves(line)]
            open_ones = [move for move in moves if move["state"] != "done"]
            for move in open_ones:
                self.env["stock.move"].update(move, {"state": "cancel"})
            for picking in map(self.env["stock.picking"].get, self._pickings(record)):
                if picking["state"] != "done":
                    self.env["stock.picking"].update(picking, {"state": "cancel"})
            self.update(record, {"state": "cancel"})

    @rpc(ids=True)
    def button_draft(self, ids: Sequence[int]) -> bool:
        """Set cancelled orders to draft again."""
        for record in map(self.get, ids):
            self.update(record, {"state": "draft"})
        return True

    @rpc(ids=True)
    def unlink(self, ids: Sequence[int]) -> bool:
        """Delete orders with their lines and external ids. Raises UserError for those that are not cancelled."""
        for record in map(self.get, ids):
            if record["state"] != "cancel":
                raise UserError("In order to delete a purchase order, you must cancel it first.")
            for line in record["order_line"] or ():
                self.storage.delete("purchase.order.line", line)
            self.storage.delete(self.name, record["id"])
        return True

    def adopt(self, record: Record, line: Record) -> None:
        """A line has joined."""
        super().update(record, {"order_line": [*(record["order_line"] or ()), line["id"]]})
        if record["state"] == "purchase":
            self.expect(record, line)

    def touch(self, record: Record) -> None:
        """A line has changed, and with it the order."""
        super().update(record, {})

    def deadline(self, line: Record, values: Mapping[str, Any]) -> None:
        """A new date of a line is the deadline of what is to come; when it is expected stays, as in Odoo."""
        if values.get("date_planned"):
            for move in self._line_model.moves(line):
                if move["state"] not in CLOSED:
                    self.env["stock.move"].update(move, {"date_deadline": values["date_planned"]})

    def expect(self, record: Record, line: Record) -> None:
        """Let just as much be on its way as is ordered and not received."""
        moves, lines = self.env["stock.move"], self._line_model
        open_ones = [move for move in lines.moves(line) if move["state"] not in CLOSED]
        alike = [move for move in open_ones if move["product_id"] == line["product_id"]]
        rest = lines.base(line, Decimal(line["product_qty"]) - lines.received(line))
        for move in alike[1:] if rest > 0 else alike:
            moves.update(move, {"product_uom_qty": 0, "quantity": 0, "state": "cancel"})
        if rest <= 0:
            return
        if alike:
            moves.update(alike[0], {"product_uom_qty": rest, "quantity": rest})
        else:
            self._expected(record, line, rest)

    def _expected(self, record: Record, line: Record, quantity: Decimal) -> None:
        operation = self.env["stock.picking.type"].get(record["picking_type_id"])
        ends = {"location_id": vendors(self.env), "location_dest_id": operation["default_location_dest_id"]}
        department = {"location_dest_id": line["location_final_id"]} if line["location_final_id"] else {}
        picking = self._open_picking(record) or self._picking(record, operation, ends)
        base = self.env["product.product"].get(line["product_id"])["uom_id"]
        self.env["stock.move"].insert({
            **ends | department,
            "picking_id": picking["id"],
            "purchase_line_id": line["id"],
            "product_id": line["product_id"],
            "product_uom": base,
            "product_uom_qty": quantity,
            "quantity": quantity,
            "state": "assigned",
            "date": line["date_planned"],
            "date_deadline": line["date_planned"],
        })
        moves = [move["id"] for move in self.storage.all("stock.move") if move["picking_id"] == picking["id"]]
        self.env["stock.picking"].update(picking, {"move_ids": moves, "state": "assigned"})

    def _picking(self, record: Record, operation: Record, ends: Mapping[str, Any]) -> Record:
        values = {"picking_type_id": operation["id"], "origin": record["name"], **ends}
        picking: Record = self.env["stock.picking"].insert(values)
        return picking

    def _open_picking(self, record: Record) -> Record | None:
        found = map(self.env["stock.picking"].get, self._pickings(record))
        return next((picking for picking in found if picking["state"] not in CLOSED), None)

    def _pickings(self, record: Record) -> list[int]:
        lines = set(record["order_line"] or ())
        moves = (move for move in self.storage.all("stock.move") if move["purchase_line_id"] in lines)
        return sorted({move["picking_id"] for move in moves if move["picking_id"]})

    def _receipts(self) -> int | None:
        houses = self.storage.all("stock.warehouse")
        return next((house["in_type_id"] for house in houses if house["in_type_id"]), None)

    def _lines(self, record: Record) -> list[Record]:
        return [self._line_model.get(line) for line in self.get(record["id"])["order_line"] or ()]

    @property
    def _line_model(self) -> PurchaseOrderLine:
        model = self.env["purchase.order.line"]
        assert isinstance(model, PurchaseOrderLine)
        return model

    def _command(self, record: Record, commands: Iterable[Sequence[Any]]) -> None:
        for code, line_id, *rest in commands:
            if code == 0:
                values = dict(rest[0])
                external = values.pop("xmlid", None)
                line = self._line_model.insert({**values, "order_id": record["id"]})
                if external:
                    module, _, name = external.partition(".")
                    noupdate = bool(self.env.context.get("noupdate"))
                    self.storage.bind(module, name, self._line_model.name, line["id"], noupdate)
            elif code == 1:
                self._line_model.update(self._line_model.get(line_id), rest[0])
            else:
                self._drop(record, line_id)
        record |= self.get(record["id"])

    def _drop(self, record: Record, line_id: int) -> None:
        if record["state"] == "purchase":
            raise UserError("Cannot delete a purchase order line which is in state \u201cPurchase Order\u201d.")
        self._line_model.get(line_id)
        current = self.get(record["id"])
        super().update(current, {"order_line": [one for one in current["order_line"] or () if one != line_id]})
        self.storage.delete("purchase.order.line", line_id)


class AnalyticPlan(LoadableModel):
    """What accounts of one kind belong to."""

    name = "account.analytic.plan"
    fields = {"name": Field(required=True)}


class AnalyticAccount(LoadableModel):
    """A cost centre."""

    name = "account.analytic.account"
    fields = {
        "name": Field(required=True),
        "code": Field(),
        "plan_id": Field("many2one", "account.analytic.plan", required=True),
        "active": Field("bool", default=True),
    }
