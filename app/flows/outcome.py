"""Writing down what became of postings: each verdict is one transaction under the partition's lease.

Used by ``app.flows.delivery`` only. Who has lost the lease writes nothing: LeaseLost ends the visit, and whoever holds
the partition now finds out by the batch's key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app import ids, telemetry
from app.errors import Held, WardlineError
from app.flows.failure import Failures, refunds
from app.flows.operations import Attentive, Done, Followed, Operation
from app.ledger.audit import Event
from app.ledger.dead_letters import Burial
from app.ledger.found import Found
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.work import Claim, NewWork
from app.model.setup import Setup
from app.odoo.gateway import Transfer

MODEL = "stock.picking"


@dataclass
class Outcome:
    """Settles the postings of one claim; ``settled`` collects those that are dealt with."""

    ledger: Ledger
    failures: Failures
    claim: Claim
    partition: str
    token: UUID
    settled: set[UUID]

    def sending(self, batch_id: UUID) -> UUID:
        """Count a sending and open its attempt, before it starts."""
        with self._fenced() as tx:
            number = self.ledger.postings.sending(tx, batch_id)
            return self.ledger.attempts.start(tx, self.claim.stage, batch_id, number)

    def finished(self, batch_id: UUID, attempt_id: UUID, outcome: str, error_code: str | None = None) -> None:
        """Close a sending's attempt; this worker lived to see its end."""
        with self.ledger.transaction() as tx:
            self.ledger.postings.survived(tx, batch_id)
            self.ledger.attempts.finish(tx, attempt_id, outcome, error_code)

    def posted(
        self, batch_id: UUID, members: Sequence[Row[Any]], transfer: Transfer, *, resolved: bool = False
    ) -> None:
        """The batch is in Odoo: its postings are posted, their documents settled, and who waited for them goes on."""
        with self._fenced() as tx:
            self._note_posted(tx, batch_id, members, transfer, "posting.resolved" if resolved else "posting.posted")
        self._account([member.id for member in members], "posted")

    def found(self, found: Found, members: Sequence[Row[Any]]) -> None:
        """Postings that Odoo has already, by a transfer of which this ledger knew nothing."""
        with self._fenced() as tx:
            batch_id = self.ledger.postings.adopt(tx, found, members)
            transfer = Transfer(found.record_id, found.record_name, "done")
            self._note_posted(tx, batch_id, members, transfer, "posting.found")
        self._account([member.id for member in members], "posted")

    def performed(self, batch_id: UUID, posting: Row[Any], done: Done, operation: Operation, setup: Setup) -> None:
        """A posting that went alone has taken effect: it is posted, and what follows from it is entered."""
        with self._fenced() as tx:
            self.ledger.postings.settle_batch(tx, batch_id, done.model, done.record_id, done.record_name)
            self.ledger.postings.set_state(tx, [posting.id], "posted")
            self.ledger.work.done(tx, self.claim, [posting.id])
            document = self.ledger.documents.load(tx, [posting.document_id])[posting.document_id]
            message = self.ledger.messages.load(tx, {document.message_id})[document.message_id]
            operation.follow(tx, self.ledger, Followed(posting, document, message, done, setup))
            detail = {"operation": posting.operation, "model": done.model, "record_id": done.record_id}
            detail |= {"record_name": done.record_name, "facts": dict(done.facts)}
            self._settle_documents(tx, [posting], "posting.posted", detail)
        self._account([posting.id], "posted")

    def hold(
        self,
        postings: Sequence[Row[Any]],
        held: Held,
        batch_id: UUID | None = None,
        operation: Operation | None = None,
    ) -> None:
        """A person must decide; the postings wait for the hold, free of the batch they were in."""
        subjects = [posting.id for posting in postings]
        with self._fenced() as tx:
            if batch_id:
                self.ledger.postings.dissolve(tx, batch_id, "refused", held.code, alone=False)
            documents = self.ledger.documents.load(tx, [posting.document_id for posting in postings])
            for document in documents.values():
                self.ledger.holds.open(tx, document, Cause(held.cause, held.subject, held.hint))
            if isinstance(operation, Attentive):
                operation.held(tx, self.ledger, postings[0], held)
            self.ledger.postings.set_state(tx, subjects, "blocked", held.code)
            self.ledger.work.done(tx, self.claim, subjects)
        self._account(subjects, "held")

    def in_doubt(self, batch_id: UUID, members: Sequence[Row[Any]], error: WardlineError, pause: timedelta) -> None:
        """Nobody knows whether the batch took effect; Odoo is asked by its key after a pause."""
        subjects = [member.id for member in members]
        with self._fenced() as tx:
            self.ledger.postings.set_batch(tx, batch_id, "in_doubt", error.code)
            self.ledger.postings.set_state(tx, subjects, "in_doubt", error.code)
            self.ledger.work.again(tx, self.claim, subjects, self._ask_at(subjects, error, pause))
            detail = {"batch": str(batch_id), "error_code": error.code}
            self.ledger.audit.append(tx, self._events(tx, members, "posting.in_doubt", detail))
        self._account(subjects, "in_doubt")

    def retry(self, subjects: Sequence[UUID], error: WardlineError) -> None:
        """The postings come due again, at once after an outage, else after a pause."""
        due_at = self.failures.due_again(self.claim, subjects, error) or ids.now() + self.failures.retry.cap
        with self._fenced() as tx:
            waiting = [p.id for p in self.ledger.postings.load(tx, subjects).values() if p.state == "leased"]
            self.ledger.postings.set_state(tx, waiting, "due", error.code)
            self.ledger.work.again(tx, self.claim, subjects, due_at, refund=refunds(error))
        self._account(subjects, "retry")

    def leave(self, subjects: Sequence[UUID]) -> None:
        """Postings that the visit had no time for come due at once, behind what waits already; nothing was tried."""
        with self._fenced() as tx:
            self.ledger.work.again(tx, self.claim, subjects, ids.now(), refund=True)
        telemetry.ITEMS.labels(self.claim.stage, "left").inc(len(subjects))

    def dissolve(self, batch_id: UUID, members: Sequence[Row[Any]], state: str, code: str, *, alone: bool) -> None:
        """The batch certainly has no effect; its postings come due at once, alone where one of them is suspect."""
        subjects = [member.id for member in members]
        with self._fenced() as tx:
            self.ledger.postings.dissolve(tx, batch_id, state, code, alone=alone)
            self.ledger.work.again(tx, self.claim, subjects, ids.now())
            detail = {"batch": str(batch_id), "error_code": code}
            self.ledger.audit.append(tx, self._events(tx, members, f"batch.{state}", detail))
        self._account(subjects, "retry")

    def bury(self, members: Sequence[Row[Any]], error: WardlineError, batch_id: UUID | None = None) -> None:
        """The postings are dead letters; nothing of them, nor of the batch they were in, is in Odoo."""
        subjects = [member.id for member in members]
        with self._fenced() as tx:
            documents = self.ledger.documents.load(tx, [member.document_id for member in members])
            if batch_id:
                self.ledger.postings.dissolve(tx, batch_id, "revoked", error.code, alone=True)
            self.ledger.postings.set_state(tx, subjects, "dead", error.code)
            self.ledger.work.done(tx, self.claim, subjects)
            for member in members:
                document = documents[member.document_id]
                attempts = self.claim.attempts[member.id]
                where = (document.message_id, document.facility, member.lane)
                self.ledger.dead_letters.bury(tx, Burial(self.claim.stage, member.id, *where, attempts), error)
        self._account(subjects, "dead")

    def give_back(self, subjects: Sequence[UUID], error: WardlineError) -> None:
        """What a visit left undone comes due again; what cannot get better and was never sent is buried."""
        with self.ledger.reading() as tx:
            postings = self.ledger.postings.load(tx, subjects)
        hopeless = [
            postings[s]
            for s in subjects
            if not postings[s].batch_id and not self.failures.due_again(self.claim, [s], error)
        ]
        if hopeless:
            self.bury(hopeless, error)
        if left := [subject for subject in subjects if subject not in self.settled]:
            self.retry(left, error)

    def _note_posted(
        self, tx: Connection, batch_id: UUID, members: Sequence[Row[Any]], transfer: Transfer, action: str
    ) -> None:
        subjects = [member.id for member in members]
        detail = {"batch": str(batch_id), "model": MODEL, "record_id": transfer.id, "record_name": transfer.name}
        self.ledger.postings.settle_batch(tx, batch_id, MODEL, transfer.id, transfer.name)
        self.ledger.postings.set_state(tx, subjects, "posted")
        self.ledger.usage.add(tx, members)
        self.ledger.work.done(tx, self.claim, subjects)
        self._settle_documents(tx, members, action, detail)

    def _account(self, subjects: Sequence[UUID], outcome: str) -> None:
        self.settled.update(subjects)
        telemetry.ITEMS.labels(self.claim.stage, outcome).inc(len(subjects))

    def _ask_at(self, subjects: Sequence[UUID], error: WardlineError, pause: timedelta) -> datetime:
        """Soon at first, then ever more seldom; a batch in doubt is never given up."""
        if max(self.claim.attempts[subject] for subject in subjects) <= 1:
            return ids.now() + pause
        return self.failures.due_again(self.claim, subjects, error) or ids.now() + self.failures.retry.cap

    @contextmanager
    def _fenced(self) -> Iterator[Connection]:
        with self.ledger.transaction() as tx:
            self.ledger.partitions.hold(tx, self.partition, self.token)
            yield tx

    def _settle_documents(
        self, tx: Connection, members: Sequence[Row[Any]], action: str, detail: dict[str, Any]
    ) -> None:
        document_ids = [member.document_id for member in members]
        self.ledger.audit.append(tx, self._events(tx, members, action, detail))
        unfinished = self.ledger.postings.unfinished(tx, document_ids)
        settled = [document_id for document_id in document_ids if document_id not in unfinished]
        self.ledger.documents.set_state(tx, settled, "settled")
        documents = self.ledger.documents.load(tx, settled).values()
        self.ledger.messages.settle(tx, [document.message_id for document in documents])
        waiting = self.ledger.documents.waiting_for(tx, settled)
        self.ledger.work.add(tx, "resolve", [NewWork(row.id, row.lane) for row in waiting])

    def _events(self, tx: Connection, members: Sequence[Row[Any]], action: str, detail: dict[str, Any]) -> list[Event]:
        documents = self.ledger.documents.load(tx, [member.document_id for member in members])
        return [Event(action, "wardline", document.message_id, document.id, detail) for document in documents.values()]
