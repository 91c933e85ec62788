"""Prices, taxes and charges, exact from end to end.

Used by orders, confirmations, invoices and price lists. An amount never loses or gains a decimal on its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.model.quantity import Quantity
from app.model.text import Prose


@dataclass(frozen=True, slots=True)
class Price:
    """What ``basis`` of an item costs: 12.50 for 1 box, 98.00 for 100 pieces.

    ``basis`` is None where the message says nothing: one of the line's unit. ``currency`` (ISO 4217) is None where it
    is the document's.
    """

    amount: Decimal
    currency: str | None = None
    basis: Quantity | None = None


@dataclass(frozen=True, slots=True)
class Tax:
    """A tax on a line or a document; ``rate`` in per cent, ``base`` and ``amount`` in the document's currency."""

    amount: Decimal | None = None
    rate: Decimal | None = None
    base: Decimal | None = None
    category: str | None = None
    scheme: str | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """An allowance or a charge: freight, handling, discount. ``amount`` is positive; ``kind`` tells its direction."""

    kind: Literal["allowance", "charge"]
    amount: Decimal
    code: str | None = None
    description: Prose | None = None
