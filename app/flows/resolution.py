"""Stage two: documents to postings, through crosswalk and policy; or a hold that says what is missing.

Called by ``tasks.resolve``. A released hold and a requeued document take this very road again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.engine import Connection, Row

from app import telemetry
from app.crosswalk.rows import CrosswalkRow
from app.crosswalk.store import CrosswalkStore
from app.errors import Held, Permanent, WardlineError
from app.flows import FLOWS, following
from app.flows.base import Case, Effects, Light, NoEffect, Verdict, WaitFor
from app.flows.failure import Failures, unexpected
from app.ledger.audit import Event
from app.ledger.database import LedgerUnavailable
from app.ledger.dead_letters import Burial
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.ledger.work import Claim, LeaseLost, NewWork
from app.model.documents import Document
from app.model.schema import document_from_json
from app.model.setup import Setup
from app.policy.retry import Retry

_Decided = tuple[Case[Any], Verdict | Held]
_Contents = tuple[Mapping[UUID, bytes], Mapping[UUID, Permanent]]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Material:
    """What a set of documents is resolved from, read in one go."""

    rows: Mapping[UUID, Row[Any]]
    contents: Mapping[UUID, bytes]
    closed: Mapping[UUID, Permanent]
    documents: Mapping[UUID, Document]
    messages: Mapping[UUID, Row[Any]]
    crosswalk: tuple[CrosswalkRow, ...]
    setup: Setup

    def case(self, subject: UUID) -> Case[Any]:
        """One document's part of it. Raises Permanent where its content is no longer kept or cannot be read."""
        if subject in self.closed:
            raise self.closed[subject]
        if subject not in self.contents:
            raise Permanent("the document's content is no longer kept", code="body.expired")
        row, document = self.rows[subject], self.documents.get(subject) or document_from_json(self.contents[subject])
        return Case(row, document, self.messages[row.message_id], self.crosswalk, self.setup)

    def is_light(self, subject: UUID) -> bool:
        """Whether the document may be decided together with others: it is open, waits for none, and is only read."""
        row, document = self.rows[subject], self.documents.get(subject)
        flow = FLOWS[row.kind]
        light = document is not None and isinstance(flow, Light) and flow.is_light(document)
        return light and row.state == "open" and not row.blocked_by


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
        """Resolve a set of documents: the light ones together, each other one in a transaction of its own."""
        with self.ledger.transaction() as tx:
            claim = self.ledger.work.claim(tx, self.name, lane, self.limits[lane])
        if claim is None:
            return 0
        material = self._gather(claim)
        light = [subject for subject in claim.subjects if material.is_light(subject)]
        together = set(light) if len(light) > 1 and self._resolved_together(claim, material, light) else set()
        for subject in claim.subjects:
            if subject not in together:
                with suppress(LeaseLost):  # somebody else has it now
                    self._resolve(claim, material, subject)
        return len(claim.subjects)

    def _gather(self, claim: Claim) -> Material:
        with self.ledger.reading() as tx:
            rows = self.ledger.documents.load(tx, claim.subjects)
            contents, closed = self._contents(tx, claim.subjects)
            documents = {subject: document for subject, content in contents.items() if (document := _readable(content))}
            codes = {code for d in documents.values() for code in FLOWS[d.document_kind].codes(d)}
            messages = self.ledger.messages.load(tx, {row.message_id for row in rows.values()})
            known = tuple(self.crosswalk.rows(tx, codes))
            return Material(rows, contents, closed, documents, messages, known, self.setup)

    def _contents(self, tx: Connection, subjects: Sequence[UUID]) -> _Contents:
        """What can be decrypted, and why the rest cannot, which fails at its own turn."""
        with suppress(Permanent):
            return self.ledger.documents.contents(tx, subjects), {}
        contents: dict[UUID, bytes] = {}
        closed: dict[UUID, Permanent] = {}
        for subject in subjects:
            try:
                contents |= self.ledger.documents.contents(tx, [subject])
            except Permanent as error:
                closed[subject] = error
        return contents, closed

    def _resolved_together(self, claim: Claim, material: Material, subjects: Sequence[UUID]) -> bool:
        """Resolve them in one transaction; False where one of them is in the way of all, so that each must go alone."""
        try:
            with self.ledger.transaction() as tx:
                decided = self._decide(tx, [material.case(subject) for subject in subjects])
                self._carry_out(tx, decided)
                self.ledger.work.done(tx, claim, subjects)
        except LedgerUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whose fault it is shows when each goes alone
            log.warning("resolve.apart", documents=len(subjects), error=type(error).__name__)
            return False
        self._count(decided)
        return True

    def _resolve(self, claim: Claim, material: Material, subject: UUID) -> None:
        row = material.rows[subject]
        decided: list[_Decided] = []
        try:
            Failures(self.ledger, self.retry).refuse_killer(claim, subject)
            with self.ledger.transaction() as tx:
                if row.state == "open":
                    if row.blocked_by:  # it waits no more, and must not be woken by what it decides now
                        self.ledger.documents.block(tx, subject, None)
                    decided = self._decide(tx, [material.case(subject)])
                    self._carry_out(tx, decided)
                self.ledger.work.done(tx, claim, [subject])
            self._count(decided)
        except LeaseLost:
            raise
        except WardlineError as error:
            self._failed(claim, row, error)
        except Exception as error:  # noqa: BLE001 - one document's fault must not stop those claimed with it
            self._failed(claim, row, unexpected(error, self.name, subject))

    def _count(self, decided: Sequence[_Decided]) -> None:
        held = sum(isinstance(verdict, Held) for _, verdict in decided)
        telemetry.ITEMS.labels(self.name, "held").inc(held)
        telemetry.ITEMS.labels(self.name, "resolved").inc(len(decided) - held)

    def _decide(self, tx: Connection, cases: Sequence[Case[Any]]) -> list[_Decided]:
        """The verdicts; a hold is one too, opened in the transaction that saw its cause."""
        told = [(case.row, case.message.channel) for case in cases if case.row.mapping != following.MAPPING]
        shadows = {row.id for row, _ in told} - self.ledger.authorities.believed(tx, told)
        return [(case, NoEffect("shadow") if case.row.id in shadows else self._verdict(tx, case)) for case in cases]

    def _verdict(self, tx: Connection, case: Case[Any]) -> Verdict | Held:
        try:
            return FLOWS[case.row.kind].decide(tx, self.ledger, case)
        except Held as held:
            return held

    def _carry_out(self, tx: Connection, decided: Sequence[_Decided]) -> None:
        ended = [(case, verdict.reason) for case, verdict in decided if isinstance(verdict, NoEffect)]
        posted = self._intend(tx, [(case, verdict) for case, verdict in decided if isinstance(verdict, Effects)])
        for case, verdict in decided:
            if isinstance(verdict, Held):
                self.ledger.holds.open(tx, case.row, Cause(verdict.cause, verdict.subject, verdict.hint))
            elif isinstance(verdict, WaitFor):
                self.ledger.documents.block(tx, case.row.id, verdict.document_id)
                self._tell(tx, "document.blocked", [(case, {"blocked_by": str(verdict.document_id)})])
        self._settle(tx, ended + [(case, "already_posted") for case in posted])

    def _settle(self, tx: Connection, ended: Sequence[tuple[Case[Any], str]]) -> None:
        """End documents that have nothing to be done, each for its reason."""
        if ended:
            self.ledger.documents.set_state(tx, [case.row.id for case, _ in ended], "settled")
            self._tell(tx, "document.settled", [(case, {"reason": reason}) for case, reason in ended])
            self.ledger.messages.settle(tx, [case.row.message_id for case, _ in ended])

    def _intend(self, tx: Connection, decided: Sequence[tuple[Case[Any], Effects]]) -> list[Case[Any]]:
        """Enter the postings; the cases of which every one is in effect already."""
        postings = [new for _, effects in decided for new in effects.postings]
        due = self.ledger.postings.intend_all(tx, postings)
        for (stage, due_at), keys in _by_turn(new for new in postings if new.key in due).items():
            work = [NewWork(due[key].id, due[key].lane, due[key].partition) for key in keys]
            self.ledger.work.add(tx, stage, work, due_at)
        for case, effects in decided:
            if effects.lane != case.row.lane:
                self.ledger.documents.set_lane(tx, case.row.id, effects.lane)
        self._tell(tx, "document.resolved", [(case, _explained(effects, due)) for case, effects in decided])
        return [case for case, effects in decided if self._is_posted(tx, effects, due)]

    def _is_posted(self, tx: Connection, effects: Effects, due: Container[str]) -> bool:
        """Whether nothing is still to be made, nor on its way and its outcome not known yet."""
        keys = [new.key for new in effects.postings]
        return not any(key in due for key in keys) and all(self.ledger.postings.is_posted(tx, key) for key in keys)

    def _tell(self, tx: Connection, action: str, told: Sequence[tuple[Case[Any], Mapping[str, Any]]]) -> None:
        events = [Event(action, "wardline", case.row.message_id, case.row.id, detail) for case, detail in told]
        self.ledger.audit.append(tx, events)

    def _failed(self, claim: Claim, row: Row[Any], error: WardlineError) -> None:
        burial = Burial(self.name, row.id, row.message_id, row.facility, row.lane, claim.attempts[row.id])
        with self.ledger.transaction() as tx:
            Failures(self.ledger, self.retry).settle(tx, claim, burial, error)


def _by_turn(postings: Iterable[NewPosting]) -> Mapping[tuple[str, datetime | None], list[str]]:
    """The keys of postings, by their stage and the moment from which they are due."""
    turns: dict[tuple[str, datetime | None], list[str]] = defaultdict(list)
    for new in postings:
        turns[new.stage, new.due_at].append(new.key)
    return turns


def _explained(effects: Effects, due: Container[str]) -> dict[str, Any]:
    """What the audit trail tells of a resolved document."""
    rows = [{"kind": r.kind, "code": r.code, "target": r.target, "version": r.version} for r in effects.rows]
    count = sum(new.key in due for new in effects.postings)
    return {"lane": effects.lane, "crosswalk": rows, "postings": count}


def _readable(content: bytes) -> Document | None:
    """The document, or None: what cannot be read fails at its own turn, not at that of those claimed with it."""
    try:
        return document_from_json(content)
    except Permanent:
        return None
