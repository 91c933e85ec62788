"""Deliveries: what became of the sending of an interchange.

Used by ``app.flows.dispatch``, by answers, which prove a delivery, and by ``wardline interchanges``. A delivery is
``due``, ``sending`` (or its sender died over it), ``sent``, ``in_doubt``, ``refused`` by the partner, or ``failed``:
given up, and certainly not there. What was refused is written anew when its document is released; everything else that
is sent again is the same bytes under the same control number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import Conflict
from app.ledger import tables
from app.ledger.audit import AuditTrail, Event
from app.ledger.holds import Holds
from app.ledger.interchanges import answer_due
from app.ledger.work import NewWork, Work
from app.model.channel import Channel

STATES = ("due", "sending", "sent", "in_doubt", "failed", "refused")
UNKNOWN = ("sending", "in_doubt")
STAGE, DOUBT = "dispatch", "delivery_in_doubt"
RECEIPT = 200
"""The most characters kept of a receipt."""

_interchange, _posting = tables.interchange, tables.posting


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The sending side of interchanges."""

    holds: Holds
    work: Work
    audit: AuditTrail

    def of_posting(self, tx: Connection, posting_id: UUID) -> Row[Any] | None:
        """The interchange that carries a posting; one that the partner refused carries nothing any more."""
        carries = sa.and_(_interchange.c.posting_id == posting_id, _interchange.c.delivery != "refused")
        return tx.execute(sa.select(_interchange).where(carries).order_by(_interchange.c.id.desc()).limit(1)).first()

    def begin(self, tx: Connection, interchange_id: UUID) -> int:
        """Count a sending before it starts; which one it is."""
        counted = sa.update(_interchange).where(_interchange.c.id == interchange_id)
        begun = counted.values(delivery="sending", sends=_interchange.c.sends + 1)
        return int(tx.execute(begun.returning(_interchange.c.sends)).scalar_one())

    def note(self, tx: Connection, interchange_id: UUID, delivery: str, code: str | None = None) -> None:
        """Note what became of a sending that did not arrive, or of which nobody knows."""
        chosen = sa.update(_interchange).where(_interchange.c.id == interchange_id)
        tx.execute(chosen.values(delivery=delivery, delivery_code=code))

    def arrived(self, tx: Connection, interchange_id: UUID, channel: Channel | None, receipt: str) -> None:
        """The partner has it; from now on its answer is waited for, unless it has come already."""
        at = ids.now()
        values = {"delivery": "sent", "delivery_code": None, "receipt": receipt[:RECEIPT] or None, "sent_at": at}
        tx.execute(sa.update(_interchange).where(_interchange.c.id == interchange_id).values(**values))
        awaiting = sa.and_(_interchange.c.id == interchange_id, _interchange.c.state.in_(("awaiting", "overdue")))
        due = answer_due(channel, at) if channel else None
        tx.execute(sa.update(_interchange).where(awaiting).values(state="awaiting", response_due_at=due))

    def proved(self, tx: Connection, row: Row[Any]) -> None:
        """An answer proves that the partner has it, whatever we thought; who waits for that goes on."""
        if row.delivery in (*UNKNOWN, "failed"):
            self.arrived(tx, row.id, None, "answered")
            self.holds.release_in(tx, DOUBT, subject(row), "wardline")

    def resend(self, tx: Connection, row: Row[Any], actor: str) -> None:
        """Send the very same once more, because a person found out that the partner does not have it.

        Raises Conflict for what is on its way, was answered, or was never to be sent.
        """
        posting = self._posting(tx, row)
        if row.state in ("accepted", "rejected"):
            raise Conflict("the partner has answered it, so it has it", code="interchange.answered")
        if row.delivery not in ("sent", "in_doubt"):
            raise Conflict(f"its delivery is {row.delivery}", code="interchange.not_sent", hint=_ELSE)
        self.note(tx, row.id, "due")
        self._go_on(tx, row, posting, actor, "interchange.resend")

    def delivered(self, tx: Connection, row: Row[Any], channel: Channel | None, actor: str) -> None:
        """Settle a delivery in doubt, because a person found out that the partner has it. Raises Conflict."""
        posting = self._posting(tx, row)
        if row.delivery not in UNKNOWN:
            raise Conflict(f"its delivery is {row.delivery}", code="interchange.not_in_doubt")
        self.arrived(tx, row.id, channel, f"told by {actor}")
        self._go_on(tx, row, posting, actor, "interchange.delivered")

    def _posting(self, tx: Connection, row: Row[Any]) -> Row[Any]:
        query = sa.select(_posting).where(_posting.c.id == row.posting_id)
        posting = tx.execute(query.with_for_update()).first() if row.posting_id else None
        if posting is None:
            hint = "Hand its bytes over: `wardline interchanges show --out FILE` writes them."
            raise Conflict("it was written by hand and nothing sends it", code="interchange.by_hand", hint=hint)
        return posting

    def _go_on(self, tx: Connection, row: Row[Any], posting: Row[Any], actor: str, action: str) -> None:
        """Let the dispatch stage have it again; a hold that waited for this is over."""
        detail = {"interchange": str(row.id), "channel": row.channel, "control_id": row.control_id}
        self.audit.append(tx, [Event(action, actor, None, row.document_id, detail)])
        if self.holds.release_in(tx, DOUBT, subject(row), actor):
            return  # its document is resolved again, which sends it
        tx.execute(sa.update(_posting).where(_posting.c.id == posting.id).values(state="due", error_code=None))
        self.work.add(tx, STAGE, [NewWork(posting.id, posting.lane, posting.partition)])


_ELSE = "What failed is requeued with `wardline dlq requeue`; what was refused goes when its hold is released."


def subject(row: Row[Any]) -> str:
    """What a hold about this delivery is about; a group of its own for every interchange."""
    return f"channel {row.channel} {row.message_type} {row.control_id}"
