"""The house as it is set up: the channels, and the facilities they belong to.

Read from the channels file by ``app.channels``; the flows ask it who is to be told what, and where a site is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from app.model.channel import Channel
from app.model.party import Address, Party, PartyIdentifier, PartyScheme


@dataclass(frozen=True, slots=True)
class Facility:
    """A site of the group, by the ``code`` that channels and documents carry.

    ``company`` is the name of its company in Odoo (empty: that of the service account), ``warehouse`` the code of its
    warehouse (empty: the facility's own code), ``receiving`` the complete name of the location that takes deliveries
    (empty: the warehouse's stock), ``quarantine`` that of the location for what must not be used. ``currency`` is an
    ISO 4217 code, ``language`` one of Odoo's (``en_US``). ``identifiers`` say how partners know the site, by scheme
    (``gln``, ``duns``, ``account``).
    """

    code: str
    name: str = ""
    company: str = ""
    warehouse: str = ""
    receiving: str = ""
    quarantine: str = ""
    currency: str = "EUR"
    time_zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    language: str = "en_US"
    identifiers: Mapping[PartyScheme, str] = field(default_factory=dict)
    address: Address | None = None

    @property
    def warehouse_code(self) -> str:
        """The code of its warehouse in Odoo."""
        return self.warehouse or self.code

    @property
    def party(self) -> Party:
        """The site as a party of trade, known by its own code where no identifier was set."""
        named = tuple(PartyIdentifier(scheme, value) for scheme, value in self.identifiers.items())
        return Party(named or (PartyIdentifier("internal", self.code),), self.name or self.code, self.address)


@dataclass(frozen=True, slots=True)
class Setup:
    """Channels by name and facilities by code."""

    channels: Mapping[str, Channel] = field(default_factory=dict)
    facilities: Mapping[str, Facility] = field(default_factory=dict)

    def facility(self, code: str) -> Facility:
        """The facility, with defaults for one that nothing was set for."""
        return self.facilities.get(code) or Facility(code)

    def of_warehouse(self, code: str) -> str | None:
        """The code of the facility whose warehouse in Odoo has this code, or None."""
        return next((site.code for site in self.facilities.values() if site.warehouse_code == code), None)

    def partner_channel(self, supplier: str, kind: str, facility: str = "") -> Channel | None:
        """The channel over which a supplier is sent documents of this kind, its own for the facility before others."""
        fits = [c for c in self.channels.values() if c.supplier == supplier and kind in c.sends]
        return next((c for c in fits if c.facility == facility), fits[0] if fits else None)

    def subscribers(self, kind: str, facility: str) -> list[Channel]:
        """The channels of the site's own systems that are sent documents of this kind."""
        return [c for c in self.channels.values() if not c.supplier and kind in c.sends and c.facility == facility]
