"""What is on its way to and from places of ours, as Odoo has it: open moves, and lines of orders nobody has confirmed.

Used by ``app.odoo.supply``. Draft orders count, whoever made them: those of Odoo's own scheduler, too, will arrive.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from app.model.supply import Expected, Place
from app.odoo.naming import OWN, Naming
from app.odoo.transport import Connection

OPEN = ("waiting", "confirmed", "partially_available", "assigned")
UNCONFIRMED = ("draft", "sent", "to approve")
STEP = 1_000
_MOVE = (
    "product_id", "product_qty", "location_id", "location_dest_id", "location_final_id", "date", "picking_id",
    "purchase_line_id",
)  # fmt: skip
_LINE = ("product_id", "product_uom_qty", "order_id", "location_final_id", "date_planned")


class Expectations:
    """Reads moves and order lines."""

    def __init__(self, connection: Connection, naming: Naming) -> None:
        self._connection = connection
        self._naming = naming

    def of_items(self, items: Collection[str]) -> list[Expected]:
        """What is on its way of these items."""
        found: list[Expected] = []
        references = sorted(items)
        for start in range(0, len(references), STEP):
            domain = [["default_code", "in", references[start : start + STEP]]]
            rows = self._naming.search("product.product", domain, ("default_code",))
            known = {row["id"]: row["default_code"] for row in rows}
            if known:
                found += [*self._moves(known), *self._lines(known)]
        return found

    def _moves(self, known: Mapping[int, str]) -> Iterator[Expected]:
        domain = [["product_id", "in", sorted(known)], ["state", "in", list(OPEN)]]
        rows = list(self._naming.paged("stock.move", domain, _MOVE))
        orders = self._orders_of_lines({row["purchase_line_id"] for row in rows if row["purchase_line_id"]})
        transfers = self._naming.names("stock.picking", {row["picking_id"] for row in rows if row["picking_id"]})
        places = self._naming.places({place for row in rows for place in (row["location_id"], _end(row))})
        for row in rows:
            source, end = places.get(row["location_id"]), places.get(_end(row))
            if _own(source) or _own(end):
                yield Expected(
                    id=f"move {row['id']}",
                    item=known[row["product_id"]],
                    quantity=Decimal(row["product_qty"]),
                    location=_own(end),
                    source=_own(source),
                    order=orders.get(row["purchase_line_id"]) or transfers.get(row["picking_id"], ""),
                    due_on=_day(row["date"]),
                )

    def _lines(self, known: Mapping[int, str]) -> Iterator[Expected]:
        domain = [["product_id", "in", sorted(known)], ["order_id.state", "in", list(UNCONFIRMED)]]
        rows = list(self._naming.paged("purchase.order.line", domain, _LINE))
        orders, docks = self._orders({row["order_id"] for row in rows})
        places = self._naming.places({place for row in rows if (place := row["location_final_id"])})
        for row in rows:
            place = places.get(row["location_final_id"])
            yield Expected(
                id=f"line {row['id']}",
                item=known[row["product_id"]],
                quantity=Decimal(row["product_uom_qty"]),
                location=place.name if place else docks.get(row["order_id"], ""),
                order=orders[row["order_id"]],
                due_on=_day(row["date_planned"]),
            )

    def _orders_of_lines(self, line_ids: Collection[int]) -> dict[int, str]:
        if not line_ids:
            return {}
        rows = self._naming.search("purchase.order.line", [["id", "in", sorted(line_ids)]], ("order_id",))
        names = self._naming.names("purchase.order", {row["order_id"] for row in rows})
        return {row["id"]: names[row["order_id"]] for row in rows}

    def _orders(self, order_ids: Collection[int]) -> tuple[dict[int, str], dict[int, str]]:
        """The orders' names, and the names of the places that their goods arrive at."""
        if not order_ids:
            return {}, {}
        orders = self._found("purchase.order", order_ids, ("name", "picking_type_id"))
        types = {row["picking_type_id"] for row in orders if row["picking_type_id"]}
        ends = self._found("stock.picking.type", types, ("default_location_dest_id",))
        docks = {row["id"]: row["default_location_dest_id"] for row in ends}
        places = self._naming.places({place for place in docks.values() if place})
        arrivals = {row["id"]: places.get(docks.get(row["picking_type_id"], 0)) for row in orders}
        names = {row["id"]: row["name"] for row in orders}
        return names, {order: place.name for order, place in arrivals.items() if place}

    def _found(self, model: str, record_ids: Collection[int], fields: Sequence[str]) -> list[dict[str, Any]]:
        return self._naming.search(model, [["id", "in", sorted(record_ids)]], fields) if record_ids else []


def _own(place: Place | None) -> str:
    """The name of a place of ours, empty for one that is not."""
    return place.name if place and place.usage in OWN else ""


def _end(row: Mapping[str, Any]) -> int:
    """Where a move is to end: the department it was asked for, where Odoo knows it, else where it is unloaded."""
    return int(row["location_final_id"] or row["location_dest_id"])


def _day(text: Any) -> date | None:
    return date.fromisoformat(str(text)[:10]) if text else None
