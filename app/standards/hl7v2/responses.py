"""What the other side answers: ACK, ORS, ORN, MFK and their like read as responses (HL7 v2 chapter 2, MSA and ERR).

Called by ``app.standards.hl7v2.messages``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from app.model.channel import Profile
from app.model.findings import Findings
from app.model.response import Response, ResponseFault, ResponseLevel, ResponsePart, ResponseStatus
from app.standards.hl7v2 import codes, times
from app.standards.hl7v2.syntax import Message, Segment

STATUSES: Mapping[str, tuple[ResponseLevel, ResponseStatus]] = {
    "AA": ("application", "accepted"),
    "AE": ("application", "rejected"),
    "AR": ("application", "rejected"),
    "CA": ("functional", "received"),
    "CE": ("functional", "rejected"),
    "CR": ("functional", "rejected"),
}
"""Acknowledgement codes (table 0008). Who acknowledges a commit has the message and has not looked at it yet."""

ANSWERED: Mapping[str, str] = {"ORS": "OMS^O05", "ORN": "OMN^O07", "ORR": "ORM^O01", "RRD": "RDS^O13", "RRA": "RAS^O17"}
"""Answers that tell by their type what they answer."""
TRIGGERS: Mapping[str, str] = {
    "O05": "OMS^O05",
    "O06": "OMS^O05",
    "O07": "OMN^O07",
    "O08": "OMN^O07",
    "P03": "DFT^P03",
    "P11": "DFT^P11",
    "M01": "MFN^M01",
    "M15": "MFN^M15",
    "M16": "MFN^M16",
    "U05": "INU^U05",
}
"""What a general acknowledgement answers, by its trigger event."""
ORDERS: Mapping[str, ResponseStatus] = {
    "OK": "accepted",
    "NA": "accepted",
    "CR": "accepted",
    "OR": "accepted",
    "XR": "accepted",
    "DR": "accepted",
    "OC": "rejected",
    "OD": "rejected",
    "UA": "rejected",
    "UC": "rejected",
    "UD": "rejected",
    "UX": "rejected",
    "DE": "rejected",
    "SC": "in_process",
    "OH": "on_hold",
    "HR": "on_hold",
}
"""What the filler says of an order (table 0119)."""
RECORDS: Mapping[str, ResponseStatus] = {"S": "accepted", "U": "rejected"}
"""What is said of a record of a master file (MFA-4, table 0181)."""
MAX_PARTS = 20_000


def read(message: Message, profile: Profile) -> tuple[Response, ...]:
    """The answer. Raises Rejected where it does not tell what it says or to what."""
    findings = Findings()
    msa, header = message.first("MSA"), message.header
    if msa is None:
        findings.reject("segment.missing", "MSA", "an MSA segment is expected")
    findings.settle()
    assert msa
    level, status = _status(msa, findings)
    control_id = findings.text("control_id", msa.text(2), msa.place(2), required=True)
    faults = tuple(_faults(message, findings))
    parts = tuple(_parts(message, findings))[:MAX_PARTS]
    orders = [order for order in message.segments if order.name == "ORC" and order.text(2)]
    sent = times.when(header.text(7), header.place(7), "responded_at", profile.channel.time_zone, findings)
    findings.settle()
    response = Response(
        level=level,
        status=_worst(status, parts),
        control_id=control_id,
        number=codes.code(findings, "number", header, 10),
        message_type=_answered(header),
        refers_to=codes.code(findings, "order", orders[0], 4 if orders[0].text(4) else 2) if orders else None,
        refers_to_kind="requisition" if orders else None,
        responded_at=sent,
        code=msa.text(1),
        text=codes.prose(findings, "text", msa.prose(3), msa.place(3)),
        parts=parts,
        faults=faults,
    )
    return (replace(response, warnings=findings.warnings),)


def _status(msa: Segment, findings: Findings) -> tuple[ResponseLevel, ResponseStatus]:
    code = findings.text("acknowledgement", msa.text(1), msa.place(1), required=True)
    if code and code.upper() not in STATUSES:
        findings.reject("acknowledgement.unsupported", msa.place(1), f"one of {', '.join(STATUSES)} is expected")
    return STATUSES.get((code or "").upper(), ("application", "rejected"))


def _worst(status: ResponseStatus, parts: tuple[ResponsePart, ...]) -> ResponseStatus:
    """An acceptance with refused parts is one with errors."""
    refused = any(part.status == "rejected" for part in parts)
    return "accepted_with_errors" if refused and status == "accepted" else status


def _answered(header: Segment) -> str | None:
    kind, event = header.text(9, 1) or "", header.text(9, 2) or ""
    if kind == "MFK":
        return f"MFN^{event}" if event else "MFN"
    return ANSWERED.get(kind) or TRIGGERS.get(event)


def _faults(message: Message, findings: Findings) -> Iterator[ResponseFault]:
    for segment in message.segments:
        if segment.name == "ERR":
            if segment.text(3) or segment.text(5) or segment.text(8):
                yield _fault(segment, findings)
            yield from _faults_before_2_5(segment, findings)


def _fault(segment: Segment, findings: Findings) -> ResponseFault:
    """ERR since 2.5."""
    words = segment.prose(8) or segment.prose(7) or segment.text(3, 2) or segment.text(5, 2)
    return ResponseFault(
        code=codes.code(findings, "fault", segment, 5) or codes.code(findings, "fault", segment, 3) or "unknown",
        where=_where([segment.text(2, component) for component in range(1, 6)]),
        text=codes.prose(findings, "fault", words, segment.place(8)),
    )


def _faults_before_2_5(segment: Segment, findings: Findings) -> Iterator[ResponseFault]:
    """ERR-1: segment, sequence, field, and the condition's code and words as subcomponents."""
    for repetition in range(1, min(len(segment.repetitions(1)), 100) + 1):
        place = [segment.text(1, component, repetition) for component in range(1, 4)]
        code = findings.text("fault", segment.text(1, 4, repetition), segment.place(1))
        words = segment.subcomponent(1, 4, 2) if repetition == 1 else None
        if code or any(place):
            yield ResponseFault(
                code or "unknown", _where(place), codes.prose(findings, "fault", words, segment.place(1))
            )


def _where(parts: list[str | None]) -> str | None:
    """The place in our notation: ``FT1[2]-4.1``."""
    name, sequence, field, _, component = [part if part and len(part) <= 8 else None for part in (*parts, None, None)][
        :5
    ]
    if name is None:
        return None
    place = f"{name}[{sequence or 1}]"
    place += f"-{field}" if field else ""
    return f"{place}.{component}" if field and component else place


def _parts(message: Message, findings: Findings) -> Iterator[ResponsePart]:
    """What is said of single orders (ORC) and of single records of a master file (MFA)."""
    for segment in message.segments:
        if segment.name == "MFA":
            yield _record(segment, findings)
        elif segment.name == "ORC" and (status := ORDERS.get((segment.text(1) or "").upper())):
            yield ResponsePart(codes.code(findings, "order", segment, 2), status)


def _record(segment: Segment, findings: Findings) -> ResponsePart:
    code = (segment.text(4) or "").upper()
    status = RECORDS.get(code[:1], "rejected")
    words = codes.prose(findings, "fault", segment.prose(4, 2), segment.place(4))
    key = codes.code(findings, "record", segment, 5)
    faults = (ResponseFault(code or "unknown", key, words),) if status == "rejected" else ()
    return ResponsePart(codes.code(findings, "record", segment, 2) or key, status, faults=faults)
