"""What the replenishment plan asked for: each need once, until its goods have come or its requisition has ended.

Written before the requisition is sent in, so that a plan that dies in between asks for nothing twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger import tables
from app.ledger.supply_tables import replenishment_ask

_ask, _key, _document, _posting, _batch = (
    replenishment_ask, tables.business_key, tables.document, tables.posting, tables.batch,
)  # fmt: skip


REFUSED = ("cancelled", "refused", "rejected")
"""Outcomes of asks that somebody or something did not want."""


@dataclass(frozen=True, slots=True)
class Course:
    """What became of an ask: its requisitions' states, and the records of Odoo that carry it."""

    states: tuple[str, ...] = ()
    orders: tuple[str, ...] = ()
    message_state: str = ""
    documents: tuple[UUID, ...] = field(default=())

    @property
    def settled(self) -> bool:
        """Whether all that the requisitions ask for is in Odoo, so that Odoo knows what is still to come of it."""
        return bool(self.states) and set(self.states) <= {"settled", "cancelled", "superseded"}

    @property
    def ended(self) -> str | None:
        """Why nothing will come of it any more, or None."""
        if not self.states:
            return "rejected" if self.message_state in ("rejected", "duplicate") else None
        if set(self.states) <= {"cancelled", "superseded"}:
            return "cancelled"
        return "refused" if self.settled and not self.orders else None


class Asks:
    """Asks of the replenishment plan."""

    def add(self, tx: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write asks down that are to be sent."""
        new = [{"id": ids.new_id(), "made_at": ids.now(), **row} for row in rows]
        if new:
            tx.execute(sa.insert(_ask), new)

    def unsent(self, tx: Connection) -> Sequence[Row[Any]]:
        """Asks whose requisition is not in the house yet."""
        query = sa.select(_ask).where(_ask.c.closed_at.is_(None), _ask.c.message_id.is_(None))
        return tx.execute(query.order_by(_ask.c.id)).all()

    def sent(self, tx: Connection, ask_id: UUID, message_id: UUID) -> None:
        """Note that the requisition was taken in."""
        tx.execute(sa.update(_ask).where(_ask.c.id == ask_id).values(message_id=message_id))

    def open(self, tx: Connection, item: str | None = None) -> Sequence[Row[Any]]:
        """Asks that are still to be fulfilled, the oldest first."""
        query = sa.select(_ask).where(_ask.c.closed_at.is_(None)).order_by(_ask.c.id)
        return tx.execute(query.where(_ask.c.item == item) if item else query).all()

    def by_number(self, tx: Connection, number: str, message_id: UUID) -> Row[Any] | None:
        """The ask of a requisition, by its number and its message; None where it is not one of the plan's."""
        query = sa.select(_ask).where(_ask.c.number == number)
        row = tx.execute(query).first()
        return row if row and row.message_id in (None, message_id) else None

    def close(self, tx: Connection, outcomes: Mapping[UUID, str]) -> None:
        """End asks: ``arrived``, ``cancelled``, ``refused``, ``rejected``."""
        for ask_id, outcome in outcomes.items():
            ended = sa.update(_ask).where(_ask.c.id == ask_id, _ask.c.closed_at.is_(None))
            tx.execute(ended.values(closed_at=ids.now(), outcome=outcome))

    def given_up(self, tx: Connection, since: datetime) -> set[tuple[str, str]]:
        """The (item, location) whose purchase people, rules or the intake have refused since then."""
        query = sa.select(_ask.c.item, _ask.c.location).where(_ask.c.closed_at >= since, _ask.c.source == "")
        return {(row.item, row.location) for row in tx.execute(query.where(_ask.c.outcome.in_(REFUSED)))}

    def courses(self, tx: Connection, asks: Collection[Row[Any]]) -> dict[UUID, Course]:
        """What became of each ask so far, by its id."""
        by_number = {ask.number: ask for ask in asks}
        states: dict[UUID, dict[UUID, str]] = defaultdict(dict)
        orders: dict[UUID, list[str]] = defaultdict(list)
        numbers = sorted(by_number)
        for start in range(0, len(numbers), 400):
            for row in tx.execute(_documents(numbers[start : start + 400])):
                ask = by_number[row.value]
                states[ask.id][row.document_id] = row.state
                if row.record_name:
                    orders[ask.id].append(row.record_name)
        messages = self._messages(tx, [ask.message_id for ask in asks if ask.message_id])
        return {
            ask.id: Course(
                tuple(states[ask.id].values()),
                tuple(dict.fromkeys(orders[ask.id])),
                messages.get(ask.message_id, ""),
                tuple(states[ask.id]),
            )
            for ask in asks
        }

    @staticmethod
    def _messages(tx: Connection, message_ids: Sequence[UUID]) -> dict[UUID, str]:
        found: dict[UUID, str] = {}
        message = tables.message
        for start in range(0, len(message_ids), 400):
            some = message.c.id.in_(message_ids[start : start + 400])
            found |= {row.id: row.state for row in tx.execute(sa.select(message.c.id, message.c.state).where(some))}
        return found


def _documents(numbers: Sequence[str]) -> sa.Select[Any]:
    """The requisitions with these numbers, each with every record of Odoo that one of its postings made."""
    batches = _batch.c.id == _posting.c.batch_id
    return (
        sa
        .select(_key.c.value, _key.c.document_id, _document.c.state, _batch.c.record_name)
        .join(_document, _document.c.id == _key.c.document_id)
        .outerjoin(_posting, _posting.c.document_id == _document.c.id)
        .outerjoin(_batch, batches)
        .where(_key.c.kind == "requisition", _key.c.value.in_(numbers), _document.c.kind == "requisition")
    )
