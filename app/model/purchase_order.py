"""Purchase order, its change and its cancellation.

Written for suppliers, read where an order comes from elsewhere (a supplier's side, another buying system).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from app.errors import Issue
from app.model.item import Identifier
from app.model.party import Party
from app.model.price import Charge, Price, Tax
from app.model.quantity import Quantity
from app.model.text import Prose
from app.model.trade import Action, LineAction, keys_of, keys_of_lines
from app.model.when import When

OrderType = Literal["standard", "blanket", "release", "consignment", "bill_only", "rush"]


@dataclass(frozen=True, slots=True)
class PurchaseOrderLine:
    """One ordered item. ``account`` is the general ledger account, ``net`` the line's amount if it was told."""

    number: str
    quantity: Quantity
    identifiers: tuple[Identifier, ...] = ()
    description: Prose | None = None
    action: LineAction = "add"
    price: Price | None = None
    net: Decimal | None = None
    deliver_on: When | None = None
    lot: str | None = None
    serial: str | None = None
    cost_centre: str | None = None
    account: str | None = None
    requisition: str | None = None
    taxes: tuple[Tax, ...] = ()
    charges: tuple[Charge, ...] = ()
    note: Prose | None = None
    deliver_not_after: When | None = None


@dataclass(frozen=True, slots=True)
class PurchaseOrder:
    """An order to a supplier. ``revision`` counts its changes; ``total`` is the amount the message itself states."""

    document_kind: ClassVar[str] = "purchase_order"

    number: str
    lines: tuple[PurchaseOrderLine, ...] = ()
    action: Action = "new"
    type: OrderType = "standard"
    revision: str | None = None
    ordered_at: When | None = None
    currency: str | None = None
    buyer: Party | None = None
    seller: Party | None = None
    ship_to: Party | None = None
    bill_to: Party | None = None
    deliver_on: When | None = None
    deliver_not_after: When | None = None
    contract: str | None = None
    requisition: str | None = None
    terms: Prose | None = None
    note: Prose | None = None
    charges: tuple[Charge, ...] = ()
    taxes: tuple[Tax, ...] = ()
    total: Decimal | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """When it was ordered or changed."""
        return self.ordered_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield from keys_of(self, purchase_order="number", contract="contract", requisition="requisition")
        yield from keys_of_lines(self.lines)
