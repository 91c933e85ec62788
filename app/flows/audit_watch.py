"""The audit trail is verified once a day, and its end is told to the log, where nobody who can change the ledger can
change it.

The clock's job ``audit.verify``; the exporter tells how it went, ``wardline audit verify`` does the same by hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from app.errors import Permanent
from app.flows.base import Job
from app.ledger.ledger import Ledger

JOB = "audit.verify"
EVERY_SECONDS = 86_400.0

log = structlog.get_logger()


class ChainBroken(Permanent):
    """The chain does not hold: something changed the audit trail outside of Wardline."""

    code = "audit.broken"
    hint = "Touch nothing; run `wardline audit verify` and follow the runbook audit-chain-broken."


@dataclass(frozen=True, slots=True)
class AuditWatch:
    """Walks the chain."""

    ledger: Ledger

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What the clock does of it."""
        return (Job(JOB, EVERY_SECONDS, self.run),)

    def run(self) -> int:
        """How many events the chain has; never fewer than the time before. Raises ChainBroken."""
        with self.ledger.reading() as tx:
            last = self.ledger.jobs.last(tx, JOB)
        before = (last.done if last else None) or 0
        found = self.ledger.audit.verify()
        faults = list(found.faults)
        if found.sealed < before:
            faults.append(f"the chain ends at event {found.sealed}, the last time it had {before}")
        if faults:
            for fault in faults[:20]:
                log.error("audit.fault", fault=fault)
            raise ChainBroken(f"the audit chain has {len(faults)} faults")
        log.info("audit.checkpoint", seq=found.sealed, digest=found.head)
        return found.sealed
