"""Stock of all sites from one place: the ledger's figures, how old they are and how long they last.

Used by ``GET /v1/stock`` and ``wardline stock show``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.engine import Connection

from app.ledger.ledger import Ledger
from app.ledger.levels import Where

STALE_SECONDS = 600.0
"""Figures older than this are told with a warning: the watch polls every minute."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a place holds of an item and lot, in base units.

    ``as_of`` is when this was last known to be Odoo's own figure, ``days_of_supply`` how long all the place has of the
    item lasts, None where it uses none.
    """

    item: str
    facility: str
    location: str
    lot: str
    quantity: Decimal
    reserved: Decimal
    unit: str
    as_of: datetime | None
    age_seconds: float | None
    days_of_supply: Decimal | None


def view(tx: Connection, ledger: Ledger, where: Where, limit: int) -> list[Shown]:
    """The figures that are asked for, in the order of item, location and lot."""
    watch = ledger.levels.watch(tx)
    rows = ledger.levels.figures(tx, where, limit)
    items = {row.item for row in rows}
    rates = {(r.item, r.location): r.per_day for r in ledger.usage.rates(tx, items)} if items else {}
    held = {(f.item, f.location): f.quantity for f in ledger.levels.held(tx, items)} if rates else {}
    return [
        Shown(
            item=row.item,
            facility=row.facility,
            location=row.location,
            lot=row.lot,
            quantity=row.quantity,
            reserved=row.reserved,
            unit=row.unit,
            as_of=watch.seen_at,
            age_seconds=watch.age_seconds,
            days_of_supply=_lasts(held.get((row.item, row.location)), rates.get((row.item, row.location))),
        )
        for row in rows
    ]


def _lasts(quantity: Decimal | None, rate: Decimal | None) -> Decimal | None:
    if quantity is None or not rate:
        return None
    return (max(Decimal(0), quantity) / rate).quantize(Decimal("0.1"))
