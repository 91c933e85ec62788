"""Transfers between places of our own, under keys of ours: made once, ready to be carried, completed only on request.

Used by the operation ``stock.transfer`` and by the quarantine of a recall. Each call may be repeated: an insert-only
``load`` makes the transfer with what it takes reserved, and validating it again changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.errors import Held, InDoubt, Permanent, Transient
from app.model.supply import Place
from app.odoo import faults
from app.odoo.gateway import Transfer
from app.odoo.loading import external_id, find, load
from app.odoo.naming import Naming
from app.odoo.transfers import ASK_NOTHING, FINAL
from app.odoo.transport import Connection

_HEAD = ("id", "picking_type_id/.id", "location_id/.id", "location_dest_id/.id", "origin")
# Lines name place and lot: of a move alone Odoo would take the goods from any place below, and any lot.
_LINE = ("product_id/.id", "quantity", "product_uom_id/.id", "lot_id/.id", "location_id/.id", "location_dest_id/.id")


@dataclass(frozen=True, slots=True)
class Load:
    """A quantity of an item to be carried, and of one lot where that matters, in the item's base unit."""

    item: str
    quantity: Decimal
    lot: str = ""


class Rebalancing:
    """Makes internal transfers."""

    def __init__(self, connection: Connection, naming: Naming) -> None:
        self._connection = connection
        self._naming = naming
        self._pickings = connection.get_model("stock.picking")

    def carry(
        self, key: str, source: str, destination: str, item: str, quantity: Decimal, origin: str, *, complete: bool
    ) -> Transfer:
        """Make a transfer of what the source itself has free, the oldest first, or find the one made under the key.

        Raises Held where there is not as much (``source_short``), a name is not in Odoo, or Odoo refuses.
        """
        if (known := find(self._connection, "stock.picking", key)) is not None:
            return self._ready(known, complete=complete)
        return self.make(key, source, destination, self._chosen(source, item, quantity), origin, complete=complete)

    def make(
        self, key: str, source: str, destination: str, loads: Sequence[Load], origin: str, *, complete: bool = False
    ) -> Transfer:
        """Make a transfer of these very lots, or find the one made under the key; what it takes is reserved.

        With ``complete`` it is validated too. Raises Held where a name is not in Odoo or Odoo refuses.
        """
        fields = [*_HEAD, *(f"move_line_ids/{name}" for name in _LINE)]
        rows = self._rows(key, source, destination, loads, origin)
        try:
            [transfer_id] = load(self._connection, "stock.picking", fields, rows)
            return self._ready(transfer_id, complete=complete)
        except faults.Declined as refusal:
            hint = "Odoo refused the transfer; mend what the reason names and release the group."
            raise Held("refused_by_odoo", f"transfer to {destination}: {refusal.reason}", hint) from refusal

    def _chosen(self, source: str, item: str, quantity: Decimal) -> list[Load]:
        """Which lots to carry: of what the place itself has, belongs to us and is promised to nobody."""
        product_id, _ = self._product(item)
        domain = [["product_id", "=", product_id], ["location_id", "=", self._place(source).id]]
        own = [["owner_id", "=", False], ["package_id", "=", False]]
        fields = ("lot_id", "quantity", "reserved_quantity", "in_date")
        rows = sorted(self._naming.paged("stock.quant", [*domain, *own], fields), key=lambda r: (r["in_date"], r["id"]))
        lots = self._naming.lots({row["lot_id"] for row in rows if row["lot_id"]})
        chosen, left = [], quantity
        for row in rows:
            part = min(left, Decimal(row["quantity"]) - Decimal(row["reserved_quantity"]))
            if part > 0:
                chosen.append(Load(item, part, lots.get(row["lot_id"], "")))
                left -= part
        if left > 0:
            hint = "The place has less to spare than was counted on; release it to decide anew, or cancel it."
            raise Held("source_short", f"item {item} at {source}", hint)
        return chosen

    def _ready(self, transfer_id: int, *, complete: bool) -> Transfer:
        transfer = self._read(transfer_id)
        try:
            if transfer.state == "draft":
                self._pickings.action_confirm(ids=[transfer_id])
                transfer = self._read(transfer_id)
            if transfer.state not in FINAL:
                self._demand(transfer_id)
            if complete and transfer.state not in FINAL:
                self._pickings.button_validate(ids=[transfer_id], context=ASK_NOTHING)
                transfer = self._read(transfer_id)
        except Transient as error:
            raise InDoubt(f"transfer {transfer_id} is not ready yet ({error})", code="odoo.in_doubt") from error
        return transfer

    def _demand(self, transfer_id: int) -> None:
        """Let the moves ask for what their lines reserve; without a demand Odoo's forecasts would not count them."""
        rows = self._naming.paged("stock.move", [["picking_id", "=", transfer_id]], ("product_uom_qty", "quantity"))
        for row in [row for row in rows if Decimal(row["product_uom_qty"]) < Decimal(row["quantity"])]:
            # Written through the transfer, as Odoo's own form does it.
            demand = [[1, row["id"], {"product_uom_qty": float(row["quantity"])}]]
            self._pickings.write(ids=[transfer_id], vals={"move_ids": demand})

    def _read(self, transfer_id: int) -> Transfer:
        rows = self._pickings.read(ids=[transfer_id], fields=["name", "state"])
        if not rows:
            raise Transient(f"transfer {transfer_id} was deleted in Odoo", code="odoo.deleted")
        return Transfer(rows[0]["id"], rows[0]["name"], rows[0]["state"])

    def _rows(self, key: str, source: str, destination: str, loads: Sequence[Load], origin: str) -> list[list[str]]:
        """As ``load`` wants them: strings, the transfer's own cells in the first row alone."""
        start, end = self._place(source), self._place(destination)
        head = [external_id(key), str(self._operation(start)), str(start.id), str(end.id), origin]
        lots = self._lots([one for one in loads if one.lot])
        rows = []
        for number, one in enumerate(loads):
            product_id, unit_id = self._product(one.item)
            lot = str(lots[one.item, one.lot]) if one.lot else ""
            cells = [str(product_id), format(one.quantity, "f"), str(unit_id), lot]
            rows.append([*(head if number == 0 else [""] * len(head)), *cells, str(start.id), str(end.id)])
        return rows

    def _place(self, name: str) -> Place:
        found = [place for place in self._naming.own_places().values() if place.name == name and place.active]
        if not found:
            hint = "Make or unarchive the stock location in Odoo, or correct the level or crosswalk that names it."
            raise Held("location_not_in_odoo", f"location {name}", hint)
        return found[0]

    def _product(self, item: str) -> tuple[int, int]:
        """Id of the item, and of its base unit."""
        fields = ("active", "uom_id")
        rows = self._naming.search("product.product", [["default_code", "=", item]], fields)
        if len(rows) != 1:
            cause = "item_ambiguous_in_odoo" if rows else "item_not_in_odoo"
            raise Held(cause, f"item {item}", "Exactly one item in Odoo must have this internal reference; mend it.")
        if not rows[0]["active"]:
            raise Held("item_archived", f"item {item}", "Unarchive the item in Odoo, or cancel the transfer.")
        return int(rows[0]["id"]), int(rows[0]["uom_id"])

    def _lots(self, loads: Sequence[Load]) -> dict[tuple[str, str], int]:
        found = {}
        for one in loads:
            domain = [["product_id", "=", self._product(one.item)[0]], ["name", "=", one.lot]]
            rows = self._naming.search("stock.lot", domain, ("name",))
            if not rows:
                raise Held("lot_unknown", f"item {one.item} lot {one.lot}", "Odoo has no such lot of the item.")
            found[one.item, one.lot] = int(rows[0]["id"])
        return found

    def _operation(self, start: Place) -> int:
        """The operation type for internal transfers of the place's warehouse."""
        rows = self._naming.search("stock.warehouse", [["code", "=", start.warehouse]], ("int_type_id",))
        if not rows or not rows[0]["int_type_id"]:
            raise Permanent("a place has no operation type for internal transfers", code="odoo.operation_missing")
        return int(rows[0]["int_type_id"])
