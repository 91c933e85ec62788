"""From what a ward asks for to the order in Odoo: names, policy, approval, budget; on stand-in and real Odoo."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from app import ids
from app.flows.intake import Intake, Sending
from app.ledger.approval_queue import ApprovalFilter
from app.ledger.ledger import Ledger
from app.model.master import ItemFacts, SupplierFacts
from app.model.party import PartyIdentifier
from tests import factories
from tests.app.flows.buying import OTHER, SUPPLIER, Buyers
from tests.app.flows.ward import BOX, CATH, Ward, line, opened
from tests.fixtures_odoo import OdooServer

OMS = (
    "MSH|^~\\&|EHR|GEN|WARDLINE|HUB|20261120083000+0100||OMS^O05^OMS_O05|M-{n}|P|2.5.1\r"
    "ORC|NW|{n}^EHR|||||||20261120083000+0100|NURSE^N||||WARD3\r"
    "RQD|1|||GLOVE-M^Examination glove^L|20|EA^Each^ISO+|CC-100||WARD3|20261205\r"
)


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def both(request: pytest.FixtureRequest, small_ledger: Ledger, tmp_path: Any) -> Ward:
    """On the stand-in, then on a real Odoo 19."""
    odoo: OdooServer = request.getfixturevalue(request.param)
    return opened(Buyers.over(small_ledger, odoo), tmp_path)


@pytest.fixture
def ward(small_ledger: Ledger, standin_market: OdooServer, tmp_path: Any) -> Ward:
    return opened(Buyers.over(small_ledger, standin_market), tmp_path)


def test_a_ward_asks_over_hl7_and_its_order_stands_in_odoo_at_the_contract_price(both: Ward) -> None:
    house = both.buyers.house
    house.channels["ehr"] = factories.channel(name="ehr", standard="hl7v2")
    sending = Sending(house.channels["ehr"], OMS.format(n=7001).encode(), "application/hl7-v2", "tester", "0" * 32)
    receipt, _ = Intake(house.ledger, str).take_in(sending)
    assert receipt.outcome == "accepted", receipt.issues
    house.work_off()
    assert both.buyers.held() == {}
    [order] = both.buyers.orders_of(receipt.message_id)
    assert (order.state, order.supplier, order.origin) == ("purchase", SUPPLIER, "7001")
    [ordered] = order.lines
    assert (ordered.item, ordered.quantity, ordered.unit, ordered.price) == ("GLOVE-M", 2, "Box of 10", Decimal("99.1"))
    assert ordered.cost_centre == "CC-100"


def test_one_requisition_of_two_suppliers_is_two_orders(both: Ward) -> None:
    message = both.ask(line(), line("SUTURE-30", "8", "2"))
    orders = both.buyers.orders_of(message)
    assert sorted((order.supplier, order.lines[0].item) for order in orders) == [
        (SUPPLIER, "GLOVE-M"), (OTHER, "SUTURE-30"),
    ]  # fmt: skip
    assert both.verdicts(message) == ["order"]


def test_more_than_the_tier_waits_for_its_approver_and_is_ordered_once(both: Ward) -> None:
    message = both.ask(line("CATH-77", "3"))
    assert both.buyers.held() == {"approval_pending": "requisition R-1"}
    assert both.buyers.orders_of(message) == []
    both.say("wanda")
    [order] = both.buyers.orders_of(message)
    assert (order.state, order.lines[0].price) == ("purchase", 480)
    assert both.buyers.held() == {}


def test_a_rejected_requisition_is_never_ordered(ward: Ward) -> None:
    message = ward.ask(line("CATH-77", "3"))
    ward.say("wanda", "reject")
    assert ward.buyers.house.story(message).documents[0].state == "cancelled"
    assert ward.buyers.all() == []


def test_what_was_agreed_to_is_agreed_to_at_its_price(ward: Ward) -> None:
    message = ward.ask(line("CATH-77", "3"))
    ward.offer(replace(CATH, price=Decimal(9000)))
    ward.say("wanda")
    assert ward.buyers.held() == {"approval_pending": "requisition R-1"}, "the price went up in between"
    assert ward.buyers.all() == []
    ward.say("wanda")
    ward.say("fiona")
    assert [order.lines[0].price for order in ward.buyers.orders_of(message)] == [9000]


def test_an_emergency_goes_ahead_and_is_reviewed_afterwards(ward: Ward) -> None:
    message = ward.ask(line("CATH-77", "3"), priority="stat")
    [order] = ward.buyers.orders_of(message)
    assert order.state == "purchase"
    with ward.ledger.reading() as tx:
        [review] = ward.ledger.approval_queue.find(tx, ApprovalFilter(reference="R-1"))
    assert review.state == "break_glass"


@pytest.mark.parametrize(("asked", "cause"), [
    (line("BONE-SAW"), "item_unknown"),
    (line(unit="PALLET"), "unit_unknown"),
    (line(price={"amount": "11.10"}), "price_off_contract"),
    (line("GLOVE-M", "3", price={"amount": "99.10"}), "unit_suspicious"),
    (line("PACER-01"), "item_not_registered"),
])  # fmt: skip
def test_what_a_person_must_see_is_held_and_not_ordered(both: Ward, asked: dict[str, Any], cause: str) -> None:
    both.ask(asked)
    assert list(both.buyers.held()) == [cause]
    assert both.buyers.all() == []


def test_an_expired_contract_is_held_until_it_is_renewed(both: Ward) -> None:
    both.offer(replace(BOX, valid_to=date(2020, 12, 31)))
    message = both.ask(line())
    assert both.buyers.held() == {"contract_expired": "item GLOVE-M"}
    both.offer(replace(BOX, price=Decimal("101.00")))
    both.buyers.release("contract_expired")
    assert [order.lines[0].price for order in both.buyers.orders_of(message)] == [101]
    assert both.verdicts(message) == ["order", "hold"]


def test_the_last_money_is_spent_once(both: Ward) -> None:
    period = {"starts_on": date(2020, 1, 1), "ends_on": date(2099, 12, 31)}
    with both.ledger.transaction() as tx:
        row = {"cost_centre": "CC-100", "amount": Decimal("300.00"), "currency": "EUR", **period}
        both.ledger.budgets.put(tx, [row], "tester")
    first = both.ask(line())
    second = both.ask(line(), number="R-2")
    assert len(both.buyers.orders_of(first)) == 1
    assert both.buyers.held() == {"over_budget": "cost centre CC-100"}
    both.ask(line(), number="R-1", action="cancel")
    assert [order.state for order in both.buyers.orders_of(first)] == ["cancel"]
    both.buyers.release("over_budget")
    assert [order.state for order in both.buyers.orders_of(second)] == ["purchase"]


def test_a_cancelled_requisition_that_waits_ends_without_an_order(ward: Ward) -> None:
    first = ward.ask(line("CATH-77", "3"))
    second = ward.ask(line("CATH-77", "3"), action="cancel")
    assert ward.buyers.held() == {}
    assert ward.buyers.all() == []
    assert [ward.buyers.house.state(message) for message in (first, second)] == ["settled", "settled"]


def test_the_same_number_with_other_content_waits_for_a_person(ward: Ward) -> None:
    ward.ask(line())
    ward.ask(line(quantity="500"))
    assert list(ward.buyers.held()) == ["event_conflict"]
    assert len(ward.buyers.all()) == 1


def test_a_change_takes_the_place_of_what_waits(ward: Ward) -> None:
    first = ward.ask(line("CATH-77", "3"))
    second = ward.ask(line("CATH-77", "2"), action="change")
    assert ward.buyers.house.story(first).documents[0].state == "cancelled"
    assert [order.lines[0].quantity for order in ward.buyers.orders_of(second)] == [2]
    assert len(ward.buyers.all()) == 1


def test_a_supplier_that_nobody_knows_is_held_until_it_is_registered(both: Ward) -> None:
    stranger = {"identifiers": [{"scheme": "duns", "value": "123456789"}], "name": "Nobody Ltd"}
    message = both.ask(line(supplier=stranger))
    assert both.buyers.held() == {"supplier_unknown": "supplier 123456789"}
    assert both.buyers.all() == []
    with both.ledger.transaction() as tx:
        known = SupplierFacts(SUPPLIER, "Cardinal", identifiers=(PartyIdentifier("duns", "123456789"),))
        both.ledger.registry.put_suppliers(tx, [known])
    both.buyers.release("supplier_unknown")
    assert [order.supplier for order in both.buyers.orders_of(message)] == [SUPPLIER]


def test_while_the_approver_is_away_the_substitute_decides_and_it_is_ordered_once(both: Ward) -> None:
    message = both.ask(line("CATH-77", "3"))
    both.desk.standing_in.away("wanda", "sven", (ids.now(), ids.now() + timedelta(days=7)), "tester")
    both.say("sven")
    assert [order.state for order in both.buyers.orders_of(message)] == ["purchase"]
    assert len(both.buyers.all()) == 1


def test_what_nobody_decides_in_time_is_escalated_and_ordered_once(both: Ward) -> None:
    message = both.ask(line("CATH-77", "3"))
    both.desk.standing_in.away("wanda", None, (ids.now(), ids.now() + timedelta(days=7)), "tester")
    both.desk.escalating.run()
    with time_machine.travel(ids.now() + timedelta(days=5)):
        both.desk.escalating.run()
    both.say("dora")
    assert [order.state for order in both.buyers.orders_of(message)] == ["purchase"]
    assert len(both.buyers.all()) == 1


def test_what_somebody_archived_in_odoo_meanwhile_is_held_and_goes_on_once_it_is_back(both: Ward) -> None:
    message = both.ask(line("CATH-77", "3"))
    [partner] = both.buyers.model("res.partner").search_read(domain=[["ref", "=", SUPPLIER]], fields=["name"])
    both.buyers.model("res.partner").write(ids=[partner["id"]], vals={"active": False})
    both.say("wanda")
    assert both.buyers.held() == {"supplier_archived": f"supplier {SUPPLIER}"}
    assert both.buyers.all() == []
    both.buyers.model("res.partner").write(ids=[partner["id"]], vals={"active": True})
    both.buyers.release("supplier_archived")
    assert [order.state for order in both.buyers.orders_of(message)] == ["purchase"]


def test_a_critical_item_goes_over_the_urgent_lane(ward: Ward) -> None:
    with ward.ledger.transaction() as tx:
        ward.ledger.registry.put_items(tx, [ItemFacts("GLOVE-M", unit="Units", criticality="critical")])
    message = ward.ask(line())
    [posting] = [p for p in ward.buyers.house.story(message).postings if p.operation == "order.place"]
    assert posting.lane == "urgent"
