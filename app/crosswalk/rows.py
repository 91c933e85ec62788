"""A row of the crosswalk and what makes it valid; used by the store, the CSV files and the look-up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

KINDS = ("item", "unit", "location", "supplier", "department", "cost_centre")
CRITICALITIES = ("routine", "critical")
ANY = "*"
"""Stands for every facility or every scheme."""


@dataclass(frozen=True, slots=True)
class CrosswalkRow:
    """One outside code and what it means.

    ``target`` of an item is its internal reference in Odoo, of a location the complete name of the stock location, of
    a unit the name people know the base unit by, of a supplier our reference of it, of a department and a cost centre
    our code. ``factor`` is how many base units one of the outside units holds;
    ``item`` restricts a unit to one item (its target), empty: every item. ``consumption_location`` is the complete
    name of the location that a stock location's consumption goes to. An empty ``target`` retires the row.
    ``valid_from`` and ``valid_to`` are both inclusive.
    """

    kind: str
    code: str
    target: str
    facility: str = ANY
    scheme: str = ANY
    item: str = ""
    factor: Decimal | None = None
    consumption_location: str | None = None
    criticality: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    id: UUID | None = None
    version: int = 0

    @property
    def identity(self) -> tuple[str, str, str, str, str, date | None]:
        """What makes two rows the same row in two versions."""
        return self.kind, self.facility, self.scheme, self.code, self.item, self.valid_from

    @property
    def meaning(self) -> tuple[object, ...]:
        """What a new version would change."""
        return self.target, self.factor, self.consumption_location, self.criticality, self.valid_to

    def holds_on(self, day: date) -> bool:
        """Whether the row is valid on that day."""
        return (self.valid_from or date.min) <= day <= (self.valid_to or date.max)

    def faults(self) -> Iterator[str]:
        """What is wrong with the row, in words for the one who wrote it."""
        if self.kind not in KINDS:
            yield f"kind must be one of {', '.join(KINDS)}"
        if not self.code:
            yield "code is missing"
        if self.criticality and self.criticality not in CRITICALITIES:
            yield f"criticality must be one of {', '.join(CRITICALITIES)}"
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            yield "valid_from is after valid_to"
        if self.target:
            yield from self._missing()

    def _missing(self) -> Iterator[str]:
        if self.kind == "unit" and (self.factor is None or not self.factor.is_finite() or self.factor <= 0):
            yield "a unit needs a factor above 0"
        if self.kind == "location" and not self.consumption_location:
            yield "a location needs a consumption_location"
