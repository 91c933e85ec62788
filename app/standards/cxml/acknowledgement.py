"""The synchronous answer to a cXML request: a Response with a Status, in the HTTP reply to it.

Called by ``app.standards.cxml.standard``. HTTP says 200 whatever the status is (cXML User's Guide, Response).
"""

from __future__ import annotations

from collections.abc import Mapping

from lxml import etree

from app.errors import Issue
from app.model.envelope import Receipt
from app.standards.cxml.building import LANGUAGE, element

STATUSES: Mapping[str, tuple[str, str]] = {
    "accepted": ("200", "OK"),
    "duplicate": ("200", "OK"),
    "rejected": ("400", "Bad Request"),
    "conflict": ("409", "Conflict"),
    "unavailable": ("560", "Temporary server error"),
}
UNSUPPORTED = ("450", "Not Implemented")
MAX_ISSUES = 20


def acknowledge(receipt: Receipt) -> bytes:
    """The Response; its payloadID comes from ours, so that equal answers are equal."""
    code, text = STATUSES[receipt.outcome]
    if any(issue.code.endswith(".unsupported") for issue in receipt.issues) and receipt.outcome == "rejected":
        code, text = UNSUPPORTED
    issues = [issue for issue in receipt.issues if issue.severity == "error"] if code != "200" else []
    status = element("Status", "\n".join(_told(issue) for issue in issues[:MAX_ISSUES]) or text, code=code, text=text)
    status.set(LANGUAGE, "en")
    seed = receipt.message_id.hex if receipt.message_id else receipt.envelope.fingerprint if receipt.envelope else "0"
    timestamp = receipt.received_at.isoformat() if receipt.received_at else None
    root = element("cXML", element("Response", status), payloadID=f"{seed[:32]}@wardline", timestamp=timestamp)
    doctype = '<!DOCTYPE cXML SYSTEM "http://xml.cxml.org/schemas/cXML/1.2.050/cXML.dtd">'
    answer: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", doctype=doctype)
    return answer


def _told(issue: Issue) -> str:
    return f"{issue.where}: {issue.text} [{issue.code}]"
