"""Writing down what became of sendings: each verdict is one transaction under the partner's lease.

Used by ``app.flows.handover`` only.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row

from app import ids
from app.errors import WardlineError
from app.flows.outbound import Outbound
from app.flows.outcome import Outcome
from app.ledger.deliveries import UNKNOWN
from app.model.channel import Channel
from app.partners.base import Delivery, Parcel


@dataclass
class Handed(Outcome):
    """Settles the sendings of one claim."""

    def written(self, outbound: Outbound, posting: Row[Any], channel: Channel) -> Row[Any]:
        """The interchange that carries a posting: its number and bytes are committed before anything is sent.

        Raises Permanent, Misconfigured and NotFound where it cannot be written.
        """
        with self._fenced() as tx:
            if found := self.ledger.deliveries.of_posting(tx, posting.id):
                return found
            outbound.write_in(tx, posting.document_id, channel.name, posting_id=posting.id)
            made = self.ledger.deliveries.of_posting(tx, posting.id)
        assert made is not None
        return made

    def parcel(self, row: Row[Any]) -> Parcel:
        """What is sent, out of the ledger. Raises Permanent where its bytes are no longer kept."""
        with self.ledger.reading() as tx:
            body = self.ledger.bodies.of(tx, row.id)
        return Parcel(
            id=row.id,
            message_type=row.message_type,
            number=row.control_number,
            control_id=row.control_id,
            content_type=row.content_type or "application/octet-stream",
            body=body,
            written_at=row.written_at,
        )

    def begin(self, row: Row[Any]) -> UUID:
        """Count a sending and open its attempt, before it starts."""
        with self._fenced() as tx:
            number = self.ledger.deliveries.begin(tx, row.id)
            return self.ledger.attempts.start(tx, self.claim.stage, row.id, number)

    def ended(self, row: Row[Any], attempt_id: UUID, delivery: str, code: str | None = None) -> None:
        """Close a sending's attempt; unless it arrived, note what became of it."""
        with self._fenced() as tx:
            self.ledger.attempts.finish(tx, attempt_id, delivery, code)
            if delivery != "sent":
                self.ledger.deliveries.note(tx, row.id, delivery, code)

    def remains_unknown(self, row: Row[Any], error: WardlineError) -> None:
        """Nobody could tell what became of a sending whose worker may have died over it."""
        with self._fenced() as tx:
            self.ledger.deliveries.note(tx, row.id, "in_doubt", row.delivery_code or error.code)

    def arrived(self, posting: Row[Any], row: Row[Any], channel: Channel, delivery: Delivery | None) -> None:
        """The partner has it; None: that was known already. The posting is posted, its document settled."""
        with self._fenced() as tx:
            if delivery is not None:
                self.ledger.deliveries.arrived(tx, row.id, channel, delivery.receipt)
            self.ledger.postings.set_state(tx, [posting.id], "posted")
            self.ledger.work.done(tx, self.claim, [posting.id])
            detail = {"interchange": str(row.id), "channel": row.channel, "message_type": row.message_type}
            detail |= {"control_id": row.control_id, "receipt": delivery.receipt if delivery else row.receipt}
            self._settle_documents(tx, [posting], "interchange.sent", detail)
        self._account([posting.id], "posted")

    def doubted(self, posting: Row[Any], error: WardlineError, pause: timedelta) -> None:
        """Nobody knows whether it arrived; it is asked for after a pause."""
        with self._fenced() as tx:
            self.ledger.postings.set_state(tx, [posting.id], "in_doubt", error.code)
            self.ledger.work.again(tx, self.claim, [posting.id], self._ask_at([posting.id], error, pause))
            detail = {"posting": str(posting.id), "error_code": error.code}
            self.ledger.audit.append(tx, self._events(tx, [posting], "posting.in_doubt", detail))
        self._account([posting.id], "in_doubt")

    def gave_up(self, posting: Row[Any], error: WardlineError) -> None:
        """It is a dead letter; unless nobody knows whether it arrived, its delivery has failed."""
        with self._fenced() as tx:
            row = self.ledger.deliveries.of_posting(tx, posting.id)
            if row and row.delivery not in UNKNOWN:
                self.ledger.deliveries.note(tx, row.id, "failed", error.code)
        self.bury([posting], error)

    def rest(self, subjects: list[UUID], error: WardlineError | None = None) -> None:
        """What this visit did not come to is due again: at once, or when the partner has time."""
        at = self.failures.due_again(self.claim, subjects, error) if error else None
        with self._fenced() as tx:
            self.ledger.work.again(tx, self.claim, subjects, at or ids.now(), refund=True)
        self._account(subjects, "retry")
