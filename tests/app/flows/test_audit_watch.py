"""The daily verification of the audit trail: what it tells of a chain that holds, and of one that does not."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from app.flows.audit_watch import JOB, AuditWatch, ChainBroken
from app.flows.base import Job
from app.ledger import tables
from app.ledger.audit import Event
from app.ledger.ledger import Ledger
from workers.clock import do


def happen(ledger: Ledger, number: int) -> None:
    """So many events, sealed."""
    with ledger.transaction() as tx:
        ledger.audit.append(tx, [Event("test.happened", "tester") for _ in range(number)])
    ledger.audit.seal()


def verify(ledger: Ledger) -> str | None:
    """Let the clock do the job; the code of its error."""
    [job] = AuditWatch(ledger).jobs
    assert isinstance(job, Job)
    with ledger.transaction() as tx:
        token = ledger.jobs.claim(tx, job.name, now=True)
    assert token
    do(ledger, job, token)
    with ledger.reading() as tx:
        row = ledger.jobs.last(tx, JOB)
    assert row is not None
    assert row.due_at - row.finished_at == timedelta(days=1)
    code: str | None = row.error_code
    return code


def test_a_chain_that_holds_gives_a_checkpoint(ledger: Ledger) -> None:
    happen(ledger, 3)
    with capture_logs() as logs:
        assert AuditWatch(ledger).run() == 3
    [line] = [line for line in logs if line["event"] == "audit.checkpoint"]
    assert line["seq"] == 3
    assert ledger.audit.verify((line["seq"], line["digest"])).faults == ()


def test_an_event_that_was_altered(ledger: Ledger) -> None:
    happen(ledger, 3)
    with ledger.transaction() as tx:
        tx.execute(sa.update(tables.audit_event).where(tables.audit_event.c.seq == 2).values(actor="nobody"))
    with pytest.raises(ChainBroken):
        AuditWatch(ledger).run()
    assert verify(ledger) == "audit.broken"


def test_a_chain_that_was_cut_off_at_its_end_stays_broken(ledger: Ledger) -> None:
    happen(ledger, 3)
    assert verify(ledger) is None
    with ledger.transaction() as tx:
        tx.execute(sa.delete(tables.audit_event).where(tables.audit_event.c.seq == 3))
    assert [verify(ledger), verify(ledger)] == ["audit.broken", "audit.broken"]
