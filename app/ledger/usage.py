"""What each place uses of each item a day, added up as consumption is posted.

Written by the posting stage with the batch itself, so that it costs one statement a batch; read by the plan and by
whoever shows days of supply.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger.database import insert
from app.ledger.supply_tables import consumption_day
from app.model.supply import Rate

WINDOW = 28
"""Days that a rate is taken over."""
LEAST = 7
"""A place with a shorter history than this is taken to have used nothing before."""
KEPT = timedelta(days=400)
_SIGN = {"stock.consume": 1, "stock.return": -1}


class Usage:
    """Consumption by item, place and day (of UTC, when it was posted)."""

    def add(self, tx: Connection, postings: Iterable[Row[Any]], *, undone: bool = False) -> None:
        """Count postings that took effect, or take those back whose effect is ``undone``; others are left out."""
        sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        for posting in postings:
            if sign := _SIGN.get(posting.operation):
                effect = posting.effect
                sums[effect["item"], effect["stock_location"]] += sign * Decimal(effect["quantity"])
        day = ids.now().date()
        # In one order everywhere: two batches with the same items would wait for each other for ever.
        rows = [
            {"item": item, "location": location, "day": day, "quantity": -quantity if undone else quantity}
            for (item, location), quantity in sorted(sums.items())
        ]
        if rows:
            added = insert(tx, consumption_day)
            total = consumption_day.c.quantity + added.excluded.quantity
            index = ["item", "location", "day"]
            tx.execute(added.on_conflict_do_update(index_elements=index, set_={"quantity": total}), rows)

    def rates(self, tx: Connection, items: Collection[str] | None = None, window: int = WINDOW) -> list[Rate]:
        """How much is used a day, over the last ``window`` days, wherever more was used than came back."""
        today = ids.now().date()
        use = consumption_day
        total = sa.func.sum(use.c.quantity, type_=use.c.quantity.type)
        query = sa.select(use.c.item, use.c.location, total, sa.func.min(use.c.day))
        query = query.where(use.c.day > today - timedelta(days=window)).group_by(use.c.item, use.c.location)
        if items is not None:
            query = query.where(use.c.item.in_(sorted(items)))
        found = []
        for item, location, quantity, first in tx.execute(query):
            days = max(min(LEAST, window), (today - first).days + 1)
            if quantity > 0:
                found.append(Rate(item, location, quantity / days, days))
        return found

    def forget(self, tx: Connection) -> int:
        """Delete what is older than any rate could want; how many figures went."""
        return tx.execute(sa.delete(consumption_day).where(consumption_day.c.day < _oldest())).rowcount


def _oldest() -> date:
    return ids.now().date() - KEPT
