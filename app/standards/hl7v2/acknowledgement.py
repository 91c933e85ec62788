"""The answer to an HL7 v2 message: ACK with MSA and ERR, in the original mode (chapter 2.9.2 and 2.14).

Called by ``app.standards.hl7v2.standard``. AA is said for what is stored, AE for what the sender must correct, AR for
what it may send again later or what we do not take at all. The answer is written in the message's own dialect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.errors import Issue
from app.model.envelope import Envelope, Receipt
from app.standards.hl7v2 import syntax
from app.standards.hl7v2.syntax import Dialect, Segment

CONTENT_TYPE = "application/hl7-v2"
VERSION = "2.5.1"
"""The version of an answer to a message that names none."""
MAX_ERRORS = 50

CONDITIONS: Mapping[str, tuple[str, str]] = {
    "segment.missing": ("100", "Segment sequence error"),
    "segment.invalid": ("100", "Segment sequence error"),
    "missing": ("101", "Required field missing"),
    "invalid": ("102", "Data type error"),
    "ambiguous": ("102", "Data type error"),
    "conflict": ("102", "Data type error"),
    "unsupported": ("103", "Table value not found"),
    "too_long": ("104", "Value too long"),
    "too_large": ("104", "Value too long"),
    "message_type.unsupported": ("200", "Unsupported message type"),
    "event_code.unsupported": ("201", "Unsupported event code"),
    "version.unsupported": ("203", "Unsupported version id"),
    "unknown": ("204", "Unknown key identifier"),
    "duplicate": ("205", "Duplicate key identifier"),
    "key_conflict": ("205", "Duplicate key identifier"),
}
"""Error conditions (table 0357) by issue code, or by its last part where the whole code is not listed."""
OTHER = ("207", "Application internal error")
REFUSED = {"200", "201", "202", "203"}
"""Conditions for which chapter 2.9.2 asks for AR: the message is not of a kind that is taken."""

_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\.(\d+))?)?")


def acknowledge(receipt: Receipt) -> bytes:
    """The ACK, in the version, separators and character set of the message; bare where its MSH could not be read."""
    msh = syntax.header(receipt.envelope.header) if receipt.envelope and receipt.envelope.header else None
    dialect = msh.dialect if msh else Dialect()
    version = _version(receipt.envelope)
    segments = [_msh(receipt, msh, dialect, version), _msa(receipt, msh, dialect, version)]
    issues = _issues(receipt)[:MAX_ERRORS]
    if version >= (2, 5):
        segments += [_err(issue, dialect) for issue in issues]
    elif issues:
        segments.append(_err_before_2_5(issues, dialect))
    return "".join(f"{segment}\r" for segment in segments).encode(dialect.encoding or "ascii", "replace")


def condition(issue: Issue) -> tuple[str, str]:
    """The HL7 error condition that stands for the issue."""
    return CONDITIONS.get(issue.code) or CONDITIONS.get(issue.code.rsplit(".", 1)[-1], OTHER)


def _version(envelope: Envelope | None) -> tuple[int, ...]:
    text = (envelope.version if envelope else None) or VERSION
    numbers = re.findall(r"\d{1,3}", text)[:2]
    return tuple(int(number) for number in numbers) or (2, 5)


def _issues(receipt: Receipt) -> list[Issue]:
    """The faults to be told. With AA there are none: senders look no further, and some take any ERR for a refusal."""
    if receipt.outcome in {"accepted", "duplicate"}:
        return []
    return list(receipt.issues) or [Issue(receipt.outcome, "message", f"the message is {receipt.outcome}")]


def _code(receipt: Receipt) -> str:
    if receipt.outcome in {"accepted", "duplicate"}:
        return "AA"
    refused = any(condition(issue)[0] in REFUSED for issue in receipt.issues)
    return "AR" if refused or receipt.retryable or receipt.outcome == "unavailable" else "AE"


def _msh(receipt: Receipt, msh: Segment | None, dialect: Dialect, version: tuple[int, ...]) -> str:
    """MSH with sender and receiver changed over; its control id comes from ours, so that equal answers are equal."""
    envelope = receipt.envelope
    event = msh.text(9, 2) if msh else None
    fields = [""] * 18
    encoding_characters = dialect.component + dialect.repetition + dialect.escape + dialect.subcomponent
    fields[1] = (msh.field(2) if msh else "") or encoding_characters
    if msh:
        fields[2:6] = [msh.field(number) for number in (5, 6, 3, 4)]
        fields[17] = msh.field(18) if dialect.encoding else ""
    if receipt.received_at:
        fields[6] = receipt.received_at.strftime("%Y%m%d%H%M%S%z")
    structure = ["ACK", event or "", "ACK" if version >= (2, 4) else ""] if event else ["ACK"]
    fields[8] = dialect.component.join(dialect.escaped(part) for part in structure).rstrip(dialect.component)
    fields[9] = _control_id(receipt)
    fields[10] = (msh.field(11) if msh else "") or "P"
    fields[11] = dialect.escaped((envelope.version if envelope else None) or VERSION)
    return "MSH" + dialect.field.join(["", *fields[1:]]).rstrip(dialect.field)


def _control_id(receipt: Receipt) -> str:
    """At most 20 characters, as MSH-10 allows before 2.7."""
    if receipt.message_id:
        return receipt.message_id.hex[-20:]
    return receipt.envelope.fingerprint[:20] if receipt.envelope else "UNREADABLE"


def _msa(receipt: Receipt, msh: Segment | None, dialect: Dialect, version: tuple[int, ...]) -> str:
    """MSA; its third field, the text, was for use before ERR could hold one (2.5)."""
    control_id = msh.field(10) if msh else ""
    issues = _issues(receipt)
    text = dialect.escaped(f"{issues[0].where}: {issues[0].text}"[:80]) if issues and version < (2, 5) else ""
    return dialect.field.join(["MSA", _code(receipt), control_id, text]).rstrip(dialect.field)


def _err(issue: Issue, dialect: Dialect) -> str:
    """ERR since 2.5: location, condition, severity, our own code, and the text for people in ERR-8."""
    number, name = condition(issue)
    fields = [""] * 9
    fields[0] = "ERR"
    fields[2] = dialect.component.join(_location(issue.where))
    fields[3] = dialect.component.join([number, dialect.escaped(name), "HL70357"])
    fields[4] = "W" if issue.severity == "warning" else "E"
    fields[5] = dialect.component.join([dialect.escaped(issue.code), "", "L"])
    fields[8] = dialect.escaped(f"{issue.text} ({issue.where})")
    return dialect.field.join(fields)


def _err_before_2_5(issues: list[Issue], dialect: Dialect) -> str:
    """ERR-1, error code and location (ELD): segment, its sequence, field, and the condition as subcomponents."""
    errors = []
    for issue in issues:
        number, name = condition(issue)
        location = [*_location(issue.where), "", "", ""][:3]
        code = dialect.subcomponent.join([number, dialect.escaped(name), "HL70357"])
        errors.append(dialect.component.join([*location, code]))
    return dialect.field.join(["ERR", dialect.repetition.join(errors)])


def _location(where: str) -> list[str]:
    """The location (ERL) for a place such as ``FT1[2]-4.1``: segment, sequence, field, repetition, component."""
    match = _PLACE.fullmatch(where)
    if not match:
        return []
    name, sequence, field, component = match.groups()
    parts = [name, sequence or "1"]
    return parts + ([field] if field else []) + (["1", component] if component else [])
