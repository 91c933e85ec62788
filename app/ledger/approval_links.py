"""Links by which one person may decide one step once, without a key of their own.

The token is made of what stands here and a signature, so that nothing in the ledger could be used as a link. Opened
and used through ``app.flows.approval_links``.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger.approval_tables import link as _link


class ApprovalLinks:
    """Links that were given out."""

    def add(self, tx: Connection, approval: Row[Any], step_id: UUID, person: str, expires_at: datetime) -> Row[Any]:
        """Give out a link to an approval as it stands."""
        values = {"approval_id": approval.id, "step_id": step_id, "person": person, "version": approval.version}
        added = sa.insert(_link).values(id=ids.new_id(), created_at=ids.now(), expires_at=expires_at, **values)
        return tx.execute(added.returning(_link)).one()

    def load(self, tx: Connection, link_id: UUID) -> Row[Any] | None:
        """A link, or None."""
        return tx.execute(sa.select(_link).where(_link.c.id == link_id)).first()

    def use(self, tx: Connection, link_id: UUID) -> bool:
        """Use a link up; whether it had not been used before."""
        fresh = sa.and_(_link.c.id == link_id, _link.c.used_at.is_(None))
        return tx.execute(sa.update(_link).where(fresh).values(used_at=ids.now())).rowcount == 1
