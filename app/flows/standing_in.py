"""Letting others decide: rights passed on for some time, and people who are away.

Called by the HTTP edge and ``wardline approvals``; whoever may decide through it is told at once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection, Row

from app.errors import Issue, Rejected
from app.flows.approval_notice import Telling
from app.flows.dossiers import Dossiers
from app.ledger.approval_queue import ApprovalFilter
from app.ledger.approvals import OPEN
from app.ledger.ledger import Ledger
from app.ledger.stand_ins import NewDelegation
from app.policy.approval import ApprovalRules

PAGE = 200

Times = tuple[datetime, datetime]
"""From one moment until before another."""


@dataclass(frozen=True, slots=True)
class StandingIn:
    """Makes delegations and absences."""

    ledger: Ledger
    dossiers: Dossiers
    telling: Telling

    def delegate(self, new: NewDelegation, actor: str) -> Row[Any]:
        """Let somebody decide for another for some time. Raises Rejected where the rules do not allow it."""
        with self.ledger.transaction() as tx:
            rules, _ = self.dossiers.ruling(tx)
            times = (new.valid_from, new.valid_to)
            person, delegate = _known(rules, new.person, "person"), _known(rules, new.delegate, "delegate")
            _check(person, delegate, times)
            if times[1] - times[0] > timedelta(days=float(rules.delegation_days)):
                raise _fault("delegation.too_long", "valid_to", f"{rules.delegation_days} days at most are allowed")
            if new.role is not None and new.role not in {role.name for role in rules.roles}:
                raise _fault("delegation.role", "role", "a role of the rule book is expected")
            row = self.ledger.stand_ins.delegate(tx, replace(new, person=person, delegate=delegate), actor)
            self.tell_again(tx)
        return row

    def away(self, person: str, substitute: str | None, times: Times, actor: str) -> Row[Any]:
        """Note that somebody is away. Raises Rejected where the rule book does not know the people."""
        with self.ledger.transaction() as tx:
            rules, _ = self.dossiers.ruling(tx)
            person = _known(rules, person, "person")
            substitute = _known(rules, substitute, "substitute") if substitute else None
            _check(person, substitute, times)
            row = self.ledger.stand_ins.away(tx, person, substitute, times, actor)
            self.tell_again(tx)
        return row

    def tell_again(self, tx: Connection) -> int:
        """Tell those who may decide by now and were not told yet; how many notices that made."""
        told, chosen = 0, ApprovalFilter(states=OPEN)
        while page := self.ledger.approval_queue.find(tx, chosen, PAGE):
            # What was never told of is left to the clock: it has the document first, as whoever decides has.
            known = [row for row in page if row.told_version == row.version]
            told += sum(self.telling.tell(tx, dossier) for dossier in self.dossiers.many(tx, known))
            chosen = replace(chosen, before_id=page[-1].id)
        return told


def _known(rules: ApprovalRules, name: str, where: str) -> str:
    """The person's id in the rule book. Raises Rejected."""
    if (person := rules.person(name)) is None:
        raise _fault("approval.person_unknown", where, "a person of the rule book is expected")
    return person.id


def _check(person: str, other: str | None, times: Times) -> None:
    if person == other:
        raise _fault("stand_in.self", "delegate", "another person is expected")
    if times[0] >= times[1]:
        raise _fault("stand_in.times", "valid_to", "a moment after the beginning is expected")


def _fault(code: str, where: str, text: str) -> Rejected:
    return Rejected([Issue(code, where, text)])
