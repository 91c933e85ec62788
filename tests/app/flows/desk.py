"""An approvals desk for tests: a rule book, documents that wait, and what people do about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app import ids
from app.flows.approving import Saying
from app.flows.desk import Desk
from app.flows.dossiers import Dossier
from app.ledger.approval_queue import ApprovalFilter
from app.ledger.approvals import HELD
from app.ledger.documents import NewDocument
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.model.approval import Need, Step, Verdict
from app.model.setup import Setup
from app.policy.approval import ApprovalRules
from app.settings import Settings
from tests import factories

RULES: Mapping[str, Any] = {
    "roles": {
        "ward": {"limits": {"EUR": 1000}, "escalates_to": "director", "after_hours": 4, "urgent_after_hours": 1},
        "finance": {"escalates_to": "director"},
        "director": {},
    },
    "people": {
        "wanda": {"roles": ["ward"], "mail": "wanda@hospital.example", "also": ["4711"], "substitute": "sven"},
        "walter": {"roles": ["ward"], "limits": {"EUR": 200}, "departments": ["OR"]},
        "fiona": {"roles": ["finance"], "mail": "fiona@hospital.example"},
        "felix": {"roles": ["finance"]},
        "frank": {"roles": ["finance"], "facilities": ["LAB"]},
        "dora": {"roles": ["director"], "mail": "dora@hospital.example"},
        "sven": {"mail": "sven@hospital.example"},
    },
    "break_glass": {"role": "director", "hours": 24, "limits": {"EUR": 5000}},
}
"""A small hospital: a ward manager with a limit, a purchaser with less, three of finance, a director, a substitute."""

WARD = (Step("ward", "ward", reason="up to 1000"),)
FOUR_EYES = (Step("finance", "finance", four_eyes=True, reason="above 1000"),)
CHAIN = (Step("ward", "ward"), Step("finance", "finance"))


def need(**changes: Any) -> Need:
    """A routine need of 300 EUR of the operating theatre, for the ward manager to decide."""
    base = Need(
        reference="R-1",
        amount=Decimal(300),
        currency="EUR",
        facility="GEN",
        requester="nurse",
        fingerprint="f" * 64,
        steps=WARD,
        department="OR",
        items=("STENT-35",),
        rule_version="7",
    )
    return replace(base, **changes)


@dataclass(frozen=True)
class Waiting:
    """A document that is being resolved, as ``Approvals.request`` takes it."""

    row: Row[Any]
    message: Row[Any]


@dataclass
class Office:
    """A desk over a ledger, and its rules, which a test may change."""

    ledger: Ledger
    settings: Settings
    setup: Setup = field(default_factory=Setup)
    rules: dict[str, Any] = field(default_factory=lambda: dict(RULES))
    version: str = "7"

    @property
    def desk(self) -> Desk:
        """The desk as it is with the present rules."""
        return Desk.of(self.ledger, self.setup, self.ruling, self.settings)

    def ruling(self, _: Connection) -> tuple[ApprovalRules, str]:
        """The rules in force."""
        return ApprovalRules.from_data(self.rules), self.version

    def waiting(self, **changes: Any) -> UUID:
        """A document that waits for an approval; the approval's id."""
        return self.ask(self.document(), need(**changes))

    def document(self) -> Waiting:
        """A requisition that has just been read out of a message."""
        message_id = self.ledger.messages.accept(factories.arrival()).message_id
        content = message_id.hex.encode()
        new = NewDocument(0, "requisition", ids.digest(content), ids.digest(content), ids.now(), (), content)
        with self.ledger.transaction() as tx:
            message = self.ledger.messages.load(tx, {message_id})[message_id]
            [row] = self.ledger.documents.enter(tx, message, "test/1", [new], ids.now() + self.ledger.retention).new
        return Waiting(row, message)

    def ask(self, case: Waiting, wanted: Need) -> UUID:
        """Ask for an approval, as the flow of requisitions does; the approval's id."""
        with self.ledger.transaction() as tx:
            self.ledger.approvals.request(tx, case, wanted)
            if not wanted.break_glass:
                self.ledger.holds.open(tx, case.row, Cause(HELD, f"requisition {wanted.reference}", "Decide it."))
            asked = self.ledger.approval_queue.find(tx, ApprovalFilter(reference=wanted.reference))
        found: UUID = next(row.id for row in asked if row.document_id == case.row.id)
        return found

    def dossier(self, approval_id: UUID) -> Dossier:
        """The approval as it stands."""
        with self.ledger.reading() as tx:
            return self.desk.dossiers.of(tx, approval_id)

    def say(
        self,
        approval_id: UUID,
        person: str,
        verdict: Verdict = "approve",
        version: int | None = None,
        comment: str = "",
    ) -> None:
        """Let somebody decide, on the version that is there unless told otherwise."""
        seen = self.dossier(approval_id).row.version if version is None else version
        self.desk.approving.decide(approval_id, Saying(person, verdict, seen, "test", comment))

    def state(self, approval_id: UUID) -> tuple[str, str]:
        """The states of the approval and of its document."""
        with self.ledger.reading() as tx:
            row = self.ledger.approvals.load(tx, approval_id)
            return row.state, self.ledger.documents.load(tx, [row.document_id])[row.document_id].state

    def deciders(self, approval_id: UUID) -> list[str]:
        """Who may decide now."""
        return [right.person.id for right in self.dossier(approval_id).deciders]

    def notices(self, approval_id: UUID) -> list[tuple[str, str]]:
        """Who was told what, in order."""
        with self.ledger.reading() as tx:
            return [(row.kind, row.person) for row in self.ledger.notices.of_approvals(tx, [approval_id])]

    def events(self, approval_id: UUID) -> list[Row[Any]]:
        """What the audit trail says of the approval."""
        with self.ledger.reading() as tx:
            row = self.ledger.approvals.load(tx, approval_id)
            events = self.ledger.audit.timeline(tx, row.message_id)
        return [event for event in events if event.detail.get("approval") == str(approval_id)]
