"""Stage three: postings to Odoo, in frozen batches, one partition at a time.

Called by ``tasks.post``. While the circuit is open nothing is claimed and no attempt is used up; when its time has
come the most urgent lane with work goes to see, alone, before the others follow.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import structlog
from sqlalchemy.engine import Connection

from app.errors import Permanent, Unavailable, WardlineError
from app.flows.delivery import Delivery
from app.flows.failure import Failures
from app.ledger.database import LedgerUnavailable
from app.ledger.ledger import Ledger
from app.ledger.work import Claim, LeaseLost
from app.model.channel import LANES
from app.model.setup import Setup
from app.odoo.erp import Erp
from app.policy.lanes import more_urgent
from app.policy.pace import Pace
from app.policy.retry import Retry

CIRCUIT = "odoo"

log = structlog.get_logger()


@dataclass(slots=True)
class Posting:
    """The posting stage. ``limits`` is the most postings a lane's worker claims at once.

    ``at_once`` is how many visits a lane may make at a time, over all processes; a lane without a number has no limit
    but its workers. A visit is kept near ``visit_seconds``.
    """

    ledger: Ledger
    erp: Erp
    limits: Mapping[str, int]
    retry: Retry
    in_doubt_seconds: float
    setup: Setup = field(default_factory=Setup)
    at_once: Mapping[str, int] = field(default_factory=dict)
    visit_seconds: float = 1.0
    name: str = "post"
    pace: Pace = field(init=False)

    def __post_init__(self) -> None:
        self.pace = Pace(self.limits, self.visit_seconds)

    def step(self, lane: str) -> int:
        """Post what is due in one partition."""
        with self.ledger.transaction() as tx:
            if not (permit := self._permit(tx, lane)):
                return 0
            most = self.at_once.get(lane)
            if (leased := self.ledger.partitions.acquire(tx, self.name, lane, more_urgent(lane), most)) is None:
                return 0
            partition, token = leased
            claim = self.ledger.work.claim(tx, self.name, lane, self.pace.limit(lane), partition)
            if claim is None:
                self.ledger.partitions.release(tx, partition, token)
                return 0
        begun = time.monotonic()
        self._deliver(claim, partition, token, probe=permit == "probe")
        self.pace.took(lane, len(claim.subjects), time.monotonic() - begun)
        return len(claim.subjects)

    def _permit(self, tx: Connection, lane: str) -> str | None:
        due = self.ledger.work.due_lanes(tx, self.name, LANES)
        if lane not in due:
            return None
        if self.ledger.circuits.waits_until(tx, CIRCUIT) and due & set(more_urgent(lane)):
            return None
        permit = self.ledger.circuits.permit(tx, CIRCUIT)
        return None if permit == "open" else permit

    def _deliver(self, claim: Claim, partition: str, token: UUID, *, probe: bool) -> None:
        failures = Failures(self.ledger, self.retry)
        in_doubt = timedelta(seconds=self.in_doubt_seconds)
        delivery = Delivery(self.ledger, self.erp, self.setup, failures, claim, partition, token, in_doubt)
        try:
            if probe:
                self.erp.stock.ping()
            delivery.run()
            self._succeeded()
        except LeaseLost:
            log.warning("posting.lease_lost", lane=claim.lane)
        except WardlineError as error:
            self._report(error)
            with suppress(LeaseLost):
                delivery.give_back(error)
        finally:
            with self.ledger.transaction() as tx:
                self.ledger.partitions.release(tx, partition, token)

    def _succeeded(self) -> None:
        with self.ledger.transaction() as tx:
            if self.ledger.circuits.succeeded(tx, CIRCUIT):
                log.info("circuit.closed", outside=CIRCUIT)

    def _report(self, error: WardlineError) -> None:
        # A permanent fault that ends a whole visit is one of the connection, and closes the road as an outage does.
        if isinstance(error, LedgerUnavailable) or not isinstance(error, Unavailable | Permanent):
            return
        with self.ledger.transaction() as tx:
            if self.ledger.circuits.failed(tx, CIRCUIT, error.code):
                log.warning("circuit.opened", outside=CIRCUIT, error_code=error.code)
