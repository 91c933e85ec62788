"""Organization and Location read as supplier and location records (FHIR R4 and R5, 8.7 and 8.8).

Called by ``app.standards.fhir.messages``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.model.registry_records import LocationRecord, RecordStatus, SupplierRecord
from app.standards.fhir import parties
from app.standards.fhir.context import Context, Found, Source, concept_code, document_number, reference_code
from app.standards.fhir.syntax import Element

STATUSES: Mapping[str, RecordStatus] = {"active": "active", "suspended": "inactive", "inactive": "inactive"}


def organizations(sources: Sequence[Source], context: Context) -> Iterator[Found]:
    """The supplier records; what is wrong with one is left in its findings."""
    for source in sources:
        resource, number = source.resource, document_number(source)
        active = resource.get("active").flag()
        status: RecordStatus | None = None if active is None else "active" if active else "inactive"
        record = SupplierRecord(
            number=number or "",
            party=parties.organization(resource, context),
            status=status,
            type=_type(resource, "type"),
            part_of=reference_code(resource.get("partOf"), resource, context, "part_of"),
        )
        if not resource.findings.errors:
            yield (source,), record


def locations(sources: Sequence[Source], context: Context) -> Iterator[Found]:
    """The location records; what is wrong with one is left in its findings."""
    for source in sources:
        resource, number = source.resource, document_number(source)
        status = resource.get("status").text("status")
        record = LocationRecord(
            number=number or "",
            name=resource.get("name").prose("name"),
            status=STATUSES.get(status or ""),
            type=_type(resource, "type", "physicalType", "form"),
            part_of=reference_code(resource.get("partOf"), resource, context, "part_of"),
            managed_by=reference_code(resource.get("managingOrganization"), resource, context, "managed_by"),
            address=parties.address(resource.get("address")),
        )
        if not resource.findings.errors:
            yield (source,), record


def _type(resource: Element, *names: str) -> str | None:
    concepts = (concept for name in names for concept in resource.some(name))
    return next((code for concept in concepts if (code := concept_code(concept, "type"))), None)
