"""Approvals: documents that wait until the right people have agreed, step by step.

The flow of requisitions asks for them and for what was granted; ``app.flows.approving`` records what people decide.
Every change counts the approval's version up, and is made only where the version is still the one that was seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import NotFound, Overtaken
from app.ledger.approval_tables import approval as _approval
from app.ledger.approval_tables import approval_decision as _decision
from app.ledger.approval_tables import approval_step as _step
from app.ledger.audit import AuditTrail, Event
from app.ledger.bodies import Bodies
from app.ledger.documents import Documents
from app.ledger.holds import Holds
from app.model.approval import Grant, Granted, Need, Step, Verdict

HELD = "approval_pending"
"""The cause of the hold under which a document waits for its approval."""
OPEN = ("pending", "break_glass")
"""States in which somebody still has to decide."""
STATES = (*OPEN, "approved", "rejected", "justified", "objected", "superseded", "withdrawn")
"""All states; ``justified`` and ``objected`` are the outcomes of a review after an emergency."""
_GRANTED: Mapping[str, Granted] = {
    "pending": "pending",
    "approved": "approved",
    "rejected": "rejected",
    "break_glass": "break_glass",
    "justified": "break_glass",
    "objected": "break_glass",
}
_ACTIONS: Mapping[Verdict, str] = {"approve": "approval.agreed", "reject": "approval.refused"}


class Waiting(Protocol):
    """A document that is being resolved: its row and that of its message."""

    @property
    def row(self) -> Row[Any]:
        """The document."""

    @property
    def message(self) -> Row[Any]:
        """Its message."""


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody decided: ``on_behalf_of`` whose right it was, ``actor`` by which door (``key:…``, ``cli:…``)."""

    person: str
    on_behalf_of: str
    verdict: Verdict
    rule_version: str
    actor: str
    comment: str = ""


