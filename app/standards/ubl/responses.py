"""ApplicationResponse read as response: message level, invoice, catalogue and other responses.

Called by ``app.standards.ubl.standard``; ``app.standards.ubl.write_responses`` is the other direction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.model.response import Response, ResponseFault, ResponseLevel, ResponsePart, ResponseStatus
from app.standards.ubl import heads, parties
from app.standards.ubl.syntax import Node

STATUSES: Mapping[str, ResponseStatus] = {
    "AB": "received",
    "AP": "accepted",
    "CA": "accepted_with_errors",
    "IP": "in_process",
    "UQ": "on_hold",
    "RE": "rejected",
    "PD": "paid",
    "BusinessAccept": "accepted",
    "BusinessReject": "rejected",
    "TechnicalAccept": "received",
    "TechnicalReject": "rejected",
    "ProfileAccept": "received",
    "ProfileReject": "rejected",
}
"""ResponseCode: of Peppol (UNCL 4343) and of OIOUBL."""

KINDS: Mapping[str, str] = {
    "380": "invoice",
    "381": "invoice",
    "383": "invoice",
    "384": "invoice",
    "389": "invoice",
    "220": "purchase_order",
    "221": "purchase_order",
    "227": "purchase_order",
    "230": "purchase_order",
    "105": "purchase_order",
    "231": "order_confirmation",
    "351": "ship_notice",
    "632": "goods_receipt",
    "9": "price_list",
}
"""The kind of a document by its DocumentTypeCode (UNCL 1001)."""

UNTOLD = "ZZZ"
"""The code of a fault that has none (UNCL: mutually defined)."""
ACTION_CODES = frozenset({"NOA", "PIN", "NIN", "CNF", "CNP", "CNA"})
"""What is asked of the sender of an invoice (OPStatusAction); all other codes are reasons (OPStatusReason)."""


def read_application_response(root: Node) -> Response:
    """An ApplicationResponse."""
    entries = tuple(root.all("DocumentResponse"))
    if not entries:
        root.context.findings.reject("response.missing", f"{root.place}/DocumentResponse", "a response is required")
    main = entries[0] if entries else root
    said = main.get("Response")
    code = said.code("ResponseCode", thing="response") if said else None
    level = _level(root, code)
    document = main.first("DocumentReference")
    number = heads.reference(document, "ID")
    if number is None:
        place = f"{main.place}/DocumentReference/ID"
        root.context.findings.reject("response.ambiguous", place, "the number of what is answered is required")
    kind = document.code("DocumentTypeCode", thing="document_type") if document else None
    return Response(
        level,
        _status(main, code),
        control_id=number if level == "functional" else None,
        number=root.code("ID", thing="number"),
        message_type=kind,
        refers_to=number if level == "application" else None,
        refers_to_kind=KINDS.get(kind or "") if level == "application" else None,
        responded_at=heads.read_issued(root),
        code=code,
        text=said.prose("Description") if said else root.notes(),
        sender=parties.read_party(root.get("SenderParty")),
        recipient=parties.read_party(root.get("ReceiverParty")),
        parts=tuple(_part(entry) for entry in entries) if len(entries) > 1 else (),
        faults=tuple(_faults(main)),
    )


def _level(root: Node, code: str | None) -> ResponseLevel:
    told = f"{root.code('CustomizationID') or ''} {root.code('ProfileID') or ''}".lower()
    technical = code is not None and code.startswith(("Technical", "Profile"))
    return "functional" if ":mlr" in told or "messagelevelresponse" in told or technical else "application"


def _status(node: Node, code: str | None) -> ResponseStatus:
    if code not in STATUSES:
        place = f"{node.place}/Response/ResponseCode"
        text = "AB, AP, CA, IP, UQ, PD or RE is expected; nothing was taken for granted"
        node.context.findings.warn("response.unknown", place, text)
    return STATUSES.get(code or "", "on_hold")


def _part(entry: Node) -> ResponsePart:
    said, document = entry.get("Response"), entry.first("DocumentReference")
    code = said.code("ResponseCode", thing="response") if said else None
    return ResponsePart(
        heads.reference(document, "ID"),
        _status(entry, code),
        document.code("DocumentTypeCode", thing="document_type") if document else None,
        tuple(_faults(entry)),
    )


def _faults(entry: Node) -> Iterator[ResponseFault]:
    said = entry.get("Response")
    for status in said.all("Status") if said else ():
        yield from _reason(status)
    for line in entry.all("LineResponse"):
        yield from _line_faults(line)


def _reason(status: Node) -> Iterator[ResponseFault]:
    """A reason, or what is asked for; one entry for each thing it speaks of."""
    code = status.code("StatusReasonCode", thing="fault") or status.code("ConditionCode", thing="fault")
    text = status.prose("StatusReason") or status.prose("Description")
    told = [(entry.code("AttributeID", thing="fault"), entry.prose("Description")) for entry in status.all("Condition")]
    for where, words in told or [(None, None)]:
        yield ResponseFault(code or UNTOLD, where, text or words)


def _line_faults(line: Node) -> Iterator[ResponseFault]:
    where = heads.reference(line.get("LineReference"), "LineID")
    for said in line.all("Response"):
        reason = said.first("Status")
        code = reason.code("StatusReasonCode", thing="fault") if reason else None
        code = code or said.code("ResponseCode", thing="fault")
        yield ResponseFault(code or UNTOLD, where, said.prose("Description"))
