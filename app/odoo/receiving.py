"""Goods received in Odoo: incoming transfers of orders read, announced, filled in, completed, and noticed.

Part of ``Erp``; used by the operations ``receipt.announce`` and ``receipt.post`` and by the job ``receipts.pick_up``.
Every call may be repeated: what is written is absolute, and completing a transfer that is done does nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from app.model.order import Order
from app.odoo import faults
from app.odoo.directory import ARCHIVED_TOO, Recollection
from app.odoo.order_reading import moment, written
from app.odoo.purchasing import LINES, OVERLAP
from app.odoo.receipt_reading import Incoming, IncomingMove, Landed, incoming_of, specification
from app.odoo.transfers import ASK_NOTHING
from app.odoo.transport import Connection

__all__ = ["MODEL", "Arrivals", "Closed", "Incoming", "IncomingMove", "KnownLot", "Landed", "Receiving"]

MODEL = "stock.picking"
PAGE = 1_000
STEP = 50
QUIET = {"tracking_disable": True}


class Closed(faults.Declined):
    """Somebody completed or cancelled the transfer before it was filled in; nothing was changed."""


@dataclass(frozen=True, slots=True)
class KnownLot:
    """A lot or serial number that Odoo has; ``on_hand`` tells whether any of it is in stock."""

    expiry: date | None
    on_hand: bool


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Completed transfers of orders' goods, by id, since a moment; ``mark`` is from when to ask the next time."""

    mark: datetime
    transfer_ids: tuple[int, ...]


