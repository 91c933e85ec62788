"""Stage three: postings to Odoo, in frozen batches, one partition at a time.

Called by ``tasks.post``. While the circuit is open nothing is claimed and no attempt is used up; when its time has
come the most urgent lane with work goes to see, alone, before the others follow. A visit takes along what waits in its
partition, so that events of one item become one line, and is made of several calls, between which it looks whether
somebody more urgent waits.
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

from app import ids
from app.errors import Permanent, Unavailable, WardlineError
from app.flows.delivery import Delivery
from app.flows.failure import Failures
from app.flows.visit import Visit
from app.ledger.database import LedgerUnavailable
from app.ledger.ledger import Ledger
from app.ledger.work import Claim, LeaseLost
from app.model.channel import LANES
from app.model.setup import Setup
from app.odoo.erp import Erp
from app.policy.lanes import QUIET, more_urgent, visits
from app.policy.pace import Pace
from app.policy.retry import Retry

CIRCUIT = "odoo"
CALLS = 5
"""How many calls of full length a visit lasts at most."""
TO_ODOO = ("translate", "resolve", "post")
"""The stages of what will be, or is being, posted to Odoo."""
LINE_SECONDS = 0.02
"""What a line takes Odoo, more or less, as long as nobody has measured it."""

log = structlog.get_logger()


@dataclass(slots=True)
class Posting:
    """The posting stage. ``limits`` is the most postings a lane's worker claims at once.

    ``odoo_workers`` is how many calls Odoo works on at a time, where lanes shall make room for each other. A call with
    stock movements is kept near ``call_seconds``.
    """

    ledger: Ledger
    erp: Erp
    limits: Mapping[str, int]
    retry: Retry
    in_doubt_seconds: float
    setup: Setup = field(default_factory=Setup)
    odoo_workers: int | None = None
    call_seconds: float = 1.0
    name: str = "post"
    lines: Pace = field(init=False)
    postings: Pace = field(init=False)

    def __post_init__(self) -> None:
        self.lines = Pace(self.limits, self.call_seconds, LINE_SECONDS)
        self.postings = Pace(self.limits, CALLS * self.call_seconds)

    def step(self, lane: str) -> int:
        """Post what is due in one partition."""
        with self.ledger.transaction() as tx:
            if not (permit := self._permit(tx, lane)):
                return 0
            most = self._most(tx, lane)
            if (leased := self.ledger.partitions.acquire(tx, self.name, lane, more_urgent(lane), most)) is None:
                return 0
            partition, token = leased
            claim = self.ledger.work.claim(tx, self.name, lane, self.postings.limit(lane), partition)
            if claim is None:
                self.ledger.partitions.release(tx, partition, token)
                return 0
        begun = time.monotonic()
        left = self._deliver(claim, partition, token, probe=permit == "probe")
        self.postings.took(lane, len(claim.subjects) - left, time.monotonic() - begun)
        return len(claim.subjects)

    def _visit(self, lane: str) -> Visit:
        return Visit(lane, self.lines, time.monotonic() + CALLS * self.call_seconds, lambda: self._outranked(lane))

    def _outranked(self, lane: str) -> bool:
        """Whether more urgent work waits, for whatever partition: it may be for the one that this visit keeps.

        Or whether the lane has more of Odoo's workers than its share, which were lent to it in a quiet time.
        """
        if not (others := more_urgent(lane)):
            return False
        with self.ledger.reading() as tx:
            if self.ledger.work.due_lanes(tx, self.name, others):
                return True
            most = self._most(tx, lane)
            return most is not None and self.ledger.partitions.taken(tx, lane) > most

    def _most(self, tx: Connection, lane: str) -> int | None:
        """How many visits the lane may make at a time, over all processes."""
        if self.odoo_workers is None:
            return None
        quiet = not self.ledger.bells.rung_since(tx, TO_ODOO, more_urgent(lane), ids.now() - QUIET)
        return visits(lane, self.odoo_workers, quiet=quiet)

    def _permit(self, tx: Connection, lane: str) -> str | None:
        due = self.ledger.work.due_lanes(tx, self.name, LANES)
        if lane not in due:
            return None
        if self.ledger.circuits.waits_until(tx, CIRCUIT) and due & set(more_urgent(lane)):
            return None
        permit = self.ledger.circuits.permit(tx, CIRCUIT)
        return None if permit == "open" else permit

    def _deliver(self, claim: Claim, partition: str, token: UUID, *, probe: bool) -> int:
        """Work through a claim; how many postings were left for another visit."""
        failures = Failures(self.ledger, self.retry)
        in_doubt = timedelta(seconds=self.in_doubt_seconds)
        visit = self._visit(claim.lane)
        delivery = Delivery(self.ledger, self.erp, self.setup, failures, claim, partition, token, in_doubt, visit)
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
        return delivery.left

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
