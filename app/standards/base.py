"""What every standard offers; called by intake (read, acknowledge) and by the translation stage (read).

A standard is one folder with ``syntax.py`` (bytes and structure), ``mapping.py`` (structure to canonical documents)
and, where its answers have a form of their own, ``acknowledgement.py``.
"""

from __future__ import annotations

from typing import Protocol

from app.model.channel import Profile
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt


class Standard(Protocol):
    """A language that messages are written in. Implementations hold no state and do no I/O."""

    name: str
    content_types: tuple[str, ...]

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the message alone. Raises Rejected where not even that can be read."""

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The message as canonical documents.

        Lenient: an oddity becomes a warning. Raises Rejected, with the place of each fault, where quantity, item,
        party or document identity would be ambiguous.
        """

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """The standard's own answer; equal receipts give equal bytes."""
