"""What one visit, one worker or one outage does to the work of others: nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app import ids
from app.errors import InDoubt, Permanent, RateLimited, Transient, Unavailable
from app.ledger import tables
from app.ledger.dead_letters import Filter
from app.ledger.ledger import Ledger
from app.ledger.work import NewWork
from tests import factories
from tests.app.flows.house import House
from tests.app.flows.mortals import Killed
from tests.app.flows.warehouse import Warehouse

OR1 = "GEN/Stock/OR1"
START = datetime(2026, 11, 20, 8, tzinfo=UTC)


@pytest.fixture
def odoo() -> Warehouse:
    warehouse = Warehouse()
    for item in ("SUTURE-30", "GLOVE-M"):
        warehouse.count(OR1, item, 100)
    return warehouse


@pytest.fixture
def house(small_ledger: Ledger, odoo: Warehouse) -> House:
    return House.over(small_ledger, odoo)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(START, tick=True) as traveller:
        yield traveller


def expire(house: House) -> None:
    past = ids.now() - timedelta(seconds=1)
    with house.ledger.transaction() as tx:
        tx.execute(sa.update(tables.work).values(due_at=past))
        tx.execute(sa.update(tables.partition_lease).values(until=past))


def dead(house: House) -> list[str]:
    with house.ledger.reading() as tx:
        return [row.error_code for row in house.ledger.dead_letters.list(tx, Filter())]


def attempts(house: House) -> set[int]:
    with house.ledger.reading() as tx:
        return set(tx.scalars(sa.select(tables.work.c.attempts)))


def resolved(house: House, *events: dict) -> list:
    """The messages of these events, one each, ready to be posted."""
    messages = [house.receive(event) for event in events]
    house.stages["translate"].step("bulk")
    house.stages["resolve"].step("bulk")
    return messages


def gloves(**changes) -> dict:
    return factories.event(identifiers=[{"scheme": "internal", "value": "GLOVE-M"}], **changes)


def failing(step: str, error: Exception, times: int = 1) -> Callable[[str], None]:
    """A fate that fails a step so many times."""
    left = [error] * times

    def fate(reached: str) -> None:
        if reached == step and left:
            raise left.pop()

    return fate


class TestKillers:
    def test_a_document_that_cannot_be_read_dies_alone(self, house: House, odoo: Warehouse) -> None:
        spoilt, *others = (house.receive(factories.event()) for _ in range(3))
        house.stages["translate"].step("bulk")
        document = house.story(spoilt).documents[0].id
        with house.ledger.transaction() as tx:
            tx.execute(sa.delete(tables.body).where(tables.body.c.owner_id == document))
            house.ledger.bodies.store(tx, [(document, b"{}")], START + timedelta(days=9))
        house.work_off()
        assert dead(house) == ["document.unreadable"]
        assert {house.state(message) for message in others} == {"settled"}

    def test_a_message_that_kills_its_workers_dies_alone(self, house: House, odoo: Warehouse) -> None:
        messages = [house.receive(factories.event()) for _ in range(8)]
        stage = house.stages["translate"]

        def pseudonym(_: str) -> str:
            raise Killed

        killer = house.receive(factories.event(case_id="C-1"))
        later = [house.receive(factories.event()) for _ in range(8)]
        doomed = replace(stage, pseudonym=pseudonym)  # type: ignore[type-var]
        deaths = 0
        claimed = 1
        while claimed:
            try:
                claimed = doomed.step("bulk")
            except Killed:
                deaths += 1
                expire(house)
        house.work_off()
        assert dead(house) == ["worker.killed"]
        assert house.state(killer) == "dead"
        assert {house.state(message) for message in messages + later} == {"settled"}
        assert deaths == 5

    def test_many_retries_and_one_death_are_no_killer(self, house: House, odoo: Warehouse) -> None:
        (message,) = resolved(house, factories.event())
        for _ in range(10):
            odoo.fate = failing("items", RateLimited(retry_after=0))
            house.stages["post"].step("bulk")
        odoo.fate = failing("items", Killed())  # type: ignore[arg-type]
        with pytest.raises(Killed):
            house.stages["post"].step("bulk")
        expire(house)
        house.work_off()
        assert (dead(house), house.state(message)) == ([], "settled")


class TestLongVisits:
    def test_a_visit_that_goes_on_keeps_its_partition(
        self, house: House, odoo: Warehouse, clock: time_machine.Coordinates
    ) -> None:
        messages = resolved(house, *(factories.event() for _ in range(10)))
        with house.ledger.transaction() as tx:
            tx.execute(sa.update(tables.posting).values(alone=True))
        another = House.over(house.ledger, odoo)

        def slow(step: str) -> None:
            if step == "load":
                clock.shift(timedelta(seconds=50))
                assert another.stages["post"].step("bulk") == 0

        odoo.fate = slow
        house.stages["post"].step("bulk")
        assert {house.state(message) for message in messages} == {"settled"}


class TestOthersFaults:
    @pytest.mark.parametrize("step", ["find", "revoke"])
    def test_a_batch_that_cannot_be_asked_for_buries_nobody_else(
        self, house: House, odoo: Warehouse, step: str
    ) -> None:
        (doubted,) = resolved(house, factories.event())
        odoo.fate = failing("validated", InDoubt())
        house.stages["post"].step("bulk")
        (fresh,) = resolved(house, gloves())
        odoo.fate = failing("find", Permanent(code="odoo.failed"))
        house.work_off()
        assert dead(house) == []
        assert [house.state(message) for message in (doubted, fresh)] == ["settled", "settled"]
        assert (odoo.held(OR1, "SUTURE-30"), odoo.held(OR1, "GLOVE-M")) == (99, 99)

    def test_a_question_that_fails_for_one_posting_buries_that_one(self, house: House, odoo: Warehouse) -> None:
        class Choosy(Warehouse):
            def items(self, references):
                if "GLOVE-M" in references:
                    raise Permanent(code="odoo.failed")
                return super().items(references)

        choosy = House.over(house.ledger, Choosy(stock=odoo.stock))
        messages = resolved(choosy, factories.event(), gloves(), factories.event())
        choosy.work_off()
        assert dead(choosy) == ["odoo.failed"]
        assert [choosy.state(message) for message in messages] == ["settled", "translated", "settled"]

    def test_the_oldest_member_of_a_batch_does_not_bury_the_others(
        self, house: House, odoo: Warehouse, clock: time_machine.Coordinates
    ) -> None:
        old = resolved(house, factories.event())
        clock.shift(timedelta(hours=30))
        young = resolved(house, gloves())
        odoo.fate = failing("load", Transient())
        house.work_off()
        assert (dead(house), {house.state(message) for message in old + young}) == ([], {"settled"})


class TestOutages:
    def test_a_day_without_odoo_uses_up_no_patience(
        self, house: House, odoo: Warehouse, clock: time_machine.Coordinates
    ) -> None:
        (message,) = resolved(house, factories.event())
        odoo.fate = failing("items", Unavailable())
        house.stages["post"].step("bulk")
        clock.shift(timedelta(hours=30))
        odoo.fate = failing("load", Transient())
        house.work_off()
        assert (dead(house), house.state(message)) == ([], "settled")

    def test_what_was_joined_and_given_back_never_counts_below_nothing(self, house: House, odoo: Warehouse) -> None:
        resolved(house, factories.event(), factories.event())
        odoo.fate = failing("validated", InDoubt())
        house.stages["post"].step("bulk")
        house.stages["post"].limits["bulk"] = 1  # type: ignore[attr-defined]
        for _ in range(6):
            odoo.fate = failing("find", Unavailable())
            house.stages["post"].step("bulk")
        assert min(attempts(house)) >= 0

    def test_a_ledger_that_fails_is_no_outage_of_odoo(self, house: House, odoo: Warehouse) -> None:
        from app.ledger.database import LedgerUnavailable

        resolved(house, factories.event())
        for _ in range(3):
            odoo.fate = failing("items", LedgerUnavailable())
            house.stages["post"].step("bulk")
        with house.ledger.reading() as tx:
            assert house.ledger.circuits.waits_until(tx, "odoo") is None


class TestReversals:
    def test_a_cancelled_reversal_leaves_its_event_to_another(self, house: House, odoo: Warehouse) -> None:
        house.receive(factories.event(event_id="E-1"))
        house.work_off()
        odoo.unwanted.add("SUTURE-30")
        first = house.receive(factories.event(kind="reversal", event_id="R-1", reverses="E-1"))
        house.work_off()
        house.ledger.holds.cancel("refused_by_odoo", "item SUTURE-30: unwanted", "tester")
        odoo.unwanted.clear()
        second = house.receive(factories.event(kind="reversal", event_id="R-2", reverses="E-1"))
        third = house.receive(factories.event(kind="reversal", event_id="R-3", reverses="E-1"))
        house.work_off()
        assert [house.state(message) for message in (first, second, third)] == ["settled", "settled", "translated"]
        assert odoo.held(OR1, "SUTURE-30") == 100

    def test_a_posting_on_its_way_does_not_settle_its_document(self, house: House, odoo: Warehouse) -> None:
        (message,) = resolved(house, factories.event())
        odoo.fate = failing("validate", InDoubt())
        house.stages["post"].step("bulk")
        with house.ledger.transaction() as tx:
            document = tx.execute(sa.select(tables.document)).one()
            house.ledger.work.add(tx, "resolve", [NewWork(document.id, "bulk")])
        house.stages["resolve"].step("bulk")
        assert house.state(message) == "translated"
        house.work_off()
        assert (house.state(message), odoo.held(OR1, "SUTURE-30")) == ("settled", 99)
