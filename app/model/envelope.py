"""What is known about a message from its outside, and what is answered to its sender.

Standards produce envelopes and readings and turn receipts into acknowledgements; the intake stands between.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.errors import Issue
from app.model.documents import Document

Outcome = Literal["accepted", "duplicate", "rejected", "conflict", "unavailable"]


@dataclass(frozen=True, slots=True)
class Envelope:
    """The outside of a message.

    ``sender`` names application and facility (``CATHLAB|GEN``), ``control_id`` is the standard's own number for the
    message (MSH-10, Bundle.identifier) or None, ``fingerprint`` is equal for two sendings of one message even where
    the sender stamps each sending anew (MSH-7). ``sender`` is empty where the message names none. ``header`` is what an
    answer repeats of the message (the MSH segment), where the standard asks for that; it is not stored.
    """

    standard: str
    message_type: str
    sender: str
    fingerprint: str
    control_id: str | None = None
    version: str | None = None
    header: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A message that was understood: its envelope, the documents in it in their order, and the oddities noticed.

    ``mapping`` names the mapping and its version that made the documents. In a batch, entries that could not be
    understood are listed in ``issues`` with severity ``error`` while the others stand.
    """

    envelope: Envelope
    documents: tuple[Document, ...]
    mapping: str
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a sending; everything an answer in the standard's own form needs.

    The same message sent again gets a receipt with the same ``message_id`` and ``received_at``, hence the same answer.
    ``options`` are those of its channel.
    """

    outcome: Outcome
    message_id: UUID | None = None
    received_at: datetime | None = None
    envelope: Envelope | None = None
    issues: tuple[Issue, ...] = ()
    retryable: bool = False
    options: object | None = None


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The answer to a sending, in bytes and with its media type; empty where none is wanted.

    ``more`` are messages of their own that follow it (HL7's application acknowledgement after that of the commit), for
    transports that can carry several.
    """

    content_type: str
    body: bytes
    more: tuple[bytes, ...] = ()
