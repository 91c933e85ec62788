"""Stage two: documents to postings, through crosswalk and policy; or a hold that says what is missing.

Called by ``tasks.resolve``. A released hold and a requeued document take this very road again.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app import telemetry
from app.crosswalk.rows import CrosswalkRow
from app.crosswalk.store import CrosswalkStore
from app.errors import Held, Permanent, WardlineError
from app.flows import FLOWS, following
from app.flows.base import Case, Effects, NoEffect, Verdict, WaitFor
from app.flows.failure import Failures, unexpected
from app.ledger.audit import Event
from app.ledger.dead_letters import Burial
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.work import Claim, LeaseLost, NewWork
from app.model.documents import Document
from app.model.schema import document_from_json
from app.model.setup import Setup
from app.policy.retry import Retry


@dataclass(frozen=True, slots=True)
class Material:
    """What a set of documents is resolved from, read in one go."""

    rows: Mapping[UUID, Row[Any]]
    contents: Mapping[UUID, bytes]
    documents: Mapping[UUID, Document]
    messages: Mapping[UUID, Row[Any]]
    crosswalk: tuple[CrosswalkRow, ...]
    setup: Setup

    def case(self, subject: UUID) -> Case[Any]:
        """One document's part of it. Raises Permanent where its content is no longer kept or cannot be read."""
        if subject not in self.contents:
            raise Permanent("the document's content is no longer kept", code="body.expired")
        row, document = self.rows[subject], self.documents.get(subject) or document_from_json(self.contents[subject])
        return Case(row, document, self.messages[row.message_id], self.crosswalk, self.setup)


@dataclass(frozen=True, slots=True)
class Resolution:
    """The resolve stage. ``limits`` is the most documents a lane's worker claims at once."""

    ledger: Ledger
    crosswalk: CrosswalkStore
    limits: Mapping[str, int]
    retry: Retry
    setup: Setup = field(default_factory=Setup)
    name: str = "resolve"

    def step(self, lane: str) -> int:
        """Resolve a set of documents, each in a transaction of its own."""
        with self.ledger.transaction() as tx:
            claim = self.ledger.work.claim(tx, self.name, lane, self.limits[lane])
        if claim is None:
            return 0
        material = self._gather(claim)
        for subject in claim.subjects:
            with suppress(LeaseLost):  # somebody else has it now
                self._resolve(claim, material, subject)
        return len(claim.subjects)

    def _gather(self, claim: Claim) -> Material:
        with self.ledger.reading() as tx:
            rows = self.ledger.documents.load(tx, claim.subjects)
            contents = self.ledger.documents.contents(tx, claim.subjects)
            documents = {subject: document for subject, content in contents.items() if (document := _readable(content))}
            codes = {code for d in documents.values() for code in FLOWS[d.document_kind].codes(d)}
            messages = self.ledger.messages.load(tx, {row.message_id for row in rows.values()})
            known = tuple(self.crosswalk.rows(tx, codes))
            return Material(rows, contents, documents, messages, known, self.setup)

    def _resolve(self, claim: Claim, material: Material, subject: UUID) -> None:
        row = material.rows[subject]
        verdict: Verdict | Held | None = None
        try:
            Failures(self.ledger, self.retry).refuse_killer(claim, subject)
            with self.ledger.transaction() as tx:
                if row.state == "open":
                    if row.blocked_by:  # it waits no more, and must not be woken by what it decides now
                        self.ledger.documents.block(tx, subject, None)
                    case = material.case(subject)
                    self._carry_out(tx, case, verdict := self._decide(tx, case))
                self.ledger.work.done(tx, claim, [subject])
            telemetry.ITEMS.labels(self.name, "held" if isinstance(verdict, Held) else "resolved").inc()
        except LeaseLost:
            raise
        except WardlineError as error:
            self._failed(claim, row, error)
        except Exception as error:  # noqa: BLE001 - one document's fault must not stop those claimed with it
            self._failed(claim, row, unexpected(error, self.name, subject))

    def _decide(self, tx: Connection, case: Case[Any]) -> Verdict | Held:
        """The verdict; a hold is one too, opened in the transaction that saw its cause."""
        ours = case.row.mapping == following.MAPPING
        if not ours and not self.ledger.authorities.is_believed(tx, case.row, case.message.channel):
            return NoEffect("shadow")
        try:
            return FLOWS[case.row.kind].decide(tx, self.ledger, case)
        except Held as held:
            return held

    def _carry_out(self, tx: Connection, case: Case[Any], verdict: Verdict | Held) -> None:
        if isinstance(verdict, Held):
            self.ledger.holds.open(tx, case.row, Cause(verdict.cause, verdict.subject, verdict.hint))
        elif isinstance(verdict, WaitFor):
            self.ledger.documents.block(tx, case.row.id, verdict.document_id)
            self._tell(tx, case, "document.blocked", {"blocked_by": str(verdict.document_id)})
        elif isinstance(verdict, NoEffect) or not self._intend(tx, case, verdict):
            reason = verdict.reason if isinstance(verdict, NoEffect) else "already_posted"
            self.ledger.documents.set_state(tx, [case.row.id], "settled")
            self._tell(tx, case, "document.settled", {"reason": reason})
            self.ledger.messages.settle(tx, [case.row.message_id])

    def _intend(self, tx: Connection, case: Case[Any], effects: Effects) -> bool:
        """Enter the postings; whether any is still to be made, or on its way and its outcome not known yet."""
        intended = [(new, self.ledger.postings.intend(tx, new)) for new in effects.postings]
        due = [(new, posting) for new, posting in intended if posting is not None]
        keys = [new.key for new, posting in intended if posting is None]
        for new, posting in due:
            work = NewWork(posting.id, posting.lane, posting.partition)
            self.ledger.work.add(tx, new.stage, [work], new.due_at)
        if effects.lane != case.row.lane:
            self.ledger.documents.set_lane(tx, case.row.id, effects.lane)
        rows = [{"kind": r.kind, "code": r.code, "target": r.target, "version": r.version} for r in effects.rows]
        self._tell(tx, case, "document.resolved", {"lane": effects.lane, "crosswalk": rows, "postings": len(due)})
        return bool(due) or not all(self.ledger.postings.is_posted(tx, key) for key in keys)

    def _tell(self, tx: Connection, case: Case[Any], action: str, detail: Mapping[str, Any]) -> None:
        self.ledger.audit.append(tx, [Event(action, "wardline", case.row.message_id, case.row.id, detail)])

    def _failed(self, claim: Claim, row: Row[Any], error: WardlineError) -> None:
        burial = Burial(self.name, row.id, row.message_id, row.facility, row.lane, claim.attempts[row.id])
        with self.ledger.transaction() as tx:
            Failures(self.ledger, self.retry).settle(tx, claim, burial, error)


def _readable(content: bytes) -> Document | None:
    """The document, or None: what cannot be read fails at its own turn, not at that of those claimed with it."""
    try:
        return document_from_json(content)
    except Permanent:
        return None
