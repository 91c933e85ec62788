"""What becomes of an item whose stage failed: tried again later, or buried as a dead letter.

Called by all stages; the class of the error decides, and only the retry policy knows the clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.engine import Connection

from app import ids, telemetry
from app.errors import InDoubt, Permanent, RateLimited, Transient, Unavailable, WardlineError
from app.ledger.dead_letters import Burial
from app.ledger.ledger import Ledger
from app.ledger.work import Claim
from app.policy.retry import Retry

INTERRUPTIONS = 5
"""How often work may take its worker with it before it is a dead letter."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Failures:
    """Settles failures with the ledger."""

    ledger: Ledger
    retry: Retry

    def due_again(self, claim: Claim, subjects: Sequence[UUID], error: WardlineError) -> datetime | None:
        """When the items are to be tried again after this error; None: never."""
        at = ids.now()
        if isinstance(error, Unavailable):
            return at
        if isinstance(error, RateLimited):
            return at + timedelta(seconds=error.retry_after)
        if not isinstance(error, Transient | InDoubt):
            return None
        # What travels together is given up together, and none of it before its time.
        again = [self.retry.next_attempt(claim.attempts[s], claim.since[s], at) for s in subjects]
        return max((due_at for due_at in again if due_at), default=None)

    def refuse_killer(self, claim: Claim, subject: UUID) -> None:
        """Raise Permanent for work that took its worker with it too often."""
        if claim.interrupted.get(subject, 0) >= INTERRUPTIONS:
            raise Permanent(f"its worker died {INTERRUPTIONS} times", code="worker.killed")

    def settle(self, tx: Connection, claim: Claim, burial: Burial, error: WardlineError) -> bool:
        """Let the item come due again, or bury it and strike out its work; whether it was buried."""
        subject = burial.subject_id
        due_at = self.due_again(claim, [subject], error)
        telemetry.ITEMS.labels(claim.stage, "dead" if due_at is None else "retry").inc()
        if due_at is not None:
            self.ledger.work.again(tx, claim, [subject], due_at, refund=refunds(error))
            self.ledger.attempts.record(tx, claim.stage, subject, claim.attempts[subject], "retry", error.code)
            return False
        self.ledger.work.done(tx, claim, [subject])
        self.ledger.attempts.record(tx, claim.stage, subject, claim.attempts[subject], "dead", error.code)
        self.ledger.dead_letters.bury(tx, burial, error)
        return True


def refunds(error: WardlineError) -> bool:
    """Whether an attempt that ended so does not count: the other side is down, or asks for patience."""
    return isinstance(error, Unavailable | RateLimited)


def unexpected(error: Exception, stage: str, subject: UUID) -> Permanent:
    """A fault of ours as a permanent error: its class is told, its text is not, since it may quote content."""
    log.error("stage.unexpected_error", stage=stage, subject_id=str(subject), exc_info=error)
    hint = "A fault of Wardline; its trace is in Sentry or the log. Requeue after it is mended."
    return Permanent(f"unexpected {type(error).__name__}", code="unexpected", hint=hint)
