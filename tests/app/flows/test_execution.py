"""Postings that go alone: carried out once, again after a crash or an unknown outcome, held, followed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from app import flows
from app.errors import Held, InDoubt, Permanent, Transient, Unavailable
from app.flows import following
from app.flows.base import Case, Effects, Verdict
from app.flows.operations import Done, Followed
from app.flows.record import RecordFlow
from app.ledger.dead_letters import Filter
from app.ledger.ledger import Ledger
from app.ledger.postings import NewPosting
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.requisition import Requisition
from app.odoo.erp import Erp
from tests.app.flows.house import House
from tests.app.flows.warehouse import Warehouse

REQUISITION = {
    "document": "requisition",
    "number": "R-1",
    "lines": [{"number": "1", "quantity": {"value": "2", "unit": "EA"}}],
}


@dataclass
class Order:
    """An operation whose records are in memory; ``fate`` is told each call and may raise before or after the effect."""

    name: str = "order.place"
    records: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    calls: int = 0
    fate: Callable[[str], None] = lambda step: None

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:
        self.calls += 1
        self.fate("before")
        self.records.setdefault(key, effect)
        self.fate("after")
        return Done("purchase.order", 7, "P00007", {"state": "purchase"})

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        line = PurchaseOrderLine("1", Quantity(Decimal(2), "EA"))
        following.enter(tx, ledger, followed.document, PurchaseOrder(followed.done.record_name, (line,)))


class Asks(RecordFlow):
    """A requisition that makes two postings: one for each of two suppliers."""

    effect: Mapping[str, Any] = {"supplier": "S-1"}

    def decide(self, tx: Connection, ledger: Ledger, case: Case[Requisition]) -> Verdict:
        made = [
            NewPosting(
                case.row.id, f"order:{case.row.id.hex}:{n}", "order.place", f"odoo:order:{n}", "bulk", self.effect
            )
            for n in ("S-1", "S-2")
        ]
        return Effects(tuple(made), "bulk")


@pytest.fixture
def order() -> Iterator[Order]:
    """The operation, and the flow that asks for it, in the house's lists for the time of a test."""
    before, operation = dict(flows.FLOWS), Order()
    operations = dict(flows.OPERATIONS)
    flows.FLOWS["requisition"] = Asks("requisition")
    flows.FLOWS["purchase_order"] = RecordFlow("purchase_order")
    flows.OPERATIONS["order.place"] = operation
    yield operation
    flows.FLOWS.update(before)
    flows.OPERATIONS.clear()
    flows.OPERATIONS.update(operations)


@pytest.fixture
def house(ledger: Ledger) -> House:
    return House.over(ledger, Warehouse())


def states(house: House, message: Any) -> tuple[str, list[str], list[str]]:
    story = house.story(message)
    return story.message.state, [d.state for d in story.documents], [p.state for p in story.postings]


def test_every_posting_is_carried_out_once_and_followed(house: House, order: Order) -> None:
    message = house.receive(REQUISITION)
    house.work_off()
    assert order.calls == 2
    assert len(order.records) == 2
    story = house.story(message)
    assert story.message.state == "settled"
    # Both orders have one name here, so one document follows; it belongs to the requisition's message.
    assert sorted(d.kind for d in story.documents) == ["purchase_order", "requisition"]
    assert {p.state for p in story.postings} == {"posted"}
    assert {"posting.posted", "document.followed"} <= {event.action for event in story.events}


def test_a_document_is_settled_with_its_last_posting(house: House, order: Order) -> None:
    def second_refused(step: str) -> None:
        if order.calls == 2:
            raise Held("supplier_unknown", "supplier S-2", "Make it in Odoo.")

    order.fate = second_refused
    message = house.receive(REQUISITION)
    house.work_off()
    state, documents, postings = states(house, message)
    assert (state, sorted(postings)) == ("translated", ["blocked", "posted"])
    assert "held" in documents
    order.fate = lambda step: None
    house.ledger.holds.release("supplier_unknown", "supplier S-2", "tester")
    house.work_off()
    assert states(house, message)[0] == "settled"
    assert len(order.records) == 2
    assert order.calls == 3, "what was posted is not carried out again"


def test_a_held_posting_takes_its_new_effect_when_released(house: House, order: Order) -> None:
    def refused(step: str) -> None:
        raise Held("supplier_unknown", "supplier S-1", "Make it in Odoo.")

    order.fate = refused
    house.receive(REQUISITION)
    house.work_off()
    order.fate = lambda step: None
    Asks.effect = {"supplier": "S-9"}
    try:
        house.ledger.holds.release(None, None, "tester")
        house.work_off()
    finally:
        Asks.effect = {"supplier": "S-1"}
    assert {record["supplier"] for record in order.records.values()} == {"S-9"}


@pytest.mark.parametrize("step", ["before", "after"])
@pytest.mark.parametrize("error", [
    InDoubt("no answer", code="odoo.in_doubt"),
    Unavailable("down", code="odoo.unavailable"),
    Transient("conflict", code="odoo.conflict"),
])  # fmt: skip
def test_what_may_or_may_not_have_happened_is_done_again_under_its_key(
    house: House, order: Order, step: str, error: Exception
) -> None:
    failures = iter([error])

    def once(now: str) -> None:
        if now == step and (failure := next(failures, None)):
            raise failure

    order.fate = once
    message = house.receive(REQUISITION)
    for _ in range(20):
        house.work_off()
        if house.state(message) == "settled":
            break
        with house.ledger.transaction() as tx:
            house.ledger.circuits.succeeded(tx, "odoo")
    assert house.state(message) == "settled"
    assert len(order.records) == 2
    assert order.calls == 3


@pytest.mark.parametrize("error", [Permanent("no", code="odoo.error"), ValueError("a fault of ours")])
def test_what_cannot_work_is_a_dead_letter_and_can_be_requeued(house: House, order: Order, error: Exception) -> None:
    def refused(step: str) -> None:
        raise error

    order.fate = refused
    message = house.receive(REQUISITION)
    house.work_off()
    assert states(house, message)[2] == ["dead", "dead"]
    order.fate = lambda step: None
    with house.ledger.reading() as tx:
        dead = house.ledger.dead_letters.list(tx, Filter())
    assert {letter.stage for letter in dead} == {"post"}
    house.ledger.dead_letters.requeue(Filter(), "tester")
    house.work_off()
    assert house.state(message) == "settled"


def test_an_operation_nobody_knows_is_a_dead_letter(house: House, order: Order) -> None:
    del flows.OPERATIONS["order.place"]
    message = house.receive(REQUISITION)
    house.work_off()
    assert states(house, message)[2] == ["dead", "dead"]


def test_a_document_that_follows_is_entered_once(house: House, order: Order) -> None:
    message = house.receive(REQUISITION)
    house.work_off()
    parent = next(d for d in house.story(message).documents if d.kind == "requisition")
    with house.ledger.transaction() as tx:
        line = PurchaseOrderLine("1", Quantity(Decimal(2), "EA"))
        assert following.enter(tx, house.ledger, parent, PurchaseOrder("P00007", (line,))) is None
        assert following.enter(tx, house.ledger, parent, PurchaseOrder("P00008", (line,))) is not None
    house.work_off()
    assert sorted(d.kind for d in house.story(message).documents) == ["purchase_order", "purchase_order", "requisition"]
