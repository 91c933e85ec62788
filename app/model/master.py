"""Master data as decisions need it: items, suppliers and what suppliers offer.

Kept by the ledger's registry; policy decides on these, flows and the gateway to Odoo pass them on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Literal

from app.model.party import PartyIdentifier
from app.model.stock import Tracking

Criticality = Literal["routine", "critical"]


@dataclass(frozen=True, slots=True)
class Offer:
    """A price of one supplier for one item, from a quantity on.

    ``price`` is for one ``unit`` (the name of Odoo's unit, empty: the item's base unit), which holds ``factor`` base
    units; ``minimum`` counts such units. ``supplier_code`` is the supplier's catalogue number, ``lead_days`` its
    delivery time; ``valid_from`` and ``valid_to`` are both inclusive.
    """

    item: str
    supplier: str
    price: Decimal
    currency: str
    unit: str = ""
    factor: Decimal = Decimal(1)
    minimum: Decimal = Decimal(0)
    supplier_code: str | None = None
    contract: str | None = None
    lead_days: int = 0
    valid_from: date | None = None
    valid_to: date | None = None
    preferred: bool = False

    def holds_on(self, day: date) -> bool:
        """Whether the price is valid on that day."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)

    def remembering(self, before: Iterable[Offer]) -> Offer:
        """The offer with the contract that it was known under: Odoo, where it was read, has no field for that."""
        if self.contract:
            return self
        known = next((one.contract for one in before if replace(one, contract=None) == self), None)
        return replace(self, contract=known)


@dataclass(frozen=True, slots=True)
class ItemFacts:
    """An item: ``reference`` is its internal reference in Odoo, ``unit`` its base unit's name.

    A substitute of a ``clinical`` item needs a clinician's word. ``standard_price`` is for one base unit, None where
    it is not known.
    """

    reference: str
    name: str = ""
    category: str = ""
    unit: str = ""
    tracking: Tracking = "none"
    active: bool = True
    purchasable: bool = True
    criticality: Criticality = "routine"
    clinical: bool = False
    standard_price: Decimal | None = None


@dataclass(frozen=True, slots=True)
class SupplierFacts:
    """A supplier: ``reference`` is ours for it (``res.partner.ref`` in Odoo)."""

    reference: str
    name: str = ""
    active: bool = True
    approved: bool = True
    currency: str = ""
    identifiers: tuple[PartyIdentifier, ...] = ()
