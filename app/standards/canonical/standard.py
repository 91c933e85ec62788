"""The canonical standard as one of the house; listed in ``app.standards``."""

from __future__ import annotations

from app import ids
from app.model.channel import Profile
from app.model.documents import KINDS, Document
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.findings import Findings
from app.model.interchange import Interchange, Written
from app.standards.canonical import acknowledgement, mapping, writing
from app.standards.canonical.options import CanonicalOptions
from app.standards.canonical.syntax import Record, parse


class Canonical:
    """Wardline's own JSON: every kind of document in and out, plain JSON or problem details as the answer."""

    name = "canonical"
    content_types: tuple[str, ...] = ("application/json", "application/x-ndjson")
    options = CanonicalOptions
    writes = frozenset(KINDS)

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the message, which has no number of its own and names no sender. Raises Rejected."""
        return _envelope(parse(body))

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The documents in the message, of one kind or of several. Raises Rejected."""
        records = parse(body)
        documents = mapping.documents(records, profile)
        findings = Findings()
        for document in documents:
            findings.add(document.warnings)
        envelope = _envelope(records)
        return Reading(envelope, documents, f"canonical.{envelope.message_type}/1", findings.warnings)

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """The answer in JSON."""
        return acknowledgement.acknowledge(receipt)

    def write(self, document: Document, profile: Profile, interchange: Interchange) -> Written:
        """The document as one JSON object. Raises Permanent."""
        body = writing.write(document, profile)
        return Written(writing.CONTENT_TYPE, body, document.document_kind, str(interchange.control_number))


CANONICAL = Canonical()


def _envelope(records: list[Record]) -> Envelope:
    fingerprint = ids.digest(ids.canonical_json([record.value for record in records]))
    return Envelope(Canonical.name, mapping.message_type(records), "", fingerprint)
