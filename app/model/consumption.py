"""Consumption: a ward used, wasted or gave back an item, or undid such an event.

Made by the standards, carried out by ``app.flows.consumption``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from app.errors import Issue
from app.model.item import Identifier
from app.model.quantity import Quantity

Kind = Literal["use", "waste", "return", "reversal"]


@dataclass(frozen=True, slots=True)
class Consumption:
    """One event of clinical consumption, free of patient identity.

    ``event_id`` is the sender's own number for the event and unique per sender; ``occurred_at`` always has a zone;
    ``quantity`` is positive, its direction is told by ``kind``; ``case`` is a keyed pseudonym of the case or
    encounter; ``reverses`` is the ``event_id`` that a reversal undoes; ``warnings`` are oddities that did not make
    the meaning ambiguous.
    """

    document_kind: ClassVar[str] = "consumption"

    event_id: str
    kind: Kind
    occurred_at: datetime
    identifiers: tuple[Identifier, ...]
    quantity: Quantity
    facility: str
    location: str
    description: str | None = None
    lot: str | None = None
    serial: str | None = None
    expiry: date | None = None
    udi: str | None = None
    department: str | None = None
    cost_centre: str | None = None
    case: str | None = None
    reverses: str | None = None
    warnings: tuple[Issue, ...] = ()

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield "event", self.event_id
        for identifier in self.identifiers:
            yield identifier.scheme, identifier.value
        for kind in ("lot", "serial", "udi", "case", "reverses"):
            if value := getattr(self, kind):
                yield kind, value
