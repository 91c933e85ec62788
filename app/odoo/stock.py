"""The gateway to Odoo's stock: ``OdooGateway`` for Odoo 19 through JSON-2, on stock Odoo without any add-on.

Where the accelerator is installed in Odoo, a movement is one call instead of three, under the same key.
Made by ``app.services``; called by the posting stage, the resolver and reconciliation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from app.errors import InDoubt, Permanent, Transient
from app.odoo import faults, refusals
from app.odoo.accelerator import Accelerator
from app.odoo.directory import Directory
from app.odoo.gateway import Item, Location, Movement, Refused, RefusedLine, Transfer
from app.odoo.transfers import FINAL, Transfers
from app.odoo.transport import Connection


class StockGateway:
    """Everything Wardline asks of Odoo, see ``app.odoo.gateway.OdooGateway``.

    ``key_module`` is the first half of the external ids and must not be the name of an installed application;
    ``consumption_operation`` is the sequence code of the operation type for consumption; ``item_cache_seconds`` is how
    long items, locations and operation types are remembered in this process.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        key_module: str = "wardline",
        consumption_operation: str = "CONS",
        item_cache_seconds: float = 60,
    ) -> None:
        self._connection = connection
        self._directory = Directory(connection, consumption_operation, item_cache_seconds)
        self._transfers = Transfers(connection, key_module)
        self._accelerator = Accelerator(connection, key_module)

    def ping(self) -> str:
        """Odoo's version (``19.0``)."""
        return self._connection.version()

    def items(self, references: Collection[str]) -> Mapping[str, Sequence[Item]]:
        """The items with these internal references, archived ones included; a reference may name several."""
        return self._directory.items(references)

    def locations(self, names: Collection[str]) -> Mapping[str, Location]:
        """The locations with these complete names, archived ones included."""
        return self._directory.locations(names)

    def lots(self, item_ids: Collection[int], names: Collection[str]) -> Mapping[tuple[int, str], int]:
        """Lot and serial numbers: (item id, name) to lot id."""
        return self._directory.lots(item_ids, names)

    def on_hand(self, location_id: int, item_ids: Collection[int]) -> Mapping[tuple[int, int | None], Decimal]:
        """What the location itself holds, in base units, by (item id, lot id); what is not there is left out."""
        rows = self._connection.get_model("stock.quant").search_read(
            domain=[["location_id", "=", location_id], ["product_id", "in", sorted(item_ids)], ["quantity", "!=", 0]],
            fields=["product_id", "lot_id", "quantity"],
            load="",
        )
        # Odoo may keep several quants of one thing, by owner or until it next merges them.
        held: dict[tuple[int, int | None], Decimal] = defaultdict(Decimal)
        for row in rows:
            held[row["product_id"], row["lot_id"] or None] += Decimal(row["quantity"])
        digits = self._directory.digits()
        return {key: round(quantity, digits) for key, quantity in held.items()}

    def quantity_digits(self) -> int:
        """How many decimals of a quantity Odoo keeps."""
        return self._directory.digits()

    def move(self, movement: Movement) -> Transfer:
        """Make the movement once and complete it; returns a done transfer, whichever call it was that completed it.

        Raises Refused where Odoo will not have it. The key is then spent: a cancelled transfer without lines or
        reservation keeps it, and the lines must go under another key. A key that was spent before, by a refusal or by
        ``revoke``, is Refused with the reason ``cancelled``.

        Unavailable, Transient and Permanent mean that this call left nothing behind under the key. Once it knows of a
        transfer that is neither done nor cancelled, an outage is InDoubt, and the same movement may be sent again.
        """
        if unfit := refusals.unfit(movement, self._directory.digits()):
            return self._refuse(movement.key, unfit)
        operation = self._operation(movement.stock_location)
        transfer = self._accelerator.move(movement, operation)
        if transfer is None or transfer.state not in FINAL:
            try:
                transfer_id = transfer.id if transfer else self._transfers.draft(movement, operation)
            except faults.Declined as refusal:
                return self._refuse(movement.key, refusals.named(self._connection, movement, refusal.reason))
            transfer = self._completed(movement, transfer_id)
        if transfer.state != "done":
            raise Refused([RefusedLine(None, "cancelled")])
        return transfer

    def find(self, key: str) -> Transfer | None:
        """The transfer that carries the key, whatever its state, or None."""
        return self._transfers.find(key)

    def revoke(self, key: str) -> Transfer:
        """Make sure that the key can never take effect any more; may be repeated.

        Returns the done transfer where the movement did take effect, else a cancelled one, empty where none had been
        made. It holds as long as nobody deletes the cancelled transfer in Odoo, for the key is deleted with it.
        """
        transfer = self._transfers.read(self._transfers.tombstone(key, self._directory.any_operation()))
        return transfer if transfer.state in FINAL else self._transfers.withdraw(transfer)

    def _refuse(self, key: str, lines: Sequence[RefusedLine]) -> Transfer:
        """Spend the key and raise Refused.

        Returns the transfer where it is done: what is forbidden now may have been allowed when it was first sent.
        """
        transfer = self.revoke(key)
        if transfer.state == "done":
            return transfer
        raise Refused(lines)

    def _operation(self, location: Location) -> int:
        if location.warehouse_id is None:
            raise Permanent(f"location {location.id} belongs to no warehouse", code="odoo.warehouse_missing")
        return self._directory.operation(location.warehouse_id)

    def _completed(self, movement: Movement, transfer_id: int) -> Transfer:
        """The transfer when it is final. Raises InDoubt where it is left as a draft, and Refused."""
        try:
            transfer = self._transfers.read(transfer_id)
            return transfer if transfer.state in FINAL else self._complete(movement, transfer)
        except Transient as error:
            raise InDoubt(f"transfer {transfer_id} is not completed yet ({error})", code="odoo.in_doubt") from error

    def _complete(self, movement: Movement, transfer: Transfer) -> Transfer:
        """Validate; where Odoo refuses, take the transfer back before the refusal is told.

        Returns a final transfer: done, or cancelled by somebody else at the same time.
        """
        failure: Permanent = faults.Declined("a wizard asks for a person", "wizard")
        try:
            transfer = self._transfers.complete(transfer)
        except Permanent as error:
            failure = error
            transfer = self._transfers.read(transfer.id)
        if transfer.state in FINAL:
            return transfer
        transfer = self._transfers.withdraw(transfer)
        if transfer.state == "done":
            return transfer
        if isinstance(failure, faults.Declined):
            raise Refused(refusals.named(self._connection, movement, failure.reason)) from failure
        raise failure
