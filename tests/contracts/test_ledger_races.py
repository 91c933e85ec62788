"""Two transactions at the same moment on the real PostgreSQL: whichever comes first, nothing is lost or stuck."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app import ids
from app.crosswalk.rows import CrosswalkRow
from app.crosswalk.store import CrosswalkStore
from app.ledger import schema, tables
from app.ledger.database import LedgerUnavailable
from app.ledger.ledger import Ledger
from app.ledger.work import NewWork
from tests import factories
from tests.app.flows.house import House
from tests.app.flows.warehouse import Warehouse

pytestmark = pytest.mark.real

UNKNOWN = {"identifiers": [{"scheme": "internal", "value": "CATH-77"}]}


@pytest.fixture
def ledger(postgres_url: str, tmp_path: Path) -> Iterator[Ledger]:
    made = Ledger(factories.settings(tmp_path, database_url=postgres_url))
    schema.upgrade(made.database)
    yield made
    made.database.close()


@pytest.fixture
def odoo() -> Warehouse:
    warehouse = Warehouse()
    for place in ("GEN/Stock/OR1", "GEN/Stock/CATHLAB"):
        warehouse.count(place, "SUTURE-30", 100)
        warehouse.count(place, "CATH-77", 100)
    return warehouse


@pytest.fixture
def house(ledger: Ledger, odoo: Warehouse) -> House:
    return House.over(ledger, odoo)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


def waits(ledger: Ledger, started: Future[Any]) -> None:
    """Return when the other thread's session stands before a lock, or its work is done."""
    here = "datname = current_database() AND wait_event_type = 'Lock'"
    asked = sa.text(f"SELECT count(*) FROM pg_stat_activity WHERE {here}")
    for _ in range(200):
        with ledger.reading() as tx:
            if started.done() or tx.scalar(asked):
                return
        time.sleep(0.01)
    raise AssertionError("the other thread neither waits nor ends")


def reversal(number: str, **changes: Any) -> dict[str, Any]:
    return factories.event(kind="reversal", event_id=f"R-{number}", reverses=f"E-{number}", **changes)


def states(house: House) -> list[str]:
    with house.ledger.reading() as tx:
        return list(tx.scalars(sa.select(tables.message.c.state).order_by(tables.message.c.id)))


def test_a_reversal_meets_the_release_of_its_held_event(house: House, ledger: Ledger, pool: ThreadPoolExecutor) -> None:
    house.receive(factories.event(event_id="E-1", **UNKNOWN))
    house.work_off()
    # The reversal has seen its event held when the operator's release begins.
    with ledger.transaction() as tx:
        held = tx.execute(sa.select(tables.document)).one()
        assert ledger.documents.by_identity(tx, held.identity, lock=True).state == "held"
        released = pool.submit(ledger.holds.release, "item_unknown", None, "tester")
        waits(ledger, released)
        assert ledger.holds.end_documents(tx, [held.id], "wardline", "cancelled") == 1
    assert released.result(20) == 0
    assert states(house) == ["settled"]


def test_a_reversal_that_finds_no_event_meets_its_arrival(
    house: House, ledger: Ledger, odoo: Warehouse, pool: ThreadPoolExecutor
) -> None:
    for number in range(40):
        early = house.receive(reversal(str(number)))
        house.stages["translate"].step("bulk")
        late = house.receive(factories.event(event_id=f"E-{number}"))
        both = [pool.submit(house.stages[stage].step, "bulk") for stage in ("resolve", "translate")]
        [one.result(20) for one in both]
        house.work_off()
        assert (house.state(early), house.state(late)) == ("settled", "settled")
    assert odoo.held("GEN/Stock/OR1", "SUTURE-30") == 100


def test_a_reversal_meets_the_settlement_of_its_event(
    house: House, ledger: Ledger, odoo: Warehouse, pool: ThreadPoolExecutor
) -> None:
    for number in range(15):
        house.receive(factories.event(event_id=f"E-{number}"))
        house.receive(reversal(str(number)))
        house.stages["translate"].step("bulk")
        with ledger.transaction() as tx:
            chosen = sa.select(tables.document.c.id).where(tables.document.c.state == "open")
            first = tx.scalars(chosen.order_by(tables.document.c.id).limit(1)).one()
            later = tables.work.c.subject_id != first
            tx.execute(sa.update(tables.work).where(later).values(due_at=ids.now() + timedelta(hours=1)))
        house.stages["resolve"].step("bulk")
        with ledger.transaction() as tx:
            tx.execute(sa.update(tables.work).values(due_at=ids.now()))
        both = [pool.submit(house.stages[stage].step, "bulk") for stage in ("resolve", "post")]
        [one.result(20) for one in both]
        house.work_off()
        assert set(states(house)) == {"settled"}
    assert odoo.held("GEN/Stock/OR1", "SUTURE-30") == 100


