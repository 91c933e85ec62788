"""Interchanges: what was written for partners, under which control number, and what became of it.

Used by ``app.flows.outbound`` (writes), ``app.flows.response`` (answers) and the relay (notices what is missing). A
state is one of ``awaiting``, ``unasked`` (no answer is expected), ``accepted``, ``rejected``, ``overdue``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger import tables
from app.ledger.audit import AuditTrail, Event
from app.ledger.bodies import Bodies
from app.ledger.database import Database, insert
from app.model.channel import Channel
from app.model.interchange import Written

STATES = ("awaiting", "unasked", "accepted", "rejected", "overdue")
LARGEST_NUMBER = 999_999_999
"""The largest control number of X12 (ISA-13); after it the numbers begin again."""
SKIPPED = 100_000
"""How many numbers are left out after a restore: more than a channel writes between a backup and a loss."""
_UNKNOWN = "*"
"""Stands for the channels that have no number yet; no channel is called that."""

_interchange, _number = tables.interchange, tables.interchange_number


@dataclass(frozen=True, slots=True)
class Interchanges:
    """What was written for partners."""

    database: Database
    bodies: Bodies
    audit: AuditTrail

    def next_number(self, tx: Connection, channel: str) -> int:
        """The channel's next control number; two transactions at once get two numbers, one that fails gives it back."""
        unknown = sa.select(_number.c.last).where(_number.c.channel == _UNKNOWN).scalar_subquery()
        first = insert(tx, _number).values(channel=channel, last=sa.func.coalesce(unknown, 0) + 1)
        taken = first.on_conflict_do_update(index_elements=["channel"], set_={"last": _following(1)})
        return int(tx.execute(taken.returning(_number.c.last)).scalar_one())

    def skip_numbers(self, tx: Connection) -> None:
        """Leave numbers out on every channel: partners had some since the backup, and take a second use for a copy."""
        unknown = insert(tx, _number).values(channel=_UNKNOWN, last=0)
        tx.execute(unknown.on_conflict_do_nothing())
        tx.execute(sa.update(_number).values(last=_following(SKIPPED)))

    def keep(
        self,
        tx: Connection,
        channel: Channel,
        number: int,
        written: Written,
        document: Row[Any],
        expires_at: datetime,
        posting_id: UUID | None = None,
        left_out: Sequence[str] = (),
    ) -> UUID:
        """Remember what was written, with its bytes, and that an answer is expected where the channel says so.

        What a posting sends is due to be delivered, and its answer is waited for from then on; what was written
        without one is handed over by its writer. ``left_out`` is what the message goes without of its document.
        """
        interchange_id = ids.new_id()
        row = _row(channel, number, written, posting_id)
        tx.execute(sa.insert(_interchange).values(id=interchange_id, document_id=document.id, **row))
        self.bodies.store(tx, [(interchange_id, written.body)], expires_at)
        told = {"interchange": str(interchange_id), "channel": channel.name, "message_type": written.message_type}
        detail: dict[str, Any] = told | ({"left_out": list(left_out)} if left_out else {})
        self.audit.append(tx, [Event("interchange.written", "wardline", document.message_id, document.id, detail)])
        return interchange_id

    def answered(
        self, tx: Connection, answered_on: str, control_ids: Iterable[str], refers_to: str | None
    ) -> Row[Any] | None:
        """The newest interchange that an answer speaks of: by control id or number, else by the document's number."""
        wanted = list(control_ids)
        numbers = [int(value) for value in wanted if value.isascii() and value.isdigit() and len(value) <= 18]
        control = sa.or_(_interchange.c.control_id.in_(wanted), _interchange.c.control_number.in_(numbers))
        found = self._newest(tx, answered_on, control) if wanted else None
        if found is None and refers_to:
            key = tables.business_key
            named = sa.select(key.c.document_id).where(key.c.value == refers_to)
            found = self._newest(tx, answered_on, _interchange.c.document_id.in_(named))
        return found

    def answer(self, tx: Connection, interchange_id: UUID, state: str, document_id: UUID) -> None:
        """Note what the partner said; the last word counts."""
        values = {"state": state, "answered_at": ids.now(), "answered_by": document_id}
        tx.execute(sa.update(_interchange).where(_interchange.c.id == interchange_id).values(values))

    def miss(self, limit: int) -> int:
        """Mark what has waited too long for its answer as overdue, at most ``limit`` at a time; how many there were."""
        with self.database.transaction() as tx:
            late = sa.select(_interchange.c.id).where(
                _interchange.c.state == "awaiting", _interchange.c.response_due_at <= ids.now()
            )
            chosen = _interchange.c.id.in_(late.limit(limit))
            marked = sa.update(_interchange).where(chosen, _interchange.c.state == "awaiting").values(state="overdue")
            rows = tx.execute(marked.returning(_interchange)).all()
            self.audit.append(
                tx, [Event("interchange.overdue", "wardline", None, r.document_id, _told(r)) for r in rows]
            )
        return len(rows)

    def list(
        self,
        tx: Connection,
        *,
        state: str | None = None,
        delivery: str | None = None,
        channel: str | None = None,
        limit: int = 100,
    ) -> Sequence[Row[Any]]:
        """The newest interchanges."""
        query = sa.select(_interchange).order_by(_interchange.c.id.desc()).limit(limit)
        equal = {_interchange.c.state: state, _interchange.c.delivery: delivery, _interchange.c.channel: channel}
        for column, value in equal.items():
            if value:
                query = query.where(column == value)
        return tx.execute(query).all()

    def get(self, tx: Connection, interchange_id: UUID) -> Row[Any] | None:
        """One interchange, or None."""
        return tx.execute(sa.select(_interchange).where(_interchange.c.id == interchange_id)).first()

    def _newest(self, tx: Connection, answered_on: str, where: sa.ColumnElement[bool]) -> Row[Any] | None:
        query = sa.select(_interchange).where(_interchange.c.answered_on == answered_on, where)
        return tx.execute(query.order_by(_interchange.c.id.desc()).limit(1).with_for_update()).first()


def _following(step: int) -> sa.ColumnElement[int]:
    """A channel's number so many after its last one."""
    there = _number.c.last + step
    return sa.case((there > LARGEST_NUMBER, there - LARGEST_NUMBER), else_=there)


def _row(channel: Channel, number: int, written: Written, posting_id: UUID | None) -> dict[str, Any]:
    """What is known of an interchange when it is written."""
    at = ids.now()
    return {
        "channel": channel.name,
        "answered_on": channel.answered_on or channel.name,
        "facility": channel.facility,
        "standard": channel.standard,
        "message_type": written.message_type,
        "control_number": number,
        "control_id": written.control_id,
        "state": "unasked" if channel.answer_hours is None else "awaiting",
        "written_at": at,
        "response_due_at": None if posting_id else answer_due(channel, at),
        "posting_id": posting_id,
        "content_type": written.content_type,
        "delivery": "due" if posting_id else None,
    }


def answer_due(channel: Channel, sent_at: datetime) -> datetime | None:
    """Until when the answer to what was sent then is expected, None for never."""
    return None if channel.answer_hours is None else sent_at + timedelta(hours=float(channel.answer_hours))


def _told(row: Row[Any]) -> dict[str, str]:
    return {"interchange": str(row.id), "channel": row.channel, "message_type": row.message_type}
