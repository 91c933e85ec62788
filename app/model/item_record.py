"""Item record: one entry of an item master as one system tells it to another.

Made from HL7 MFN, FHIR DeviceDefinition, Device and InventoryItem, tables; written for EHRs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from app.errors import Issue
from app.model.item import Identifier
from app.model.party import Party
from app.model.price import Price
from app.model.text import Prose
from app.model.trade import Upkeep, keys_of_lines
from app.model.when import When

ItemStatus = Literal["active", "inactive", "discontinued", "pending"]


@dataclass(frozen=True, slots=True)
class Pack:
    """A packaging level: one ``unit`` holds ``quantity`` of the base unit; ``gtin`` is the package's own."""

    unit: str
    quantity: Decimal | None = None
    common_unit: str | None = None
    gtin: str | None = None
    price: Price | None = None
    default: bool | None = None


@dataclass(frozen=True, slots=True)
class ItemSource:
    """A supplier of the item; ``catalogue_number`` is the supplier's own for it."""

    supplier: Party
    catalogue_number: str | None = None
    price: Price | None = None
    primary: bool | None = None
    contract: str | None = None
    packs: tuple[Pack, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemPlace:
    """Where the item is kept; levels in the base unit."""

    location: str
    department: str | None = None
    bin: str | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    reorder_point: Decimal | None = None
    reorder_quantity: Decimal | None = None
    on_hand: Decimal | None = None
    consigned: bool | None = None


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """An item as its keeper knows it. ``number`` is the keeper's own key; a flag that was not told is None."""

    document_kind: ClassVar[str] = "item"

    number: str
    action: Upkeep = "update"
    identifiers: tuple[Identifier, ...] = ()
    description: Prose | None = None
    status: ItemStatus | None = None
    type: str | None = None
    category: str | None = None
    manufacturer: Party | None = None
    model: str | None = None
    base_unit: str | None = None
    common_unit: str | None = None
    lot_tracked: bool | None = None
    serial_tracked: bool | None = None
    expiry_tracked: bool | None = None
    stocked: bool | None = None
    chargeable: bool | None = None
    charge_code: str | None = None
    latex: bool | None = None
    sterile: bool | None = None
    hazardous: bool | None = None
    reusable: bool | None = None
    implantable: bool | None = None
    taxable: bool | None = None
    account: str | None = None
    price: Price | None = None
    effective_at: When | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: When | None = None
    udi: str | None = None
    packs: tuple[Pack, ...] = ()
    sources: tuple[ItemSource, ...] = ()
    places: tuple[ItemPlace, ...] = ()
    note: Prose | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """From when on it holds."""
        return self.effective_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield "item", self.number
        yield from keys_of_lines((self,))
        yield from (("gtin", pack.gtin) for pack in self.packs if pack.gtin)
        yield from (("supplier", one.catalogue_number) for one in self.sources if one.catalogue_number)
