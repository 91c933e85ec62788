"""Inventory report: what is or was where; counts, stock on hand, sales and use as told in sum.

Made from FHIR InventoryReport, HL7 INU^U05, X12 846; written as X12 852 and 867, cXML ProductActivityMessage.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from app.errors import Issue
from app.model.item import Identifier
from app.model.party import Party
from app.model.price import Price
from app.model.quantity import Quantity
from app.model.text import Prose
from app.model.trade import keys_of, keys_of_lines
from app.model.when import When

Activity = Literal[
    "on_hand", "on_order", "committed", "consumed", "received", "returned", "transferred", "wasted", "adjusted", "other"
]
ReportType = Literal["snapshot", "difference"]
"""``snapshot`` states levels, ``difference`` what came and went since the last one."""


@dataclass(frozen=True, slots=True)
class InventoryLine:
    """A quantity of an item at a location; ``activity`` tells what it is a quantity of."""

    quantity: Quantity
    activity: Activity = "on_hand"
    number: str | None = None
    location: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    description: Prose | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    udi: str | None = None
    price: Price | None = None
    order_number: str | None = None
    counted_at: When | None = None
    note: Prose | None = None


@dataclass(frozen=True, slots=True)
class InventoryReport:
    """A report of stock or of its movements within a period."""

    document_kind: ClassVar[str] = "inventory_report"

    number: str
    lines: tuple[InventoryLine, ...] = ()
    type: ReportType = "snapshot"
    reported_at: When | None = None
    period_from: When | None = None
    period_to: When | None = None
    location: str | None = None
    currency: str | None = None
    reporter: Party | None = None
    recipient: Party | None = None
    supplier: Party | None = None
    note: Prose | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """When it was counted or told."""
        return self.reported_at or self.period_to

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield from keys_of(self, inventory_report="number", location="location")
        yield from keys_of_lines(self.lines)
