"""Goods that people receive in Odoo: the clock's job ``receipts.pick_up``.

What Wardline took in itself is recognised and never told twice. A transfer that somebody completed enters over the
channel ``odoo``, has no effect there any more, and is told like the others; so are goods that go back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from app import ids
from app.flows.intake import Intake, Sending
from app.flows.receipt_documents import Told, goods_receipt
from app.flows.receiving import arrived
from app.flows.sending import ODOO
from app.ledger.ledger import Ledger
from app.model.order import Order
from app.model.schema import document_to_json
from app.model.setup import Setup
from app.odoo.erp import Erp
from app.odoo.receiving import Incoming

JOB = "receipts.pick_up"
EVERY_SECONDS = 30.0
PAGE = 50
"""Transfers that are read in one call."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class ReceiptWatch:
    """Looks which goods were received in Odoo since the last time."""

    ledger: Ledger
    erp: Erp
    setup: Setup
    intake: Intake

    def run(self) -> int:
        """Enter receipts that nobody told; how many. Raises what the gateway raises.

        The mark moves on only when all was dealt with, so that what was left out comes up again.
        """
        with self.ledger.reading() as tx:
            since = self.ledger.orders.mark(tx, JOB)
        arrivals = self.erp.receiving.done_since(since or ids.now())
        entered, complete = 0, True
        for transfers, orders in self._pages(arrivals.transfer_ids):
            for transfer in transfers:
                done = [self._look(transfer, order) for order in orders.get(transfer.id, ())]
                entered += done.count(True)
                complete = complete and None not in done
        if complete or since is None:
            with self.ledger.transaction() as tx:
                self.ledger.orders.set_mark(tx, JOB, arrivals.mark)
        return entered

    def _pages(self, transfer_ids: Sequence[int]) -> Iterator[tuple[list[Incoming], Mapping[int, Sequence[Order]]]]:
        """The transfers that nobody told of, with the orders that their goods are of."""
        for start in range(0, len(transfer_ids), PAGE):
            some = transfer_ids[start : start + PAGE]
            with self.ledger.reading() as tx:
                known = self.ledger.shipments.transfers(tx, some)
            transfers = self.erp.receiving.of_ids([one for one in some if one not in known])
            transfers = [transfer for transfer in transfers if transfer.state == "done"]
            if transfers:
                yield transfers, self._orders(transfers)

    def _orders(self, transfers: Sequence[Incoming]) -> dict[int, list[Order]]:
        by_line = self.erp.receiving.orders_of(transfers)
        orders = self.erp.purchasing.of_ids(set(by_line.values()))
        return {
            transfer.id: [
                orders[order]
                for order in sorted({by_line[m.line_id] for m in transfer.moves if m.line_id in by_line})
                if order in orders
            ]
            for transfer in transfers
        }

    def _look(self, transfer: Incoming, order: Order) -> bool | None:
        """Whether it was news; None where it is too early to say, or could not be entered."""
        with self.ledger.reading() as tx:
            if self.ledger.orders.busy(tx, order.number):
                return None
            row = self.ledger.orders.by_number(tx, order.number)
        channel = self.setup.channels.get(ODOO)
        facility = (
            (row.facility if row else None)
            or self.setup.of_warehouse(order.warehouse)
            or (channel.facility if channel else "")
        )
        if channel is not None:
            with self.ledger.reading() as tx:
                document = goods_receipt(tx, self.ledger, self.setup, order, transfer, Told(facility, transfer.name))
            body = document_to_json(document)
            sending = Sending(replace(channel, facility=facility), body, "application/json", "odoo", ids.new_id().hex)
            receipt, _ = self.intake.take_in(sending)
            if receipt.outcome not in ("accepted", "duplicate"):
                log.warning("receipt.not_entered", transfer=transfer.name, outcome=receipt.outcome)
                return None
        with self.ledger.transaction() as tx:
            arrived(tx, self.ledger, order.number)
            return self.ledger.shipments.received(tx, transfer.id, transfer.name, order.number)
