"""What every standard offers; called by intake (read, acknowledge), by the translation stage (read) and by writing.

A standard is one folder with ``syntax.py`` (bytes and structure), modules that map structure to canonical documents and
back, ``options.py`` (what may be peculiar to a partner) and, where its answers have a form of their own,
``acknowledgement.py``.
"""

from __future__ import annotations

from typing import Protocol

from app.model.channel import Profile
from app.model.documents import Document
from app.model.envelope import Acknowledgement, Envelope, Reading, Receipt
from app.model.interchange import Interchange, Written


class Standard(Protocol):
    """A language that messages are written in. Implementations hold no state and do no I/O."""

    name: str
    content_types: tuple[str, ...]

    @property
    def options(self) -> type:
        """A frozen dataclass with defaults: a partner's peculiarities, which a channel may set as its ``options``."""

    @property
    def writes(self) -> frozenset[str]:
        """The kinds of documents that ``write`` takes."""

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the message alone. Raises Rejected where not even that can be read."""

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The message as canonical documents.

        Lenient: an oddity becomes a warning. Raises Rejected, with the place of each fault, where quantity, item,
        party or document identity would be ambiguous. Its envelope is that of ``envelope``.
        """

    def acknowledge(self, receipt: Receipt) -> Acknowledgement:
        """The standard's own answer; equal receipts give equal bytes."""

    def write(self, document: Document, profile: Profile, interchange: Interchange) -> Written:
        """The document in this standard, strictly; equal arguments give equal bytes.

        Raises Permanent (``document.not_carried``) where the standard has no place for something that matters: a
        quantity, unit, price, item or party. Use ``app.standards.writing.write``, which reads back what was written.
        """
