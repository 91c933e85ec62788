"""Which resources of a message are to be read: the message itself or the entries of a Bundle (FHIR R4, 2.36).

Called by ``app.standards.fhir.messages``. A transaction and a message count as a whole; of a batch, a collection or a
search result each entry stands for itself.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.model.findings import Findings
from app.standards.fhir.context import Source, qualified
from app.standards.fhir.references import References
from app.standards.fhir.syntax import Element
from app.standards.fhir.versions import Version

MAX_ENTRIES = 5_000
WHOLE = ("transaction", "message")
TYPES = (*WHOLE, "batch", "collection", "searchset")
WRITES = ("POST", "PUT")

SILENT = frozenset({
    "Account", "Basic", "Condition", "Device", "DeviceDefinition", "DeviceRequest", "Encounter", "Endpoint",
    "HealthcareService", "InventoryItem", "Location", "Medication", "MedicationKnowledge", "MedicationRequest",
    "MessageHeader", "OperationOutcome", "Organization", "Patient", "Practitioner", "PractitionerRole", "Procedure",
    "Provenance", "RelatedPerson", "ServiceRequest", "Substance",
})  # fmt: skip
"""Resources that may accompany what is read; any other one is left out with a warning."""


def entries_of(bundle: Element) -> list[Element]:
    """The entries; too many are a fault."""
    return list(bundle.each("entry", MAX_ENTRIES))


def sources(bundle: Element, entries: list[Element], version: Version) -> list[Source]:
    """The entries to be read, each with its place and with findings of its own.

    Where something happened or is wanted, that is read; records only accompany it, and a request that a delivery of
    the same Bundle is based on does so too. Otherwise the records are what the Bundle is about.
    """
    told = list(_told(bundle, entries, version))
    events = [(place, one) for place, one in told if one.kind in version.events]
    asked = _delivered(events, References(entries))
    chosen = [(place, one) for place, one in events if one.path not in asked] or [
        (place, one) for place, one in told if one.kind in version.records
    ]
    name = _place(bundle)
    for _, one in told:
        if one.kind not in SILENT | version.events | version.records:
            bundle.findings.warn("resource.ignored", f"{one.path}.resourceType", "this type of resource is left out")
    if not chosen:
        text = "no entry is of a type that is read here"
        bundle.findings.reject("resource.missing", f"{bundle.path}.entry", text)
    return [Source(one.with_findings(Findings()), f"{name}#{place}" if name else None) for place, one in chosen]


def _told(bundle: Element, entries: list[Element], version: Version) -> Iterator[tuple[int, Element]]:
    """The resources that are told, not those that a search brought along, nor those to be deleted."""
    for place, entry in enumerate(entries):
        resource, request = entry.get("resource"), entry.get("request")
        method, url = request.get("method").string(), request.get("url").string() or ""
        kind = resource.kind
        if method is not None and method not in WRITES:
            text = "POST or PUT is expected; what was wrong is sent again as entered-in-error"
            if {kind, url.split("/")[0]} & (version.events | version.records):
                bundle.findings.reject("request.unsupported", f"{entry.path}.request.method", text)
            elif not kind:
                bundle.findings.warn("request.ignored", f"{entry.path}.request.method", "it was not carried out")
        elif kind and entry.get("search", "mode").string() not in {"include", "outcome"}:
            yield place, resource


def _delivered(events: list[tuple[int, Element]], references: References) -> set[str]:
    """The paths of the requests that deliveries of the same Bundle are based on."""
    found = set()
    for _, resource in events:
        if resource.kind == "SupplyDelivery":
            quiet = resource.with_findings(Findings())
            targets = (references.resolve(one, quiet) for one in quiet.each("basedOn"))
            found |= {target.path for target in targets if target is not None and target.kind == "SupplyRequest"}
    return found


def _place(bundle: Element) -> str | None:
    """What numbers the entries of a Bundle that have no number of their own: its identifier, else its id."""
    identity = bundle.get("id").string()
    return qualified(bundle.get("identifier")) or (f"Bundle/{identity}" if identity else None)
