"""Punch-out setup: the request that opens a supplier's shop for a buyer (cXML PunchOutSetupRequest).

Written for suppliers; the cart that comes back is a requisition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal

from app.errors import Issue
from app.model.item import Identifier
from app.model.party import Party
from app.model.trade import keys_of
from app.model.when import When


@dataclass(frozen=True, slots=True)
class PunchOutSetup:
    """A session in a supplier's shop; ``session`` is the BuyerCookie, ``return_to`` the address the cart is posted to.

    ``start_from`` names the item the shop should open with.
    """

    document_kind: ClassVar[str] = "punchout_setup"

    session: str
    return_to: str
    operation: Literal["create", "edit", "inspect"] = "create"
    requested_at: When | None = None
    requester: str | None = None
    ship_to: Party | None = None
    start_from: tuple[Identifier, ...] = ()
    warnings: tuple[Issue, ...] = ()

    @property
    def said_at(self) -> When | None:
        """When it was asked."""
        return self.requested_at

    def business_keys(self) -> Iterator[tuple[str, str]]:
        """Every number a person may hold and search for, as (kind, value)."""
        yield from keys_of(self, session="session")
