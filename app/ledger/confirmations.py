"""Order confirmations: what a supplier said to an order, what that would change, and what people decided about it.

Written by ``app.flows.order_confirmation`` and ``app.flows.acknowledging``; read by ``wardline confirmations``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Column, Index, String, Table, Text
from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import Conflict
from app.ledger.audit import AuditTrail, Event
from app.ledger.columns import Id, Instant, Json
from app.ledger.database import insert
from app.ledger.tables import document, metadata

STATES = ("received", "held", "applied", "superseded")
Decision = Literal["accept", "refuse"]

order_confirmation = Table(
    "order_confirmation",
    metadata,
    Column("document_id", Id, primary_key=True),
    Column("order_number", String(64), nullable=False),
    Column("facility", String(32), nullable=False),
    Column("supplier", String(64), nullable=False),
    Column("number", String(200)),
    Column("state", String(16), nullable=False),
    Column("findings", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Index("ix_order_confirmation_order_number", "order_number"),
    Index("ix_order_confirmation_state", "state"),
)

confirmation_decision = Table(
    "confirmation_decision",
    metadata,
    Column("id", Id, primary_key=True),
    Column("document_id", Id, nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("decision", String(16), nullable=False),
    Column("figures", Json, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_by", String(128), nullable=False),
    Column("decided_at", Instant, nullable=False),
)

_c, _d = order_confirmation.c, confirmation_decision.c


class Confirmations:
    """Confirmations by their document."""

    def __init__(self, audit: AuditTrail) -> None:
        self._audit = audit

    def receive(self, tx: Connection, of: Row[Any], order_number: str, supplier: str, number: str | None) -> None:
        """Enter a confirmation; one that is known stays as it is."""
        at = ids.now()
        added = insert(tx, order_confirmation).values(
            document_id=of.id,
            order_number=order_number[:64],
            facility=of.facility,
            supplier=supplier[:64],
            number=number[:200] if number else None,
            state="received",
            findings=[],
            created_at=at,
            updated_at=at,
        )
        tx.execute(added.on_conflict_do_nothing(index_elements=["document_id"]))

    def weighed(
        self, tx: Connection, document_id: UUID, state: str, findings: Sequence[Mapping[str, Any]] | None = None
    ) -> None:
        """Note what became of a confirmation, and what was found out about its lines."""
        values: dict[str, Any] = {"state": state, "updated_at": ids.now()}
        if findings is not None:
            values["findings"] = [dict(finding) for finding in findings]
        tx.execute(sa.update(order_confirmation).where(_c.document_id == document_id).values(**values))

    def get(self, tx: Connection, document_id: UUID) -> Row[Any] | None:
        """One confirmation, or None."""
        return tx.execute(sa.select(order_confirmation).where(_c.document_id == document_id)).first()

    def of_order(self, tx: Connection, order_number: str) -> Sequence[Row[Any]]:
        """What the supplier said to an order, the latest first."""
        query = sa.select(order_confirmation).where(_c.order_number == order_number)
        return tx.execute(query.order_by(_c.created_at.desc(), _c.document_id.desc())).all()

    def newest(self, tx: Connection, *, state: str | None = None, limit: int = 50) -> Sequence[Row[Any]]:
        """The newest confirmations."""
        query = sa.select(order_confirmation).order_by(_c.created_at.desc()).limit(limit)
        return tx.execute(query.where(_c.state == state) if state else query).all()

    def decide(
        self,
        tx: Connection,
        row: Row[Any],
        findings: Sequence[Mapping[str, Any]],
        decision: Decision,
        actor: str,
        reason: str = "",
    ) -> None:
        """Keep a person's word on findings of a confirmation, with just these figures.

        Raises Conflict where the confirmation waits for no word.
        """
        if row.state != "held" or not findings:
            raise Conflict("no line of the confirmation waits for a decision", code="confirmation.not_held")
        at = ids.now()
        entries = [
            {
                "id": ids.new_id(),
                "document_id": row.document_id,
                "digest": finding["digest"],
                "decision": decision,
                "figures": dict(finding),
                "reason": reason,
                "decided_by": actor,
                "decided_at": at,
            }
            for finding in findings
        ]
        tx.execute(sa.insert(confirmation_decision), entries)
        message_id = tx.scalar(sa.select(document.c.message_id).where(document.c.id == row.document_id))
        detail = {"order": row.order_number, "decision": decision, "reason": reason}
        detail["findings"] = [finding["digest"] for finding in findings]
        self._audit.append(tx, [Event("confirmation.decided", actor, message_id, row.document_id, detail)])

    def decisions(self, tx: Connection, document_id: UUID) -> dict[str, Decision]:
        """What people decided about this confirmation: the latest word by the digest of the finding."""
        return {row.digest: row.decision for row in self.decided(tx, document_id)}

    def decided(self, tx: Connection, document_id: UUID) -> Sequence[Row[Any]]:
        """What people decided about this confirmation, in order."""
        query = sa.select(confirmation_decision).where(_d.document_id == document_id)
        return tx.execute(query.order_by(_d.decided_at, _d.id)).all()
