"""Organisations that trade with each other, and how each names the other.

Used by every trading document; the crosswalk turns a party into a supplier or a site of ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.model.text import Prose

PartyScheme = Literal["internal", "gln", "duns", "hin", "dea", "vat", "account", "network", "name"]
"""``account`` is the number one party gave the other, ``network`` an address in a trading network (AN01..., ISA-06,
Peppol endpoint), ``name`` an identifier of which only its text is known."""


@dataclass(frozen=True, slots=True)
class PartyIdentifier:
    """One number of a party: the scheme it belongs to and the number in it."""

    scheme: PartyScheme
    value: str


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; ``lines`` are street and number as written, ``country`` is as sent (mostly ISO 3166-1)."""

    lines: tuple[Prose, ...] = ()
    city: Prose | None = None
    region: Prose | None = None
    postal_code: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask at a party."""

    name: Prose | None = None
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Party:
    """A buyer, supplier, ship-to, bill-to or remit-to party."""

    identifiers: tuple[PartyIdentifier, ...] = ()
    name: Prose | None = None
    address: Address | None = None
    contact: Contact | None = None
