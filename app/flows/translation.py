"""Stage one: bytes to canonical documents, in the language of the message's channel.

Called by ``tasks.translate``. Intake has read the message once already to answer its sender; it is read again here
because a replay takes the same road with today's mapping, which is noted on every document.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from sqlalchemy.engine import Connection, Row

from app import ids, telemetry
from app.errors import Misconfigured, Permanent, Rejected, WardlineError
from app.flows import FLOWS
from app.flows.failure import Failures, unexpected
from app.flows.overtime import limited
from app.ledger.audit import Event
from app.ledger.database import ENTERING
from app.ledger.dead_letters import Burial
from app.ledger.documents import NewDocument
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.work import Claim, LeaseLost, NewWork
from app.model.channel import Channel, Profile
from app.model.documents import Document, said_at
from app.model.envelope import Reading
from app.model.response import Response
from app.model.schema import digest_of, document_to_json
from app.policy.retry import Retry
from app.standards import by_name


@dataclass(frozen=True, slots=True)
class Translation:
    """The translation stage.

    ``limits`` is the most messages a lane's worker claims at once, ``reading_seconds`` how long one may be read.
    """

    ledger: Ledger
    channels: Mapping[str, Channel]
    pseudonym: Callable[[str], str]
    limits: Mapping[str, int]
    retry: Retry
    reading_seconds: float = 30.0
    name: str = "translate"

    def step(self, lane: str) -> int:
        """Translate a set of messages, each in a transaction of its own."""
        with self.ledger.transaction() as tx:
            claim = self.ledger.work.claim(tx, self.name, lane, self.limits[lane])
            if claim is None:
                return 0
            messages = self.ledger.messages.load(tx, claim.subjects)
        for subject in claim.subjects:
            with suppress(LeaseLost):  # somebody else has it now
                self._translate(claim, messages[subject])
        return len(claim.subjects)

    def _translate(self, claim: Claim, message: Row[Any]) -> None:
        try:
            Failures(self.ledger, self.retry).refuse_killer(claim, message.id)
            reading = self._read(message)
            with self.ledger.transaction() as tx:
                self._enter(tx, message, reading)
                self.ledger.work.done(tx, claim, [message.id])
            telemetry.ITEMS.labels(self.name, "translated").inc()
        except LeaseLost:
            raise
        except WardlineError as error:
            self._failed(claim, message, error)
        except Exception as error:  # noqa: BLE001 - one message's fault must not stop those claimed with it
            self._failed(claim, message, unexpected(error, self.name, message.id))

    def _read(self, message: Row[Any]) -> Reading:
        if (channel := self.channels.get(message.channel)) is None:
            raise Misconfigured(f"channel {message.channel} is no longer configured", code="channel.unknown")
        with self.ledger.reading() as tx:
            body = self.ledger.bodies.of(tx, message.id)
        try:
            with limited(self.reading_seconds):
                reading = by_name(message.standard).read(body, Profile(channel, self.pseudonym))
            return _addressed(reading, message.answers)
        except Rejected as error:
            # Its sender was told yes; from here on it is ours to mend, not the sender's.
            raise Permanent(error.message, code=error.code) from error

    def _failed(self, claim: Claim, message: Row[Any], error: WardlineError) -> None:
        burial = Burial(self.name, message.id, message.id, message.facility, message.lane, claim.attempts[message.id])
        with self.ledger.transaction() as tx:
            if Failures(self.ledger, self.retry).settle(tx, claim, burial, error):
                self.ledger.messages.failed(tx, message.id, "dead", error)

    def _enter(self, tx: Connection, message: Row[Any], reading: Reading) -> None:
        self.ledger.database.together(tx, ENTERING)
        zone = self.channels[message.channel].time_zone
        new = [_new(document, place, message, zone) for place, document in enumerate(reading.documents, 1)]
        expires_at = ids.now() + self.ledger.retention
        entry = self.ledger.documents.enter(tx, message, reading.mapping, new, expires_at)
        entered, conflicting, repeated = entry
        for row in conflicting:
            hint = "The sender used this event number before with other content; release to post both, or cancel."
            self.ledger.holds.open(tx, row, Cause("event_conflict", f"sender {message.sender}", hint))
        self.ledger.work.add(tx, "resolve", [NewWork(row.id, row.lane) for row in entered])
        self.ledger.messages.translated(tx, message.id, reading.mapping, len(entered) + len(conflicting))
        detail = {
            "mapping": reading.mapping,
            "documents": len(entered),
            "conflicting": len(conflicting),
            "repeated": len(repeated),
            "warnings": len(reading.issues),
        }
        self.ledger.audit.append(tx, [Event("message.translated", "wardline", message.id, detail=detail)])
        self._release_awaiting(tx, reading)

    def _release_awaiting(self, tx: Connection, reading: Reading) -> None:
        awaited = {FLOWS[document.document_kind].awaited(document) for document in reading.documents}
        for subject in self.ledger.holds.waiting(tx, "original_unknown", {one for one in awaited if one}):
            self.ledger.holds.release_in(tx, "original_unknown", subject, "wardline")


def _addressed(reading: Reading, answers: str | None) -> Reading:
    """The reading with its answers pointed at what they answer, where only the connection they came on told that."""
    if not answers:
        return reading
    documents = tuple(
        replace(one, control_id=answers) if isinstance(one, Response) and one.control_id is None else one
        for one in reading.documents
    )
    return replace(reading, documents=documents)


def _new(document: Document, ordinal: int, message: Row[Any], zone: tzinfo) -> NewDocument:
    return NewDocument(
        ordinal=ordinal,
        kind=document.document_kind,
        identity=FLOWS[document.document_kind].identity(document, message.facility, message.sender),
        fingerprint=digest_of(document),
        occurred_at=said_at(document, zone, message.received_at),
        business_keys=tuple(document.business_keys()),
        content=document_to_json(document),
    )
