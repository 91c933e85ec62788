"""Stage one: bytes to canonical documents, in the language of the message's channel.

Called by ``tasks.translate``. Intake has read the message once already to answer its sender; it is read again here
because a replay takes the same road with today's mapping, which is noted on every document.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import structlog
from sqlalchemy.engine import Connection, Row

from app import ids, telemetry
from app.errors import Misconfigured, Permanent, Rejected, WardlineError
from app.flows import FLOWS
from app.flows.failure import Failures, unexpected
from app.flows.overtime import limited
from app.ledger.audit import Event
from app.ledger.database import ENTERING, LedgerUnavailable
from app.ledger.dead_letters import Burial
from app.ledger.documents import Entered, NewDocument, Told
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.work import Claim, LeaseLost, NewWork
from app.model.channel import Channel, Profile
from app.model.documents import Document, said_at
from app.model.envelope import Reading
from app.model.response import Response
from app.model.schema import stored
from app.policy.retry import Retry
from app.standards import by_name

T = TypeVar("T")
_Read = tuple[Row[Any], Reading]
"""A message and what was read of it."""

PORTION = 1 << 20
"""Bytes of messages that are read and entered together at most, unless one alone is larger."""

log = structlog.get_logger()


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
        """Translate a set of messages, as many as possible in one transaction: a commit costs more than a message."""
        with self.ledger.transaction() as tx:
            claim = self.ledger.work.claim(tx, self.name, lane, self.limits[lane])
            if claim is None:
                return 0
            messages = self.ledger.messages.load(tx, claim.subjects)
        for together in _portions([messages[subject] for subject in claim.subjects]):
            self._translate(claim, together)
        return len(claim.subjects)

    def _translate(self, claim: Claim, messages: Sequence[Row[Any]]) -> None:
        with self.ledger.reading() as tx:
            bodies = self._bodies(tx, messages)
        tried = (
            (one, self._tried(claim, one, partial(self._read, claim, one, bodies.get(one.id)))) for one in messages
        )
        read = [(message, reading) for message, reading in tried if reading is not None]
        if len(read) > 1 and self._entered_together(claim, read):
            return
        for message, reading in read:
            self._tried(claim, message, partial(self._settle, claim, [(message, reading)]))

    def _bodies(self, tx: Connection, messages: Sequence[Row[Any]]) -> Mapping[UUID, bytes]:
        """The bodies that can be read; what cannot fails at its own turn, not at that of those claimed with it."""
        try:
            return self.ledger.bodies.load(tx, [message.id for message in messages])
        except Permanent:
            return {}

    def _tried(self, claim: Claim, message: Row[Any], what: Callable[[], T]) -> T | None:
        """The outcome, or None where the message failed, which is settled then."""
        try:
            return what()
        except LeaseLost:  # somebody else has it now
            return None
        except WardlineError as error:
            self._failed(claim, message, error)
        except Exception as error:  # noqa: BLE001 - one message's fault must not stop those claimed with it
            self._failed(claim, message, unexpected(error, self.name, message.id))
        return None

    def _entered_together(self, claim: Claim, read: Sequence[_Read]) -> bool:
        """Settle them in one transaction; False where one of them is in the way of all, so that each must go alone."""
        try:
            self._settle(claim, read)
        except LedgerUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - whose fault it is shows when each goes alone
            log.warning("translate.apart", messages=len(read), error=type(error).__name__)
            return False
        return True

    def _settle(self, claim: Claim, read: Sequence[_Read]) -> None:
        with self.ledger.transaction() as tx:
            self._enter(tx, read)
            self.ledger.work.done(tx, claim, [message.id for message, _ in read])
        telemetry.ITEMS.labels(self.name, "translated").inc(len(read))

    def _read(self, claim: Claim, message: Row[Any], body: bytes | None) -> Reading:
        Failures(self.ledger, self.retry).refuse_killer(claim, message.id)
        if (channel := self.channels.get(message.channel)) is None:
            raise Misconfigured(f"channel {message.channel} is no longer configured", code="channel.unknown")
        if body is None:
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

    def _enter(self, tx: Connection, read: Sequence[_Read]) -> None:
        self.ledger.database.together(tx, ENTERING)
        told = [Told(message, reading.mapping, self._documents(message, reading)) for message, reading in read]
        entered = self.ledger.documents.enter_all(tx, told, ids.now() + self.ledger.retention)
        senders = {message.id: message.sender for message, _ in read}
        for row in entered.conflicting:
            hint = "The sender used this event number before with other content; release to post both, or cancel."
            self.ledger.holds.open(tx, row, Cause("event_conflict", f"sender {senders[row.message_id]}", hint))
        self.ledger.work.add(tx, "resolve", [NewWork(row.id, row.lane) for row in entered.new])
        news = {row.message_id for row in (*entered.new, *entered.conflicting)}
        for (mapping, new), messages in _alike(read, news).items():
            self.ledger.messages.translated(tx, messages, mapping, news=new)
        self.ledger.audit.append(tx, _told(read, entered))
        self._release_awaiting(tx, [document for _, reading in read for document in reading.documents])

    def _documents(self, message: Row[Any], reading: Reading) -> list[NewDocument]:
        zone = self.channels[message.channel].time_zone
        return [_new(document, place, message, zone) for place, document in enumerate(reading.documents, 1)]

    def _release_awaiting(self, tx: Connection, documents: Sequence[Document]) -> None:
        awaited = {FLOWS[document.document_kind].awaited(document) for document in documents}
        for subject in self.ledger.holds.waiting(tx, "original_unknown", {one for one in awaited if one}):
            self.ledger.holds.release_in(tx, "original_unknown", subject, "wardline")


def _portions(messages: Sequence[Row[Any]]) -> Iterator[list[Row[Any]]]:
    """Messages that are read and entered together: many small ones, a large one by itself."""
    portion: list[Row[Any]] = []
    size = 0
    for message in messages:
        if portion and size + message.size > PORTION:
            yield portion
            portion, size = [], 0
        portion.append(message)
        size += message.size
    yield portion


def _alike(read: Sequence[_Read], news: Collection[UUID]) -> Mapping[tuple[str, bool], list[UUID]]:
    """Messages by their mapping and by whether they brought anything new."""
    alike: dict[tuple[str, bool], list[UUID]] = defaultdict(list)
    for message, reading in read:
        alike[reading.mapping, message.id in news].append(message.id)
    return alike


def _told(read: Sequence[_Read], entered: Entered) -> list[Event]:
    """What the audit trail tells of each message."""
    new, conflicting = (Counter(row.message_id for row in rows) for rows in (entered.new, entered.conflicting))
    repeated = Counter(message_id for message_id, _ in entered.repeated)
    return [
        Event(
            "message.translated",
            "wardline",
            message.id,
            detail={
                "mapping": reading.mapping,
                "documents": new[message.id],
                "conflicting": conflicting[message.id],
                "repeated": repeated[message.id],
                "warnings": len(reading.issues),
            },
        )
        for message, reading in read
    ]


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
    content, digest = stored(document)
    return NewDocument(
        ordinal=ordinal,
        kind=document.document_kind,
        identity=FLOWS[document.document_kind].identity(document, message.facility, message.sender),
        fingerprint=digest,
        occurred_at=said_at(document, zone, message.received_at),
        business_keys=tuple(document.business_keys()),
        content=content,
    )
