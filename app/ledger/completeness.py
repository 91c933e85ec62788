"""What the ledger counts of a day and channel, what its senders count, and the statements that were made of both.

Read by ``app.flows.completeness``; control totals are told by senders over the API or brought in as a file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger import tables
from app.ledger.database import insert
from app.ledger.supply_tables import completeness, control_total

_message, _document, _posting, _batch, _hold, _dead = (
    tables.message, tables.document, tables.posting, tables.batch, tables.hold, tables.dead_letter,
)  # fmt: skip
Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Effect:
    """A record that Odoo should have: its batch and key, and how many documents rest on it."""

    batch_id: UUID
    key: str
    operation: str
    model: str
    record_id: int
    record_name: str
    documents: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What the ledger has of one channel and one day: messages and documents by state, postings by state."""

    messages: Mapping[str, int] = field(default_factory=dict)
    documents: Mapping[str, int] = field(default_factory=dict)
    postings: Mapping[str, int] = field(default_factory=dict)


class CompletenessBooks:
    """Counts, control totals and statements."""

    def tell(self, tx: Connection, channel: str, day: date, counted: int, actor: str) -> None:
        """Note how many documents a sender counts for a day; what it tells later replaces what it told before."""
        told = {"counted": counted, "told_at": ids.now(), "told_by": actor}
        new = insert(tx, control_total).values(channel=channel, day=day, **told)
        tx.execute(new.on_conflict_do_update(index_elements=["channel", "day"], set_=told))

    def told(self, tx: Connection, channel: str, day: date) -> int | None:
        """What the sender counts, or None where it did not tell."""
        where = sa.and_(control_total.c.channel == channel, control_total.c.day == day)
        counted: int | None = tx.scalar(sa.select(control_total.c.counted).where(where))
        return counted

    def counts(self, tx: Connection, channel: str, period: Period) -> Counts:
        """What the ledger has of the messages that came on a channel within a period."""
        mine = _received(channel, period)
        messages = sa.select(_message.c.state, sa.func.count().label("n")).where(mine).group_by(_message.c.state)
        documents = sa.select(_document.c.state, sa.func.count().label("n")).join(_message, _of_document())
        postings = sa.select(_posting.c.state, sa.func.count().label("n")).join(_document, _of_posting())
        postings = postings.join(_message, _of_document())
        return Counts(
            *(
                {row.state: row.n for row in tx.execute(query)}
                for query in (
                    messages,
                    documents.where(mine).group_by(_document.c.state),
                    postings.where(mine).group_by(_posting.c.state),
                )
            )
        )

    def effects(self, tx: Connection, channel: str, period: Period) -> list[Effect]:
        """The records that Odoo should have of a channel's period."""
        names = ("id", "key", "operation", "record_model", "record_id", "record_name")
        columns = [_batch.c[name] for name in names]
        query = sa.select(*columns, sa.func.count(sa.distinct(_posting.c.document_id)))
        query = query.join(_posting, _posting.c.batch_id == _batch.c.id).join(_document, _of_posting())
        query = query.join(_message, _of_document()).where(_received(channel, period), _posting.c.state == "posted")
        query = query.where(_batch.c.record_id.is_not(None)).group_by(*columns).order_by(_batch.c.id)
        rows: list[Any] = list(tx.execute(query))
        return [Effect(*row) for row in rows]

    def holds(self, tx: Connection, channel: str, period: Period) -> Sequence[Row[Any]]:
        """Open holds of the channel's documents, by cause and subject."""
        by = (_hold.c.cause, _hold.c.subject)
        query = sa.select(*by, sa.func.count().label("documents")).join(
            _document, _document.c.id == _hold.c.document_id
        )
        query = query.join(_message, _of_document()).where(_received(channel, period), _hold.c.released_at.is_(None))
        return tx.execute(query.group_by(*by).order_by(*by)).all()

    def dead(self, tx: Connection, channel: str, period: Period) -> Sequence[Row[Any]]:
        """Open dead letters of the channel's messages."""
        query = sa.select(_dead).join(_message, _message.c.id == _dead.c.message_id)
        return tx.execute(query.where(_received(channel, period), _dead.c.requeued_at.is_(None))).all()

    def control_ids(self, tx: Connection, channel: str, period: Period, limit: int = 200_000) -> dict[str, list[str]]:
        """The control ids that came, by sender."""
        query = sa.select(_message.c.sender, _message.c.control_id).where(_received(channel, period))
        found: dict[str, list[str]] = defaultdict(list)
        for sender, control_id in tx.execute(query.where(_message.c.control_id.is_not(None)).limit(limit)):
            found[sender].append(control_id)
        return found

    def channels(self, tx: Connection, period: Period) -> list[str]:
        """The channels that anything came on."""
        received = sa.and_(_message.c.received_at >= period[0], _message.c.received_at < period[1])
        return sorted(tx.scalars(sa.select(_message.c.channel).where(received).distinct()))

    def keep(self, tx: Connection, day: date, statements: Iterable[tuple[str, Mapping[str, Any], int]]) -> None:
        """Keep statements of a day: channel, figures, and how many differences there are."""
        for channel, figures, differences in statements:
            values = {"figures": dict(figures), "differences": differences, "made_at": ids.now()}
            new = insert(tx, completeness).values(day=day, channel=channel, **values)
            tx.execute(new.on_conflict_do_update(index_elements=["day", "channel"], set_=values))

    def kept(self, tx: Connection, day: date) -> Sequence[Row[Any]]:
        """The statements that were made of a day."""
        return tx.execute(sa.select(completeness).where(completeness.c.day == day)).all()

    def batch(self, tx: Connection, batch_id: UUID) -> Row[Any]:
        """A batch, which nobody else may change until the transaction ends."""
        return tx.execute(sa.select(_batch).where(_batch.c.id == batch_id).with_for_update()).one()


def _received(channel: str, period: Period) -> sa.ColumnElement[bool]:
    since, until = period
    return sa.and_(_message.c.channel == channel, _message.c.received_at >= since, _message.c.received_at < until)


def _of_document() -> sa.ColumnElement[bool]:
    return _message.c.id == _document.c.message_id


def _of_posting() -> sa.ColumnElement[bool]:
    return _document.c.id == _posting.c.document_id
