"""Order confirmation: what the supplier says to a purchase order, line by line.

Made from X12 855 and 865, cXML ConfirmationRequest, UBL OrderResponse and OrderAgreement, EDIFACT ORDRSP.
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
from app.model.trade import Action, keys_of, keys_of_lines
from app.model.when import When

ConfirmationStatus = Literal["received", "accepted", "changed", "rejected", "backordered"]
ConfirmationOutcome = Literal["accepted", "changed", "substituted", "backordered", "rejected", "on_hold"]


@dataclass(frozen=True, slots=True)
class ConfirmationLine:
    """What becomes of (a part of) an ordered line; a line that is split comes more than once.

    ``order_line`` is the buyer's line number. ``quantity``, ``price`` and dates are what the supplier confirms, None
    where it says nothing; ``ordered`` is the quantity it repeats. ``identifiers`` name what was ordered,
    ``substitute`` names what comes in its place.
    """

    outcome: ConfirmationOutcome
    order_line: str | None = None
    identifiers: tuple[Identifier, ...] = ()
    description: Prose | None = None
    ordered: Quantity | None = None
    quantity: Quantity | None = None
    price: Price | None = None
    ship_on: When | None = None
    deliver_on: When | None = None
    substitute: tuple[Identifier, ...] = ()
    reason: str | None = None
    note: Prose | None = None
    net: Decimal | None = None
    deliver_not_after: When | None = None


@dataclass(frozen=True, slots=True)
class OrderConfirmation:
    """A supplier's answer to the order ``order_number``; without lines it speaks of all of them."""

    document_kind: ClassVar[str] = "order_confirmation"

    order_number: str
    status: ConfirmationStatus
    lines: tuple[ConfirmationLine, ...] = ()
    number: str | None = None
    action: Action = "new"
    confirmed_at: When | None = None
    ordered_at: When | None = None
    order_revision: str | None = None
    supplier_order_number: str | None = None
    currency: str | None = None
    buyer: Party | None = None
    seller: Party | None = None
    ship_to: Party | None = None
    ship_on: When | None = None
    deliver_on: When | None = None
    reason: str | None = None
    note: Prose | None = None
    charges: tuple[Charge, ...] = ()
    taxes: tuple[Tax, ...] = ()
    total: Decimal | None = None
    deliver_not_after: When | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """When the supplier answered."""
        return self.confirmed_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield from keys_of(
            self, order_confirmation="number", purchase_order="order_number", supplier_order="supplier_order_number"
        )
        yield from keys_of_lines(self.lines)
