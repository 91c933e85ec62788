"""The front door: read enough to answer, store durably, answer in the sender's own language.

Called by the HTTP intake and the MLLP listener; both do the same thing. A message is answered with yes only after the
ledger has it. What its sender must correct is kept too, so that it can be looked at, but under no key, so that the
corrected message may come under the same control id.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from app import telemetry
from app.errors import Conflict, Issue, Rejected, Unavailable, WardlineError
from app.ids import digest
from app.ledger.ledger import Ledger
from app.ledger.messages import Arrival
from app.model.channel import Channel, Profile
from app.model.envelope import Acknowledgement, Envelope, Outcome, Receipt
from app.standards import by_name
from app.standards.base import Standard

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Sending:
    """One sending as the transport saw it; ``trace_id`` has 32 hexadecimal digits.

    ``answers`` is the control id of what this came back for on the same connection: some standards' answers do not
    say themselves what they answer (cXML's Response).
    """

    channel: Channel
    body: bytes
    content_type: str
    principal: str
    trace_id: str
    idempotency_key: str | None = None
    answers: str | None = None


class Intake:
    """Takes sendings in. ``pseudonym`` stands in for case numbers."""

    def __init__(self, ledger: Ledger, pseudonym: Callable[[str], str]) -> None:
        self._ledger = ledger
        self._pseudonym = pseudonym

    def take_in(self, sending: Sending) -> tuple[Receipt, Acknowledgement]:
        """Store a sending; what became of it, and the answer in the standard's own form. Never raises."""
        standard = by_name(sending.channel.standard)
        with telemetry.STAGE_SECONDS.labels("intake", sending.channel.lane).time():
            receipt = replace(self._receive(standard, sending), options=sending.channel.options)
        telemetry.MESSAGES.labels(sending.channel.name, receipt.outcome).inc()
        log.info(
            "message.received",
            channel=sending.channel.name,
            outcome=receipt.outcome,
            message_id=str(receipt.message_id) if receipt.message_id else None,
            trace_id=sending.trace_id,
            size=len(sending.body),
            error_codes=sorted({issue.code for issue in receipt.issues if issue.severity == "error"}),
        )
        return receipt, standard.acknowledge(receipt)

    def _receive(self, standard: Standard, sending: Sending) -> Receipt:
        try:
            reading = standard.read(sending.body, Profile(sending.channel, self._pseudonym))
        except Rejected as error:
            return self._unread(standard, sending, error)
        envelope = _with_sender(reading.envelope, sending.channel)
        try:
            _check(sending.channel, envelope)
            entry = self._ledger.messages.accept(_arrival(sending, envelope))
        except Rejected as error:
            return self._rejected(standard, sending, envelope, error)
        except Conflict as error:
            return Receipt("conflict", envelope=envelope, issues=(Issue(error.code, "message", error.message),))
        except Unavailable as error:
            issue = Issue(error.code, "message", "the message could not be stored; send it again later")
            return Receipt("unavailable", envelope=envelope, issues=(issue,), retryable=True)
        outcome: Outcome = "duplicate" if entry.duplicate else "accepted"
        return Receipt(outcome, entry.message_id, entry.received_at, envelope, reading.issues)

    def _unread(self, standard: Standard, sending: Sending, error: Rejected) -> Receipt:
        """What cannot be read as a whole: its outside is read alone, and what is wrong with that is told first."""
        envelope: Envelope | None = None
        try:
            envelope = _with_sender(standard.envelope(sending.body), sending.channel)
            _check(sending.channel, envelope)
        except Rejected as outer:
            error = outer
        return self._rejected(standard, sending, envelope, error)

    def _rejected(self, standard: Standard, sending: Sending, envelope: Envelope | None, error: Rejected) -> Receipt:
        known = _clipped(envelope or Envelope(standard.name, "", sending.channel.name, digest(sending.body)))
        try:
            entry = self._ledger.messages.reject(_arrival(sending, known), error)
        except WardlineError as fault:
            # The sender's fault stands whether or not we can keep a copy of it.
            log.warning("message.rejection_not_kept", channel=sending.channel.name, error_code=fault.code)
            return Receipt("rejected", envelope=envelope, issues=error.issues, retryable=error.retryable)
        return Receipt("rejected", entry.message_id, entry.received_at, envelope, error.issues, error.retryable)


def refuse_oversized(channel: Channel, limit: int, beginning: bytes = b"") -> tuple[Receipt, Acknowledgement]:
    """The negative answer to a message that was not even read, because it is longer than ``limit`` bytes.

    Where its ``beginning`` was kept, the answer says which message it was.
    """
    issue = Issue("message.too_large", "message", f"the message is longer than {limit} bytes")
    standard = by_name(channel.standard)
    envelope = None
    with suppress(Rejected):
        envelope = standard.envelope(beginning)
    receipt = Receipt("rejected", envelope=envelope, issues=(issue,))
    telemetry.MESSAGES.labels(channel.name, receipt.outcome).inc()
    log.warning("message.too_large", channel=channel.name, limit=limit)
    return receipt, standard.acknowledge(receipt)


def _with_sender(envelope: Envelope, channel: Channel) -> Envelope:
    """Where the standard has no place for a sender's name, the channel is the sender."""
    return envelope if envelope.sender else replace(envelope, sender=channel.name)


LONGEST = {"sender": 200, "control_id": 200, "message_type": 64, "version": 16}
"""The most characters the ledger keeps of what identifies a message."""


def _check(channel: Channel, envelope: Envelope) -> None:
    for name, most in LONGEST.items():
        if len(getattr(envelope, name) or "") > most:
            raise Rejected([Issue("envelope.too_long", name, f"at most {most} characters are expected")])
    if channel.senders and envelope.sender not in channel.senders:
        raise Rejected([Issue("sender.unknown", "sender", f"the sender may not use channel {channel.name}")])


def _clipped(envelope: Envelope) -> Envelope:
    """What can be kept of the outside of a message whose outside is at fault."""
    cut = {name: (getattr(envelope, name) or "")[:most] for name, most in LONGEST.items()}
    return Envelope(
        standard=envelope.standard,
        message_type=cut["message_type"],
        sender=cut["sender"],
        fingerprint=envelope.fingerprint,
        control_id=cut["control_id"] or None,
        version=cut["version"] or None,
    )


def _arrival(sending: Sending, envelope: Envelope) -> Arrival:
    return Arrival(
        sending.channel,
        envelope,
        sending.body,
        sending.content_type,
        sending.principal,
        sending.trace_id,
        sending.idempotency_key,
        sending.answers,
    )
