"""FHIR as a standard of the house, once for each release; listed in ``app.standards``."""

from __future__ import annotations

import json
from typing import Any

from app import ids
from app.model import gate
from app.model.channel import Profile
from app.model.documents import Document
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.findings import Findings
from app.model.goods_receipt import GoodsReceipt
from app.model.interchange import Interchange, Written
from app.model.inventory_report import InventoryReport
from app.model.item_record import ItemRecord
from app.model.requisition import Requisition
from app.model.ship_notice import ShipNotice
from app.standards.fhir import acknowledgement, bundle, messages, responses, versions, writing
from app.standards.fhir.context import qualified
from app.standards.fhir.options import FhirOptions
from app.standards.fhir.syntax import Element, parse
from app.standards.fhir.versions import Version

KNOWN_BUNDLES = (*bundle.TYPES, *responses.RESPONSE_BUNDLES)


class Fhir:
    """A release of FHIR in JSON: supply resources alone or in Bundles in and out, OperationOutcome as the answer."""

    content_types: tuple[str, ...] = ("application/fhir+json",)
    options: type = FhirOptions

    def __init__(self, version: Version, writes: frozenset[str]) -> None:
        self._version = version
        self.name = version.name
        self.writes = writes

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the message. Raises Rejected where it is no FHIR resource."""
        return self._envelope(parse(body, Findings()))

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The documents in a resource or a Bundle. Raises Rejected."""
        resource = parse(body, Findings())
        envelope = self._envelope(resource.with_findings(Findings()))
        documents, mapping = messages.read(resource, profile, self._version)
        return Reading(envelope, documents, mapping, resource.findings.errors + resource.findings.warnings)

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """The OperationOutcome, the response to a transaction or batch, or the message that answers a message."""
        return Acknowledgement(acknowledgement.CONTENT_TYPE, acknowledgement.acknowledge(receipt))

    def write(self, document: Document, profile: Profile, interchange: Interchange) -> Written:
        """A transaction Bundle with the resources that tell the document. Raises Permanent."""
        return writing.write(document, profile, interchange, self._version)

    def _envelope(self, resource: Element) -> Envelope:
        """From resourceType, type, identifier and meta.source. What does not fit is refused by ``read``."""
        kind = resource.get("type").string() if resource.path == "Bundle" else None
        control_id = qualified(resource.get("identifier")) if kind else None
        return Envelope(
            standard=self.name,
            message_type=f"{resource.path}/{kind}"[:64] if kind in KNOWN_BUNDLES else resource.path,
            sender=_sender(resource),
            fingerprint=ids.digest(ids.canonical_json(_lasting(resource.value))),
            control_id=control_id if control_id and len(control_id) <= gate.MAX_TEXT else None,
            header=json.dumps(acknowledgement.summary(resource, self._version)).encode() if kind else None,
        )


_ALWAYS = frozenset({Requisition.document_kind, GoodsReceipt.document_kind, ShipNotice.document_kind})
FHIR_R4 = Fhir(versions.R4, _ALWAYS)
FHIR_R5 = Fhir(versions.R5, _ALWAYS | {InventoryReport.document_kind, ItemRecord.document_kind})


def _sender(resource: Element) -> str:
    """meta.source, else the endpoint that a MessageHeader names as its source (``endpoint`` in R4)."""
    if told := resource.get("meta", "source").text("sender"):
        return told
    entry = next(resource.each("entry", bundle.MAX_ENTRIES), None) if resource.path == "Bundle" else None
    source = entry.get("resource", "source") if entry and entry.get("resource").kind == "MessageHeader" else None
    if source is None or not isinstance(source.value, dict):
        return ""
    return source.get("endpoint").text("sender") or source.get("endpointUrl").text("sender") or ""


def _lasting(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource without what servers stamp anew at each sending."""
    meta = resource.get("meta")
    stamps = {"meta": {name: meta[name] for name in meta if name != "lastUpdated"}} if isinstance(meta, dict) else {}
    return {name: value for name, value in resource.items() if name != "timestamp"} | stamps
