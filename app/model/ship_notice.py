"""Ship notice: what the supplier has sent, in which packages, with which lots and serial numbers.

Made from X12 856, cXML ShipNoticeRequest, UBL DespatchAdvice, EDIFACT DESADV and FHIR SupplyDelivery in progress.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from app.errors import Issue
from app.model.item import Identifier
from app.model.party import Party
from app.model.quantity import Quantity
from app.model.text import Prose
from app.model.trade import Action, keys_of, keys_of_lines
from app.model.when import When


@dataclass(frozen=True, slots=True)
class Package:
    """A logistic unit; ``id`` is its place in this notice, ``parent`` the one it stands in, ``sscc`` has 18 digits."""

    id: str
    sscc: str | None = None
    type: str | None = None
    parent: str | None = None
    weight: Quantity | None = None
    tracking: str | None = None


@dataclass(frozen=True, slots=True)
class ShipNoticeLine:
    """Items sent for one order line, of one lot or serial number; ``package`` is the ``id`` of what they are in."""

    quantity: Quantity
    number: str | None = None
    order_number: str | None = None
    order_line: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    description: Prose | None = None
    ordered: Quantity | None = None
    outstanding: Quantity | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    made_on: date | None = None
    udi: str | None = None
    package: str | None = None
    note: Prose | None = None


@dataclass(frozen=True, slots=True)
class ShipNotice:
    """A despatch. ``orders`` are the purchase orders it serves; without lines each is sent whole."""

    document_kind: ClassVar[str] = "ship_notice"

    number: str
    lines: tuple[ShipNoticeLine, ...] = ()
    orders: tuple[str, ...] = ()
    action: Action = "new"
    noticed_at: When | None = None
    shipped_at: When | None = None
    expected_at: When | None = None
    buyer: Party | None = None
    seller: Party | None = None
    ship_from: Party | None = None
    ship_to: Party | None = None
    carrier: str | None = None
    carrier_name: Prose | None = None
    tracking: tuple[str, ...] = ()
    bill_of_lading: str | None = None
    packages: tuple[Package, ...] = ()
    package_count: Decimal | None = None
    weight: Quantity | None = None
    note: Prose | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """When it was sent, else when it was told."""
        return self.shipped_at or self.noticed_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield from keys_of(self, ship_notice="number", bill_of_lading="bill_of_lading")
        named = [*self.orders, *(line.order_number for line in self.lines if line.order_number)]
        yield from (("purchase_order", number) for number in dict.fromkeys(named))
        yield from (("tracking", number) for number in self.tracking)
        yield from (("sscc", package.sscc) for package in self.packages if package.sscc)
        yield from keys_of_lines(self.lines)
