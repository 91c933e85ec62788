"""Incoming transfers read from Odoo: moves, what they hold, lots and expiry dates, in one call.

Used by ``app.odoo.receiving``. ``specification`` is what is asked of ``web_search_read``, ``incoming_of`` what it
means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.odoo.order_reading import exact, moment

Nested = dict[str, Any]
CLOSED = ("done", "cancel")


@dataclass(frozen=True, slots=True)
class Landed:
    """What one line of a move holds, in base units."""

    quantity: Decimal
    lot: str | None = None
    expiry: date | None = None


@dataclass(frozen=True, slots=True)
class IncomingMove:
    """Goods of one line of an order, in base units.

    ``line_id`` is the order line's id in Odoo. ``rest`` is what is still to come, ``landed`` what the move holds now,
    and what came once it is done. One of the move's own units is ``factor`` base units; ``expires`` tells that Odoo
    keeps expiry dates of the item, ``back`` that the goods go to the supplier.
    """

    id: int
    line_id: int
    item: str
    item_id: int
    state: str
    expected_at: datetime | None
    rest: Decimal
    landed: tuple[Landed, ...]
    unit_id: int
    factor: Decimal
    source_id: int
    destination_id: int
    place: str
    picked: bool
    expires: bool = False
    back: bool = False
    held_lines: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """A transfer of an order's goods. ``backorder_of`` and ``return_of`` are ids of other transfers, 0 for none."""

    id: int
    name: str
    state: str
    origin: str
    note: str
    done_at: datetime | None
    backorder_of: int
    return_of: int
    place: str
    moves: tuple[IncomingMove, ...]

    @property
    def is_open(self) -> bool:
        """Whether something may still come with it."""
        return self.state not in CLOSED


def specification(*, expiry: bool) -> Nested:
    """What is asked of transfers; ``expiry`` tells whether this Odoo keeps expiry dates."""
    item: Nested = {"default_code": {}, "uom_id": {"fields": {"factor": {}}}}
    line: Nested = {"quantity": {}, "lot_id": {"fields": {"name": {}}}, "lot_name": {}}
    if expiry:
        item["use_expiration_date"] = {}
        line["expiration_date"] = {}
    move: Nested = {
        "product_id": {"fields": item},
        "purchase_line_id": {},
        "product_uom_qty": {},
        "product_uom": {"fields": {"factor": {}}},
        "picked": {},
        "state": {},
        "date": {},
        "location_id": {"fields": {"usage": {}}},
        "location_dest_id": {"fields": {"complete_name": {}, "usage": {}}},
        "move_line_ids": {"fields": line},
    }
    return {
        "name": {},
        "state": {},
        "origin": {},
        "note": {},
        "date_done": {},
        "backorder_id": {},
        "return_id": {},
        "location_dest_id": {"fields": {"complete_name": {}}},
        "move_ids": {"fields": move},
    }


def incoming_of(row: Mapping[str, Any]) -> Incoming:
    """A transfer as Odoo tells it; moves that belong to no order are left out."""
    moves = (_move(move) for move in row["move_ids"] if move["purchase_line_id"])
    return Incoming(
        id=row["id"],
        name=row["name"],
        state=row["state"],
        origin=row["origin"] or "",
        note=row["note"] or "",
        done_at=moment(row["date_done"]),
        backorder_of=row["backorder_id"] or 0,
        return_of=row["return_id"] or 0,
        place=row["location_dest_id"]["complete_name"],
        moves=tuple(sorted(moves, key=lambda move: move.id)),
    )


def _move(row: Mapping[str, Any]) -> IncomingMove:
    item, unit = row["product_id"], row["product_uom"]
    factor = exact(Decimal(unit["factor"]) / Decimal(item["uom_id"]["factor"]), 9)
    return IncomingMove(
        id=row["id"],
        line_id=row["purchase_line_id"],
        item=item["default_code"] or "",
        item_id=item["id"],
        state=row["state"],
        expected_at=moment(row["date"]),
        rest=Decimal(0) if row["state"] in CLOSED else exact(row["product_uom_qty"]) * factor,
        landed=tuple(_landed(line, factor) for line in row["move_line_ids"]),
        unit_id=unit["id"],
        factor=factor,
        source_id=row["location_id"]["id"],
        destination_id=row["location_dest_id"]["id"],
        place=row["location_dest_id"]["complete_name"],
        picked=row["picked"],
        expires=bool(item.get("use_expiration_date")),
        back=row["location_dest_id"]["usage"] == "supplier",
        held_lines=tuple(line["id"] for line in row["move_line_ids"]),
    )


def _landed(row: Mapping[str, Any], factor: Decimal) -> Landed:
    expiry = moment(row.get("expiration_date"))
    lot = (row["lot_id"]["name"] if row["lot_id"] else None) or row["lot_name"] or None
    return Landed(exact(row["quantity"]) * factor, lot, expiry.date() if expiry else None)
