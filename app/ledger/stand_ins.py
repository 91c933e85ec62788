"""Who may decide for whom, and when: rights passed on, and people who are away.

Written by the HTTP edge and ``wardline approvals``; read whenever somebody wants to decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import NotFound
from app.ledger.approval_tables import absence as _absence
from app.ledger.approval_tables import delegation as _delegation
from app.ledger.audit import AuditTrail, Event


@dataclass(frozen=True, slots=True)
class NewDelegation:
    """``person`` lets ``delegate`` decide from one moment until before another; one role, one approval, or all."""

    person: str
    delegate: str
    valid_from: datetime
    valid_to: datetime
    role: str | None = None
    approval_id: UUID | None = None


class StandIns:
    """Delegations and absences."""

    def __init__(self, audit: AuditTrail) -> None:
        self._audit = audit

    def delegate(self, tx: Connection, new: NewDelegation, actor: str) -> Row[Any]:
        """Pass a right on."""
        values = {"id": ids.new_id(), "person": new.person, "delegate": new.delegate, "role": new.role}
        values |= {"approval_id": new.approval_id, "valid_from": new.valid_from, "valid_to": new.valid_to}
        added = sa.insert(_delegation).values(**values, created_at=ids.now(), created_by=actor)
        row = tx.execute(added.returning(_delegation)).one()
        self._tell(tx, "approval.delegated", actor, row, ("person", "delegate", "role", "valid_from", "valid_to"))
        return row

    def away(
        self, tx: Connection, person: str, substitute: str | None, times: tuple[datetime, datetime], actor: str
    ) -> Row[Any]:
        """Note that somebody is away from one moment until before another."""
        values = {"id": ids.new_id(), "person": person, "substitute": substitute, "away_from": times[0]}
        added = sa.insert(_absence).values(**values, away_to=times[1], created_at=ids.now(), created_by=actor)
        row = tx.execute(added.returning(_absence)).one()
        self._tell(tx, "approval.away", actor, row, ("person", "substitute", "away_from", "away_to"))
        return row

    def revoke(self, tx: Connection, entry_id: UUID, actor: str) -> None:
        """End a delegation or an absence now. Raises NotFound where none is open under this id."""
        for table, ended in ((_delegation, "revoked_at"), (_absence, "ended_at")):
            where = sa.and_(table.c.id == entry_id, table.c[ended].is_(None))
            row = tx.execute(sa.update(table).where(where).values({ended: ids.now()}).returning(table)).first()
            if row is not None:
                self._tell(tx, "approval.stand_in_ended", actor, row, ("person",))
                return
        raise NotFound("there is no such delegation or absence", code="stand_in.unknown")

    def delegations(self, tx: Connection, *, after: datetime | None = None) -> Sequence[Row[Any]]:
        """The delegations that are not revoked and not over at ``after`` (None: now)."""
        where = sa.and_(_delegation.c.revoked_at.is_(None), _delegation.c.valid_to > (after or ids.now()))
        return tx.execute(sa.select(_delegation).where(where).order_by(_delegation.c.valid_from)).all()

    def absences(self, tx: Connection, *, after: datetime | None = None) -> Sequence[Row[Any]]:
        """The absences that have not ended and are not over at ``after`` (None: now)."""
        where = sa.and_(_absence.c.ended_at.is_(None), _absence.c.away_to > (after or ids.now()))
        return tx.execute(sa.select(_absence).where(where).order_by(_absence.c.away_from)).all()

    def began(self, tx: Connection, since: datetime) -> bool:
        """Whether anybody began to stand in for somebody since then."""
        at = ids.now()
        begun = (
            sa.and_(_delegation.c.revoked_at.is_(None), _delegation.c.valid_from.between(since, at)),
            sa.and_(_absence.c.ended_at.is_(None), _absence.c.away_from.between(since, at)),
        )
        return any(tx.execute(sa.select(sa.literal(1)).where(where).limit(1)).first() for where in begun)

    def _tell(self, tx: Connection, action: str, actor: str, row: Row[Any], names: tuple[str, ...]) -> None:
        told = {name: _plain(getattr(row, name)) for name in names}
        self._audit.append(tx, [Event(action, actor, detail={"id": str(row.id), **told})])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
