"""The answer to a FHIR message: an OperationOutcome, to a Bundle what its type asks for (FHIR R4, 2.29, 3.1.0.11, 3.4).

Called by ``app.standards.fhir.standard``; the HTTP status that goes with it is the API's business. A transaction that
is taken gets a transaction-response, a batch of which anything is taken a batch-response that tells of each entry, and
a message a message, taken or not. Everything else gets an OperationOutcome, above all what could not be taken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from app.errors import Issue
from app.model.envelope import Receipt
from app.standards.fhir.syntax import Element, serialize
from app.standards.fhir.versions import Version

CONTENT_TYPE = "application/fhir+json"
CODE_SYSTEM = "urn:wardline:issue"

ISSUE_TYPES: Mapping[str, str] = {
    "structure.invalid": "structure",
    "json.encoding": "structure",
    "json.invalid": "structure",
    "json.duplicate_key": "structure",
    "json.character": "structure",
    "json.number": "value",
    "sender.unknown": "forbidden",
    "scope.missing": "forbidden",
    "facility.forbidden": "forbidden",
    "key.missing": "login",
    "key.malformed": "login",
    "key.unknown": "login",
    "key.ambiguous": "login",
    "rate_limited": "throttled",
    "key_conflict": "conflict",
    "unavailable": "transient",
    "missing": "required",
    "invalid": "value",
    "unsupported": "not-supported",
    "unknown": "not-found",
    "duplicate": "duplicate",
    "conflict": "invariant",
    "ambiguous": "invariant",
    "too_long": "too-long",
    "too_many": "too-costly",
    "too_large": "too-costly",
    "too_deep": "too-costly",
}
"""IssueType by issue code, or by its last part where the whole code is not listed."""
OUTCOMES: Mapping[str, str] = {"rejected": "processing", "conflict": "conflict", "unavailable": "transient"}


RESPONSES = ("transaction", "batch")
HEADER_CODES: Mapping[str, str] = {
    "rejected": "fatal-error",
    "conflict": "fatal-error",
    "unavailable": "transient-error",
}
"""MessageHeader.response.code by outcome."""
TAKEN = frozenset({"accepted", "duplicate"})
EVENTS = ("eventCoding", "eventUri", "eventCanonical")
ENDPOINT = "urn:wardline:endpoint"
_ENTRY = re.compile(r"Bundle\.entry\[(\d+)\]")


def acknowledge(receipt: Receipt) -> bytes:
    """The answer in the form that the message asks for."""
    told = json.loads((receipt.envelope.header if receipt.envelope else None) or b"{}")
    if told.get("type") in RESPONSES and receipt.outcome in TAKEN:
        return serialize(_responses(receipt, told))
    if told.get("type") == "message" and "header" in told:
        return serialize(_message(receipt, told))
    return serialize(_outcome(_issues(receipt)))


def summary(resource: Element, version: Version) -> dict[str, Any]:
    """What the answer to a Bundle needs to know of it; only what may be repeated to anybody."""
    entries = resource.value.get("entry")
    count = len(entries) if isinstance(entries, list) else 0
    told: dict[str, Any] = {"type": resource.get("type").string(), "entries": count}
    header = (
        entries[0].get("resource") if isinstance(entries, list) and count and isinstance(entries[0], dict) else None
    )
    if isinstance(header, dict) and header.get("resourceType") == "MessageHeader":
        told["release"] = version.release
        told["header"] = _short(header.get("id"))
        told["number"] = _short(resource.get("identifier", "value").value)
        told["event"] = next(({name: header[name]} for name in EVENTS if _plain(header.get(name))), None)
    return told


def _plain(event: object) -> bool:
    """Whether an event may be repeated: a uri, or a Coding of short texts."""
    values = list(event.values()) if isinstance(event, dict) else [event]
    return 0 < len(values) <= 5 and all(_short(value) for value in values)


def _short(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 200 else None


def _outcome(issues: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def _issues(receipt: Receipt) -> list[dict[str, Any]]:
    """On success the message id first, then what was odd; otherwise every fault."""
    issues = [_issue(issue) for issue in receipt.issues]
    if receipt.outcome in TAKEN:
        issues.insert(0, _success(receipt))
    elif not issues:
        kind = OUTCOMES[receipt.outcome]
        issues = [_entry("error", kind, receipt.outcome, f"the message is {receipt.outcome}")]
    return issues


def _responses(receipt: Receipt, told: Mapping[str, Any]) -> dict[str, Any]:
    """One entry for each of theirs; the first outcome names the message, and each the issues of its entry."""
    issues: dict[int, list[dict[str, Any]]] = {0: [_success(receipt)]}
    refused = set()
    for issue in receipt.issues:
        match = _ENTRY.match(issue.where)
        place = int(match[1]) if match else 0
        issues.setdefault(place, []).append(_issue(issue))
        refused |= {place} if issue.severity == "error" else set()
    entries = []
    for place in range(told["entries"]):
        response: dict[str, Any] = {"status": "422 Unprocessable Entity" if place in refused else "202 Accepted"}
        if found := issues.get(place):
            response["outcome"] = _outcome(found)
        entries.append({"response": response})
    return {"resourceType": "Bundle", "type": f"{told['type']}-response", **_stamp(receipt), "entry": entries}


def _message(receipt: Receipt, told: Mapping[str, Any]) -> dict[str, Any]:
    """MessageHeader.response: in R4 it names their MessageHeader, in R5 their Bundle."""
    number = told["number"] if told["release"] == "R5" else told["header"]
    response: dict[str, Any] = {"code": HEADER_CODES.get(receipt.outcome, "ok"), "details": {"reference": "#outcome"}}
    if number:
        response["identifier"] = {"value": number} if told["release"] == "R5" else number
    header = {
        "resourceType": "MessageHeader",
        "contained": [{**_outcome(_issues(receipt)), "id": "outcome"}],
        **(told["event"] or {"eventCoding": {"system": CODE_SYSTEM, "code": receipt.outcome}}),
        "source": {"endpointUrl" if told["release"] == "R5" else "endpoint": ENDPOINT},
        "response": response,
    }
    return {"resourceType": "Bundle", "type": "message", **_stamp(receipt), "entry": [{"resource": header}]}


def _stamp(receipt: Receipt) -> dict[str, Any]:
    """The answer's own identifier and time, equal for a repetition of the message."""
    found: dict[str, Any] = {}
    if receipt.message_id:
        found["identifier"] = {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{receipt.message_id}"}
    if receipt.received_at:
        found["timestamp"] = receipt.received_at.isoformat()
    return found


def _success(receipt: Receipt) -> dict[str, Any]:
    """Equal for a repetition, whose sender may have lost the first answer and waits for just that."""
    return _entry("information", "informational", "accepted", f"accepted as message {receipt.message_id}")


def _issue(issue: Issue) -> dict[str, Any]:
    kind = ISSUE_TYPES.get(issue.code) or ISSUE_TYPES.get(issue.code.rsplit(".", 1)[-1], "processing")
    entry = _entry(issue.severity, kind, issue.code, f"{issue.text} ({issue.where})")
    if issue.where[:1].isalpha() and " " not in issue.where:
        entry["expression"] = [issue.where]
    return entry


def _entry(severity: str, kind: str, code: str, text: str) -> dict[str, Any]:
    coding = {"system": CODE_SYSTEM, "code": code}
    return {"severity": severity, "code": kind, "details": {"coding": [coding]}, "diagnostics": text}
