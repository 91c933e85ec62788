"""The clock's job for approvals: tell of what was asked for, take further what nobody decides, end what is void.

Safe to be killed and to be run twice at once: each approval is dealt with in a transaction of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.engine import Connection

from app import ids
from app.flows.approval_notice import Telling
from app.flows.base import Job
from app.flows.dossiers import Dossier, Dossiers
from app.flows.standing_in import StandingIn
from app.ledger.database import LedgerUnavailable
from app.ledger.ledger import Ledger
from app.policy import escalation

NAME = "approvals.escalate"
EVERY_SECONDS = 30.0
ROUNDS = 1000
"""The most approvals that one run deals with for one reason; the next run goes on."""


Find = Callable[[Connection], list[UUID]]
Deal = Callable[[Connection, UUID], int]


@dataclass(frozen=True, slots=True)
class Escalating:
    """Keeps approvals moving."""

    ledger: Ledger
    dossiers: Dossiers
    telling: Telling
    standing_in: StandingIn

    @property
    def job(self) -> Job:
        """As the clock runs it."""
        return Job(NAME, EVERY_SECONDS, self.run)

    def run(self) -> int:
        """Everything that is due; how many approvals were ended, told of or taken further.

        One that fails does not keep the others; its error is raised when all the others are done.
        """
        failed: dict[UUID, Exception] = {}
        done = self._each(self._abandoned, self._withdraw, failed)
        done += self._each(self._untold, self._tell, failed)
        done += self._begun()
        done += self._each(self._revived, self._revive, failed)
        done += self._each(self._overdue, self._escalate, failed)
        for error in failed.values():
            raise error
        return done

    def _each(self, find: Find, deal: Deal, failed: dict[UUID, Exception]) -> int:
        """Deal with what is found until nothing is, or nothing can be done about it."""
        done, dealt = 0, -1
        while done < ROUNDS and dealt:
            with self.ledger.reading() as tx:
                found = [approval_id for approval_id in find(tx) if approval_id not in failed]
            dealt = sum(self._deal(deal, approval_id, failed) for approval_id in found)
            done += dealt
        return done

    def _deal(self, deal: Deal, approval_id: UUID, failed: dict[UUID, Exception]) -> int:
        try:
            with self.ledger.transaction() as tx:
                return deal(tx, approval_id)
        except LedgerUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one approval's fault must not stop the others
            failed[approval_id] = error
            return 0

    def _abandoned(self, tx: Connection) -> list[UUID]:
        return [row.id for row in self.ledger.approval_queue.abandoned(tx)]

    def _withdraw(self, tx: Connection, approval_id: UUID) -> int:
        dossier = self.dossiers.locked(tx, approval_id)
        return self.ledger.approvals.withdraw(tx, [dossier.row.document_id], "wardline")

    def _untold(self, tx: Connection) -> list[UUID]:
        return [row.id for row in self.ledger.approval_queue.untold(tx)]

    def _tell(self, tx: Connection, approval_id: UUID) -> int:
        dossier = self.dossiers.locked(tx, approval_id)
        if dossier.row.told_version >= dossier.row.version:
            return 0
        self.telling.tell(tx, dossier)
        return 1

    def _begun(self) -> int:
        """Tell those whose right began since the last run, because somebody is away or has passed theirs on."""
        with self.ledger.transaction() as tx:
            since = self._last_run(tx)
            return self.standing_in.tell_again(tx) if self.ledger.stand_ins.began(tx, since) else 0

    def _last_run(self, tx: Connection) -> datetime:
        last = next((row.finished_at for row in self.ledger.jobs.list(tx) if row.name == NAME), None)
        # Overlapping: what began while the last run was at it was not seen by it; nobody is told twice.
        return (last or ids.now() - timedelta(days=1)) - timedelta(minutes=5)

    def _revived(self, tx: Connection) -> list[UUID]:
        """Those that nobody could decide, where somebody can by now."""
        keys = {step.approval_id for step in self.ledger.approval_queue.stuck(tx)}
        dossiers = [self.dossiers.of(tx, key) for key in keys]
        return [dossier.row.id for dossier in dossiers if self._has_new_deciders(tx, dossier)]

    def _revive(self, tx: Connection, approval_id: UUID) -> int:
        dossier = self.dossiers.locked(tx, approval_id)
        return min(1, self.telling.tell(tx, dossier)) if dossier.step is not None else 0

    def _has_new_deciders(self, tx: Connection, dossier: Dossier) -> bool:
        known = {notice.person for notice in self.ledger.notices.of_approvals(tx, [dossier.row.id])}
        return any(right.person.id not in known for right in dossier.deciders)

    def _overdue(self, tx: Connection) -> list[UUID]:
        return [step.approval_id for step in self.ledger.approval_queue.overdue(tx)]

    def _escalate(self, tx: Connection, approval_id: UUID) -> int:
        dossier = self.dossiers.locked(tx, approval_id)
        step = dossier.step
        if step is None or step.due_at is None or step.due_at > ids.now():
            return 0
        role = escalation.next_role(dossier.bench.rules, dossier.matter.roles)
        if role is None:
            return int(self.ledger.approvals.escalate(tx, dossier.row, step, None, None))
        self.ledger.approvals.escalate(tx, dossier.row, step, role, step.due_at)
        dossier = self.dossiers.of(tx, approval_id)
        self.ledger.approvals.set_due(tx, step, self.telling.due_at(dossier, ids.now()))
        self.telling.tell(tx, self.dossiers.of(tx, approval_id))
        return 1
