"""Transfers (``stock.picking``) under keys of ours: made once, completed, withdrawn, found again.

Used by ``app.odoo.stock``. A transfer goes through two calls, each repeatable: an insert-only ``load`` makes it
together with its external id or changes nothing, and ``button_validate`` completes it unless it is done already.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from app.errors import InDoubt, Permanent, Transient, Unavailable, WardlineError
from app.odoo import faults
from app.odoo.gateway import Movement, Transfer
from app.odoo.transfer_notes import with_events
from app.odoo.transport import Connection

FINAL = frozenset({"done", "cancel"})
# ``noupdate`` and the mode make ``load`` insert-only; tracking writes a chatter message per field otherwise.
INSERT_ONLY = {"mode": "update", "noupdate": True, "tracking_disable": True}
# Odoo answers with a wizard, and does nothing, where a person would be asked about one of these.
ASK_NOTHING = {"skip_backorder": True, "skip_sms": True, "skip_expired": True, "tracking_disable": True}
HEAD = ("id", "picking_type_id/.id", "location_id/.id", "location_dest_id/.id", "origin", "note")
# Odoo makes the moves of a transfer together and before its lines, which then find theirs by the item. For lines alone
# it makes each move by itself, which takes longer than everything else that ``load`` does.
MOVE = ("product_id/.id", "product_uom/.id", "product_uom_qty", "location_id/.id", "location_dest_id/.id")
# Lots belong in the transfer's own ``move_line_ids``: Odoo drops ``lot_ids`` of ``move_ids`` and takes another lot.
LINE = ("product_id/.id", "product_uom_id/.id", "quantity", "lot_id/.id", "picked")


class Transfers:
    """The transfers that carry keys of ours; ``module`` is the first half of their external ids."""

    def __init__(self, connection: Connection, module: str) -> None:
        self._pickings = connection.get_model("stock.picking")
        self._external_ids = connection.get_model("ir.model.data")
        self._module = module

    def draft(self, movement: Movement, operation: int) -> int:
        """Make the transfer, or find the one made before under the key; returns its id.

        Raises Declined where Odoo will not have it; then nothing was made.
        """
        fields = [*HEAD, *(f"move_ids/{field}" for field in MOVE), *(f"move_line_ids/{field}" for field in LINE)]
        return self._load(fields, _rows(movement, f"{self._module}.{movement.key}", operation))

    def tombstone(self, key: str, operation: int) -> int:
        """Make an empty transfer under the key, or find the one made before; returns its id."""
        fields = ["id", "picking_type_id/.id", "origin"]
        return self._load(fields, [[f"{self._module}.{key}", str(operation), f"{key} revoked"]])

    def complete(self, transfer: Transfer) -> Transfer:
        """Validate the transfer; returns it as it then stands, done or not.

        Raises Declined where Odoo refuses; then it stands as it was and reserves stock until it is withdrawn.
        """
        if self._pickings.button_validate(ids=[transfer.id], context=ASK_NOTHING) is True:
            return replace(transfer, state="done")
        return self.read(transfer.id)

    def withdraw(self, transfer: Transfer) -> Transfer:
        """Cancel the transfer and with it what it reserves; returns it done if it had taken effect meanwhile.

        Raises InDoubt where neither can be confirmed.
        """
        try:
            self._cancel(transfer)
            final = self.read(transfer.id)
        except WardlineError as error:
            raise InDoubt(f"transfer {transfer.id}: not withdrawn yet ({error})", code="odoo.in_doubt") from error
        if final.state not in FINAL:
            raise InDoubt(f"transfer {transfer.id}: not withdrawn yet", code="odoo.in_doubt")
        return final

    def read(self, transfer_id: int) -> Transfer:
        """The transfer as it stands. Raises Transient where it was deleted between two calls."""
        rows = self._pickings.read(ids=[transfer_id], fields=["name", "state"])
        if not rows:
            raise Transient(f"transfer {transfer_id} was deleted in Odoo", code="odoo.deleted")
        return Transfer(rows[0]["id"], rows[0]["name"], rows[0]["state"])

    def find(self, key: str) -> Transfer | None:
        """The transfer that carries the key, or None."""
        try:
            model, transfer_id = self._external_ids.check_object_reference(module=self._module, xml_id=key)
        except faults.Absent:
            return None
        if model != "stock.picking":
            raise Permanent(f"the key is taken by a record of {model}", code="odoo.key_taken")
        # An Odoo worker remembers the external id of a load that was rolled back, and never looks again: then it
        # answers with no id, whether or not a later load of the key succeeded in another worker.
        transfer_id = transfer_id or self._probe(key)
        return self.read(transfer_id) if transfer_id else None

    def _probe(self, key: str) -> int | None:
        """Ask ``load``, which reads the table itself: for a new key it fails for want of an operation type."""
        try:
            return self._load(["id", "picking_type_id/.id"], [[f"{self._module}.{key}", "0"]])
        except InDoubt as error:
            raise Unavailable("stock.picking.load: no answer to a question", code="odoo.unavailable") from error
        except faults.Declined as refusal:
            if refusal.reason != "value_required":
                raise
            return None

    def _load(self, fields: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
        answer: dict[str, Any] = self._pickings.load(fields=fields, data=rows, context=INSERT_ONLY)
        if answer["ids"] is False:
            call = faults.Call("stock.picking.load", changes=True)
            raise faults.not_loaded(call, [message["message"] for message in answer["messages"]])
        return int(answer["ids"][0])

    def _cancel(self, transfer: Transfer) -> None:
        try:
            self._pickings.action_cancel(ids=[transfer.id])
        except faults.Declined:
            # A done transfer cannot be cancelled; the state that is read next tells.
            return


def _rows(movement: Movement, external_id: str, operation: int) -> list[list[str]]:
    """The transfer as ``load`` wants it: its own cells in the first row, a move's where its item first appears."""
    stock, consumption = str(movement.stock_location.id), str(movement.consumption_location.id)
    way = [stock, consumption] if movement.direction == "out" else [consumption, stock]
    head = [external_id, str(operation), *way, movement.origin, with_events(movement.events)]
    demands: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
    for line in movement.lines:
        demands[line.item_id, line.uom_id] += line.quantity
    rows = []
    for line in movement.lines:
        demand = demands.pop((line.item_id, line.uom_id), None)
        item, unit, lot = str(line.item_id), str(line.uom_id), str(line.lot_id) if line.lot_id else ""
        move = [""] * len(MOVE) if demand is None else [item, unit, _plain(demand), *way]
        rows.append([*head, *move, item, unit, _plain(line.quantity), lot, "1"])
        head = [""] * len(HEAD)
    return rows


def _plain(quantity: Decimal) -> str:
    return format(quantity, "f")
