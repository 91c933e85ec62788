"""Stage four: postings to partners, one partner at a time.

Called by ``tasks.dispatch``. Every channel has a circuit of its own: while it is open its postings wait, without using
up attempts, until one of them goes to see.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.engine import Connection

from app import ids, partners
from app.errors import Misconfigured, Permanent, RateLimited, Unavailable, WardlineError
from app.flows.failure import Failures
from app.flows.handed import Handed
from app.flows.handover import Handover
from app.flows.intake import Intake
from app.flows.outbound import Outbound
from app.flows.sending import STAGE, partition
from app.ledger.database import LedgerUnavailable
from app.ledger.ledger import Ledger
from app.ledger.work import Claim, LeaseLost
from app.model.channel import Channel
from app.model.setup import Setup
from app.partners.base import Transport
from app.policy.lanes import more_urgent
from app.policy.retry import Retry

AT_ONCE = 20
"""The most messages that one visit to a partner sends."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Dispatch:
    """The dispatch stage. ``opened`` makes a channel's transport."""

    ledger: Ledger
    setup: Setup
    outbound: Outbound
    intake: Intake
    retry: Retry
    in_doubt_seconds: float
    opened: Callable[[Channel], Transport] = partners.transport
    name: str = STAGE

    def step(self, lane: str) -> int:
        """Send what is due to one partner."""
        with self.ledger.transaction() as tx:
            if (leased := self.ledger.partitions.acquire(tx, self.name, lane, more_urgent(lane))) is None:
                return 0
            where, token = leased
            claim = self.ledger.work.claim(tx, self.name, lane, AT_ONCE, where)
            if claim is None or self._waits(tx, claim, where):
                self.ledger.partitions.release(tx, where, token)
                return len(claim.subjects) if claim else 0
        try:
            self._visit(claim, where, token)
        finally:
            with self.ledger.transaction() as tx:
                self.ledger.partitions.release(tx, where, token)
        return len(claim.subjects)

    def _waits(self, tx: Connection, claim: Claim, circuit: str) -> bool:
        """Put the work off where the partner's circuit is open, to when somebody may go to see."""
        if self.ledger.circuits.permit(tx, circuit) != "open":
            return False
        until = self.ledger.circuits.waits_until(tx, circuit) or ids.now()
        self.ledger.work.again(tx, claim, claim.subjects, until, refund=True)
        return True

    def _visit(self, claim: Claim, where: str, token: UUID) -> None:
        failures = Failures(self.ledger, self.retry)
        channel = next((one for name, one in self.setup.channels.items() if partition(name) == where), None)
        if channel is None:
            self._bury(Handed(self.ledger, failures, claim, where, token, set()), claim.subjects)
            return
        try:
            transport = self.opened(channel)
        except Misconfigured as error:
            handed = Handed(self.ledger, failures, claim, where, token, set())
            self._report(where, error)
            with suppress(LeaseLost):
                handed.rest(list(claim.subjects), Unavailable(error.message, code=error.code))
            return
        doubt = timedelta(seconds=self.in_doubt_seconds)
        tools = (self.outbound, self.intake, failures)
        visit = Handover(
            self.ledger, self.setup, channel, transport, *tools, claim, where, token, doubt, _enough(claim, channel)
        )
        try:
            visit.run()
            if visit.reached:
                self._succeeded(where)
        except LeaseLost:
            log.warning("dispatch.lease_lost", lane=claim.lane)
        except WardlineError as error:
            self._report(where, error)
            with suppress(LeaseLost):
                visit.give_back(error)
        finally:
            transport.close()

    def _bury(self, handed: Handed, subjects: Sequence[UUID]) -> None:
        """The channel is no longer configured."""
        gone = Permanent("the channel is no longer configured", code="channel.unknown")
        with self.ledger.reading() as tx:
            postings = self.ledger.postings.load(tx, subjects)
        with suppress(LeaseLost):
            handed.bury(list(postings.values()), gone)

    def _succeeded(self, circuit: str) -> None:
        with self.ledger.transaction() as tx:
            if self.ledger.circuits.succeeded(tx, circuit):
                log.info("circuit.closed", outside=circuit)

    def _report(self, circuit: str, error: WardlineError) -> None:
        if isinstance(error, LedgerUnavailable | RateLimited):
            return
        with self.ledger.transaction() as tx:
            if self.ledger.circuits.failed(tx, circuit, error.code):
                log.warning("circuit.opened", outside=circuit, error_code=error.code)


def _enough(claim: Claim, channel: Channel) -> datetime:
    """Until when another message may be begun: all of its calls must fit into what is left of the lease."""
    settings = channel.transport
    longest = settings.connect_seconds + 2 * settings.read_seconds if settings else 0
    return claim.until - timedelta(seconds=longest)
