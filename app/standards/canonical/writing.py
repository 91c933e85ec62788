"""A document as canonical JSON, in the form that senders write.

Called by ``app.standards.canonical.standard``.
"""

from __future__ import annotations

from dataclasses import replace

from app import ids
from app.errors import Permanent
from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.documents import Document
from app.model.schema import WIRE

CONTENT_TYPE = "application/json"


def write(document: Document, profile: Profile) -> bytes:
    """The document; equal documents give equal bytes. Raises Permanent (``document.not_carried``).

    The pseudonym of a case stays at home: it means nothing to anybody else. Warnings are about what we read.
    """
    if isinstance(document, Consumption):
        _check(document, profile)
    content = WIRE[document.document_kind].dump(replace(document, warnings=()))
    told = {name: value for name, value in content.items() if name not in _OURS and value is not None}
    return ids.canonical_json({"document": document.document_kind, **told})


_OURS = ("case", "facility", "warnings")


def _check(document: Consumption, profile: Profile) -> None:
    """A consumption's facility is its channel's, and a unit that is not told is the channel's too."""
    if document.facility != profile.channel.facility:
        _refuse("the facility, which is not the channel's")
    if document.quantity.unit is None:
        _refuse("a quantity without a unit")


def _refuse(what: str) -> None:
    raise Permanent(f"canonical JSON has no place for {what}", code="document.not_carried")
