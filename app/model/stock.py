"""What an ERP knows of stock: items, locations, and quantities of items to be moved.

The gateway to Odoo returns these, policy decides on them, the posting stage makes movements of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Tracking = Literal["none", "lot", "serial"]


@dataclass(frozen=True, slots=True)
class Item:
    """A product variant: ``reference`` is its internal reference (``default_code``), ``uom_id`` its base unit."""

    id: int
    reference: str
    active: bool
    storable: bool
    tracking: Tracking
    uom_id: int


@dataclass(frozen=True, slots=True)
class Location:
    """A stock location by its complete name (``GEN/Stock/OR1``); ``warehouse_id`` is None outside warehouses."""

    id: int
    name: str
    active: bool
    usage: str
    warehouse_id: int | None


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity of one item, and of one lot or serial number where it has one, in the item's base unit."""

    item_id: int
    uom_id: int
    quantity: Decimal
    lot_id: int | None = None
