"""Supplier and location records: master data about those we trade with and about places.

Made from FHIR Organization and Location, tables and JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from app.errors import Issue
from app.model.party import Address, Party
from app.model.text import Prose
from app.model.trade import Upkeep
from app.model.when import When

RecordStatus = Literal["active", "inactive", "pending"]


@dataclass(frozen=True, slots=True)
class SupplierRecord:
    """A supplier, manufacturer or other organisation; ``number`` is the keeper's own key for it."""

    document_kind: ClassVar[str] = "supplier"

    number: str
    party: Party
    action: Upkeep = "update"
    status: RecordStatus | None = None
    type: str | None = None
    currency: str | None = None
    terms: Prose | None = None
    part_of: str | None = None
    effective_at: When | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """From when on it holds."""
        return self.effective_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield "supplier_number", self.number
        yield from ((identifier.scheme, identifier.value) for identifier in self.party.identifiers)


@dataclass(frozen=True, slots=True)
class LocationRecord:
    """A place: a site, a department, a store room, a cabinet; ``number`` is the keeper's own key for it."""

    document_kind: ClassVar[str] = "location"

    number: str
    action: Upkeep = "update"
    name: Prose | None = None
    status: RecordStatus | None = None
    type: str | None = None
    part_of: str | None = None
    managed_by: str | None = None
    address: Address | None = None
    effective_at: When | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """From when on it holds."""
        return self.effective_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield "location", self.number
