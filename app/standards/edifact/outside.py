"""The outside of an interchange: who sent it, under which number, and what an answer repeats of it.

Called by ``app.standards.edifact.standard`` and, to read its own header back, by the acknowledgement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from app.errors import Issue, Rejected
from app.ids import canonical_json
from app.model import gate
from app.model.envelope import Envelope
from app.standards.edifact.interchanges import Interchange, Message
from app.standards.edifact.syntax import Segment

MIXED = "mixed"
"""The message type of an interchange that holds several types."""
MAX_TYPE = 64


def envelope(found: Interchange, standard: str) -> Envelope:
    """Sender and control reference of UNB, type and version of the messages. Raises Rejected for unfit characters."""
    types = list(dict.fromkeys(message.type for message in found.messages))
    return Envelope(
        standard=standard,
        message_type=(_code(types[0], "UNH[1]-02.1") or "")[:MAX_TYPE] if len(types) == 1 else MIXED,
        sender=_address(found.header, 2) or "",
        fingerprint=found.fingerprint,
        control_id=_code(found.header.text(5), "UNB-05"),
        version=_code(found.messages[0].version[:MAX_TYPE], "UNH[1]-02"),
        header=canonical_json(_header(found)),
    )


def _address(header: Segment, element: int) -> str | None:
    """``14:4012345000009`` as identification with its qualifier before it."""
    found = _code(header.text(element), header.place(element))
    qualifier = _code(header.text(element, 2), header.place(element, 2))
    told = f"{qualifier}:{found}" if qualifier and found else found
    return _code(told, header.place(element))


def _code(value: str | None, where: str) -> str | None:
    try:
        return gate.text(value)
    except gate.Unfit as fault:
        raise Rejected([Issue(f"envelope.{fault.reason}", where, str(fault))]) from None


def _header(found: Interchange) -> dict[str, Any]:
    """What a CONTRL repeats: addresses and references, and the segments by their tags, to find positions again."""
    header = found.header
    return {
        "reference": header.text(5) or "",
        "sender": [header.text(2, n) or "" for n in (1, 2, 3)],
        "receiver": [header.text(3, n) or "" for n in (1, 2, 3)],
        "asked": header.text(9) == "1",
        "test": header.text(11) == "1",
        "messages": [_outline(message) for message in found.messages],
    }


def _outline(message: Message) -> dict[str, Any]:
    """Reference, type and tags; the n-th word of ``tags`` is the segment at position n + 1."""
    tags: list[str] = []
    for segment in message.segments:
        tags += ["?"] * (segment.position - 2 - len(tags))
        tags.append(segment.tag)
    return {"reference": message.reference, "identifier": list(message.identifier), "tags": " ".join(tags)}


def header_of(data: bytes | None) -> Mapping[str, Any]:
    """What ``envelope`` put into the header; empty where nothing is known."""
    told: Mapping[str, Any] = json.loads(data) if data else {}
    return told
