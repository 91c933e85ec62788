"""Price list or catalogue: what a supplier offers or a contract grants, from when to when.

Made from X12 832, UBL Catalogue, cXML Index and CIF, EDIFACT PRICAT, tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from app.errors import Issue
from app.model.item import Identifier
from app.model.item_record import Pack
from app.model.party import Party
from app.model.price import Price
from app.model.text import Prose
from app.model.trade import keys_of, keys_of_lines
from app.model.when import When

ListAction = Literal["replace", "add", "change", "delete"]
"""``replace`` puts the whole list in the place of what was known; the others speak of the lines in it."""


@dataclass(frozen=True, slots=True)
class PriceBreak:
    """A price, by class or tier, from a quantity on; ``price_class`` is the list's own code (``CON``, ``C01``)."""

    price: Price
    minimum: Decimal | None = None
    price_class: str | None = None
    valid_from: When | None = None
    valid_to: When | None = None


@dataclass(frozen=True, slots=True)
class PriceListLine:
    """One item and its prices; ``unit`` is the ordering unit in the supplier's code."""

    identifiers: tuple[Identifier, ...] = ()
    number: str | None = None
    action: ListAction = "add"
    description: Prose | None = None
    manufacturer: Party | None = None
    unit: str | None = None
    common_unit: str | None = None
    price: Price | None = None
    breaks: tuple[PriceBreak, ...] = ()
    packs: tuple[Pack, ...] = ()
    minimum: Decimal | None = None
    increment: Decimal | None = None
    lead_days: Decimal | None = None
    valid_from: When | None = None
    valid_to: When | None = None
    note: Prose | None = None


@dataclass(frozen=True, slots=True)
class PriceList:
    """A catalogue or a contract's prices."""

    document_kind: ClassVar[str] = "price_list"

    number: str
    lines: tuple[PriceListLine, ...] = ()
    action: ListAction = "replace"
    name: Prose | None = None
    revision: str | None = None
    issued_at: When | None = None
    contract: str | None = None
    tier: str | None = None
    currency: str | None = None
    buyer: Party | None = None
    seller: Party | None = None
    valid_from: When | None = None
    valid_to: When | None = None
    note: Prose | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """When it was issued, else from when on it holds."""
        return self.issued_at or self.valid_from

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield from keys_of(self, price_list="number", contract="contract")
        yield from keys_of_lines(self.lines)
