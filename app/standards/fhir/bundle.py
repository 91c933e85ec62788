"""Which SupplyDelivery resources a message holds: the message itself or the entries of a Bundle (FHIR R4, 2.36).

Called by ``app.standards.fhir.standard``. A transaction counts as a whole; of a batch each entry stands for itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.findings import Findings
from app.standards.fhir import mapping
from app.standards.fhir.references import References
from app.standards.fhir.syntax import Element

DELIVERY = "SupplyDelivery"
MAX_ENTRIES = 5_000
WRITES = ("POST", "PUT")

SILENT = frozenset({
    "Device", "DeviceDefinition", "Encounter", "Location", "Medication", "Organization", "Patient", "Practitioner",
    "PractitionerRole", "Procedure", "Provenance", "RelatedPerson", "SupplyRequest",
})  # fmt: skip
"""Resources that accompany a SupplyDelivery; any other one is left out with a warning."""


def single(delivery: Element, profile: Profile) -> Consumption:
    """The event of a message that is one SupplyDelivery. Raises Rejected."""
    found = mapping.consumption(delivery, References(), profile)
    delivery.findings.settle()
    assert found is not None
    return found


def several(bundle: Element, profile: Profile) -> tuple[Consumption, ...]:
    """The events of a Bundle; what was left out or, in a batch, refused, is in its findings. Raises Rejected."""
    entries = list(bundle.each("entry", MAX_ENTRIES))
    references = References(entries)
    deliveries = list(_deliveries(bundle, entries))
    place = _place(bundle)
    found = []
    for number, delivery in deliveries:
        consumption = mapping.consumption(delivery, references, profile, f"{place}#{number}" if place else None)
        bundle.findings.add(delivery.findings.errors)
        if consumption:
            found.append((delivery.path, consumption))
    kept = _unique(found, bundle.findings)
    if not deliveries:
        bundle.findings.reject("delivery.missing", f"{bundle.path}.entry", f"a {DELIVERY} is expected")
    if not kept or bundle.get("type").string() == "transaction":
        bundle.findings.settle()
    return kept


def _deliveries(bundle: Element, entries: list[Element]) -> Iterator[tuple[int, Element]]:
    """The entries to be read, each with its place and with findings of its own."""
    for place, entry in enumerate(entries):
        resource, request = entry.get("resource"), entry.get("request")
        method, url = request.get("method").string(), request.get("url").string() or ""
        kind = resource.get("resourceType").string() if resource else None
        if DELIVERY in {kind, url.split("/")[0]} and method is not None and method not in WRITES:
            text = "POST or PUT is expected; what was wrong is sent again as entered-in-error"
            bundle.findings.reject("request.unsupported", f"{entry.path}.request.method", text)
        elif kind == DELIVERY:
            yield place, resource.with_findings(Findings())
        elif kind and kind not in SILENT:
            text = f"the resource is left out; consumption is read from {DELIVERY}"
            bundle.findings.warn("resource.ignored", f"{resource.path}.resourceType", text)


def _place(bundle: Element) -> str | None:
    """What numbers the entries of a Bundle that have no number of their own: its identifier, else its id."""
    identity = bundle.get("id").string()
    return mapping.qualified(bundle.get("identifier")) or (f"Bundle/{identity}" if identity else None)


def _unique(found: list[tuple[str, Consumption]], findings: Findings) -> tuple[Consumption, ...]:
    counts = Counter(consumption.event_id for _, consumption in found)
    for path, consumption in found:
        if counts[consumption.event_id] > 1:
            text = "two entries of the Bundle have one identifier"
            findings.reject("event.duplicate", f"{path}.identifier", text)
    return tuple(consumption for _, consumption in found if counts[consumption.event_id] == 1)
