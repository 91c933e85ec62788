"""Holds: documents that wait for a person because of a business cause.

Holds with the same cause and subject form a group: fixed once, released together. A hold is no error and uses up no
attempts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger import tables
from app.ledger.audit import AuditTrail, Event
from app.ledger.database import Database
from app.ledger.documents import Documents
from app.ledger.messages import Messages
from app.ledger.work import NewWork, Work

Told = Callable[[int], None]
"""Hears how many documents a release or cancellation has dealt with so far."""

_hold, _document = tables.hold, tables.document

SUBJECT = 300
"""The most characters of a subject; senders may write codes of any length."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a document is held: the kind of cause, what it is about, and what a person can do."""

    cause: str
    subject: str
    hint: str


@dataclass(frozen=True, slots=True)
class Group:
    """Open holds of one cause and subject."""

    cause: str
    subject: str
    hint: str
    documents: int
    facilities: tuple[str, ...]
    since: datetime


class Holds:
    """Opens, lists and releases holds."""

    def __init__(
        self, database: Database, documents: Documents, messages: Messages, work: Work, audit: AuditTrail
    ) -> None:
        self._database = database
        self._documents = documents
        self._messages = messages
        self._work = work
        self._audit = audit

    def open(self, tx: Connection, document: Row[Any], cause: Cause) -> None:
        """Hold a document."""
        row = {
            "id": ids.new_id(),
            "document_id": document.id,
            "facility": document.facility,
            "cause": cause.cause,
            "subject": cause.subject[:SUBJECT],
            "hint": cause.hint,
            "opened_at": ids.now(),
        }
        tx.execute(sa.insert(_hold).values(**row))
        self._documents.set_state(tx, [document.id], "held")
        detail = {"cause": cause.cause, "subject": cause.subject}
        self._audit.append(tx, [Event("document.held", "wardline", document.message_id, document.id, detail)])
        self._wake(tx, [document.id])

    def groups(self, tx: Connection) -> list[Group]:
        """Open holds by cause and subject, the largest group first."""
        query = sa.select(
            _hold.c.cause,
            _hold.c.subject,
            _hold.c.facility,
            sa.func.count(),
            sa.func.min(_hold.c.opened_at),
            sa.func.min(_hold.c.hint),
        )
        rows = tx.execute(query.where(_hold.c.released_at.is_(None)).group_by(*query.selected_columns[:3])).all()
        found: dict[tuple[str, str], Group] = {}
        for cause, subject, facility, count, since, hint in rows:
            known = found.get((cause, subject), Group(cause, subject, hint, 0, (), since))
            facilities = tuple(sorted({*known.facilities, facility}))
            total, earliest = known.documents + count, min(known.since, since)
            found[cause, subject] = Group(cause, subject, hint, total, facilities, earliest)
        return sorted(found.values(), key=lambda group: -group.documents)

    def of_documents(self, tx: Connection, document_ids: Iterable[UUID]) -> Sequence[Row[Any]]:
        """Every hold that these documents had, in order."""
        where = _hold.c.document_id.in_(list(document_ids))
        return tx.execute(sa.select(_hold).where(where).order_by(_hold.c.opened_at)).all()

    def count(self, tx: Connection, cause: str | None, subject: str | None) -> int:
        """How many open holds match."""
        query = sa.select(sa.func.count()).select_from(_hold).where(_open(cause, subject))
        return tx.scalar(query) or 0

    def members(self, tx: Connection, cause: str, subject: str, limit: int = 100) -> Sequence[Row[Any]]:
        """The open holds of a group with the message of each, the oldest first."""
        query = sa.select(_hold, _document.c.message_id, _document.c.occurred_at).join(
            _document, _document.c.id == _hold.c.document_id
        )
        return tx.execute(query.where(_open(cause, subject)).order_by(_hold.c.opened_at, _hold.c.id).limit(limit)).all()

    def release(
        self, cause: str | None, subject: str | None, actor: str, limit: int = 500, told: Told | None = None
    ) -> int:
        """Let every held document of the group go through the resolve stage again; how many went.

        Works in steps of ``limit``, each a transaction, so that a large group blocks nobody; ``told`` hears how many
        went so far.
        """
        return self._end_all(_open(cause, subject), actor, "released", limit, told)

    def cancel(self, cause: str, subject: str, actor: str, limit: int = 500, told: Told | None = None) -> int:
        """End every held document of the group without any effect; how many ended."""
        return self._end_all(_open(cause, subject), actor, "cancelled", limit, told)

    def waiting(self, tx: Connection, cause: str, subjects: Collection[str]) -> list[str]:
        """Those of the subjects that documents are held for by this cause."""
        wanted = sorted({subject[:SUBJECT] for subject in subjects})
        found: set[str] = set()
        for start in range(0, len(wanted), 1000):
            some = _hold.c.subject.in_(wanted[start : start + 1000])
            found |= set(tx.scalars(sa.select(_hold.c.subject).where(_open(cause, None), some).distinct()))
        return sorted(found)

    def release_in(self, tx: Connection, cause: str, subject: str, actor: str) -> int:
        """Release a group within the caller's transaction, where what it waited for has just arrived."""
        return self._end_in(tx, _open(cause, subject), actor, "released", 10_000)

    def end_documents(self, tx: Connection, document_ids: Sequence[UUID], actor: str, resolution: str) -> int:
        """End the open holds of these documents."""
        where = sa.and_(_hold.c.released_at.is_(None), _hold.c.document_id.in_(list(document_ids)))
        return self._end_in(tx, where, actor, resolution, len(document_ids))

    def _end_all(
        self, where: sa.ColumnElement[bool], actor: str, resolution: str, limit: int, told: Told | None
    ) -> int:
        # A document whose cause is not mended is held again at once; without this bound it would be ended for ever.
        where = sa.and_(where, _hold.c.opened_at <= ids.now())
        total = 0
        while ended := self._end(where, actor, resolution, limit):
            total += ended
            if told:
                told(total)
        return total

    def _end(self, where: sa.ColumnElement[bool], actor: str, resolution: str, limit: int) -> int:
        with self._database.transaction() as tx:
            return self._end_in(tx, where, actor, resolution, limit)

    def _end_in(self, tx: Connection, where: sa.ColumnElement[bool], actor: str, resolution: str, limit: int) -> int:
        document_ids: list[UUID] = []
        while not document_ids:
            chosen = list(tx.scalars(sa.select(_hold.c.document_id).where(where).order_by(_hold.c.id).limit(limit)))
            if not chosen:
                return 0
            # Who decides by a document's state has the document first; the other way round a reversal could see its
            # event held, and not be able to end the hold that is being released.
            self._documents.lock(tx, chosen)
            ended = sa.update(_hold).where(where, _hold.c.document_id.in_(chosen))
            values = {"released_at": ids.now(), "released_by": actor, "resolution": resolution}
            document_ids = list(tx.scalars(ended.values(**values).returning(_hold.c.document_id)))
        rows = self._documents.load(tx, document_ids).values()
        if resolution == "released":
            self._documents.set_state(tx, document_ids, "open")
            self._work.add(tx, "resolve", [NewWork(row.id, row.lane) for row in rows])
        else:
            self._documents.set_state(tx, document_ids, "cancelled")
            self._messages.settle(tx, [row.message_id for row in rows])
        self._audit.append(tx, [Event(f"document.{resolution}", actor, row.message_id, row.id) for row in rows])
        self._wake(tx, document_ids)
        return len(document_ids)

    def _wake(self, tx: Connection, document_ids: Sequence[UUID]) -> None:
        waiting = self._documents.waiting_for(tx, document_ids)
        self._work.add(tx, "resolve", [NewWork(row.id, row.lane) for row in waiting])


def _open(cause: str | None, subject: str | None) -> sa.ColumnElement[bool]:
    terms: list[sa.ColumnElement[bool]] = [_hold.c.released_at.is_(None)]
    if cause is not None:
        terms.append(_hold.c.cause == cause)
    if subject is not None:
        terms.append(_hold.c.subject == subject[:SUBJECT])
    return sa.and_(*terms)