class Approvals:
    """What waits for whom, and who said what."""

    def __init__(
        self, documents: Documents, holds: Holds, bodies: Bodies, audit: AuditTrail, retention: timedelta
    ) -> None:
        self._documents = documents
        self._holds = holds
        self._bodies = bodies
        self._audit = audit
        self._retention = retention

    def request(self, tx: Connection, case: Waiting, need: Need) -> None:
        """Ask for an approval of the document; nothing happens where it was asked for, with the same fingerprint.

        What was asked for under another fingerprint, or for an older document of the same number from the same
        sender, is superseded; that document, where it still waits, is cancelled. Raises ValueError for a need
        without steps.
        """
        if not need.steps:
            raise ValueError("an approval needs steps")
        if self._latest(tx, case.row.id, need.fingerprint) is not None:
            return
        self._supersede(tx, case, need)
        self._add(tx, case, need)

    def granted(self, tx: Connection, document_id: UUID, fingerprint: str) -> Grant | None:
        """How the approval of this very content stands; None where none was asked for."""
        row = self._latest(tx, document_id, fingerprint)
        return Grant(_GRANTED[row.state], row.decided_by, row.decided_at) if row else None

    def withdraw(self, tx: Connection, document_ids: Sequence[UUID], actor: str) -> int:
        """End the open approvals of documents that need none any more; how many ended."""
        where = sa.and_(_approval.c.document_id.in_(list(document_ids)), _approval.c.state.in_(OPEN))
        rows = tx.execute(sa.select(_approval).where(where).order_by(_approval.c.id)).all()
        return sum(self._end(tx, row, "withdrawn", actor) for row in rows)

    def load(self, tx: Connection, approval_id: UUID) -> Row[Any]:
        """One approval. Raises NotFound."""
        row = tx.execute(sa.select(_approval).where(_approval.c.id == approval_id)).first()
        if row is None:
            raise NotFound("there is no such approval", code="approval.unknown")
        return row

    def lock(self, tx: Connection, approval_id: UUID) -> Row[Any]:
        """One approval as it is now, its document kept from everybody else until the transaction ends.

        The document comes first, as everywhere. Raises NotFound.
        """
        self._documents.lock(tx, [self.load(tx, approval_id).document_id])
        return self.load(tx, approval_id)

    def steps(self, tx: Connection, approval_ids: Iterable[UUID]) -> Sequence[Row[Any]]:
        """The steps of these approvals, in order."""
        where = _step.c.approval_id.in_(list(approval_ids))
        return tx.execute(sa.select(_step).where(where).order_by(_step.c.approval_id, _step.c.ordinal)).all()

    def decisions(self, tx: Connection, approval_ids: Iterable[UUID]) -> Sequence[Row[Any]]:
        """What was decided in these approvals, in order."""
        where = _decision.c.approval_id.in_(list(approval_ids))
        query = sa.select(_decision).where(where)
        return tx.execute(query.order_by(_decision.c.approval_id, _decision.c.version)).all()

    def comments(self, tx: Connection, decision_ids: Iterable[UUID]) -> dict[UUID, str]:
        """What was written beside decisions, as far as it is still kept."""
        return {owner: content.decode() for owner, content in self._bodies.load(tx, decision_ids).items()}

    def waits(self, tx: Connection, document_id: UUID) -> Row[Any] | None:
        """The document, where it waits for an approval and nothing else."""
        row = self._documents.load(tx, [document_id]).get(document_id)
        open_holds = [hold for hold in self._holds.of_documents(tx, [document_id]) if hold.released_at is None]
        waits = row is not None and row.state == "held" and [hold.cause for hold in open_holds] == [HELD]
        return row if waits else None

    def told(self, tx: Connection, row: Row[Any]) -> None:
        """Note that everybody was told of this version."""
        where = sa.and_(_approval.c.id == row.id, _approval.c.told_version < row.version)
        tx.execute(sa.update(_approval).where(where).values(told_version=row.version))

    def record(self, tx: Connection, row: Row[Any], step: Row[Any], said: Said, *, complete: bool) -> None:
        """Note what somebody said about the open step; ``complete`` says that the step needs nobody else.

        The last step's end, and any rejection, ends the approval and lets the document go, or cancels it. Raises
        Overtaken where the approval has another version by now.
        """
        following = self._following(tx, row, step) if said.verdict == "approve" and complete else None
        ended = said.verdict == "reject" or (complete and following is None)
        state = _ending(row.state, said.verdict) if ended else row.state
        self._count_up(tx, row, state, said.person if ended else None)
        self._keep(tx, row, step, said)
        if complete or ended:
            self._close(tx, step, "approved" if said.verdict == "approve" else "rejected")
        if following is not None:
            self._open(tx, following.id)
        who = {"person": said.person, "on_behalf_of": said.on_behalf_of, "rule_version": said.rule_version}
        detail = {"step": step.name, "state": state, "version": row.version, **who}
        self._tell(tx, row, _ACTIONS[said.verdict], said.actor, detail)
        if ended and row.state == "pending":
            resolution = "released" if state == "approved" else "cancelled"
            self._holds.end_documents(tx, [row.document_id], said.actor, resolution)

    def set_due(self, tx: Connection, step: Row[Any], due_at: datetime | None) -> None:
        """Set when a step is to be taken further."""
        tx.execute(sa.update(_step).where(_step.c.id == step.id).values(due_at=due_at))

    def escalate(
        self, tx: Connection, row: Row[Any], step: Row[Any], role: str | None, due_at: datetime | None
    ) -> bool:
        """Let people of another role decide a step too, for nobody has in time; None says that there is no other.

        Whether it was still to be done. What is being decided stays the same, and so does its version.
        """
        values: dict[str, Any] = {"due_at": due_at}
        if role is not None:
            values["escalated_to"] = [*step.escalated_to, role]
        seen = sa.and_(_step.c.id == step.id, _step.c.state == "open", _step.c.due_at == step.due_at)
        if tx.execute(sa.update(_step).where(seen).values(**values)).rowcount != 1:
            return False
        detail = {"step": step.name, "role": role, "due_at": due_at.isoformat() if due_at else None}
        self._tell(tx, row, "approval.escalated" if role else "approval.stuck", "wardline", detail)
        return True

    def _latest(self, tx: Connection, document_id: UUID, fingerprint: str) -> Row[Any] | None:
        where = sa.and_(
            _approval.c.document_id == document_id,
            _approval.c.fingerprint == fingerprint,
            _approval.c.state.in_(list(_GRANTED)),
        )
        return tx.execute(sa.select(_approval).where(where).order_by(_approval.c.id.desc()).limit(1)).first()

    def _supersede(self, tx: Connection, case: Waiting, need: Need) -> None:
        same_number = sa.and_(
            _approval.c.reference == need.reference[:200],
            _approval.c.facility == need.facility,
            _approval.c.sender == case.message.sender,
            _approval.c.state == "pending",
        )
        same_document = sa.and_(_approval.c.document_id == case.row.id, _approval.c.state.in_(OPEN))
        query = sa.select(_approval).where(sa.or_(same_document, same_number)).order_by(_approval.c.id)
        for row in tx.execute(query).all():
            if row.document_id != case.row.id:
                self._documents.lock(tx, [row.document_id])
            if self._end(tx, row, "superseded", "wardline") and self.waits(tx, row.document_id):
                self._holds.end_documents(tx, [row.document_id], "wardline", "cancelled")

    def _end(self, tx: Connection, row: Row[Any], state: str, actor: str) -> bool:
        try:
            self._count_up(tx, row, state, None)
        except Overtaken:  # somebody has just decided; what was said stands
            return False
        void = sa.and_(_step.c.approval_id == row.id, _step.c.state.in_(("open", "waiting")))
        tx.execute(sa.update(_step).where(void).values(state="void", due_at=None))
        self._tell(tx, row, f"approval.{state}", actor, {})
        return True

    def _add(self, tx: Connection, case: Waiting, need: Need) -> None:
        at, approval_id = ids.now(), ids.new_id()
        added = sa.insert(_approval).values(
            id=approval_id,
            document_id=case.row.id,
            message_id=case.row.message_id,
            facility=need.facility,
            sender=case.message.sender,
            reference=need.reference[:200],
            requester=need.requester[:200],
            department=need.department and need.department[:200],
            cost_centre=need.cost_centre and need.cost_centre[:200],
            amount=need.amount,
            currency=need.currency,
            items=list(need.items),
            urgent=need.urgent,
            state="break_glass" if need.break_glass else "pending",
            version=1,
            told_version=0,
            fingerprint=need.fingerprint,
            document_fingerprint=case.row.fingerprint,
            rule_version=need.rule_version,
            requested_at=at,
        )
        row = tx.execute(added.returning(_approval)).one()
        steps = [_new_step(approval_id, ordinal, step, at) for ordinal, step in enumerate(need.steps, 1)]
        tx.execute(sa.insert(_step), steps)
        asked = {"reference": row.reference, "amount": str(need.amount), "currency": need.currency}
        asked |= {"steps": [f"{step.name}: {step.role}" for step in need.steps], "rule_version": need.rule_version}
        self._tell(tx, row, "approval.requested", "wardline", {"state": row.state, **asked})

    def _count_up(self, tx: Connection, row: Row[Any], state: str, decided_by: str | None) -> None:
        values: dict[str, Any] = {"version": row.version + 1, "state": state}
        if state not in OPEN:
            values |= {"decided_at": ids.now(), "decided_by": decided_by}
        seen = sa.and_(_approval.c.id == row.id, _approval.c.version == row.version)
        if tx.execute(sa.update(_approval).where(seen).values(**values)).rowcount != 1:
            raise Overtaken("the approval has changed since it was looked at", code="approval.version")

    def _keep(self, tx: Connection, row: Row[Any], step: Row[Any], said: Said) -> None:
        decision_id, at = ids.new_id(), ids.now()
        values = {"person": said.person, "on_behalf_of": said.on_behalf_of, "verdict": said.verdict}
        values |= {"rule_version": said.rule_version, "actor": said.actor, "version": row.version}
        added = sa.insert(_decision).values(id=decision_id, approval_id=row.id, step_id=step.id, at=at, **values)
        tx.execute(added)
        if said.comment:
            self._bodies.store(tx, [(decision_id, said.comment.encode())], at + self._retention)

    def _following(self, tx: Connection, row: Row[Any], step: Row[Any]) -> Row[Any] | None:
        return next((one for one in self.steps(tx, [row.id]) if one.ordinal == step.ordinal + 1), None)

    def _open(self, tx: Connection, step_id: UUID) -> None:
        tx.execute(sa.update(_step).where(_step.c.id == step_id).values(state="open", opened_at=ids.now()))

    def _close(self, tx: Connection, step: Row[Any], state: str) -> None:
        values = {"state": state, "decided_at": ids.now(), "due_at": None}
        tx.execute(sa.update(_step).where(_step.c.id == step.id).values(**values))
        if state == "rejected":
            rest = sa.and_(_step.c.approval_id == step.approval_id, _step.c.state == "waiting")
            tx.execute(sa.update(_step).where(rest).values(state="void"))

    def _tell(self, tx: Connection, row: Row[Any], action: str, actor: str, detail: Mapping[str, Any]) -> None:
        told = {"approval": str(row.id), **detail}
        self._audit.append(tx, [Event(action, actor, row.message_id, row.document_id, told)])


def _new_step(approval_id: UUID, ordinal: int, step: Step, at: datetime) -> dict[str, Any]:
    first = ordinal == 1
    return {
        "id": ids.new_id(),
        "approval_id": approval_id,
        "ordinal": ordinal,
        "name": step.name[:64],
        "role": step.role,
        "escalated_to": [],
        "four_eyes": step.four_eyes,
        "reason": step.reason[:200],
        "state": "open" if first else "waiting",
        "opened_at": at if first else None,
    }


def _ending(state: str, verdict: Verdict) -> str:
    if state == "break_glass":
        return "justified" if verdict == "approve" else "objected"
    return "approved" if verdict == "approve" else "rejected"
