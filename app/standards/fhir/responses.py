"""What the other side answers: OperationOutcome, responses to Bundles, and answers by message, read as responses.

Called by ``app.standards.fhir.messages`` (FHIR R4, 2.29, 2.36 and 3.4).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from app.model.response import Response, ResponseFault, ResponseLevel, ResponsePart, ResponseStatus
from app.standards.fhir import times
from app.standards.fhir.context import Context
from app.standards.fhir.syntax import Element

RESPONSE_BUNDLES = ("transaction-response", "batch-response")
STATUSES: Mapping[str, tuple[ResponseLevel, ResponseStatus]] = {
    "ok": ("application", "accepted"),
    "transient-error": ("functional", "rejected"),
    "fatal-error": ("application", "rejected"),
}
"""MessageHeader.response.code."""
MAX_FAULTS, MAX_ENTRIES = 100, 5_000
BAD = frozenset({"fatal", "error"})


def outcome(resource: Element) -> Response:
    """An OperationOutcome of its own; one without an issue that is an error says that all went well."""
    faults, refused = _issues(resource)
    return Response("application", "rejected" if refused else "accepted", faults=faults)


def answer(bundle: Element, context: Context) -> Response:
    """The answer to a transaction or batch: one part for each entry, numbered as ours were."""
    found = [_part(entry, number) for number, entry in enumerate(bundle.each("entry", MAX_ENTRIES))]
    statuses = {part.status for part in found}
    status: ResponseStatus = "rejected" if statuses == {"rejected"} else "accepted"
    return Response(
        "application",
        "accepted_with_errors" if len(statuses) > 1 else status,
        control_id=bundle.get("identifier", "value").text("control_id"),
        message_type=f"Bundle/{bundle.get('type').string()}",
        responded_at=times.when(bundle.get("timestamp"), "responded_at", context.zone),
        parts=tuple(found),
    )


def reply(bundle: Element, header: Element, others: Sequence[Element], context: Context) -> Response:
    """A message that answers one of ours (MessageHeader.response)."""
    told = header.get("response")
    code, number = told.get("code"), told.get("identifier")
    level, status = STATUSES.get(code.text("code") or "", ("application", "received"))
    if code.string() not in STATUSES:
        code.findings.reject("code.unsupported", code.path, f"{', '.join(STATUSES)} is expected")
    details = context.references.resolve(told.get("details"), header)
    outcomes = [details] if details else [one for one in others if one.kind == "OperationOutcome"]
    return Response(
        level,
        status,
        control_id=(number if isinstance(number.value, str) else number.get("value")).text("control_id"),
        number=bundle.get("identifier", "value").text("number"),
        responded_at=times.when(bundle.get("timestamp"), "responded_at", context.zone),
        code=code.text("code"),
        faults=tuple(fault for one in outcomes for fault in _issues(one)[0]),
    )


def _part(entry: Element, number: int) -> ResponsePart:
    told = entry.get("response")
    status = told.get("status").text("status", required=True) or ""
    faults, refused = _issues(told.get("outcome"))
    good = status.startswith("2") and not refused
    return ResponsePart(str(number), "accepted" if good else "rejected", faults=faults)


def _issues(resource: Element) -> tuple[tuple[ResponseFault, ...], bool]:
    """The issues that are more than information, and whether one of them is an error."""
    issues = list(resource.each("issue", MAX_FAULTS)) if resource else []
    told = [issue for issue in issues if issue.get("severity").string() not in {"information", "success"}]
    refused = any(issue.get("severity").string() in BAD for issue in issues)
    return tuple(_fault(issue) for issue in told), refused


def _fault(issue: Element) -> ResponseFault:
    coding = next(issue.get("details").each("coding"), None)
    code = (coding.get("code").text("code") if coding else None) or issue.get("code").text("code")
    text = issue.get("diagnostics") or issue.get("details", "text")
    return ResponseFault(code or "unknown", next(_places(issue), None), text.prose("text"))


def _places(issue: Element) -> Iterator[str]:
    for name in ("expression", "location"):
        yield from (place for one in issue.each(name) if (place := one.text("where")))
