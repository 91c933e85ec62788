"""What the stages and the flows of this package have in common.

A stage works on sets of due items; a flow says, for one kind of document, what becomes of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app.crosswalk.rows import CrosswalkRow
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.model.documents import Document
from app.model.setup import Setup

D = TypeVar("D", bound=Document)
D_contra = TypeVar("D_contra", bound=Document, contravariant=True)


class Stage(Protocol):
    """A stage of a message's way; implemented by translation, resolution and posting."""

    @property
    def name(self) -> str:
        """The stage's name in queues, tables and metrics."""

    def step(self, lane: str) -> int:
        """Claim a set of due work of the lane, do it and settle it; how many items, 0 where nothing could be claimed.

        Every cause that belongs to an item is settled with that item. Raises LedgerUnavailable where the ledger is
        out of reach, and nothing else that is expected.
        """


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done every so often by the clock, by one process at a time.

    ``run`` says how many things it did; it may be repeated, and killed at any moment, without harm.
    """

    name: str
    every_seconds: float
    run: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Effects:
    """Postings to be made, on a lane, and the crosswalk rows that led to them."""

    postings: tuple[NewPosting, ...]
    lane: str
    rows: tuple[CrosswalkRow, ...] = ()


@dataclass(frozen=True, slots=True)
class WaitFor:
    """The document waits until another one has come to an end."""

    document_id: UUID


@dataclass(frozen=True, slots=True)
class NoEffect:
    """The document is settled without any effect; ``reason`` is a stable code."""

    reason: str


Verdict = Effects | WaitFor | NoEffect


@dataclass(frozen=True)
class Case(Generic[D]):
    """One document to be resolved: its row, its content, its message's row, and the crosswalk rows for its codes.

    ``setup`` tells the channels and facilities.
    """

    row: Row[Any]
    document: D
    message: Row[Any]
    rows: tuple[CrosswalkRow, ...]
    setup: Setup = field(default_factory=Setup)


class Flow(Protocol[D_contra]):
    """What happens to one kind of document."""

    kind: str

    def identity(self, document: D_contra, facility: str, sender: str) -> str:
        """The identity that makes the document the same document in whatever message it comes."""

    def codes(self, document: D_contra) -> Iterable[str]:
        """The outside codes that the crosswalk must be asked for."""

    def awaited(self, document: D_contra) -> str | None:
        """The subject of holds that wait for this very document, or None."""

    def decide(self, tx: Connection, ledger: Ledger, case: Case[Any]) -> Verdict:
        """What becomes of the document. Raises Held where a person must decide; what was written before that stays."""


@runtime_checkable
class Light(Protocol[D_contra]):
    """A flow whose decision, for some documents, only reads: many of those are decided in one transaction."""

    def is_light(self, document: D_contra) -> bool:
        """Whether ``decide`` takes no lock and writes nothing for this document."""
