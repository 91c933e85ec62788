"""FHIR R4 as a standard of the house; listed in ``app.standards``."""

from __future__ import annotations

from typing import Any

from app import ids
from app.model import gate
from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.findings import Findings
from app.standards.fhir import acknowledgement, bundle, mapping
from app.standards.fhir.syntax import Element, parse

BUNDLE_TYPES = ("transaction", "batch")


class FhirR4:
    """FHIR R4: SupplyDelivery alone or in a transaction or batch in, OperationOutcome out."""

    name = "fhir-r4"
    content_types: tuple[str, ...] = ("application/fhir+json",)

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the message. Raises Rejected where it is no FHIR resource."""
        return _envelope(parse(body, Findings()))

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The consumptions in a SupplyDelivery or a Bundle. Raises Rejected."""
        resource = parse(body, Findings())
        envelope = _envelope(resource.with_findings(Findings()))
        documents = _documents(resource, profile)
        for document in documents:
            resource.findings.add(document.warnings)
        return Reading(envelope, documents, mapping.MAPPING, resource.findings.errors + resource.findings.warnings)

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """The OperationOutcome."""
        return Acknowledgement(acknowledgement.CONTENT_TYPE, acknowledgement.acknowledge(receipt))


FHIR_R4 = FhirR4()


def _envelope(resource: Element) -> Envelope:
    """From resourceType, type, identifier and meta.source. What does not fit is refused by ``read``."""
    kind = resource.get("type").string() if resource.path == "Bundle" else None
    control_id = mapping.qualified(resource.get("identifier")) if kind else None
    return Envelope(
        standard=FhirR4.name,
        message_type=f"{resource.path}/{kind}"[:64] if kind in BUNDLE_TYPES else resource.path,
        sender=resource.get("meta", "source").text("sender") or "",
        fingerprint=ids.digest(ids.canonical_json(_lasting(resource.value))),
        control_id=control_id if control_id and len(control_id) <= gate.MAX_TEXT else None,
    )


def _lasting(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource without what servers stamp anew at each sending."""
    meta = resource.get("meta")
    stamps = {"meta": {name: meta[name] for name in meta if name != "lastUpdated"}} if isinstance(meta, dict) else {}
    return {name: value for name, value in resource.items() if name != "timestamp"} | stamps


def _documents(resource: Element, profile: Profile) -> tuple[Consumption, ...]:
    resource.get("meta", "source").text("sender")
    if resource.path == bundle.DELIVERY:
        return (bundle.single(resource, profile),)
    if resource.path == "Bundle":
        resource.findings.text("control_id", mapping.qualified(resource.get("identifier")), "Bundle.identifier")
        _check_type(resource.get("type"))
    else:
        text = f"{bundle.DELIVERY} or Bundle is expected"
        resource.findings.reject("resource.unsupported", f"{resource.path}.resourceType", text)
    resource.findings.settle()
    return bundle.several(resource, profile)


def _check_type(kind: Element) -> None:
    if kind.string() == "message":
        text = "FHIR messaging is not taken; send a Bundle of type transaction or batch"
        kind.findings.reject("bundle_type.unsupported", kind.path, text)
    elif kind.string() not in BUNDLE_TYPES:
        kind.findings.reject("bundle_type.unsupported", kind.path, "transaction or batch is expected")
