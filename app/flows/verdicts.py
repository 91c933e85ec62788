"""Verdicts as they are told: what was decided on a document, with every reason, and by which version of the rules.

Used by the HTTP edge and by ``wardline policy explain``, so that both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app.ledger.ledger import Ledger

KIND = "requisition"
"""The kind of documents that verdicts are kept of."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One verdict; ``findings`` are its reasons with their figures, ``inputs`` all facts that it was made of."""

    document_id: UUID
    message_id: UUID
    requisition: str
    facility: str
    state: str
    outcome: str
    rule_version: int
    decided_at: datetime
    findings: Sequence[Mapping[str, Any]]
    inputs: Mapping[str, Any]


def of_requisition(tx: Connection, ledger: Ledger, number: str) -> list[Judged]:
    """The verdicts on all requisitions with this number, the newest first."""
    return _told(tx, ledger, ledger.documents.named(tx, KIND, number))


def of_document(tx: Connection, ledger: Ledger, document_id: UUID) -> list[Judged]:
    """The verdicts on a document, the newest first."""
    return _told(tx, ledger, ledger.documents.load(tx, [document_id]).values())


def _told(tx: Connection, ledger: Ledger, rows: Iterable[Row[Any]]) -> list[Judged]:
    documents = list(rows)
    numbers = ledger.documents.numbers(tx, KIND, [row.id for row in documents])
    return [
        Judged(
            document_id=row.id,
            message_id=row.message_id,
            requisition=numbers.get(row.id, ""),
            facility=row.facility,
            state=row.state,
            outcome=verdict.outcome,
            rule_version=verdict.rule_version,
            decided_at=verdict.decided_at,
            findings=verdict.findings,
            inputs=verdict.inputs,
        )
        for row in documents
        for verdict in ledger.policies.verdicts(tx, row.id)
    ]
