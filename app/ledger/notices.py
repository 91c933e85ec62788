"""Notices: what people are told about approvals, each once; the outbox of mail and webhook.

Written in the transaction of what they tell of, or of the job that noticed it; sent by ``app.flows.notifying``.
A notice that may have gone out is never sent again by mail: its outcome stays ``in_doubt``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger.approval_tables import notice as _notice
from app.ledger.database import insert

OPEN = ("due", "sending", "in_doubt", "failed")
STATES = ("listed", *OPEN, "sent", "moot")
"""``listed`` is told to nobody outside: nothing is configured that could. ``moot`` was overtaken by a decision."""
LEASE = timedelta(minutes=5)
"""How long a sender may take for one notice; after that it died, and whether it had sent is not known."""


@dataclass(frozen=True, slots=True)
class NewNotice:
    """Something to be told once: ``key`` is unique for ever. ``transport`` is ``mail``, ``webhook`` or ``none``.

    ``facts`` hold numbers, amounts and references, never text that somebody wrote.
    """

    key: str
    approval_id: UUID
    kind: str
    person: str
    transport: str
    address: str
    facts: Mapping[str, Any]


class Notices:
    """The outbox."""

    def enter(self, tx: Connection, new: Iterable[NewNotice]) -> int:
        """Enter notices; those whose key is known are left out. How many are new."""
        at, entered = ids.now(), 0
        for one in new:
            values = {"key": one.key, "approval_id": one.approval_id, "kind": one.kind, "person": one.person}
            values |= {"transport": one.transport, "address": one.address, "facts": dict(one.facts)}
            state = "listed" if one.transport == "none" else "due"
            added = insert(tx, _notice).values(
                id=ids.new_id(), state=state, attempts=0, due_at=at, created_at=at, **values
            )
            entered += tx.execute(added.on_conflict_do_nothing(index_elements=["key"])).rowcount
        return entered

    def known(self, tx: Connection, keys: Iterable[str]) -> set[str]:
        """Those of the keys that were entered already."""
        return set(tx.scalars(sa.select(_notice.c.key).where(_notice.c.key.in_(list(keys)))))

    def claim(self, tx: Connection) -> Row[Any] | None:
        """Take the notice that is due the longest, under a lease; its attempt is counted before it is made."""
        at = ids.now()
        due = sa.select(_notice.c.id).where(_notice.c.state == "due", _notice.c.due_at <= at)
        chosen = due.order_by(_notice.c.due_at, _notice.c.id).limit(1).with_for_update(skip_locked=True)
        counted: dict[str, Any] = {"attempts": _notice.c.attempts + 1}
        values = counted | {"state": "sending", "lease_token": ids.new_id(), "due_at": at + LEASE}
        taken = sa.update(_notice).where(_notice.c.id == chosen.scalar_subquery(), _notice.c.state == "due")
        return tx.execute(taken.values(**values).returning(_notice)).first()

    def settle(
        self, tx: Connection, row: Row[Any], state: str, error_code: str | None = None, due_at: datetime | None = None
    ) -> bool:
        """Note what became of a claimed notice; whether the claim was still ours."""
        values: dict[str, Any] = {"state": state, "error_code": error_code, "lease_token": None}
        if state == "sent":
            values["sent_at"] = ids.now()
        if due_at is not None:
            values["due_at"] = due_at
        ours = sa.and_(_notice.c.id == row.id, _notice.c.lease_token == row.lease_token)
        return tx.execute(sa.update(_notice).where(ours).values(**values)).rowcount == 1

    def abandoned(self, tx: Connection) -> int:
        """Settle what senders that died have left: a webhook is sent again, for its receiver knows the key.

        How many there were.
        """
        dead = sa.and_(_notice.c.state == "sending", _notice.c.due_at <= ids.now())
        state = sa.case((_notice.c.transport == "webhook", "due"), else_="in_doubt")
        values = {"state": state, "lease_token": None, "error_code": "sender.died"}
        return tx.execute(sa.update(_notice).where(dead).values(**values)).rowcount

    def of_approvals(self, tx: Connection, approval_ids: Iterable[UUID]) -> Sequence[Row[Any]]:
        """The notices about these approvals, in order."""
        where = _notice.c.approval_id.in_(list(approval_ids))
        return tx.execute(sa.select(_notice).where(where).order_by(_notice.c.id)).all()

    def counts(self, tx: Connection) -> dict[str, int]:
        """How many notices have not arrived, by state."""
        query = sa.select(_notice.c.state, sa.func.count()).where(_notice.c.state.in_(OPEN))
        return dict.fromkeys(OPEN, 0) | {row[0]: row[1] for row in tx.execute(query.group_by(_notice.c.state))}
