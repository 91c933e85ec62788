"""Rule books in versions, and the verdicts they led to, with what they were made of.

Written by ``wardline policy import`` and by the flows; a version is never changed, so that a verdict stays explained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Column, Index, Integer, String, Table, Text
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger.audit import AuditTrail, Event
from app.ledger.columns import Id, Instant, Json
from app.ledger.tables import metadata

rule_book = Table(
    "rule_book",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("imported_at", Instant, nullable=False),
    Column("imported_by", String(128), nullable=False),
)
verdict = Table(
    "verdict",
    metadata,
    Column("id", Id, primary_key=True),
    Column("document_id", Id, nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("inputs", Json, nullable=False),
    Column("findings", Json, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Index("ix_verdict_document_id", "document_id"),
    Index("ix_verdict_decided_at", "decided_at"),
)


class Policies:
    """Versions of the rule book, and verdicts."""

    def __init__(self, audit: AuditTrail) -> None:
        self._audit = audit

    def current(self, tx: Connection) -> tuple[int, str]:
        """Number and text of the version that holds; 0 and nothing while none was imported."""
        query = sa.select(rule_book.c.version, rule_book.c.text).order_by(rule_book.c.version.desc()).limit(1)
        row = tx.execute(query).first()
        return (row.version, row.text) if row else (0, "")

    def version(self, tx: Connection, number: int) -> Row[Any] | None:
        """One version, or None."""
        return tx.execute(sa.select(rule_book).where(rule_book.c.version == number)).first()

    def versions(self, tx: Connection) -> Sequence[Row[Any]]:
        """All versions, the newest first."""
        return tx.execute(sa.select(rule_book).order_by(rule_book.c.version.desc())).all()

    def import_(self, tx: Connection, text: str, actor: str) -> int:
        """Make a text the version that holds; its number. The text that holds already gets no new one."""
        number, known = self.current(tx)
        if number and known == text:
            return number
        row = {"version": number + 1, "digest": ids.digest(text.encode()), "text": text}
        tx.execute(sa.insert(rule_book).values(**row, imported_at=ids.now(), imported_by=actor))
        detail = {"version": number + 1, "digest": row["digest"]}
        self._audit.append(tx, [Event("policy.imported", actor, detail=detail)])
        return number + 1

    def judge(
        self,
        tx: Connection,
        document: Row[Any],
        rule_version: int,
        outcome: str,
        inputs: Mapping[str, Any],
        findings: Sequence[Mapping[str, Any]],
    ) -> None:
        """Keep a verdict on a document with its reasons and all that it was made of."""
        tx.execute(
            sa.insert(verdict).values(
                id=ids.new_id(),
                document_id=document.id,
                rule_version=rule_version,
                outcome=outcome,
                inputs=dict(inputs),
                findings=[dict(one) for one in findings],
                decided_at=ids.now(),
            )
        )
        detail = {"rule_version": rule_version, "outcome": outcome, "rules": sorted({one["rule"] for one in findings})}
        self._audit.append(tx, [Event("document.judged", "wardline", document.message_id, document.id, detail)])

    def verdicts(self, tx: Connection, document_id: UUID) -> Sequence[Row[Any]]:
        """The verdicts on a document, the newest first."""
        query = sa.select(verdict).where(verdict.c.document_id == document_id).order_by(verdict.c.id.desc())
        return tx.execute(query).all()

    def since(self, tx: Connection, at: datetime, limit: int = 10_000) -> Sequence[Row[Any]]:
        """The last verdict on each document since a moment, in order of time."""
        query = sa.select(verdict).where(verdict.c.decided_at >= at).order_by(verdict.c.decided_at).limit(limit)
        newest = {row.document_id: row for row in tx.execute(query)}
        return list(newest.values())