def test_two_reversals_of_one_event_at_the_same_moment_undo_it_once(
    house: House, ledger: Ledger, odoo: Warehouse, pool: ThreadPoolExecutor
) -> None:
    house.receive(factories.event(event_id="E-1"))
    house.work_off()
    for number in range(6):
        house.receive(reversal("1") | {"event_id": f"R-{number}"})
    house.stages["translate"].step("bulk")
    small = House.over(ledger, odoo)
    small.stages["resolve"].limits["bulk"] = 1  # type: ignore[attr-defined]
    for one in [pool.submit(small.stages["resolve"].step, "bulk") for _ in range(6)]:
        one.result(20)
    small.stages["resolve"].limits["bulk"] = 200  # type: ignore[attr-defined]
    house.work_off()
    assert odoo.held("GEN/Stock/OR1", "SUTURE-30") == 100
    with ledger.reading() as tx:
        assert sum(group.documents for group in ledger.holds.groups(tx)) == 5


def test_the_same_events_in_two_messages_in_another_order_are_translated_at_the_same_moment(
    house: House, ledger: Ledger, pool: ThreadPoolExecutor
) -> None:
    events = [factories.event() for _ in range(150)]
    house.receive(*events)
    house.stages["translate"].limits["bulk"] = 1  # type: ignore[attr-defined]
    house.receive(*reversed(events))
    both = [pool.submit(house.stages["translate"].step, "bulk") for _ in range(2)]
    [one.result(20) for one in both]
    assert sorted(states(house)) == ["duplicate", "translated"]


def test_two_imports_of_the_same_row_at_the_same_moment_leave_one(ledger: Ledger, pool: ThreadPoolExecutor) -> None:
    def importing(target: str) -> None:
        row: CrosswalkRow = factories.row("item", "NEW-1", target)
        CrosswalkStore(ledger.database, ledger.audit).import_rows(factories.numbered(row), "tester")

    [one.result(20) for one in [pool.submit(importing, f"ITEM-{n}") for n in range(6)]]
    with ledger.reading() as tx:
        assert len(CrosswalkStore(ledger.database, ledger.audit).rows(tx, ["NEW-1"])) == 1


def test_a_worker_frozen_in_a_transaction_is_cut_off_and_told_so(ledger: Ledger) -> None:
    with ledger.transaction() as tx:
        ledger.work.add(tx, "post", [NewWork(ids.new_id(), "bulk", "A")])
        partition, token = ledger.partitions.acquire(tx, "post", "bulk", ())
        assert tx.scalar(sa.text("SHOW idle_in_transaction_session_timeout")) == "1min"

    def freeze() -> None:
        with ledger.transaction() as tx:
            tx.execute(sa.text("SET LOCAL idle_in_transaction_session_timeout = 200"))
            ledger.partitions.hold(tx, partition, token)
            with ledger.transaction() as meanwhile:  # waits for the sleeper's lock, and gets it
                ledger.partitions.release(meanwhile, partition, token)
            ledger.partitions.hold(tx, partition, token)

    with pytest.raises(LedgerUnavailable):
        freeze()
    with ledger.reading() as tx:
        assert tx.scalar(sa.select(sa.func.count()).select_from(tables.partition_lease)) == 0


def test_two_workers_find_two_partitions(ledger: Ledger, pool: ThreadPoolExecutor) -> None:
    for _ in range(20):
        with ledger.transaction() as tx:
            tx.execute(sa.delete(tables.work))
            tx.execute(sa.delete(tables.partition_lease))
            ledger.work.add(tx, "post", [NewWork(ids.new_id(), "bulk", name) for name in "AAABBBCC"])

        def acquire() -> Any:
            with ledger.transaction() as tx:
                return ledger.partitions.acquire(tx, "post", "bulk", ())

        found = [one.result(20) for one in [pool.submit(acquire) for _ in range(3)]]
        assert {leased[0] for leased in found if leased} == {"A", "B", "C"}
