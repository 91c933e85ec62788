"""The releases of FHIR that are read and written, with what tells them apart, as data.

Used by ``app.standards.fhir.standard``, which makes one standard of each, and by readers and writers.
"""

from __future__ import annotations

from dataclasses import dataclass

EVENTS_R4 = frozenset({
    "ChargeItem", "DeviceUseStatement", "MedicationAdministration", "MedicationDispense", "SupplyDelivery",
    "SupplyRequest",
})  # fmt: skip
EVENTS_R5 = EVENTS_R4 - {"DeviceUseStatement"} | {"DeviceDispense", "DeviceUsage", "InventoryReport"}
RECORDS_R4 = frozenset({"Device", "DeviceDefinition", "Location", "Medication", "Organization"})
RECORDS_R5 = RECORDS_R4 | {"InventoryItem"}


@dataclass(frozen=True, slots=True)
class Version:
    """A release of FHIR.

    ``models`` is the package of fhir.resources that knows its structure. ``events`` are the resources that tell what
    happened or is wanted, ``records`` those that tell what there is: where both come in one Bundle, the records only
    accompany the events.
    """

    name: str
    release: str
    models: str
    events: frozenset[str]
    records: frozenset[str]
    codeable_references: bool
    """Whether an item is told as CodeableReference (``item.concept``) or as a choice (``itemCodeableConcept``)."""
    many_supplied_items: bool
    """Whether SupplyDelivery.suppliedItem repeats."""
    device_name: tuple[str, str]
    """The element with a Device's names, and the name within it."""
    contacts_in_detail: bool
    """Whether an Organization's address and telecom are within its ``contact``."""


R4 = Version(
    name="fhir-r4",
    release="R4",
    models="fhir.resources.R4B",
    events=EVENTS_R4,
    records=RECORDS_R4,
    codeable_references=False,
    many_supplied_items=False,
    device_name=("deviceName", "name"),
    contacts_in_detail=False,
)
"""4.0.1. There are models of 4.3 (R4B) only, which has all of R4's resources that are used here unchanged."""
R5 = Version(
    name="fhir-r5",
    release="R5",
    models="fhir.resources",
    events=EVENTS_R5,
    records=RECORDS_R5,
    codeable_references=True,
    many_supplied_items=True,
    device_name=("name", "value"),
    contacts_in_detail=True,
)
"""5.0.0."""
