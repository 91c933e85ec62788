"""The answer to a canonical message: plain JSON for yes, problem details for no (RFC 9457).

Called by ``app.standards.canonical.standard``. The HTTP status, hence the member ``status``, is the API's business.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.errors import Issue
from app.model.envelope import Acknowledgement, Receipt

TITLES: Mapping[str, str] = {
    "rejected": "The message must be corrected",
    "conflict": "The key was used for another message",
    "unavailable": "The message could not be stored; send it again later",
}


def acknowledge(receipt: Receipt) -> Acknowledgement:
    """The answer; ``issues`` names every fault or oddity with its place."""
    issues = [_issue(issue) for issue in receipt.issues]
    if receipt.outcome in {"accepted", "duplicate"}:
        # Equal for a repetition, whose sender may have lost the first answer and waits for just that.
        answer = {"id": str(receipt.message_id), "state": "accepted", "issues": issues}
        return Acknowledgement("application/json", _json(answer))
    first = receipt.issues[0] if receipt.issues else None
    problem = {
        "type": f"urn:wardline:problem:{receipt.outcome}",
        "title": TITLES[receipt.outcome],
        "detail": f"{first.text} ({first.where})" if first else TITLES[receipt.outcome],
        "code": first.code if first else receipt.outcome,
        "id": str(receipt.message_id) if receipt.message_id else None,
        "issues": issues,
    }
    return Acknowledgement("application/problem+json", _json(problem))


def _issue(issue: Issue) -> dict[str, str]:
    return {"code": issue.code, "where": issue.where, "text": issue.text, "severity": issue.severity}


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
