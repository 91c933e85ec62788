"""One visit to Odoo: the postings that a worker claimed in one partition, batch by batch.

Made by the posting stage for each claim. A batch's membership, lines and key are in the ledger before it is sent; a
batch whose outcome is unknown is asked for by its key and, where Odoo does not know it, sent again just as it was. It
is taken apart only after Odoo refused it, or after its key was revoked in Odoo so that no late call can use it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.engine import Row

from app import ids
from app.errors import Held, InDoubt, Permanent, Transient, Unavailable, WardlineError
from app.flows import movements
from app.flows.execution import ACCESS, Execution
from app.flows.failure import INTERRUPTIONS, Failures, unexpected
from app.flows.movements import Member
from app.flows.outcome import Outcome
from app.flows.visit import Visit
from app.ledger.found import Found
from app.ledger.ledger import Ledger
from app.ledger.work import Claim
from app.model.setup import Setup
from app.odoo.erp import Erp
from app.odoo.gateway import Movement, Refused

DEATHS_BEFORE_SPLIT = 2
"""A batch during whose sending so many workers died may hold what kills them; its members then go alone."""

log = structlog.get_logger()


@dataclass
class Delivery:
    """Works through one claim. Raises Unavailable where it had to stop and LeaseLost where it lost the partition."""

    ledger: Ledger
    erp: Erp
    setup: Setup
    failures: Failures
    claim: Claim
    partition: str
    token: UUID
    in_doubt: timedelta
    visit: Visit
    settled: set[UUID] = field(default_factory=set)
    left: int = 0

    def __post_init__(self) -> None:
        self.odoo = self.erp.stock
        self.outcome = Outcome(self.ledger, self.failures, self.claim, self.partition, self.token, self.settled)
        self.execution = Execution(self.ledger, self.erp, self.setup, self.failures, self.outcome, self.in_doubt)

    def run(self) -> None:
        """First the batches whose outcome is open, then the rest; what the visit has no time for comes due again."""
        with self.ledger.reading() as tx:
            postings = self.ledger.postings.load(tx, self.claim.subjects)
            batches = self.ledger.postings.batches(tx, {p.batch_id for p in postings.values() if p.batch_id})
        for batch in batches:
            with self.visit.call():
                self._resume(batch)
        fresh = self._not_found([
            postings[s] for s in self.claim.subjects if s in postings and not postings[s].batch_id
        ])
        self._work_off(fresh)
        left = [posting.id for posting in fresh if posting.id not in self.settled]
        self.left = len(left)
        if left:
            self.outcome.leave(left)

    def give_back(self, error: WardlineError) -> None:
        """Let everything that was not settled come due again, or bury what failed for too long."""
        if isinstance(error, Permanent):  # of the connection: what one posting is to blame for was settled with it
            error = Unavailable(error.message, code=error.code, hint=error.hint)
        left = [subject for subject in self.claim.subjects if subject not in self.settled]
        if left:
            self.outcome.give_back(left, error)

    def _work_off(self, fresh: Sequence[Row[Any]]) -> None:
        """Carry out single postings, then movements, as long as the visit goes on."""
        for posting in fresh:
            if posting.operation not in movements.OPERATIONS and self.visit.goes_on():
                with self.visit.call():
                    self.execution.start(posting)
        for operation, chosen in movements.alike(fresh):
            self._post(operation, [posting for posting in chosen if not self._suspect(posting)])
            for posting in filter(self._suspect, chosen):
                self._post_alone(operation, posting)

    def _not_found(self, fresh: Sequence[Row[Any]]) -> list[Row[Any]]:
        """The postings without those that Odoo was found to have after a restore of the ledger."""
        marks = {mark: posting for posting in fresh if (mark := movements.mark_of(posting))}
        with self.ledger.reading() as tx:
            known = self.ledger.found.of(tx, marks)
        together: dict[Found, list[Row[Any]]] = defaultdict(list)
        for mark, found in known.items():
            together[found].append(marks[mark])
        for found, members in together.items():
            self.outcome.found(found, members)
        return [posting for posting in fresh if movements.mark_of(posting) not in known]

    def _suspect(self, posting: Row[Any]) -> bool:
        """Whether a posting goes alone: it was set apart, or its last worker died before any batch was frozen."""
        return bool(posting.alone) or posting.id in self.claim.interrupted

    def _post_alone(self, operation: str, posting: Row[Any]) -> None:
        try:
            self.failures.refuse_killer(self.claim, posting.id)
        except Permanent as error:
            self.outcome.bury([posting], error)
        else:
            self._post(operation, [posting])

    def _post(self, operation: str, postings: Sequence[Row[Any]]) -> None:
        """Admit, hold or send postings; what fails over a set, ours or Odoo's fault, is sought one by one."""
        if not postings or not self.visit.goes_on():
            return
        try:
            admission = movements.admission(self.odoo, operation, postings)
        except Exception as error:
            if isinstance(error, WardlineError) and not _of_a_posting(error):
                raise
            self._post_one_by_one(operation, postings, error)
            return
        for posting, held in admission.held:
            self.outcome.hold([posting], held)
        members: Sequence[Member] = admission.admitted
        while members and self.visit.goes_on():
            part, members = movements.fitting(members, self.visit.room())
            with self.visit.call(len(movements.summed([line for _, line in part]))):
                self._send_new(part)

    def _post_one_by_one(self, operation: str, postings: Sequence[Row[Any]], error: Exception) -> None:
        if len(postings) == 1:
            known = error if isinstance(error, Permanent) else None
            self.outcome.bury(postings, known or unexpected(error, self.claim.stage, postings[0].id))
            return
        for posting in postings:
            self._post(operation, [posting])

    def _send_new(self, members: Sequence[Member]) -> None:
        batch_id = ids.new_id()
        postings = [posting for posting, _ in members]
        movement = movements.movement(batch_id, movements.locations(self.odoo, postings[0]), members)
        with self.ledger.transaction() as tx:
            self.ledger.partitions.hold(tx, self.partition, self.token)
            self.ledger.postings.freeze(tx, batch_id, movement.key, postings, movements.to_json(movement))
        try:
            self._send(batch_id, movement, postings)
        except Refused as refusal:
            self._after_refusal(batch_id, members, refusal)

    def _resume(self, batch: Row[Any]) -> None:
        with self.ledger.transaction() as tx:
            members = self.ledger.postings.of_batch(tx, batch.id)
            self.claim = self.outcome.claim = self.ledger.work.join(tx, self.claim, [member.id for member in members])
        if batch.operation not in movements.OPERATIONS:
            self.execution.resume(batch, members[0])
            return
        movement = movements.from_json(batch.movement)
        try:
            known = self.odoo.find(movement.key)
        except Permanent as error:
            self._doubt(batch.id, members, error)
            return
        if known and known.state == "done":
            self.outcome.posted(batch.id, members, known, resolved=True)
        elif batch.unanswered >= DEATHS_BEFORE_SPLIT and len(members) > 1:
            self._withdraw(batch.id, movement, members, code="batch.split", alone=True)
        elif batch.unanswered > INTERRUPTIONS:
            killer = Permanent(f"its worker died {INTERRUPTIONS} times", code="worker.killed")
            self._withdraw(batch.id, movement, members, code=killer.code, dead=killer)
        else:
            self._send_again(batch, movement, members)

    def _send_again(self, batch: Row[Any], movement: Movement, members: Sequence[Row[Any]]) -> None:
        try:
            self._send(batch.id, movement, members)
        except Refused as refusal:
            # The members are free again and come due at once; admission looks at each of them anew.
            self.outcome.dissolve(batch.id, members, "refused", refusal.lines[0].reason, alone=len(members) > 1)

    def _send(self, batch_id: UUID, movement: Movement, members: Sequence[Row[Any]]) -> None:
        """Send a batch and settle what is known then. Raises Refused, and Unavailable to end the visit."""
        attempt = self.outcome.sending(batch_id)
        try:
            transfer = self.odoo.move(movement)
        except Refused:
            self.outcome.finished(batch_id, attempt, "refused")
            raise
        except InDoubt as error:
            self.outcome.finished(batch_id, attempt, "in_doubt", error.code)
            self._doubt(batch_id, members, error)
        except Transient as error:
            self.outcome.finished(batch_id, attempt, "retry", error.code)
            self._later(batch_id, movement, members, error)
        except Permanent as error:
            self.outcome.finished(batch_id, attempt, "failed", error.code)
            self._permanent(batch_id, movement, members, error)
        else:
            self.outcome.finished(batch_id, attempt, "posted")
            self.outcome.posted(batch_id, members, transfer)

    def _doubt(self, batch_id: UUID, members: Sequence[Row[Any]], error: InDoubt | Permanent) -> None:
        """Ask for the batch by its key later, and go on without it; raises Unavailable where nobody answered at all."""
        if error.code in ACCESS:
            raise Unavailable(error.message, code=error.code, hint=error.hint) from error
        self.outcome.in_doubt(batch_id, members, error, self.in_doubt)
        if isinstance(error, InDoubt):
            raise Unavailable(error.message, code=error.code) from error

    def _later(self, batch_id: UUID, movement: Movement, members: Sequence[Row[Any]], error: Transient) -> None:
        if isinstance(error, Unavailable):
            raise error
        subjects = [member.id for member in members]
        if self.failures.due_again(self.claim, subjects, error) is None:
            self._withdraw(batch_id, movement, members, code=error.code, dead=Permanent(error.message, code=error.code))
        else:
            self.outcome.retry(subjects, error)

    def _permanent(self, batch_id: UUID, movement: Movement, members: Sequence[Row[Any]], error: Permanent) -> None:
        if error.code in ACCESS:
            raise Unavailable(error.message, code=error.code, hint=error.hint) from error
        dead = error if len(members) == 1 else None
        self._withdraw(batch_id, movement, members, code=error.code, alone=len(members) > 1, dead=dead)

    def _withdraw(
        self,
        batch_id: UUID,
        movement: Movement,
        members: Sequence[Row[Any]],
        *,
        code: str,
        alone: bool = False,
        dead: Permanent | None = None,
    ) -> None:
        """Revoke the batch's key in Odoo, then free its members; where it did take effect, that stands."""
        try:
            transfer = self.odoo.revoke(movement.key)
        except (InDoubt, Permanent) as error:
            self._doubt(batch_id, members, error)
            return
        if transfer.state == "done":
            self.outcome.posted(batch_id, members, transfer, resolved=True)
        elif dead:
            self.outcome.bury(members, dead, batch_id)
        else:
            self.outcome.dissolve(batch_id, members, "revoked", code, alone=alone)

    def _after_refusal(self, batch_id: UUID, members: Sequence[Member], refusal: Refused) -> None:
        """Hold what Odoo named, send the rest again under a new key; where it named nothing, halve."""
        with self.ledger.transaction() as tx:
            self.ledger.partitions.hold(tx, self.partition, self.token)
            self.ledger.postings.dissolve(tx, batch_id, "refused", refusal.lines[0].reason, alone=False)
        lines = movements.summed([line for _, line in members])
        named = {
            (lines[r.index].item_id, lines[r.index].lot_id): r.reason for r in refusal.lines if r.index is not None
        }
        if not named and len(lines) == 1:
            named = {(lines[0].item_id, lines[0].lot_id): refusal.lines[0].reason}
        rest = []
        for posting, line in members:
            if (reason := named.get((line.item_id, line.lot_id))) is not None:
                self.outcome.hold([posting], _refused(posting, reason))
            else:
                rest.append((posting, line))
        middle = len(rest) if named else len(rest) // 2
        for part in (rest[:middle], rest[middle:]):
            if part:
                self._send_new(part)


def _of_a_posting(error: WardlineError) -> bool:
    """Whether one posting of a set may be to blame, and not the connection."""
    return isinstance(error, Permanent) and error.code not in ACCESS


def _refused(posting: Row[Any], reason: str) -> Held:
    hint = "Odoo refused this line; the reason is in the cause's subject. Mend it in Odoo and release the group."
    return Held("refused_by_odoo", f"item {posting.effect['item']}: {reason}", hint)
