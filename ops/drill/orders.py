"""The three books of orders: what was ordered, what the ledger says was sent, what the suppliers have.

Used by the drills of ``ops.drill.supplier_faults`` beside ``ops.drill.books``, which has consumption's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.ledger import tables
from app.ledger.ledger import Ledger
from app.model.consumption import Consumption
from ops.drill.market import Market, Ordered

_document, _interchange, _posting = tables.document, tables.interchange, tables.posting


@dataclass(frozen=True)
class Orders:
    """The books of a drill's orders."""

    ledger: Ledger
    market: Market

    def compare(self, copies: Collection[str]) -> list[str]:
        """Which promises were not kept; only suppliers in ``copies`` may have been sent the same bytes twice."""
        sent, ordered = self._sent(), self.market.ordered
        faults = []
        states = Counter(row.state for row in sent)
        if (states.total(), states["settled"]) != (len(ordered), len(ordered)):
            faults.append(f"{len(ordered)} orders were accepted and sent once each, the ledger has {dict(states)}")
        if undelivered := Counter(row.delivery for row in sent if row.delivery != "sent"):
            faults.append(f"orders are not with their suppliers: {dict(undelivered)}")
        with self.ledger.reading() as tx:
            exceptions = self.ledger.figures.open_exceptions(tx)
        if any(exceptions.values()):
            faults.append(f"exceptions are open: {exceptions}")
        for name in self.market.suppliers:
            faults += self._received(name, copies=name in copies)
        return faults

    def longest(self, suppliers: Collection[str]) -> float:
        """The most seconds from an order's acceptance until one of these suppliers had it."""
        accepted = {UUID(one.message_id): one for one in self.market.ordered}
        waits = [
            row.sent_at.timestamp() - accepted[row.message_id].accepted_at
            for row in self._sent()
            if row.sent_at and accepted[row.message_id].supplier in suppliers
        ]
        return round(max(waits, default=0.0), 1)

    def longest_use(self, lane: str) -> float:
        """The most seconds from when consumption was read until it was in Odoo, once a supplier was not well."""
        query = sa.select(_document.c.created_at, _posting.c.posted_at).join_from(
            _document, _posting, _posting.c.document_id == _document.c.id
        )
        since = datetime.fromtimestamp(self.market.unwell_since, UTC)
        consumed = sa.and_(_document.c.kind == Consumption.document_kind, _document.c.created_at >= since)
        posted = sa.and_(_document.c.lane == lane, _posting.c.posted_at.is_not(None))
        with self.ledger.reading() as tx:
            rows = tx.execute(query.where(consumed, posted)).all()
        return round(max(((row.posted_at - row.created_at).total_seconds() for row in rows), default=0.0), 1)

    def copies(self) -> int:
        """How many messages the suppliers have beyond the first of each."""
        return sum(len(one.received) - len(set(one.received)) for one in self.market.suppliers.values())

    def _sent(self) -> Sequence[Any]:
        """The documents of our orders, each with the interchanges that carried it to its supplier."""
        messages = [UUID(one.message_id) for one in self.market.ordered]
        carried = sa.and_(_interchange.c.document_id == _document.c.id, _interchange.c.posting_id.is_not(None))
        columns = (_document.c.message_id, _document.c.state, _interchange.c.delivery, _interchange.c.sent_at)
        query = sa.select(*columns).select_from(_document.outerjoin(_interchange, carried))
        with self.ledger.reading() as tx:
            return tx.execute(query.where(_document.c.message_id.in_(messages))).all()

    def _received(self, name: str, *, copies: bool) -> list[str]:
        """What a supplier has is what was ordered from it, the last change of each, in messages that came once."""
        supplier = self.market.suppliers[name]
        ours = [one for one in self.market.ordered if one.supplier == name]
        found = {
            number: (order.revision or "0", order.lines[0].quantity.value) for number, order in supplier.orders.items()
        }
        faults = []
        if found != (wanted := _as_they_stand(ours)):
            wrong = sorted(number for number in {*found, *wanted} if found.get(number) != wanted.get(number))
            faults.append(f"{name} has other orders than were placed: {', '.join(wrong[:5])}")
        if len(set(supplier.received)) != len(ours):
            faults.append(f"{name} was sent {len(set(supplier.received))} messages for {len(ours)} orders")
        if not copies and (twice := len(supplier.received) - len(set(supplier.received))):
            faults.append(f"{name} was sent {twice} messages twice")
        return faults


def _as_they_stand(ordered: Collection[Ordered]) -> dict[str, tuple[str, Decimal]]:
    """Revision and quantity of every order after its last change."""
    return {one.number: (str(one.revision), one.quantity) for one in sorted(ordered, key=lambda one: one.revision)}
