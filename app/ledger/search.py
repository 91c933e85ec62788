"""Looking things up: messages by filter, anything by a number a person holds, and the whole story of one message.

Called by the HTTP edge and the operators' commands; reads only.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app.ledger import tables
from app.ledger.audit import AuditTrail
from app.ledger.holds import Holds
from app.ledger.postings import Postings

_message, _document, _key = tables.message, tables.document, tables.business_key


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages are meant; what is None does not restrict."""

    state: str | None = None
    channel: str | None = None
    facility: str | None = None
    facilities: tuple[str, ...] | None = None
    key: str | None = None
    received_after: datetime | None = None
    received_before: datetime | None = None
    before_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """Everything the ledger knows of a message."""

    message: Row[Any]
    documents: Sequence[Row[Any]]
    holds: Sequence[Row[Any]]
    postings: Sequence[Row[Any]]
    batches: Sequence[Row[Any]]
    attempts: Sequence[Row[Any]]
    events: Sequence[Row[Any]]


class Search:
    """Reads across the ledger."""

    def __init__(self, postings: Postings, holds: Holds, audit: AuditTrail) -> None:
        self._postings = postings
        self._holds = holds
        self._audit = audit

    def messages(self, tx: Connection, chosen: MessageFilter, limit: int = 50) -> Sequence[Row[Any]]:
        """Messages, the newest first; page on with the last one's id as ``before_id``."""
        query = sa.select(_message).order_by(_message.c.id.desc()).limit(limit)
        for name in ("state", "channel", "facility"):
            if (value := getattr(chosen, name)) is not None:
                query = query.where(_message.c[name] == value)
        if chosen.facilities is not None and "*" not in chosen.facilities:
            query = query.where(_message.c.facility.in_(chosen.facilities))
        if chosen.received_after:
            query = query.where(_message.c.received_at >= chosen.received_after)
        if chosen.received_before:
            query = query.where(_message.c.received_at < chosen.received_before)
        if chosen.before_id:
            query = query.where(_message.c.id < chosen.before_id)
        if chosen.key:
            query = query.where(_message.c.id.in_(self.find(tx, chosen.key)))
        return tx.execute(query).all()

    def find(self, tx: Connection, key: str, limit: int = 200) -> list[UUID]:
        """The messages that a number belongs to: of a message, event, item, lot, serial, case, batch or transfer."""
        by_key = sa.select(_document.c.message_id).join(_key, _key.c.document_id == _document.c.id)
        found = list(tx.scalars(by_key.where(_key.c.value == key).distinct().limit(limit)))
        if key.startswith("wardline."):
            found += self._of_transfer(tx, tables.batch.c.key == key.removeprefix("wardline."), limit)
        found += self._of_transfer(tx, tables.batch.c.record_name == key, limit)
        found += list(tx.scalars(sa.select(_message.c.id).where(_message.c.control_id == key).limit(limit)))
        with suppress(ValueError):
            found += list(tx.scalars(sa.select(_message.c.id).where(_message.c.id == UUID(key))))
        return list(dict.fromkeys(found))

    def story(self, tx: Connection, message_id: UUID) -> Story | None:
        """The message with its documents, holds, postings, batches, attempts and timeline, or None."""
        message = tx.execute(sa.select(_message).where(_message.c.id == message_id)).first()
        if message is None:
            return None
        of_message = sa.select(_document).where(_document.c.message_id == message_id)
        documents = tx.execute(of_message.order_by(_document.c.ordinal)).all()
        document_ids = [row.id for row in documents]
        postings = self._postings.of_documents(tx, document_ids)
        batches = self._postings.batches(tx, {row.batch_id for row in postings if row.batch_id})
        subjects = [message_id, *document_ids, *(row.id for row in batches)]
        attempt = tables.attempt
        attempts = tx.execute(
            sa.select(attempt).where(attempt.c.subject_id.in_(subjects)).order_by(attempt.c.started_at)
        ).all()
        holds = self._holds.of_documents(tx, document_ids)
        return Story(message, documents, holds, postings, batches, attempts, self._audit.timeline(tx, message_id))

    @staticmethod
    def _of_transfer(tx: Connection, where: sa.ColumnElement[bool], limit: int) -> list[UUID]:
        posting, batch = tables.posting, tables.batch
        query = (
            sa
            .select(_document.c.message_id)
            .join(posting, posting.c.document_id == _document.c.id)
            .join(batch, batch.c.id == posting.c.batch_id)
        )
        return list(tx.scalars(query.where(where).distinct().limit(limit)))
