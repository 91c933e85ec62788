"""Approvals with everything that belongs to them: steps, decisions, the rules in force, and who stands in for whom.

Read by whatever lists, tells, decides or takes approvals further.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import Forbidden, Overtaken
from app.ledger.approvals import OPEN
from app.ledger.ledger import Ledger
from app.policy.approval import ApprovalRules
from app.policy.authority import Bench, Matter, Right, Spoken, StandIn

Ruling = tuple[ApprovalRules, str]
"""The section ``approval`` that is in force, and the version of its rule book."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """An approval as it stands at a moment."""

    row: Row[Any]
    steps: Sequence[Row[Any]]
    decisions: Sequence[Row[Any]]
    bench: Bench
    rule_version: str

    @property
    def step(self) -> Row[Any] | None:
        """The step that is open; None where nobody has to decide any more."""
        return next((step for step in self.steps if step.state == "open"), None) if self.row.state in OPEN else None

    @property
    def open_step(self) -> Row[Any]:
        """The step that is open. Raises Overtaken where none is."""
        if (step := self.step) is None:
            raise Overtaken("the approval was decided already", code="approval.decided")
        return step

    @property
    def link_ends(self) -> datetime:
        """Until when a link that is given out now may be used."""
        return self.bench.at + timedelta(hours=float(self.bench.rules.link_hours))

    @property
    def matter(self) -> Matter:
        """What is to be decided now. Raises Overtaken where nothing is."""
        step = self.open_step
        return Matter(
            amount=self.row.amount,
            currency=self.row.currency,
            facility=self.row.facility,
            requester=self.row.requester,
            roles=(step.role, *step.escalated_to),
            department=self.row.department,
            four_eyes=step.four_eyes,
        )

    @property
    def deciders(self) -> list[Right]:
        """Who may decide the open step now."""
        return self.bench.deciders(self.matter) if self.step is not None else []

    def may(self, person: str) -> bool:
        """Whether somebody may decide now."""
        try:
            self.bench.right(person, self.matter)
        except (Forbidden, Overtaken):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Dossiers:
    """Reads approvals; ``ruling`` asks the ledger for the rules in force."""

    ledger: Ledger
    ruling: Callable[[Connection], Ruling]

    def of(self, tx: Connection, approval_id: UUID) -> Dossier:
        """One approval. Raises NotFound."""
        return self.many(tx, [self.ledger.approvals.load(tx, approval_id)])[0]

    def locked(self, tx: Connection, approval_id: UUID) -> Dossier:
        """One approval as it stays until the transaction ends. Raises NotFound."""
        return self.many(tx, [self.ledger.approvals.lock(tx, approval_id)])[0]

    def many(self, tx: Connection, rows: Sequence[Row[Any]]) -> list[Dossier]:
        """The dossiers of these approvals, in their order."""
        keys = [row.id for row in rows]
        steps, decisions = self.ledger.approvals.steps(tx, keys), self.ledger.approvals.decisions(tx, keys)
        (rules, version), stand_ins = self.ruling(tx), self._stand_ins(tx)
        found = []
        for row in rows:
            own = [step for step in steps if step.approval_id == row.id]
            said = [one for one in decisions if one.approval_id == row.id]
            current = next((step.id for step in own if step.state == "open"), None)
            spoken = tuple(Spoken(one.person, one.on_behalf_of, one.step_id == current) for one in said)
            fitting = tuple(one for one, about in stand_ins if about in (None, row.id))
            found.append(Dossier(row, own, said, Bench(rules, fitting, spoken, ids.now()), version))
        return found

    def _stand_ins(self, tx: Connection) -> list[tuple[StandIn, UUID | None]]:
        """Everybody who stands in, each with the approval it is about, None for all."""
        delegated = [
            (StandIn(row.person, row.delegate, row.valid_from, row.valid_to, row.role), row.approval_id)
            for row in self.ledger.stand_ins.delegations(tx)
        ]
        absent = [
            (StandIn(row.person, row.substitute, row.away_from, row.away_to, away=True), None)
            for row in self.ledger.stand_ins.absences(tx)
        ]
        return [*delegated, *absent]
