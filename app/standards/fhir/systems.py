"""Systems of identifiers and codes: whose numbers they are, for items and for organisations (FHIR R4, 2.24.0.8).

Used by readers and writers. What is ours has a name below ``urn:wardline:``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args

from app.model.channel import Channel
from app.model.item import SCHEMES
from app.model.party import PartyScheme
from app.standards.fhir.options import FhirOptions

OWN = "urn:wardline:"
OWN_ITEM, OWN_PARTY = f"{OWN}item:", f"{OWN}party:"
INTERCHANGE, DOCUMENT, LINE = f"{OWN}interchange", f"{OWN}document", f"{OWN}line"
ORDER, ORDER_OF_LINE, STAFF, PLACE = f"{OWN}order", f"{OWN}order-of-line", f"{OWN}staff", f"{OWN}location"
ACTIVITY = f"{OWN}activity"
IDENTIFIER_TYPES = "http://terminology.hl7.org/CodeSystem/v2-0203"
GROUP_NUMBER, SERIAL_NUMBER, UDI = "PGN", "SNO", "UDI"
"""Types of identifiers (table 0203): a placer's group number, a serial number, a carrier's content."""
UCUM = "http://unitsofmeasure.org"
COMMON_UNITS = "urn:un:unece:uncefact:codelist:standard:UNECE:MeasurementUnitCommonCode"
"""UN/ECE Recommendation 20 and 21 as its publisher names it; a version may follow."""

ITEMS: Mapping[str, str] = {
    "https://www.gs1.org/gtin": "gtin",
    "http://hl7.org/fhir/NamingSystem/gs1": "gtin",
    "http://hl7.org/fhir/NamingSystem/gs1-di": "gtin",
    "http://terminology.hl7.org/ValueSet/v3-GTIN": "gtin",
    "urn:oid:1.3.160": "gtin",
    "urn:oid:2.51.1.1": "gtin",
    "http://hl7.org/fhir/NamingSystem/hibcc": "hibc",
    "http://hl7.org/fhir/NamingSystem/hibcc-diI": "hibc",
    "http://hl7.org/fhir/NamingSystem/hibcc-dI": "hibc",
    "urn:oid:1.0.15961.10.816": "hibc",
    "http://hl7.org/fhir/sid/ndc": "ndc",
    "urn:oid:2.16.840.1.113883.6.69": "ndc",
    "http://hl7.org/fhir/NamingSystem/iccbba-blood-di": "isbt",
    "http://hl7.org/fhir/NamingSystem/iccbba-other-di": "isbt",
    "https://www.isbt128.org/uri/ProductCode": "isbt",
    "urn:oid:2.16.840.1.113883.6.18": "isbt",
}
"""Systems of item identifiers that need no entry in the channel."""
WRITTEN_ITEMS: Mapping[str, str] = {
    "gtin": "https://www.gs1.org/gtin",
    "hibc": "http://hl7.org/fhir/NamingSystem/hibcc",
    "ndc": "http://hl7.org/fhir/sid/ndc",
}
PARTIES: Mapping[str, PartyScheme] = {
    "https://www.gs1.org/gln": "gln",
    "urn:oid:1.3.88": "gln",
    "urn:oid:2.51.1.3": "gln",
    "urn:oid:1.3.60": "duns",
    "https://www.deanumber.com/": "dea",
    "urn:oid:2.16.840.1.113883.4.814": "dea",
}
WRITTEN_PARTIES: Mapping[str, str] = {"gln": "https://www.gs1.org/gln", "duns": "urn:oid:1.3.60"}


def item_scheme(system: str | None, channel: Channel) -> str | None:
    """The scheme of item identifiers of a system, None where the system is not known."""
    if system is None:
        return None
    if system.startswith(OWN_ITEM) and (own := system.removeprefix(OWN_ITEM)) in SCHEMES:
        return own
    return channel.identifier_systems.get(system) or ITEMS.get(system)


def item_system(scheme: str, channel: Channel, options: FhirOptions) -> str:
    """The system to write for a scheme."""
    own = next((system for system, known in channel.identifier_systems.items() if known == scheme), None)
    return options.written_systems.get(scheme) or own or WRITTEN_ITEMS.get(scheme) or f"{OWN_ITEM}{scheme}"


def party_scheme(system: str | None, options: FhirOptions) -> PartyScheme:
    """What a system of organisations numbers; ``name`` where it is not known."""
    if system is None:
        return "internal"
    own = system.removeprefix(OWN_PARTY) if system.startswith(OWN_PARTY) else None
    told = options.party_systems.get(system) or own
    return cast("PartyScheme", told) if told in get_args(PartyScheme) else PARTIES.get(system, "name")


def party_system(scheme: str, options: FhirOptions) -> str:
    """The system to write for a scheme."""
    own = next((system for system, known in options.party_systems.items() if known == scheme), None)
    return own or WRITTEN_PARTIES.get(scheme) or f"{OWN_PARTY}{scheme}"
