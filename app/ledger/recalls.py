"""Recalls that are open: lots and serial numbers that must not be used, and where the ledger has seen them.

Opened and lifted by people; asked by the flows for every lot that they resolve.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import NotFound
from app.ledger import tables
from app.ledger.audit import AuditTrail, Event
from app.ledger.supply_tables import recall

MARKS = ("lot", "serial", "udi")
"""Kinds of business keys that a recall can be about."""


class Recalls:
    """Recalls and the documents they are about."""

    def __init__(self, audit: AuditTrail) -> None:
        self._audit = audit

    def open(self, tx: Connection, number: str, item: str, told_as: str, reason: str, actor: str) -> Row[Any]:
        """Open a recall of a lot or serial number (of one item, or empty: of any), or find the one that is open."""
        same = sa.and_(recall.c.number == number, recall.c.item == item, recall.c.lifted_at.is_(None))
        if known := tx.execute(sa.select(recall).where(same)).first():
            return known
        values = {"number": number, "item": item, "told_as": told_as[:300], "reason": reason, "opened_by": actor}
        added = sa.insert(recall).values(id=ids.new_id(), opened_at=ids.now(), **values)
        row = tx.execute(added.returning(recall)).one()
        detail = {"recall": str(row.id), "number": number, "item": item}
        self._audit.append(tx, [Event("recall.opened", actor, detail=detail)])
        return row

    def lift(self, tx: Connection, recall_id: UUID, actor: str) -> Row[Any]:
        """End a recall. Raises NotFound where none is open under the id."""
        ended = sa.update(recall).where(recall.c.id == recall_id, recall.c.lifted_at.is_(None))
        row = tx.execute(ended.values(lifted_at=ids.now(), lifted_by=actor).returning(recall)).first()
        if row is None:
            raise NotFound("no recall is open under this id", code="recall.unknown", hint="`wardline recall list`")
        detail = {"recall": str(row.id), "number": row.number, "item": row.item}
        self._audit.append(tx, [Event("recall.lifted", actor, detail=detail)])
        return row

    def list(self, tx: Connection, number: str | None = None, *, lifted: bool = False) -> Sequence[Row[Any]]:
        """The recalls that are open, or all, the newest first."""
        query = sa.select(recall).order_by(recall.c.id.desc())
        if not lifted:
            query = query.where(recall.c.lifted_at.is_(None))
        return tx.execute(query.where(recall.c.number == number) if number else query).all()

    def against(self, tx: Connection, lots: Iterable[tuple[str, str]]) -> Row[Any] | None:
        """The first open recall of one of these lots, each an (item, number)."""
        wanted = {(item, number) for item, number in lots if number}
        if not wanted:
            return None
        numbers = sorted({number for _, number in wanted})
        query = sa.select(recall).where(recall.c.lifted_at.is_(None), recall.c.number.in_(numbers))
        rows = tx.execute(query.order_by(recall.c.id)).all()
        return next((row for row in rows if any(_about(row, *lot) for lot in wanted)), None)

    def documents(self, tx: Connection, spellings: Sequence[str], limit: int) -> Sequence[Row[Any]]:
        """The documents that name the lot, serial number or UDI in one of these spellings, the newest first."""
        key, document = tables.business_key, tables.document
        named = sa.select(key.c.document_id).where(key.c.value.in_(spellings), key.c.kind.in_(MARKS))
        chosen = named.order_by(key.c.document_id.desc()).limit(limit).scalar_subquery()
        return tx.execute(sa.select(document).where(document.c.id.in_(chosen)).order_by(document.c.occurred_at)).all()

    def keys(self, tx: Connection, document_ids: Sequence[UUID]) -> dict[UUID, set[tuple[str, str]]]:
        """The business keys of documents."""
        key, found = tables.business_key, {document_id: set[tuple[str, str]]() for document_id in document_ids}
        for start in range(0, len(document_ids), 400):
            some = sa.select(key).where(key.c.document_id.in_(document_ids[start : start + 400]))
            for row in tx.execute(some):
                found[row.document_id].add((row.kind, row.value))
        return found


def _about(row: Row[Any], item: str, number: str) -> bool:
    return bool(row.number == number and row.item in ("", item))
