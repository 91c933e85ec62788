"""HL7 v2 as a standard of the house; listed in ``app.standards``."""

from __future__ import annotations

from app.errors import Permanent
from app.model import gate
from app.model.channel import Profile
from app.model.documents import Document
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.findings import Findings
from app.model.interchange import Interchange, Written
from app.model.item_record import ItemRecord
from app.model.requisition import Requisition
from app.standards.hl7v2 import (
    acknowledgement,
    answers,
    batches,
    messages,
    syntax,
    write_master_files,
    write_requisitions,
)
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.syntax import Segment


class Hl7v2:
    """HL7 version 2.3 to 2.9: supply, charge, dispense, master file and inventory messages, and their answers."""

    name = "hl7v2"
    content_types: tuple[str, ...] = ("application/hl7-v2", "x-application/hl7-v2+er7")
    options: type = Hl7Options
    writes = frozenset({Requisition.document_kind, ItemRecord.document_kind})

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the message, from its MSH segment, or of the file. Raises Rejected where there is none."""
        if batches.is_batch(body):
            return _envelope_of_batch(body)
        line = syntax.header_line(body)
        return _envelope(body, line, syntax.header(line))

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The documents of a message or of all messages of a file. Raises Rejected."""
        if batches.is_batch(body):
            documents, mapping, issues = batches.read(body, profile)
            return Reading(_envelope_of_batch(body), documents, mapping, issues)
        findings = Findings()
        message, documents, mapping = messages.read(body, profile, findings)
        envelope = _envelope(body, syntax.header_line(body), message.header)
        return Reading(envelope, documents, mapping, (*findings.errors, *findings.warnings))

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """The answer that the sender's mode asks for; bare where not even the MSH of the message could be read."""
        first, *more = acknowledgement.acknowledge(receipt) or [b""]
        return Acknowledgement(acknowledgement.CONTENT_TYPE, first, tuple(more))

    def write(self, document: Document, profile: Profile, interchange: Interchange) -> Written:
        """A requisition as OMS^O05, an item record as MFN^M16. Raises Permanent where it does not fit in."""
        if isinstance(document, Requisition):
            return write_requisitions.write(document, profile, interchange)
        if isinstance(document, ItemRecord):
            return write_master_files.write(document, profile, interchange)
        text = f"HL7 v2 has no message for documents of the kind {document.document_kind}"
        raise Permanent(text, code="document.not_written", hint="Choose a channel whose standard carries the kind.")


HL7V2 = Hl7v2()


def _envelope(body: bytes, line: bytes, msh: Segment) -> Envelope:
    # A hierarchic designator (HD) without a namespace still has its universal id.
    parties = [_short(msh.text(field, 1) or msh.text(field, 2), 99) for field in (3, 4)]
    kinds = [_short(msh.text(9, component), 30) for component in (1, 2)]
    return Envelope(
        standard=Hl7v2.name,
        message_type="^".join(kind for kind in kinds if kind),
        sender="|".join(parties) if any(parties) else "",
        fingerprint=syntax.fingerprint(body),
        control_id=_short(msh.text(10), gate.MAX_TEXT) or None,
        version=_short(msh.text(12), 16) or None,
        header=line + answers.details(body, msh.text(9, 1) or ""),
    )


def _envelope_of_batch(body: bytes) -> Envelope:
    """FHS-3, -4 and -11 (BHS alike) name sender and file; without them the first message does, and no number."""
    header = batches.headers(body)
    lines = header.split(b"\r")
    wrapped = not lines[0].startswith(b"MSH")
    first = syntax.header(b"MSH" + lines[0][3:])
    parties = [_short(first.text(field, 1) or first.text(field, 2), 99) for field in (3, 4)]
    return Envelope(
        standard=Hl7v2.name,
        message_type=lines[0][:3].decode("ascii") if wrapped else "MSH",
        sender="|".join(parties) if any(parties) else "",
        fingerprint=syntax.fingerprint(body),
        control_id=_short(first.text(11), gate.MAX_TEXT) or None if wrapped else None,
        header=header,
    )


def _short(value: str | None, limit: int) -> str:
    """What fits the ledger; ``read`` refuses what was longer or does not pass the gate."""
    try:
        return (gate.text(value[:limit] if value else None) or "")[:limit]
    except gate.Unfit:
        return ""
