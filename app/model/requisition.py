"""Requisition: somebody asks for items, before anybody has approved or ordered them.

Made from HL7 OMS, OMN and ORM, FHIR SupplyRequest, cXML punch-out carts, tables and JSON.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from app.errors import Issue
from app.model.item import Identifier
from app.model.party import Party
from app.model.price import Price
from app.model.quantity import Quantity
from app.model.text import Prose
from app.model.trade import Action, LineAction, keys_of, keys_of_lines
from app.model.when import When

Priority = Literal["routine", "urgent", "stat"]


@dataclass(frozen=True, slots=True)
class RequisitionLine:
    """One item asked for. ``number`` is the requester's own for the line; ``supplier`` is a suggestion.

    ``account`` is the general ledger account that it is charged to.
    """

    number: str
    quantity: Quantity
    identifiers: tuple[Identifier, ...] = ()
    description: Prose | None = None
    action: LineAction = "add"
    price: Price | None = None
    supplier: Party | None = None
    needed_by: When | None = None
    lot: str | None = None
    serial: str | None = None
    cost_centre: str | None = None
    substitutes_allowed: bool | None = None
    note: Prose | None = None
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Requisition:
    """A request for items, free of patient identity.

    ``deliver_to`` and ``deliver_from`` are the requester's own location codes, ``case`` is a keyed pseudonym of the
    case or encounter, ``requester`` a staff number or name, ``session`` the punch-out session (BuyerCookie).
    """

    document_kind: ClassVar[str] = "requisition"

    number: str
    lines: tuple[RequisitionLine, ...] = ()
    action: Action = "new"
    requested_at: When | None = None
    priority: Priority = "routine"
    requester: str | None = None
    deliver_to: str | None = None
    deliver_from: str | None = None
    department: str | None = None
    cost_centre: str | None = None
    needed_by: When | None = None
    currency: str | None = None
    case: str | None = None
    session: str | None = None
    note: Prose | None = None
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """When it was asked."""
        return self.requested_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield from keys_of(self, requisition="number", case="case", session="session")
        yield from keys_of_lines(self.lines)
