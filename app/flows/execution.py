"""Postings that go alone: each is frozen, carried out by its operation, and followed by what comes of it.

Used by ``app.flows.delivery`` for every operation that is no stock movement. An operation's calls may all be repeated
under its key, so a posting whose outcome is unknown is simply carried out again, with the very effect that was frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Row

from app import flows, ids
from app.errors import Held, InDoubt, Permanent, Transient, Unavailable, WardlineError
from app.flows.failure import INTERRUPTIONS, Failures, unexpected
from app.flows.operations import Operation
from app.flows.outcome import Outcome
from app.ledger.ledger import Ledger
from app.model.setup import Setup
from app.odoo.erp import Erp

ACCESS = ("odoo.unauthorized", "odoo.unknown_method", "odoo.database_unknown", "odoo.forbidden")
"""Permanent faults of the connection rather than of a posting: everything waits until an operator mends them."""


@dataclass
class Execution:
    """Carries out single postings of one claim. Raises Unavailable where the visit must end."""

    ledger: Ledger
    erp: Erp
    setup: Setup
    failures: Failures
    outcome: Outcome
    in_doubt: timedelta

    def start(self, posting: Row[Any]) -> None:
        """Freeze a posting's effect and carry it out."""
        try:
            self.failures.refuse_killer(self.outcome.claim, posting.id)
        except Permanent as error:
            self.outcome.bury([posting], error)
            return
        batch_id = ids.new_id()
        with self.ledger.transaction() as tx:
            self.ledger.partitions.hold(tx, self.outcome.partition, self.outcome.token)
            self.ledger.postings.freeze(tx, batch_id, f"single_{batch_id.hex}", [posting], posting.effect)
        self._carry_out(batch_id, posting, posting.effect)

    def resume(self, batch: Row[Any], posting: Row[Any]) -> None:
        """Carry out again what was frozen before, unless it has killed too many workers."""
        if batch.unanswered > INTERRUPTIONS:
            killer = Permanent(f"its worker died {INTERRUPTIONS} times", code="worker.killed")
            self.outcome.bury([posting], killer, batch.id)
            return
        self._carry_out(batch.id, posting, batch.movement)

    def _carry_out(self, batch_id: UUID, posting: Row[Any], effect: dict[str, Any]) -> None:
        operation = flows.OPERATIONS.get(posting.operation)
        if operation is None:
            unknown = Permanent(f"no operation is called {posting.operation}", code="operation.unknown")
            self.outcome.bury([posting], unknown, batch_id)
            return
        attempt = self.outcome.sending(batch_id)
        try:
            done = operation.perform(self.erp, posting.key, effect)
        except Held as held:
            self.outcome.finished(batch_id, attempt, "held", held.code)
            self.outcome.hold([posting], held, batch_id, operation)
        except WardlineError as error:
            self._failed(batch_id, attempt, posting, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours in one operation must not stop the others
            self._failed(batch_id, attempt, posting, unexpected(error, self.outcome.claim.stage, posting.id))
        else:
            self.outcome.finished(batch_id, attempt, "posted")
            self._follow(batch_id, posting, operation, done)

    def _follow(self, batch_id: UUID, posting: Row[Any], operation: Operation, done: Any) -> None:
        """Note the effect with what follows from it; where that fails, the posting is carried out again later."""
        try:
            self.outcome.performed(batch_id, posting, done, operation, self.setup)
        except WardlineError:
            raise
        except Exception as error:  # noqa: BLE001 - as above
            self.outcome.bury([posting], unexpected(error, self.outcome.claim.stage, posting.id), batch_id)

    def _failed(self, batch_id: UUID, attempt: UUID, posting: Row[Any], error: WardlineError) -> None:
        self.outcome.finished(batch_id, attempt, _word(error), error.code)
        if isinstance(error, InDoubt):
            self.outcome.in_doubt(batch_id, [posting], error, self.in_doubt)
            raise Unavailable(error.message, code=error.code) from error
        if error.code in ACCESS:
            raise Unavailable(error.message, code=error.code, hint=error.hint) from error
        if isinstance(error, Unavailable):
            raise error
        if isinstance(error, Transient) and self.failures.due_again(self.outcome.claim, [posting.id], error):
            self.outcome.retry([posting.id], error)
        else:
            self.outcome.bury([posting], error, batch_id)


def _word(error: WardlineError) -> str:
    if isinstance(error, InDoubt):
        return "in_doubt"
    return "retry" if isinstance(error, Transient) else "failed"
