"""The answer to a UBL message: a message level response (Peppol T71).

Called by ``app.standards.ubl.standard``. Equal receipts give equal bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from app.errors import Issue
from app.model.envelope import Outcome, Receipt
from app.model.interchange import Interchange
from app.model.party import Party, PartyIdentifier, PartyScheme
from app.model.response import Response, ResponseFault, ResponseStatus
from app.standards.ubl import building, write_responses
from app.standards.ubl.options import UblOptions

NO_TIME = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands where a message was not even taken in; the schema wants a date and the house knows no other clock."""

TEXTS: Mapping[Outcome, str] = {
    "accepted": "The message was received and will be processed.",
    "duplicate": "The message was received and will be processed.",
    "rejected": "The message cannot be processed; correct it and send it anew.",
    "conflict": "Another message came under this number; send this one under a new number.",
    "unavailable": "The message could not be taken in; send it again later.",
}
SYNTAX = frozenset({"xml", "document", "element"})
"""Subjects of issues that concern how a message is written (SV), not what it says (BV, a mere warning BW)."""
MOST_WORDS = 4_000


def acknowledge(receipt: Receipt) -> bytes:
    """AB where a message was taken in, AP where it was and something was odd, RE where it was not."""
    told = _header(receipt)
    taken = receipt.outcome in {"accepted", "duplicate"}
    status: ResponseStatus = "rejected" if not taken else "accepted" if receipt.issues else "received"
    number = str(receipt.message_id) if receipt.message_id else building.NOTHING
    response = Response(
        "functional",
        status,
        control_id=told.get("id") or building.NOTHING,
        number=f"MLR-{number}",
        responded_at=receipt.received_at or NO_TIME,
        text=TEXTS[receipt.outcome],
        sender=_party(told.get("receiver")),
        recipient=_party(told.get("sender")),
        faults=tuple(ResponseFault(_reason(issue), issue.where, _text(issue)) for issue in receipt.issues),
    )
    options = UblOptions()
    _, _, root = write_responses.write_response(response, options, Interchange(1, NO_TIME, "", ""))
    return building.finish(root)


def _party(told: str | None) -> Party:
    """By its electronic address, else by whatever it is called, else by the word for nothing."""
    address = told or building.NOTHING
    kind: PartyScheme = "network" if building.is_address(address) else "name"
    return Party((PartyIdentifier(kind, address),))


def _header(receipt: Receipt) -> Mapping[str, str]:
    header = receipt.envelope.header if receipt.envelope else None
    told: dict[str, str] = json.loads(header) if header else {}
    return told


def _reason(issue: Issue) -> str:
    if issue.severity == "warning":
        return write_responses.WARNING
    return "SV" if issue.code.partition(".")[0] in SYNTAX else "BV"


def _text(issue: Issue) -> str:
    return f"[{issue.code}] {issue.text}"[:MOST_WORDS]
