"""Which lines of a movement Odoo cannot have had, for Odoo names a whole transfer and never a line.

Used by ``app.odoo.stock`` before a movement is sent (what Odoo would silently drop or round) and after a refusal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from app.errors import WardlineError
from app.odoo.directory import ARCHIVED_TOO
from app.odoo.gateway import Line, Movement, RefusedLine
from app.odoo.transport import Connection


def unfit(movement: Movement, digits: int) -> tuple[RefusedLine, ...]:
    """The lines whose quantity Odoo would not book as it is: it drops a zero and rounds to ``digits`` decimals."""
    return tuple(
        RefusedLine(index, "quantity_not_positive" if line.quantity <= 0 else "quantity_precision")
        for index, line in enumerate(movement.lines)
        if line.quantity <= 0 or line.quantity != round(line.quantity, digits)
    )


def named(connection: Connection, movement: Movement, reason: str) -> tuple[RefusedLine, ...]:
    """The lines that Odoo's own rules forbid, judged by its records; else one answer for the whole movement."""
    try:
        lines = tuple(_judged(connection, movement))
    except WardlineError:
        # The refusal stands whether or not Odoo can be asked about its cause.
        lines = ()
    return lines or (RefusedLine(0 if len(movement.lines) == 1 else None, reason),)


def _judged(connection: Connection, movement: Movement) -> Iterator[RefusedLine]:
    tracking = _fields(connection, "product.product", {line.item_id for line in movement.lines}, "tracking")
    lots = _fields(connection, "stock.lot", {line.lot_id for line in movement.lines if line.lot_id}, "product_id")
    serials = {line.lot_id for line in movement.lines if line.lot_id and tracking.get(line.item_id) == "serial"}
    room = _room(connection, movement, serials)
    for index, line in enumerate(movement.lines):
        if reason := _objection(line, tracking, lots):
            yield RefusedLine(index, reason)
        elif line.lot_id in room:
            if room[line.lot_id] < line.quantity:
                yield RefusedLine(index, "serial_duplicated")
            room[line.lot_id] -= line.quantity


def _objection(line: Line, tracking: Mapping[int, str], lots: Mapping[int, int]) -> str | None:
    if line.item_id not in tracking:
        return "unknown_record"
    if line.lot_id is None:
        return None if tracking[line.item_id] == "none" else "lot_required"
    if line.lot_id not in lots:
        return "unknown_record"
    return None if lots[line.lot_id] == line.item_id else "lot_mismatch"


def _room(connection: Connection, movement: Movement, serials: set[int]) -> dict[int, Decimal]:
    """How many more of each serial number may move: Odoo has no location hold more than one, or less than minus one."""
    if not serials:
        return {}
    places = [movement.stock_location.id, movement.consumption_location.id]
    source, destination = places if movement.direction == "out" else reversed(places)
    rows = connection.get_model("stock.quant").search_read(
        domain=[["location_id", "in", places], ["lot_id", "in", sorted(serials)]],
        fields=["location_id", "lot_id", "quantity"],
        load="",
    )
    held: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for row in rows:
        held[row["location_id"], row["lot_id"]] += Decimal(row["quantity"])
    return {serial: min(1 + held[source, serial], 1 - held[destination, serial]) for serial in serials}


def _fields(connection: Connection, model: str, ids: set[int], field: str) -> dict[int, Any]:
    if not ids:
        return {}
    rows = connection.get_model(model).search_read(
        domain=[["id", "in", sorted(ids)]], fields=[field], load="", context=ARCHIVED_TOO
    )
    return {row["id"]: row[field] for row in rows}
