"""What may be peculiar to a partner that speaks FHIR, as data; a channel sets it as its ``options``.

Used by every reader and writer of this standard.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class FhirOptions:
    """The peculiarities of one partner."""

    units: Mapping[str, str] = field(default_factory=dict)
    """The partner's unit codes with their UN/ECE Recommendation 20 or 21 codes; they go before our own tables."""
    party_systems: Mapping[str, str] = field(default_factory=dict)
    """Identifier systems of organisations with what they number (``account``, ``hin``); they go before our own."""
    strict: tuple[str, ...] = ()
    """Codes of warnings for which a message is refused."""
    validation: bool = True
    """Whether resources are checked against the structure of their release too, which costs most of the reading."""
    delivery_means: Literal["consumption", "receipt"] = "consumption"
    """Whether a completed SupplyDelivery took from stock, or brought goods: then it is a goods receipt, and one in
    progress a ship notice."""
    administrations: Literal["ignored", "use"] = "ignored"
    """Whether what MedicationAdministration says was given is what was taken from stock; a dose often is not."""
    default_location: str | None = None
    """The location of a consumption that names none; DeviceUseStatement and ChargeItem have no place for one."""
    written_systems: Mapping[str, str] = field(default_factory=dict)
    """The system written for each scheme of item identifiers; else the channel's, else a well-known or our own one."""
