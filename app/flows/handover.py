"""One visit to a partner: the sendings that a worker claimed for one channel, one after the other.

Made by the dispatch stage for each claim. A message is written once, its number and bytes are in the ledger before it
is first sent, and whatever is sent again is the very same. What may have arrived is asked for where the transport can
tell; where it cannot, it goes again only to a partner that drops copies, and else waits for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.engine import Row

from app import ids
from app.errors import Held, InDoubt, RateLimited, Rejected, Transient, Unavailable, WardlineError
from app.flows.failure import Failures, unexpected
from app.flows.handed import Handed
from app.flows.intake import Intake, Sending
from app.flows.outbound import Outbound
from app.ledger.deliveries import UNKNOWN, subject
from app.ledger.ledger import Ledger
from app.ledger.work import Claim, LeaseLost
from app.model.channel import Channel, Profile
from app.model.response import Response
from app.model.setup import Setup
from app.partners.base import Delivery, Refused, Transport
from app.standards import by_name

log = structlog.get_logger()


@dataclass
class Handover:
    """Works through one claim. Raises Unavailable and RateLimited where it had to stop, LeaseLost where it must.

    ``reached`` says whether the partner was heard of.
    """

    ledger: Ledger
    setup: Setup
    channel: Channel
    transport: Transport
    outbound: Outbound
    intake: Intake
    failures: Failures
    claim: Claim
    partition: str
    token: UUID
    in_doubt: timedelta
    until: datetime

    def __post_init__(self) -> None:
        self.settled: set[UUID] = set()
        self.reached = False
        self.handed = Handed(self.ledger, self.failures, self.claim, self.partition, self.token, self.settled)

    def run(self) -> None:
        """Send one after the other, as long as there is time for another one."""
        with self.ledger.reading() as tx:
            postings = self.ledger.postings.load(tx, self.claim.subjects)
        for number, posting_id in enumerate(self.claim.subjects):
            if number and ids.now() >= self.until:
                break
            self._send(postings[posting_id])
        self.give_back(None)

    def give_back(self, error: WardlineError | None) -> None:
        """Let everything that was not settled come due again, without an attempt used up."""
        if left := [one for one in self.claim.subjects if one not in self.settled]:
            self.handed.rest(left, error)

    def _send(self, posting: Row[Any]) -> None:
        try:
            self.failures.refuse_killer(self.claim, posting.id)
            row = self.handed.written(self.outbound, posting, self.channel)
            if row.delivery == "sent":
                self.handed.arrived(posting, row, self.channel, None)
            elif row.delivery in UNKNOWN:
                self._ask(posting, row)
            else:
                self._hand_over(posting, row)
        except Held as held:
            self.handed.hold([posting], held)
        except (Unavailable, RateLimited, LeaseLost):
            raise
        except WardlineError as error:
            self._failed(posting, error)
        except Exception as error:  # noqa: BLE001 - a fault of ours in one message must not stop the others
            self._failed(posting, unexpected(error, self.claim.stage, posting.id))

    def _hand_over(self, posting: Row[Any], row: Row[Any]) -> None:
        """Send it and take what came back. Raises what the transport raised, noted at the interchange."""
        parcel = self.handed.parcel(row)
        attempt = self.handed.begin(row)
        try:
            delivery = self.transport.send(parcel)
            self._understand(delivery)
        except Refused as error:
            self.reached = True
            self.handed.ended(row, attempt, "refused", error.code)
            raise _refused(row, error) from error
        except InDoubt as error:
            self.handed.ended(row, attempt, "in_doubt", error.code)
            self._doubt(posting, row, error)
        except WardlineError as error:
            self.handed.ended(row, attempt, "due", error.code)
            raise
        except Exception:
            self.handed.ended(row, attempt, "in_doubt", "unexpected")
            raise
        else:
            self.reached = True
            self._take_in(row, delivery)
            self.handed.ended(row, attempt, "sent")
            self.handed.arrived(posting, row, self.channel, delivery)

    def _ask(self, posting: Row[Any], row: Row[Any]) -> None:
        """Find out what became of a sending, or send the same again where that cannot double anything."""
        try:
            found = self.transport.look(self.handed.parcel(row))
        except InDoubt as error:
            if self.channel.transport is None or not self.channel.transport.resend:
                self.handed.remains_unknown(row, error)
                raise _doubtful(row) from error
            found = None
        if found is None:
            self._hand_over(posting, row)
        else:
            self.reached = True
            self.handed.arrived(posting, row, self.channel, found)

    def _doubt(self, posting: Row[Any], row: Row[Any], error: InDoubt) -> None:
        """Ask soon, then ever more seldom, then let a person ask. Raises Unavailable: the partner is not well."""
        if self.failures.due_again(self.claim, [posting.id], error) is None:
            raise _doubtful(row) from error
        self.handed.doubted(posting, error, self.in_doubt)
        raise Unavailable(error.message, code=error.code) from error

    def _failed(self, posting: Row[Any], error: WardlineError) -> None:
        """Try it again later, or give it up."""
        if isinstance(error, Transient) and self.failures.due_again(self.claim, [posting.id], error):
            self.handed.retry([posting.id], error)
            return
        self.handed.gave_up(posting, error)

    def _understand(self, delivery: Delivery) -> None:
        """Whether the partner's answer is one. Raises InDoubt for what is none, Transient where it says: not now."""
        for answer in delivery.answers:
            try:
                reading = by_name(self._answers_on.standard).read(
                    answer, Profile(self._answers_on, self.outbound.pseudonym)
                )
            except Rejected as error:
                raise InDoubt("the partner's answer cannot be read", code="partner.answer_unreadable") from error
            for document in reading.documents:
                if isinstance(document, Response) and _is_not_now(document):
                    raise Transient(f"the partner said {document.code}: not now", code="partner.not_now")

    def _take_in(self, row: Row[Any], delivery: Delivery) -> None:
        """Let what came back go the way of every message, pointed at what it answers."""
        with self.ledger.reading() as tx:
            [document] = self.ledger.documents.load(tx, [row.document_id]).values()
            message = self.ledger.messages.load(tx, [document.message_id])[document.message_id]
        for answer in delivery.answers:
            channel = self._answers_on
            kind = delivery.answer_type or by_name(channel.standard).content_types[0]
            principal = f"channel:{self.channel.name}"
            sending = Sending(channel, answer, kind[:100], principal, message.trace_id, answers=row.control_id)
            self.intake.take_in(sending)

    @property
    def _answers_on(self) -> Channel:
        return self.setup.channels.get(self.channel.answered_on) or self.channel


def _is_not_now(response: Response) -> bool:
    """Whether an answer asks for the same again later: cXML's 5xx (User's Guide, Response status codes)."""
    return response.status == "in_process" and (response.code or "").isdigit() and int(response.code or 0) >= 500


def _refused(row: Row[Any], error: Refused) -> Held:
    hint = f"The partner refused it ({error.code}). Mend what it names or the channel; released, it is written anew."
    return Held("delivery_refused", f"channel {row.channel} {error.code}", hint)


def _doubtful(row: Row[Any]) -> Held:
    hint = (
        f"Ask the partner whether it has {row.message_type} {row.control_id}. If it has: `wardline interchanges "
        f"delivered {row.id}`. If it has not: `wardline interchanges resend {row.id}`. A mere release asks again."
    )
    return Held("delivery_in_doubt", subject(row), hint)
