"""Orders as people make and change them in Odoo: the clock's job ``orders.pick_up``.

What Wardline placed itself is recognised and never doubled. An order that a buyer made enters over the channel
``odoo``; what a buyer did to one of ours is told under the requisition it was made for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.engine import Row

from app import ids
from app.flows import order_documents
from app.flows.intake import Intake, Sending
from app.flows.order_documents import Context
from app.flows.ordering import enter
from app.flows.sending import ODOO
from app.ledger.ledger import Ledger
from app.ledger.orders import Recorded
from app.model.order import Order
from app.model.schema import document_to_json
from app.model.setup import Setup
from app.odoo.erp import Erp

JOB = "orders.pick_up"
EVERY_SECONDS = 30.0
PAGE = 50
"""Orders that are read in one call."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class OrderWatch:
    """Looks what became of orders in Odoo since the last time."""

    ledger: Ledger
    erp: Erp
    setup: Setup
    intake: Intake

    def run(self) -> int:
        """Enter orders that are new, changed or cancelled; how many. Raises what the gateway raises.

        The mark moves on only when all was dealt with, so that what was left out comes up again.
        """
        with self.ledger.reading() as tx:
            since = self.ledger.orders.mark(tx, JOB)
        begun = ids.now()
        changes = self.erp.purchasing.changes(since or begun)
        entered, complete = 0, True
        for orders in self._pages(changes.order_ids):
            known, ours = self._known(orders)
            for order in orders:
                done = self._look(order, known.get(order.number), order.id in ours, begun)
                entered += done is True
                complete = complete and done is not None
        if complete or since is None:
            with self.ledger.transaction() as tx:
                self.ledger.orders.set_mark(tx, JOB, changes.mark)
        return entered

    def _pages(self, order_ids: Sequence[int]) -> Iterator[list[Order]]:
        for start in range(0, len(order_ids), PAGE):
            yield list(self.erp.purchasing.of_ids(order_ids[start : start + PAGE]).values())

    def _known(self, orders: Sequence[Order]) -> tuple[dict[str, Row[Any]], set[int]]:
        """Rows of the orders that the ledger has, and which of the others carry a key of ours."""
        with self.ledger.reading() as tx:
            known = self.ledger.orders.by_numbers(tx, [order.number for order in orders])
        return known, self.erp.purchasing.ours([order.id for order in orders if order.number not in known])

    def _look(self, order: Order, row: Row[Any] | None, ours: bool, begun: datetime) -> bool | None:
        """Whether there was news; None where it is too early to say."""
        if row is None:
            # Ours, and about to be recorded by whoever has just placed it.
            return False if ours else self._enter_foreign(order)
        if row.document_id is None:
            return self._enter_foreign(order)
        with self.ledger.transaction() as tx:
            current = self.ledger.orders.by_number(tx, order.number)
            if current is None or current.updated_at >= begun or self.ledger.orders.busy(tx, order.number):
                return None
            if current.state == "to approve" and not current.fingerprint:
                # Whoever placed it goes on where it was held, and tells the supplier.
                return self.ledger.orders.approved(tx, order.number) > 0
            document = self.ledger.documents.load(tx, [current.document_id])[current.document_id]
            context = Context(current.facility, current.requisition)
            return enter(tx, self.ledger, self.setup, document, order, context) is not None

    def _enter_foreign(self, order: Order) -> bool:
        """A buyer's order: noted first, then entered, then noted as told; each step may be done again."""
        channel = self.setup.channels.get(ODOO)
        if channel is None:
            return False
        facility = self.setup.of_warehouse(order.warehouse) or channel.facility
        known = order_documents.known(order, facility, order.origin or None)
        with self.ledger.transaction() as tx:
            noted = self.ledger.orders.record(tx, known, told=False)
            if noted.news is None:
                return False
            body = self._body(tx, order, facility, noted)
        sending = Sending(replace(channel, facility=facility), body, "application/json", "odoo", ids.new_id().hex)
        receipt, _ = self.intake.take_in(sending)
        if receipt.outcome not in ("accepted", "duplicate"):
            log.warning("order.not_entered", order=order.number, outcome=receipt.outcome)
            return False
        with self.ledger.transaction() as tx:
            self.ledger.orders.was_told(tx, order.number, noted.row.revision)
        return True

    def _body(self, tx: Any, order: Order, facility: str, noted: Recorded) -> bytes:
        assert noted.news is not None
        context = Context(facility, order.origin or None)
        document = order_documents.purchase_order(tx, self.ledger, self.setup, order, noted.news, noted.row, context)
        # The same bytes each time, so that what was taken in before is recognised.
        return document_to_json(replace(document, ordered_at=noted.row.updated_at.replace(microsecond=0)))
