"""Source against ledger against Odoo: every kind of difference, and the way back from each that has one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from app import ids
from app.crosswalk.files import NumberedRow
from app.errors import Permanent
from app.flows.completeness import Completeness, Difference, Statement
from app.ledger.dead_letters import Burial
from app.ledger.ledger import Ledger
from app.model.setup import Setup
from app.odoo.erp import Erp
from app.odoo.transport import Connection
from app.policy.control_numbers import Gap, gaps
from tests import factories
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

OR1 = "GEN/Stock/OR1"


class Day:
    """A house, its Odoo, and the statement of today."""

    def __init__(self, ledger: Ledger, odoo: OdooServer) -> None:
        self.ledger, self.odoo, self.today = ledger, odoo, ids.now().date()
        self.house = House.over(ledger, Erp(odoo.connection))
        self.made = Completeness(ledger, Erp(odoo.connection), Setup(self.house.channels))

    def use(self, number: str, **changes: Any) -> Any:
        return self.house.receive(factories.event(event_id=number, **changes))

    def statement(self) -> Statement:
        [one] = self.made.of_day(self.today, "cabinets")
        return one

    def differences(self) -> dict[str, Difference]:
        return {difference.what: difference for difference in self.statement().differences}

    def tell(self, count: int) -> None:
        with self.ledger.transaction() as tx:
            self.ledger.completeness.tell(tx, "cabinets", self.today, count, "tester")

    def delete_transfer(self, message: Any) -> str:
        """Take a done transfer out of Odoo, as restoring an old backup does; its name."""
        [batch] = self.house.story(message).batches
        model = self.odoo.connection.get_model("stock.picking")
        model.write(ids=[batch.record_id], vals={"state": "draft"})
        [line] = model.read(ids=[batch.record_id], fields=["move_line_ids"])
        model.unlink(ids=[batch.record_id])
        assert line
        return str(batch.record_name)


@pytest.fixture
def day(ledger: Ledger, standin_hospital: OdooServer) -> Day:
    return Day(ledger, standin_hospital)


def test_a_day_that_is_complete(day: Day) -> None:
    day.use("E-1")
    day.use("E-2")
    day.use("E-2", quantity={"value": "1", "unit": "EA"})
    day.house.work_off()
    day.tell(2)
    statement = day.statement()
    assert statement.is_complete, statement
    assert (statement.source, statement.posted, statement.in_odoo) == (2, 2, 2)
    assert statement.documents == {"settled": 2}


def test_what_the_sender_counts_and_we_have_not(day: Day) -> None:
    day.use("E-1")
    day.house.work_off()
    day.tell(3)
    difference = day.differences()["source_has_more"]
    assert (difference.count, difference.command) == (2, "")
    day.tell(0)
    assert day.differences()["source_has_less"].count == 1


def test_what_is_not_read_held_or_dead(day: Day) -> None:
    day.use("E-HELD", identifiers=[{"scheme": "internal", "value": "NEW-1"}])
    dead = day.use("E-DEAD")
    day.house.stages["translate"].step("bulk")
    day.house.stages["resolve"].step("bulk")
    with day.ledger.transaction() as tx:
        [document] = day.house.story(dead).documents
        [posting] = day.house.story(dead).postings
        day.ledger.work.drop(tx, "post", posting.id)
        day.ledger.postings.set_state(tx, [posting.id], "dead", "odoo.error")
        burial = Burial("post", posting.id, dead, document.facility, "bulk", 1)
        day.ledger.dead_letters.bury(tx, burial, Permanent("no", code="odoo.error"))
    day.use("E-UNREAD")
    found = day.differences()
    assert set(found) == {"held", "dead", "unread"}
    assert found["held"].command == 'wardline holds release --cause item_unknown --subject "item internal:NEW-1"'
    assert found["dead"].command.startswith("wardline dlq requeue --id ")

    day.house.crosswalk.import_rows([NumberedRow(2, factories.row("item", "NEW-1", "SUTURE-30"))], "tester")
    assert day.made.recover([day.statement()], "tester") == 2
    day.house.work_off()
    assert day.statement().is_complete
    assert day.odoo.on_hand("SUTURE-30", OR1) == 197


def test_what_odoo_has_lost_is_posted_again(day: Day) -> None:
    message = day.use("E-1")
    day.house.work_off()
    name = day.delete_transfer(message)
    before = day.odoo.on_hand("SUTURE-30", OR1)
    difference = day.differences()["missing_in_odoo"]
    assert (difference.subject, difference.count) == (f"stock.picking {name}", 1)
    assert day.statement().in_odoo == 0

    assert day.made.recover([day.statement()], "tester") == 1
    assert day.made.recover([day.statement()], "tester") == 0, "it is on its way"
    day.house.work_off()
    assert day.statement().is_complete
    assert day.odoo.on_hand("SUTURE-30", OR1) == before - 1
    story = day.house.story(message)
    assert (story.message.state, [batch.state for batch in story.batches]) == ("settled", ["posted"])
    assert "posting.lost" in {event.action for event in story.events}
    with day.ledger.reading() as tx:
        [rate] = day.ledger.usage.rates(tx, ["SUTURE-30"])
    assert rate.per_day * rate.days == 1, "counted once"


def test_what_was_cancelled_or_opened_again_in_odoo_is_a_persons_to_mend(day: Day) -> None:
    messages = [day.use(f"E-{n}", location=place) for n, place in enumerate(("OR1", "WARD3"))]
    day.house.work_off()
    model = day.odoo.connection.get_model("stock.picking")
    for message, state in zip(messages, ("cancel", "assigned"), strict=True):
        [batch] = day.house.story(message).batches
        model.write(ids=[batch.record_id], vals={"state": state})
    found = day.differences()
    assert set(found) == {"cancelled_in_odoo", "not_done_in_odoo"}
    assert {difference.command for difference in found.values()} == {""}
    assert day.made.recover([day.statement()], "tester") == 0


def test_orders_that_somebody_deleted_are_made_anew_only_when_asked(day: Day) -> None:
    message = day.use("E-1")
    day.house.work_off()
    [posting] = day.house.story(message).postings
    from app.ledger import tables

    with day.ledger.transaction() as tx:
        order = {"operation": "order.place", "record_model": "purchase.order", "record_id": 999}
        tx.execute(tables.batch.update().where(tables.batch.c.id == posting.batch_id).values(**order))
    assert set(day.differences()) == {"order_missing_in_odoo"}
    assert day.made.recover([day.statement()], "tester") == 0
    assert day.made.recover([day.statement()], "tester", orders=True) == 1


def test_while_odoo_is_down_only_the_rest_is_stated(day: Day) -> None:
    day.use("E-1")
    day.house.work_off()
    down = Completeness(day.ledger, Erp(Connection("http://127.0.0.1:9", "x", "x")), day.made.setup)
    [statement] = down.of_day(day.today, "cabinets")
    assert (statement.in_odoo, statement.posted, statement.differences) == (None, 1, ())
    assert not statement.is_complete


def test_the_statement_of_yesterday_is_kept(day: Day) -> None:
    import time_machine

    day.use("E-1", identifiers=[{"scheme": "internal", "value": "NEW-1"}])
    day.house.work_off()
    with time_machine.travel(ids.now() + timedelta(days=1)):
        assert day.made.state_yesterday() == 1
    with day.ledger.reading() as tx:
        [kept] = day.ledger.completeness.kept(tx, day.today)
    assert (kept.channel, kept.differences) == ("cabinets", 1)
    assert kept.figures["documents"] == {"held": 1}


def test_days_are_the_channels_own(day: Day) -> None:
    assert day.made.of_day(date(2026, 1, 1))[0].messages == {}


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (["1", "2", "3", "5", "6"], [Gap("4", "4", 1)]),
        (["M0007", "M0008", "M0009", "M0012", "M0013"], [Gap("M0010", "M0011", 2)]),
        (["1", "2", "3", "4", "5"], []),
        (["3", "1", "5", "2", "6", "3"], [Gap("4", "4", 1)]),
        (["1", "50", "900", "1000", "3000"], []),
        (["1", "3"], []),
        (["a", "", "b7"], []),
        (["A1", "A2", "A3", "A5", "A6", "B1", "B2", "B3", "B4", "B6"], [Gap("A4", "A4", 1), Gap("B5", "B5", 1)]),
    ],
)
def test_gaps_in_sequential_numbers(numbers: list[str], expected: list[Gap]) -> None:
    assert gaps(numbers) == expected
