"""What a message that we write needs besides its document, and what comes out.

Made by whoever dispatches; used by the writing side of every standard.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Interchange:
    """One sending to a partner.

    ``control_number`` is positive and unique per partner (ISA-13, UNB 0020, MSH-10, part of payloadID). ``sent_at`` has
    a zone. ``sender`` and ``receiver`` are addresses as the standard writes them, its qualifier before a colon where it
    has one (``ZZ:WARDLINE``, ``14:4012345000009``, ``0088:7300010000001``, ``DUNS:123456789``,
    ``WARDLINE|GENERAL``).
    """

    control_number: int
    sent_at: datetime
    sender: str
    receiver: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """A message ready to be sent: its bytes, media type, type (``850``, ``ORDERS``), and the control id in it."""

    content_type: str
    body: bytes
    message_type: str
    control_id: str
