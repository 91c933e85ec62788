"""Writing, checked: what is written is read back, and must say the same, before anybody may send it.

Called by ``app.flows.outbound`` and by the conversion command.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

from app.errors import Permanent, Rejected
from app.model.channel import Profile
from app.model.documents import Document
from app.model.interchange import Interchange, Written
from app.standards.base import Standard

MATTERS = (
    "number",
    "quantity",
    "price",
    "identifiers",
    "lot",
    "serial",
    "action",
    "order_number",
    "order_line",
    "total",
)
"""What must never be lost or changed on the way, at whatever depth of the document it stands."""


def write(standard: Standard, document: Document, profile: Profile, interchange: Interchange) -> Written:
    """The document in the standard, read back and found to be the same in all that matters.

    Raises Permanent where the standard does not carry this kind (``document.not_written``), has no place for something
    that matters (``document.not_carried``), or where what was written cannot be read (``document.not_readable``).
    """
    if document.document_kind not in standard.writes:
        text = f"{standard.name} has no message for documents of the kind {document.document_kind}"
        raise Permanent(text, code="document.not_written", hint="Choose a channel whose standard carries the kind.")
    bare = replace(document, warnings=())
    written = standard.write(bare, profile, interchange)
    try:
        found = standard.read(written.body, profile).documents
    except Rejected as error:
        raise Permanent(f"what was written cannot be read: {error.message}", code="document.not_readable") from error
    if len(found) != 1 or type(found[0]) is not type(document):
        raise Permanent("what was written is not the one document", code="document.not_readable")
    if lost := [path for path in differences(bare, found[0]) if _matters(path)]:
        text = f"{standard.name} does not carry {', '.join(lost[:10])} of the document as it is"
        raise Permanent(text, code="document.not_carried", hint="Correct the document or the channel's options.")
    return written


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """The places where two documents say something else: ``lines.2.quantity.value``; warnings do not count."""
    if is_dataclass(one) and type(one) is type(other):
        names = [field.name for field in fields(one) if field.name != "warnings"]
        return [p for n in names for p in differences(getattr(one, n), getattr(other, n), f"{path}.{n}".lstrip("."))]
    if path.endswith("identifiers") and isinstance(one, tuple) and isinstance(other, tuple):
        # A bag: its order says nothing, and envelopes add the address that the message goes to.
        return [path] if set(one) - set(other) else []
    if isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True), 1)
        return [p for number, (a, b) in pairs for p in differences(a, b, f"{path}.{number}")]
    return [] if one == other else [path]


def _matters(path: str) -> bool:
    parts = path.split(".")
    return (parts[0] == "lines" and len(parts) == 1) or any(part in MATTERS for part in parts if part != "lines")
