"""The watch over Odoo's stock: keeps the ledger's figures of it young, at little cost to Odoo.

The jobs ``stock.watch`` and ``stock.reconcile``; the plan polls before it decides. Nobody else writes the figures, so
that while Odoo is down they simply age, and say so.
"""

from __future__ import annotations

from dataclasses import dataclass

from app import ids
from app.flows.base import Job
from app.ledger.ledger import Ledger
from app.model.setup import Setup
from app.model.supply import Level, Orderpoint
from app.odoo.erp import Erp

WATCH_SECONDS = 60.0
RECONCILE_SECONDS = 86_400.0


@dataclass(frozen=True, slots=True)
class StockWatch:
    """Polls Odoo for changed stock, and reads it all anew once a day."""

    ledger: Ledger
    erp: Erp
    setup: Setup

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What the clock does of it."""
        return (
            Job("stock.watch", WATCH_SECONDS, self.poll),
            Job("stock.reconcile", RECONCILE_SECONDS, self.reconcile),
        )

    def poll(self) -> int:
        """Take over what changed since the last time; how many figures are other now.

        Raises Unavailable while Odoo is down; the figures then keep the age they have.
        """
        with self.ledger.reading() as tx:
            watch = self.ledger.levels.watch(tx)
        if watch.mark is None:
            return self.reconcile()
        asked_at = ids.now()
        reading = self.erp.supply.changes(watch.mark)
        with self.ledger.transaction() as tx:
            return self.ledger.levels.store(tx, reading, asked_at, self.facility_of)

    def reconcile(self) -> int:
        """Read all stock and all reorder rules anew; how many figures were other than the polls had them.

        Deletions in Odoo leave no trace that a poll could find.
        """
        asked_at = ids.now()
        reading, orderpoints = self.erp.supply.stock(), self.erp.supply.orderpoints()
        with self.ledger.transaction() as tx:
            changed = self.ledger.levels.store(tx, reading, asked_at, self.facility_of)
            self.ledger.levels.put(tx, map(level_of, orderpoints), "odoo", "wardline")
            self.ledger.usage.forget(tx)
        return changed

    def facility_of(self, warehouse: str) -> str:
        """The facility whose warehouse has this code; the code itself where none is set up."""
        return self.setup.of_warehouse(warehouse) or warehouse


def level_of(orderpoint: Orderpoint) -> Level:
    """A reorder rule of Odoo as a level; a snoozed one, or one that Odoo orders for by itself, is not planned."""
    snoozed = orderpoint.snoozed_until is not None and orderpoint.snoozed_until > ids.now().date()
    return Level(
        item=orderpoint.item,
        location=orderpoint.location,
        reorder_point=orderpoint.minimum,
        maximum=max(orderpoint.minimum, orderpoint.maximum),
        pack=orderpoint.pack,
        source="odoo",
        orderpoint=orderpoint.id,
        planned=not (snoozed or orderpoint.automatic),
    )
