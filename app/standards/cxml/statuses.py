"""StatusUpdateRequest and Response, read: what a partner says to what was sent to it.

Called by ``app.standards.cxml.standard``.
"""

from __future__ import annotations

from app.model.response import Response, ResponseFault, ResponseStatus
from app.standards.cxml import parts
from app.standards.cxml.syntax import Node

INVOICE_STATUSES: dict[str, ResponseStatus] = {
    "processing": "in_process",
    "reconciled": "accepted",
    "rejected": "rejected",
    "canceled": "rejected",
    "paying": "accepted",
    "paid": "paid",
    "approved": "accepted",
    "accepted": "accepted",
    "pending": "in_process",
}
"""InvoiceStatus/@type and DocumentStatus/@type in lower case."""


def status_of(code: str | None) -> ResponseStatus:
    """What a status code says: 2xx yes, 4xx no, 5xx not now (cXML User's Guide, Response status codes)."""
    if code is None or not code.isdigit():
        return "rejected"
    number = int(code)
    if number == 201:
        return "received"
    return "accepted" if 200 <= number < 300 else "in_process" if number >= 500 else "rejected"


def update(node: Node) -> Response | None:
    """A StatusUpdateRequest. None where a fault was found."""
    status = node.first("Status")
    if status is None:
        node.context.findings.reject("status.missing", f"{node.place}/Status", "a status is required")
        return None
    code = status.attribute("code", "status", required=True)
    document = node.first("DocumentReference") or node.first("DocumentStatus", "DocumentReference")
    named = node.first("InvoiceStatus") or node.first("DocumentStatus") or node.first("PaymentStatus")
    kind = (named.element.get("type") or "").lower() if named else ""
    said = INVOICE_STATUSES.get(kind) or status_of(code)
    if node.context.findings.errors:
        return None
    reference = named.first("InvoiceIDInfo") if named else None
    number = reference.attribute("invoiceID", "refers_to") if reference else None
    return Response(
        level="application",
        status=said,
        control_id=document.attribute("payloadID", "control_id") if document else None,
        refers_to=number,
        refers_to_kind="invoice" if number or (named and named.name == "InvoiceStatus") else None,
        code=code,
        text=status.prose() or status.attribute("text"),
        faults=()
        if said != "rejected"
        else (ResponseFault(kind or code or "rejected", None, parts.comments(named) if named else None),),
    )


def response(node: Node, payload_id: str | None) -> Response | None:
    """A Response: the answer to a request of ours. None where a fault was found."""
    status = node.first("Status")
    if status is None:
        node.context.findings.reject("status.missing", f"{node.place}/Status", "a status is required")
        return None
    code = status.attribute("code", "status", required=True)
    said = status_of(code)
    text = status.prose() or status.attribute("text")
    faults = (ResponseFault(code or "?", None, text),) if said == "rejected" else ()
    return Response(
        level="functional", status=said, control_id=None, number=payload_id, code=code, text=text, faults=faults
    )
