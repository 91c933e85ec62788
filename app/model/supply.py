"""Stock and supply as one place shows them: what is where, what is to come, what a place should hold, how fast it goes.

The gateway to Odoo returns these, the ledger keeps them with their age, the policy of replenishment decides on them.
Quantities are in the item's base unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from app.model.master import Criticality

LevelSource = Literal["odoo", "own", "rule"]
"""Who set a level: a reorder rule of Odoo, our own import, or the rule book; the first has precedence."""


@dataclass(frozen=True, slots=True)
class Place:
    """A stock location by its complete name (empty where several share it); ``warehouse`` is the code of its own."""

    id: int
    name: str
    usage: str
    active: bool
    warehouse: str


@dataclass(frozen=True, slots=True)
class Figure:
    """What a place itself holds of an item, and of one lot (empty: without); ``reserved`` is promised to transfers."""

    item: str
    location: str
    warehouse: str
    lot: str
    quantity: Decimal
    reserved: Decimal
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Figures read at one moment. ``pairs`` are the (item, location) they are all of; None: all there are.

    ``mark`` is the moment in Odoo's own time from which on changes must be asked for next.
    """

    mark: datetime
    pairs: frozenset[tuple[str, str]] | None
    figures: tuple[Figure, ...]


@dataclass(frozen=True, slots=True)
class Orderpoint:
    """A reorder rule of Odoo; ``automatic`` ones Odoo's scheduler orders by itself. ``pack`` 0: no multiple is set."""

    id: int
    item: str
    location: str
    minimum: Decimal
    maximum: Decimal
    automatic: bool
    pack: Decimal = Decimal(0)
    snoozed_until: date | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """Goods on their way from ``source`` to ``location``: places of ours, empty for whatever is outside.

    ``order`` is the name of the purchase order or transfer they are on.
    """

    id: str
    item: str
    quantity: Decimal
    location: str
    source: str = ""
    order: str = ""
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """What a place and the places below it should hold of an item.

    Ordered up to ``maximum`` when it falls to ``reorder_point``; None: by the consumption rate. ``pack`` is the
    multiple that is ordered, ``lead_days`` the days until goods arrive. Of an Odoo rule ``orderpoint`` is the id; what
    is not ``planned`` is left to Odoo's own scheduler, or to people, for a while.
    """

    item: str
    location: str
    reorder_point: Decimal | None = None
    maximum: Decimal | None = None
    pack: Decimal = Decimal(1)
    lead_days: Decimal | None = None
    criticality: Criticality = "routine"
    source: LevelSource = "own"
    orderpoint: int | None = None
    planned: bool = True


@dataclass(frozen=True, slots=True)
class Rate:
    """How much of an item a place uses a day, over the last ``days`` days."""

    item: str
    location: str
    per_day: Decimal
    days: int


@dataclass(frozen=True, slots=True)
class Ask:
    """Something that was asked for a place, by requisition or transfer, and has not arrived yet.

    ``orders`` are the purchase orders and transfers that carry it, empty while there are none.
    """

    item: str
    location: str
    quantity: Decimal
    number: str
    orders: tuple[str, ...] = field(default=())
    source: str = ""


def within(location: str, scope: str) -> bool:
    """Whether a place is this place or lies below it, by their complete names."""
    return location == scope or location.startswith(f"{scope}/")
