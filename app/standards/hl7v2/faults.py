"""ERR segments: where a fault is, its condition in HL7's own codes, and what is expected (chapter 2.14.5).

Called by the acknowledgement.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.errors import Issue
from app.standards.hl7v2.syntax import Dialect

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

_PLACE = re.compile(r"(?:.*/)?([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\.(\d+))?)?")


def condition(issue: Issue) -> tuple[str, str]:
    """The HL7 error condition that stands for the issue."""
    return CONDITIONS.get(issue.code) or CONDITIONS.get(issue.code.rsplit(".", 1)[-1], OTHER)


def segments(issues: Sequence[Issue], dialect: Dialect, version: tuple[int, ...]) -> list[str]:
    """The ERR segments: one a fault since 2.5, one for all before."""
    if version >= (2, 5):
        return [_err(issue, dialect) for issue in issues]
    return [_err_before_2_5(issues, dialect)] if issues else []


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


def _err_before_2_5(issues: Sequence[Issue], dialect: Dialect) -> str:
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
