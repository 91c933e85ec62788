"""From what a ward asks for to the order in Odoo: names, policy, approval, budget; on stand-in and real Odoo."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.flows.approving import Saying
from app.flows.intake import Intake, Sending
from app.ledger.approval_queue import ApprovalFilter
from app.ledger.ledger import Ledger
from app.model.master import ItemFacts, Offer, SupplierFacts
from app.services import desk
from tests import factories
from tests.app.flows.buying import OTHER, SUPPLIER, Buyers
from tests.fixtures_odoo import OdooServer

RULES = """
requisition:
  price_percent: 2
  tiers:
    - up_to: 1000
    - up_to: 20000
      steps: [{role: head}]
    - steps: [{role: head}, {role: finance}]
approval:
  roles: {head: {}, finance: {}}
  people:
    wanda: {roles: [head]}
    fiona: {roles: [finance]}
  break_glass: {role: head, hours: 24}
"""
BOX = Offer(
    "GLOVE-M", SUPPLIER, Decimal("99.10"), "EUR", "Box of 10", Decimal(10), supplier_code="CAH-991", contract="CT-77"
)
SUTURE = Offer("SUTURE-30", OTHER, Decimal("2.50"), "EUR", valid_to=date(2099, 12, 31))
CATH = Offer("CATH-77", SUPPLIER, Decimal(480), "EUR")
OMS = (
    "MSH|^~\\&|EHR|GEN|WARDLINE|HUB|20261120083000+0100||OMS^O05^OMS_O05|M-{n}|P|2.5.1\r"
    "ORC|NW|{n}^EHR|||||||20261120083000+0100|NURSE^N||||WARD3\r"
    "RQD|1|||GLOVE-M^Examination glove^L|20|EA^Each^ISO+|CC-100||WARD3|20261205\r"
)


@dataclass
class Ward:
    """A ward that asks, and the hospital that decides."""

    buyers: Buyers
    settings: Any

    def ask(self, *lines: dict[str, Any], number: str = "R-1", **changes: Any) -> Any:
        """Let a requisition arrive and work it off; its message."""
        body = {"document": "requisition", "number": number, "requester": "nurse", "lines": list(lines)} | changes
        message = self.buyers.house.receive(body)
        self.buyers.house.work_off()
        return message

    @property
    def ledger(self) -> Ledger:
        return self.buyers.house.ledger

    def import_rules(self, text: str) -> None:
        with self.ledger.transaction() as tx:
            self.ledger.policies.import_(tx, text, "tester")

    def offer(self, *offers: Offer) -> None:
        with self.ledger.transaction() as tx:
            self.ledger.registry.put_offers(tx, offers)

    def say(self, person: str, verdict: Any = "approve", number: str = "R-1") -> None:
        """Let somebody decide the newest approval of a requisition."""
        office = desk(self.ledger, self.buyers.house.stages["resolve"].setup, self.settings)  # type: ignore[attr-defined]
        with self.ledger.reading() as tx:
            [found] = self.ledger.approval_queue.find(tx, ApprovalFilter(states=("pending",), reference=number))
        office.approving.decide(found.id, Saying(person, verdict, found.version, "test", ""))
        self.buyers.house.work_off()

    def verdicts(self, message: Any) -> list[Any]:
        """The outcomes of all verdicts on a requisition, the newest first."""
        [row] = [d for d in self.buyers.house.story(message).documents if d.kind == "requisition"]
        with self.ledger.reading() as tx:
            return [verdict.outcome for verdict in self.ledger.policies.verdicts(tx, row.id)]


def line(
    item: str = "GLOVE-M", quantity: str = "20", number: str = "1", unit: str = "EA", **changes: Any
) -> dict[str, Any]:
    base = {"number": number, "identifiers": [{"scheme": "internal", "value": item}]}
    return base | {"quantity": {"value": quantity, "unit": unit}, "cost_centre": "CC-100"} | changes


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def both(request: pytest.FixtureRequest, small_ledger: Ledger, tmp_path: Any) -> Ward:
    """On the stand-in, then on a real Odoo 19."""
    odoo: OdooServer = request.getfixturevalue(request.param)
    return _ward(Buyers.over(small_ledger, odoo), tmp_path)


@pytest.fixture
def ward(small_ledger: Ledger, standin_market: OdooServer, tmp_path: Any) -> Ward:
    return _ward(Buyers.over(small_ledger, standin_market), tmp_path)


def _ward(buyers: Buyers, tmp_path: Any) -> Ward:
    made = Ward(buyers, factories.settings(tmp_path))
    buyers.house.crosswalk.import_rows(factories.numbered(factories.row("item", "CATH-77", "CATH-77")), "tester")
    items = [ItemFacts(reference, unit="Units") for reference in ("GLOVE-M", "SUTURE-30", "CATH-77")]
    with made.ledger.transaction() as tx:
        made.ledger.registry.put_items(tx, items)
        made.ledger.registry.put_suppliers(tx, [SupplierFacts(SUPPLIER, "Cardinal"), SupplierFacts(OTHER, "Medline")])
    made.offer(BOX, SUTURE, CATH)
    made.import_rules(RULES)
    return made


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
def test_what_a_person_must_see_is_held_and_not_ordered(ward: Ward, asked: dict[str, Any], cause: str) -> None:
    ward.ask(asked)
    assert list(ward.buyers.held()) == [cause]
    assert ward.buyers.all() == []


def test_an_expired_contract_is_held_until_it_is_renewed(both: Ward) -> None:
    both.offer(replace(BOX, valid_to=date(2020, 12, 31)))
    message = both.ask(line())
    assert both.buyers.held() == {"contract_expired": "item GLOVE-M"}
    both.offer(replace(BOX, price=Decimal("101.00")))
    both.buyers.release("contract_expired")
    assert [order.lines[0].price for order in both.buyers.orders_of(message)] == [101]
    assert both.verdicts(message) == ["order", "hold"]


def test_the_last_money_is_spent_once(ward: Ward) -> None:
    period = {"starts_on": date(2020, 1, 1), "ends_on": date(2099, 12, 31)}
    with ward.ledger.transaction() as tx:
        row = {"cost_centre": "CC-100", "amount": Decimal("300.00"), "currency": "EUR", **period}
        ward.ledger.budgets.put(tx, [row], "tester")
    first = ward.ask(line())
    second = ward.ask(line(), number="R-2")
    assert len(ward.buyers.orders_of(first)) == 1
    assert ward.buyers.held() == {"over_budget": "cost centre CC-100"}
    ward.ask(line(), number="R-1", action="cancel")
    assert [order.state for order in ward.buyers.orders_of(first)] == ["cancel"]
    ward.buyers.release("over_budget")
    assert [order.state for order in ward.buyers.orders_of(second)] == ["purchase"]


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


def test_a_change_takes_the_place_of_what_waits_and_is_held_for_what_was_ordered(ward: Ward) -> None:
    first = ward.ask(line("CATH-77", "3"))
    second = ward.ask(line("CATH-77", "2"), action="change")
    assert ward.buyers.house.story(first).documents[0].state == "cancelled"
    assert [order.lines[0].quantity for order in ward.buyers.orders_of(second)] == [2]
    ward.ask(line("CATH-77", "1"), action="change")
    assert ward.buyers.held() == {"requisition_changed_late": "requisition R-1"}
    assert len(ward.buyers.all()) == 1


def test_a_critical_item_goes_over_the_urgent_lane(ward: Ward) -> None:
    with ward.ledger.transaction() as tx:
        ward.ledger.registry.put_items(tx, [ItemFacts("GLOVE-M", unit="Units", criticality="critical")])
    message = ward.ask(line())
    [posting] = [p for p in ward.buyers.house.story(message).postings if p.operation == "order.place"]
    assert posting.lane == "urgent"
