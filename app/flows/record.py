"""Documents that are kept and found by their numbers; the house's own are told to those who subscribed to them.

Used for every kind of document that no other flow carries out.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Connection

from app.flows.base import Case, Effects, NoEffect, Verdict
from app.flows.sending import is_ours, sendings
from app.ledger.documents import identity
from app.ledger.ledger import Ledger
from app.model.documents import Document
from app.model.schema import digest_of


class RecordFlow:
    """The flow of a document kind that is only recorded."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def identity(self, document: Document, facility: str, sender: str) -> str:
        """Without an effect, two documents that differ at all are two documents; equal ones are one."""
        return identity(facility, sender, self.kind, digest_of(document))

    def codes(self, _: Document) -> tuple[str, ...]:
        """Nothing is looked up."""
        return ()

    def awaited(self, _: Document) -> str | None:
        """Nothing waits for it."""
        return None

    def decide(self, _: Connection, __: Ledger, case: Case[Any]) -> Verdict:
        """Recorded; that is all of what others say."""
        told = sendings(case.setup, case, case.document) if is_ours(case) else []
        return Effects(tuple(told), case.row.lane) if told else NoEffect("recorded")
