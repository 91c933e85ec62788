"""The canonical standard as one of the house; listed in ``app.standards``."""

from __future__ import annotations

from app import ids
from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.findings import Findings
from app.standards.canonical import acknowledgement, mapping
from app.standards.canonical.syntax import Record, parse


class Canonical:
    """Wardline's own JSON: consumption in, plain JSON or problem details out."""

    name = "canonical"
    content_types: tuple[str, ...] = ("application/json", "application/x-ndjson")

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the message, which has no number of its own and names no sender. Raises Rejected."""
        return _envelope(parse(body))

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The documents in the message. Raises Rejected."""
        records = parse(body)
        documents = mapping.consumptions(records, profile)
        findings = Findings()
        for document in documents:
            findings.add(document.warnings)
        return Reading(_envelope(records), documents, mapping.MAPPING, findings.warnings)

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """The answer in JSON."""
        return acknowledgement.acknowledge(receipt)


CANONICAL = Canonical()


def _envelope(records: list[Record]) -> Envelope:
    fingerprint = ids.digest(ids.canonical_json([record.value for record in records]))
    return Envelope(Canonical.name, Consumption.document_kind, "", fingerprint)
