"""Canonical records read as documents; the contract is ``app.model.schema.WIRE``.

Called by ``app.standards.canonical.standard``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.model import records
from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.documents import Document
from app.model.findings import MAX_ISSUES, Findings
from app.model.schema import WIRE
from app.standards.canonical.options import CanonicalOptions
from app.standards.canonical.syntax import Record


def documents(lines: Sequence[Record], profile: Profile) -> tuple[Document, ...]:
    """The documents of a message. Raises Rejected with every fault in it: a message counts as a whole."""
    faults, found = Findings(), []
    places: dict[str, str] = {}
    options = profile.options(CanonicalOptions)
    for line in lines:
        findings = Findings()
        document = records.read(line.value, profile, findings, line.at, options.units)
        if isinstance(document, Consumption):
            _check_event(document, line, places, findings)
        if document:
            found.append(document)
        faults.add(findings.errors)
        faults.add(replace(issue, severity="error") for issue in findings.warnings if issue.code in options.strict)
        if len(faults.errors) >= MAX_ISSUES:
            break
    faults.settle()
    return tuple(found)


def _check_event(document: Consumption, line: Record, places: dict[str, str], findings: Findings) -> None:
    first = places.setdefault(document.event_id, line.at("event_id"))
    if first != line.at("event_id"):
        findings.reject("event_id.duplicate", line.at("event_id"), f"the event id was used before, at {first}")


def message_type(lines: Sequence[Record]) -> str:
    """The one kind of all records, ``mixed`` where there are several."""
    kinds = {records.kind_of(line.value) for line in lines}
    kind = kinds.pop()
    return "mixed" if kinds else kind if kind in WIRE else "unknown"
