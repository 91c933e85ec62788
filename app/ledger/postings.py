"""Postings: intended effects in Odoo, and the frozen batches they travel in.

A batch's membership, lines and key are committed before it is first sent and never change; only a refusal, after
which nothing of it remains, or a revoked key lets its postings go into another batch.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger import tables
from app.ledger.database import insert
from app.ledger.found import Found

_posting, _batch = tables.posting, tables.batch


@dataclass(frozen=True, slots=True)
class NewPosting:
    """An effect to be had: ``key`` is unique for ever, so that a document has each effect once.

    ``stage`` is where it is carried out (``post``, ``dispatch``), ``due_at`` the earliest moment, None for at once.
    """

    document_id: UUID
    key: str
    operation: str
    partition: str
    lane: str
    effect: Mapping[str, Any]
    stage: str = "post"
    due_at: datetime | None = None


class Postings:
    """Postings and batches."""

    def intend(self, tx: Connection, new: NewPosting) -> Row[Any] | None:
        """Enter a posting, or give one that was never sent its new effect; None where it is beyond changing."""
        return self.intend_all(tx, [new]).get(new.key)

    def intend_all(self, tx: Connection, new: Iterable[NewPosting]) -> dict[str, Row[Any]]:
        """Enter postings, each under a key of its own; those that are, or may be, in effect already are absent.

        The posting of a cancelled document is free for another document that has the same effect to make.
        """
        at = ids.now()
        rows = [
            {
                "id": ids.new_id(),
                "key": one.key,
                "document_id": one.document_id,
                "operation": one.operation,
                "partition": one.partition,
                "lane": one.lane,
                "effect": dict(one.effect),
                "state": "due",
                "alone": False,
                "created_at": at,
            }
            for one in sorted(new, key=_key_of)  # in one order everywhere, so that nobody waits for each other
        ]
        return {row.key: row for row in tx.execute(_intended(tx.dialect.name), rows)} if rows else {}

    def load(self, tx: Connection, posting_ids: Iterable[UUID]) -> dict[UUID, Row[Any]]:
        """Postings by id."""
        rows = tx.execute(sa.select(_posting).where(_posting.c.id.in_(list(posting_ids))))
        return {row.id: row for row in rows}

    def by_key(self, tx: Connection, key: str) -> Row[Any] | None:
        """The posting with this key, or None."""
        return tx.execute(sa.select(_posting).where(_posting.c.key == key)).first()

    def of_documents(self, tx: Connection, document_ids: Iterable[UUID]) -> Sequence[Row[Any]]:
        """The postings of these documents."""
        return tx.execute(sa.select(_posting).where(_posting.c.document_id.in_(list(document_ids)))).all()

    def unfinished(self, tx: Connection, document_ids: Iterable[UUID]) -> set[UUID]:
        """Those of the documents that have a posting that is not posted."""
        open_ones = sa.and_(_posting.c.document_id.in_(list(document_ids)), _posting.c.state != "posted")
        return set(tx.scalars(sa.select(_posting.c.document_id).where(open_ones)))

    def pending(self, tx: Connection, partition: str) -> Sequence[Row[Any]]:
        """The postings of a partition that are still to take effect; sought among the work that waits, which is little.

        Those that wait for a person are no part.
        """
        work = tables.work
        query = sa.select(_posting).join(work, work.c.subject_id == _posting.c.id)
        return tx.execute(query.where(work.c.stage == "post", work.c.partition == partition)).all()

    def give_up(self, tx: Connection, document_id: UUID, operations: Collection[str], keep: Collection[str]) -> None:
        """Forget the postings of a document that were held and are not intended any more; none of them took effect.

        Its document could never be settled otherwise.
        """
        held = sa.and_(_posting.c.state == "blocked", _posting.c.batch_id.is_(None))
        gone = sa.and_(_posting.c.operation.in_(list(operations)), _posting.c.key.not_in(list(keep)))
        tx.execute(sa.delete(_posting).where(_posting.c.document_id == document_id, held, gone))

    def of_batch(self, tx: Connection, batch_id: UUID) -> Sequence[Row[Any]]:
        """The members of a batch, in the order they came."""
        return tx.execute(sa.select(_posting).where(_posting.c.batch_id == batch_id).order_by(_posting.c.id)).all()

    def is_taken(self, tx: Connection, key: str, document_id: UUID) -> bool:
        """Whether another document, which is not cancelled, has this very effect."""
        others = sa.and_(_posting.c.key == key, _posting.c.document_id != document_id, ~_cancelled())
        return tx.execute(sa.select(_posting.c.id).where(others)).first() is not None

    def is_posted(self, tx: Connection, key: str) -> bool:
        """Whether the effect with this key is in Odoo."""
        return tx.scalar(sa.select(_posting.c.state).where(_posting.c.key == key)) == "posted"

    def set_state(self, tx: Connection, posting_ids: Iterable[UUID], state: str, error_code: str | None = None) -> None:
        """Move postings to a state."""
        values: dict[str, Any] = {"state": state, "error_code": error_code}
        if state == "posted":
            values["posted_at"] = ids.now()
        tx.execute(sa.update(_posting).where(_posting.c.id.in_(list(posting_ids))).values(**values))

    def freeze(
        self, tx: Connection, batch_id: UUID, key: str, members: Sequence[Row[Any]], movement: Mapping[str, Any]
    ) -> Row[Any]:
        """Write a batch and its membership down, to be sent after this transaction's commit."""
        first = members[0]
        added = sa.insert(_batch).values(
            id=batch_id,
            key=key,
            operation=first.operation,
            partition=first.partition,
            lane=first.lane,
            state="frozen",
            movement=dict(movement),
            sends=0,
            unanswered=0,
            created_at=ids.now(),
        )
        row = tx.execute(added.returning(_batch)).one()
        member_ids = [member.id for member in members]
        tx.execute(sa.update(_posting).where(_posting.c.id.in_(member_ids)).values(batch_id=batch_id, state="leased"))
        return row

    def adopt(self, tx: Connection, found: Found, members: Sequence[Row[Any]]) -> UUID:
        """Let postings be members of the batch that made a transfer which was found in Odoo; the batch's id."""
        first = members[0]
        told = {"operation": first.operation, "partition": first.partition, "lane": first.lane}
        sent = {"state": "frozen", "movement": {"key": found.key}, "sends": 1, "unanswered": 0}
        added = insert(tx, _batch).values(id=ids.new_id(), key=found.key, created_at=ids.now(), **told, **sent)
        tx.execute(added.on_conflict_do_nothing(index_elements=["key"]))
        batch_id: UUID = tx.execute(sa.select(_batch.c.id).where(_batch.c.key == found.key)).scalar_one()
        member_ids = [member.id for member in members]
        tx.execute(sa.update(_posting).where(_posting.c.id.in_(member_ids)).values(batch_id=batch_id))
        return batch_id

    def batches(self, tx: Connection, batch_ids: Iterable[UUID]) -> Sequence[Row[Any]]:
        """Batches by id, the oldest first."""
        return tx.execute(sa.select(_batch).where(_batch.c.id.in_(list(batch_ids))).order_by(_batch.c.id)).all()

    def in_doubt(self, tx: Connection, limit: int = 20) -> Sequence[Row[Any]]:
        """Batches whose outcome is not known, the oldest first; sought among the work that waits, which is little."""
        work = tables.work
        waiting = sa.select(_posting.c.batch_id).join(work, work.c.subject_id == _posting.c.id)
        where = sa.and_(_batch.c.state == "in_doubt", _batch.c.id.in_(waiting.where(work.c.stage == "post")))
        return tx.execute(sa.select(_batch).where(where).order_by(_batch.c.id).limit(limit)).all()

    def sending(self, tx: Connection, batch_id: UUID) -> int:
        """Count a sending before it starts; which one it is."""
        values = {"sends": _batch.c.sends + 1, "unanswered": _batch.c.unanswered + 1}
        counted = sa.update(_batch).where(_batch.c.id == batch_id).values(**values)
        number: int = tx.execute(counted.returning(_batch.c.sends)).scalar_one()
        return number

    def survived(self, tx: Connection, batch_id: UUID) -> None:
        """Note that the worker lived to see the end of a sending, whatever the end was."""
        tx.execute(sa.update(_batch).where(_batch.c.id == batch_id).values(unanswered=0))

    def settle_batch(self, tx: Connection, batch_id: UUID, model: str, record_id: int, record_name: str) -> None:
        """Note the record that Odoo made of the batch."""
        values = {
            "state": "posted",
            "record_model": model,
            "record_id": record_id,
            "record_name": record_name,
            "error_code": None,
            "settled_at": ids.now(),
        }
        tx.execute(sa.update(_batch).where(_batch.c.id == batch_id).values(**values))

    def set_batch(self, tx: Connection, batch_id: UUID, state: str, error_code: str | None) -> None:
        """Move a batch to ``in_doubt`` or back to ``frozen``."""
        tx.execute(sa.update(_batch).where(_batch.c.id == batch_id).values(state=state, error_code=error_code))

    def dissolve(self, tx: Connection, batch_id: UUID, state: str, error_code: str | None, *, alone: bool) -> None:
        """End a batch that certainly has no effect (``refused``, ``revoked``); its postings are free again."""
        ended = {"state": state, "error_code": error_code, "settled_at": ids.now()}
        tx.execute(sa.update(_batch).where(_batch.c.id == batch_id).values(**ended))
        freed: dict[str, Any] = {"batch_id": None, "state": "due"}
        if alone:
            freed["alone"] = True
        tx.execute(sa.update(_posting).where(_posting.c.batch_id == batch_id).values(**freed))


@cache
def _intended(dialect: str) -> sa.Executable:
    """Built once: building takes as long as executing, and every effect comes by here."""
    added = insert(dialect, _posting)
    anew = ("document_id", "operation", "partition", "lane", "effect", "state")
    values = {name: added.excluded[name] for name in anew} | {"error_code": None}
    ours = sa.or_(_posting.c.document_id == added.excluded.document_id, _cancelled())
    same = sa.and_(ours, _posting.c.batch_id.is_(None), _posting.c.state != "posted")
    return added.on_conflict_do_update(index_elements=["key"], set_=values, where=same).returning(_posting)


def _key_of(new: NewPosting) -> str:
    return new.key


def _cancelled() -> sa.ColumnElement[bool]:
    """Whether a posting's document is cancelled."""
    document = tables.document
    return sa.exists().where(document.c.id == _posting.c.document_id, document.c.state == "cancelled")