class Receiving:
    """Incoming transfers; ``seconds`` is how long is remembered what this Odoo can do."""

    def __init__(self, connection: Connection, seconds: float = 600) -> None:
        self._connection = connection
        self._transfers = connection.get_model(MODEL)
        self._abilities: Recollection[str, bool] = Recollection(seconds)
        self._digits: Recollection[str, int] = Recollection(seconds)

    def of_order(self, order: Order) -> list[Incoming]:
        """The order's transfers, done and cancelled ones and returns too, the oldest first."""
        return self.of_ids(order.receipts)

    def of_ids(self, transfer_ids: Collection[int]) -> list[Incoming]:
        """Transfers by their id in Odoo, the oldest first; deleted ones are left out."""
        if not transfer_ids:
            return []
        answer: dict[str, Any] = self._transfers.web_search_read(
            domain=[["id", "in", sorted(transfer_ids)]],
            specification=specification(expiry=self._keeps_expiry()),
            context=ARCHIVED_TOO,
        )
        return sorted(map(incoming_of, answer["records"]), key=lambda transfer: transfer.id)

    def announce(self, transfer: Incoming, origin: str, note: str, expected: Mapping[int, datetime]) -> None:
        """Write what a ship notice says onto an open transfer; ``expected`` is by move. Nothing where it says so.

        Raises Declined where somebody cancelled the transfer meanwhile.
        """
        moves = {move.id: move.expected_at for move in transfer.moves}
        dates = [[1, move, {"date": written(at)}] for move, at in expected.items() if moves[move] != at]
        values: dict[str, Any] = {"move_ids": dates} if dates else {}
        values |= {"origin": origin} if origin != transfer.origin else {}
        values |= {"note": note} if note != transfer.note else {}
        if values:
            self._transfers.write(ids=[transfer.id], vals=values, context=QUIET)

    def fill(self, transfer: Incoming, origin: str, note: str, landed: Mapping[int, Sequence[Landed]]) -> None:
        """Let an open transfer hold just these goods, by move, and tell who received them.

        What somebody had marked as picked on its other moves waits for the next receipt. Raises Closed where the
        transfer was completed or cancelled since it was read: then nothing was changed.
        """
        commands = [[1, move.id, _values(transfer, move, landed.get(move.id, ()))] for move in transfer.moves]
        values = {"origin": origin, "note": note, "move_ids": [command for command in commands if command[2]]}
        try:
            self._transfers.write(ids=[transfer.id], vals=values, context=QUIET)
        except (faults.Declined, faults.Absent) as refusal:
            if any(known.is_open for known in self.of_ids([transfer.id])):
                raise
            raise Closed(refusal.message, "closed") from refusal

    def complete(self, transfer: Incoming) -> None:
        """Complete the transfer; what did not come goes into a backorder. Raises Declined where Odoo refuses."""
        self._transfers.button_validate(ids=[transfer.id], context=ASK_NOTHING)

    def lots(self, item_ids: Collection[int], names: Collection[str]) -> dict[tuple[int, str], KnownLot]:
        """Lots and serial numbers that Odoo has, by item id and name."""
        if not names:
            return {}
        fields = ["name", "product_id", "product_qty", *(["expiration_date"] if self._keeps_expiry() else [])]
        rows = self._connection.get_model("stock.lot").search_read(
            domain=[["product_id", "in", sorted(item_ids)], ["name", "in", sorted(names)]],
            fields=fields,
            order="id",
            load="",
        )
        return {(row["product_id"], row["name"]): _lot(row) for row in rows}

    def digits(self) -> int:
        """How many decimals Odoo keeps of a quantity; more are rounded away without a word."""
        known = self._digits.recall(["Product Unit"])
        if not known:
            precision = self._connection.get_model("decimal.precision")
            known = {"Product Unit": int(precision.precision_get(application="Product Unit"))}
            self._digits.remember(known)
        return known["Product Unit"]

    def done_since(self, since: datetime) -> Arrivals:
        """The transfers of orders' goods that were completed, or changed after that, since then; returns too."""
        self._connection.version()
        mark = self._connection.heard_at - OVERLAP
        domain = [["purchase_line_id", "!=", False], ["state", "=", "done"], ["write_date", ">=", written(since)]]
        found: set[int] = set()
        last = 0
        while True:
            page = self._connection.get_model("stock.move").search_read(
                domain=[*domain, ["id", ">", last]], fields=["picking_id"], order="id", limit=PAGE, load=""
            )
            found |= {row["picking_id"] for row in page if row["picking_id"]}
            if len(page) < PAGE:
                return Arrivals(mark, tuple(sorted(found)))
            last = page[-1]["id"]

    def orders_of(self, transfers: Collection[Incoming]) -> dict[int, int]:
        """The ids of the orders that goods in these transfers are of, by the order line's id."""
        lines = sorted({move.line_id for transfer in transfers for move in transfer.moves})
        if not lines:
            return {}
        rows = self._connection.get_model(LINES).search_read(
            domain=[["id", "in", lines]], fields=["order_id"], order="id", load=""
        )
        return {row["id"]: row["order_id"] for row in rows}

    def _keeps_expiry(self) -> bool:
        """Whether this Odoo has expiry dates, which come with an application of their own."""
        known = self._abilities.recall(["expiry"])
        if not known:
            found = self._connection.get_model("stock.lot").fields_get(
                allfields=["expiration_date"], attributes=["type"]
            )
            known = {"expiry": "expiration_date" in found}
            self._abilities.remember(known)
        return known["expiry"]


def _values(transfer: Incoming, move: IncomingMove, landed: Sequence[Landed]) -> dict[str, Any]:
    """What a move becomes. Odoo adds to the stock at once what is written to a transfer that is done, but refuses to
    change a done move's unit: naming the unit makes the whole write fail in place of counting the goods twice.
    """
    if not landed:
        return {"picked": False} if move.picked else {}
    lines: list[list[Any]] = [[2, line, 0] for line in move.held_lines]
    lines += [[0, 0, _line(transfer, move, part)] for part in landed]
    return {"product_uom": move.unit_id, "picked": True, "move_line_ids": lines}


def _line(transfer: Incoming, move: IncomingMove, part: Landed) -> dict[str, Any]:
    values: dict[str, Any] = {
        "picking_id": transfer.id,
        "product_id": move.item_id,
        "product_uom_id": move.unit_id,
        "quantity": float(part.quantity / move.factor),
        "picked": True,
        "location_id": move.source_id,
        "location_dest_id": move.destination_id,
    }
    if part.lot:
        values["lot_name"] = part.lot
        if part.expiry and move.expires:
            # At noon, so that it is the same day in the time zones of all who look at it.
            values["expiration_date"] = written(datetime.combine(part.expiry, time(12), UTC))
    return values


def _lot(row: Mapping[str, Any]) -> KnownLot:
    expiry = moment(row.get("expiration_date"))
    return KnownLot(expiry.date() if expiry else None, Decimal(row["product_qty"]) > 0)
