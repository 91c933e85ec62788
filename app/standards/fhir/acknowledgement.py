"""The answer to a FHIR message: an OperationOutcome (FHIR R4, 2.29).

Called by ``app.standards.fhir.standard``; the HTTP status that goes with it is the API's business.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.errors import Issue
from app.model.envelope import Receipt
from app.standards.fhir.syntax import serialize

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


def acknowledge(receipt: Receipt) -> bytes:
    """The OperationOutcome: on success the message id first, then what was odd; otherwise every fault."""
    issues = [_issue(issue) for issue in receipt.issues]
    if receipt.outcome in {"accepted", "duplicate"}:
        issues.insert(0, _success(receipt))
    elif not issues:
        kind = OUTCOMES[receipt.outcome]
        issues = [_entry("error", kind, receipt.outcome, f"the message is {receipt.outcome}")]
    return serialize({"resourceType": "OperationOutcome", "issue": issues})


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
