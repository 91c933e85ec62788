"""HL7 v2 as a standard of the house; listed in ``app.standards``."""

from __future__ import annotations

import re

from app.model import gate
from app.model.channel import Profile
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.findings import Findings
from app.standards.hl7v2 import acknowledgement, mapping, syntax
from app.standards.hl7v2.syntax import Segment

VERSIONS = re.compile(r"2\.[3-9](\.\d)?")
MESSAGE_TYPE, EVENT_CODE = "DFT", "P03"


class Hl7v2:
    """HL7 version 2: DFT^P03 in, ACK out."""

    name = "hl7v2"
    content_types: tuple[str, ...] = ("application/hl7-v2", "x-application/hl7-v2+er7")

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the message, from its MSH segment. Raises Rejected where there is no MSH to be read."""
        line = syntax.header_line(body)
        return _envelope(body, line, syntax.header(line))

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The consumptions in a DFT^P03. Raises Rejected."""
        message = syntax.parse(body)
        findings = Findings()
        _check(message.header, findings)
        findings.settle()
        documents = mapping.consumptions(message, profile)
        for document in documents:
            findings.add(document.warnings)
        envelope = _envelope(body, syntax.header_line(body), message.header)
        return Reading(envelope, documents, mapping.MAPPING, findings.warnings)

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """The ACK; bare where not even the MSH of the message could be read."""
        return Acknowledgement(acknowledgement.CONTENT_TYPE, acknowledgement.acknowledge(receipt))


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
        header=line,
    )


def _short(value: str | None, limit: int) -> str:
    """What fits the ledger; ``read`` refuses what was longer or does not pass the gate."""
    try:
        return (gate.text(value[:limit] if value else None) or "")[:limit]
    except gate.Unfit:
        return ""


def _check(msh: Segment, findings: Findings) -> None:
    """Refuse what is not taken and what lacks its control id (MSH-9, MSH-10, MSH-12); MSH-11 is not looked at."""
    for field in (3, 4):
        findings.text("sender", msh.text(field, 1) or msh.text(field, 2), msh.place(field))
    findings.text("control_id", msh.text(10), msh.place(10), required=True)
    if msh.text(9, 1) != MESSAGE_TYPE:
        findings.reject("message_type.unsupported", msh.place(9, 1), f"{MESSAGE_TYPE} is the only message taken here")
    elif msh.text(9, 2) != EVENT_CODE:
        findings.reject("event_code.unsupported", msh.place(9, 2), f"{EVENT_CODE} is the only event taken here")
    version = msh.text(12)
    if version is None:
        findings.warn("version.missing", msh.place(12), "a version from 2.3 to 2.9 is expected")
    elif not VERSIONS.fullmatch(version):
        findings.reject("version.unsupported", msh.place(12), "a version from 2.3 to 2.9 is expected")
