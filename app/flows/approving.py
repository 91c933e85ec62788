"""Deciding approvals: who says what about which version, checked against the rule book and recorded at once.

Called by the HTTP edge, by links and by ``wardline approvals``. The last decision lets the document go, or cancels it,
in the very transaction that records it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app.errors import Gone, Overtaken
from app.flows.approval_notice import Telling
from app.flows.dossiers import Dossier, Dossiers
from app.ledger.approval_queue import ApprovalFilter
from app.ledger.approvals import OPEN, Said
from app.ledger.ledger import Ledger
from app.model.approval import Verdict
from app.policy.authority import Spoken, is_complete

PAGE = 200
"""How many approvals are looked through at a time for those that a person may decide."""


@dataclass(frozen=True, slots=True)
class Saying:
    """What somebody wants to say: ``version`` is that of the approval they looked at, ``actor`` the door they use."""

    person: str
    verdict: Verdict
    version: int
    actor: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Approving:
    """Lists and decides approvals."""

    ledger: Ledger
    dossiers: Dossiers
    telling: Telling

    def decide(self, approval_id: UUID, saying: Saying) -> None:
        """Record what somebody says, and tell those who are to know.

        Raises NotFound; Forbidden where the person may not; Overtaken where the approval or its document is no longer
        what was looked at; Gone where it was superseded or withdrawn.
        """
        with self.ledger.transaction() as tx:
            self.decide_in(tx, approval_id, saying)

    def decide_in(self, tx: Connection, approval_id: UUID, saying: Saying) -> None:
        """The same within the caller's transaction."""
        dossier = self.dossiers.locked(tx, approval_id)
        self._check(tx, dossier, saying)
        matter, step = dossier.matter, dossier.open_step
        right = dossier.bench.right(saying.person, matter)
        said = Said(
            person=right.person.id,
            on_behalf_of=right.on_behalf_of.id,
            verdict=saying.verdict,
            rule_version=dossier.rule_version,
            actor=saying.actor,
            comment=saying.comment,
        )
        spoken = (*dossier.bench.spoken, Spoken(said.person, said.on_behalf_of))
        self.ledger.approvals.record(tx, dossier.row, step, said, complete=is_complete(matter, spoken))
        self.telling.tell(tx, self.dossiers.of(tx, approval_id))

    def find(
        self, tx: Connection, chosen: ApprovalFilter, person: str | None = None, limit: int = 50
    ) -> list[Row[Any]]:
        """Approvals, the newest first; with ``person`` those that the person may decide now."""
        if person is None:
            return list(self.ledger.approval_queue.find(tx, chosen, limit))
        found: list[Row[Any]] = []
        chosen = replace(chosen, states=tuple(set(OPEN) & set(chosen.states or OPEN)))
        while page := self.ledger.approval_queue.find(tx, chosen, PAGE):
            found += [dossier.row for dossier in self.dossiers.many(tx, page) if dossier.may(person)]
            if len(found) >= limit:
                break
            chosen = replace(chosen, before_id=page[-1].id)
        return found[:limit]

    def _check(self, tx: Connection, dossier: Dossier, saying: Saying) -> None:
        """Whether the approval is still what the person looked at, and its document too."""
        row, person = dossier.row, dossier.bench.rules.person(saying.person)
        if person and any(one.person == person.id and one.version >= saying.version for one in dossier.decisions):
            raise Overtaken("this person has decided already", code="approval.repeated")
        if row.state in ("superseded", "withdrawn"):
            raise Gone(f"the approval was {row.state}; what it was about has changed", code=f"approval.{row.state}")
        if row.state not in OPEN:
            raise Overtaken(f"the approval is decided: {row.state}", code="approval.decided")
        if row.version != saying.version:
            raise Overtaken("the approval has changed since it was looked at", code="approval.version")
        if row.state == "pending":
            self._check_document(tx, row)

    def _check_document(self, tx: Connection, row: Row[Any]) -> None:
        document = self.ledger.approvals.waits(tx, row.document_id)
        if document is None:
            raise Overtaken("the document does not wait for this any more", code="approval.document_not_held")
        if document.fingerprint != row.document_fingerprint:
            raise Overtaken("the document has changed since it was put forward", code="approval.document_changed")
