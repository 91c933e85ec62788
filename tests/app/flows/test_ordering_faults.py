"""Orders survive what can go wrong between Wardline and Odoo: no order is lost, none is made twice."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app import ids
from app.errors import Transient
from app.flows.intake import Intake
from app.flows.order_watch import OrderWatch
from app.flows.ordering import PlaceOrder
from app.ledger import tables
from app.ledger.ledger import Ledger
from app.model.order_request import OrderRequest
from app.model.setup import Setup
from app.odoo.erp import Erp
from app.policy import ordering
from tests.app.flows.buying import SUPPLIER, Buyers, Counting, asking, gloves, sutures
from tests.fixtures_odoo import OdooServer
from tests.integration.proxy import Proxy

CALLS = ("/purchase.order/load", "/purchase.order/button_confirm")


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def buyers(small_ledger: Ledger, odoo: OdooServer) -> Iterator[Buyers]:
    with asking():
        yield Buyers.over(small_ledger, odoo)


class Mortal(Erp):
    """Odoo for a worker that dies once, just before a call."""

    def __init__(self, odoo: OdooServer, place: str) -> None:
        connection = Dying(odoo.url, odoo.database, odoo.service_key)
        connection.place = place
        super().__init__(connection)


class Dying(Counting):
    """A connection whose process dies before the first call to a place."""

    place = ""

    def exchange(self, call: Any, *arguments: Any, **named: Any) -> Any:
        if call.place == self.place:
            self.place = ""
            raise SystemExit
        return super().exchange(call, *arguments, **named)


def over(buyers: Buyers, erp: Erp) -> None:
    """Post over another Odoo from now on."""
    stage: Any = buyers.house.stages["post"]
    buyers.house.stages["post"] = replace(stage, erp=erp)


@pytest.mark.parametrize("call", CALLS)
def test_an_answer_that_was_lost_makes_no_second_order(buyers: Buyers, call: str) -> None:
    with Proxy(buyers.odoo.url) as proxy:
        buyers.through(proxy.url, 4)
        proxy.withheld = call
        message = buyers.ask(gloves(), sutures())
        for _ in range(4):  # it is in doubt, and asked for again and again
            for stage in buyers.house.stages.values():
                stage.step("bulk")
        assert proxy.held.is_set()
        proxy.release()
        buyers.house.work_off()

    assert [row["state"] for row in buyers.all()] == ["purchase"]
    [order] = buyers.orders_of(message)
    assert [line.quantity for line in order.lines] == [3, 8]
    assert len(buyers.told()) == 1


@pytest.mark.parametrize(
    "place",
    [
        "purchase.order.load",
        "purchase.order.web_search_read",
        "purchase.order.button_confirm",
    ],
)
def test_a_worker_that_died_is_taken_up_where_it_stopped(buyers: Buyers, place: str) -> None:
    over(buyers, Mortal(buyers.odoo, place))
    message = buyers.ask(gloves(), sutures())
    with pytest.raises(SystemExit):
        buyers.house.work_off()
    abandon(buyers)

    buyers.house.work_off()

    assert [row["state"] for row in buyers.all()] == ["purchase"]
    assert len(buyers.orders_of(message)) == len(buyers.told()) == 1


def test_a_draft_that_was_left_is_put_right(buyers: Buyers) -> None:
    request = effect(gloves(price="1.00"), sutures("2"), sutures("1", number="9", item="CATH-77"))
    facts = buyers.erp.purchasing.facts(OrderRequest.of(request))
    left = buyers.erp.purchasing.place("order:x", ordering.admit(OrderRequest.of(request), facts))
    assert left.state == "draft"

    wanted = effect(gloves(), sutures(), sutures("4", number="3"))
    done = PlaceOrder().perform(buyers.erp, "order:x", wanted)

    assert done.record_name == left.number
    order = buyers.read(left.number)
    found = {line.item: (line.quantity, line.price) for line in order.lines if line.item != "SUTURE-30"}
    assert found == {"GLOVE-M": (3, Decimal("99.1"))}
    assert sorted(line.quantity for line in order.lines if line.item == "SUTURE-30") == [4, 8]
    assert (order.state, len(buyers.all())) == ("purchase", 1)


def test_a_price_that_a_buyer_changed_in_the_draft_is_put_right(buyers: Buyers) -> None:
    request = effect(gloves())
    facts = buyers.erp.purchasing.facts(OrderRequest.of(request))
    left = buyers.erp.purchasing.place("order:y", ordering.admit(OrderRequest.of(request), facts))
    change = {"order_line": [[1, left.lines[0].id, {"price_unit": 500, "discount": 5}]]}
    buyers.model("purchase.order").write(ids=[left.id], vals=change)

    PlaceOrder().perform(buyers.erp, "order:y", request)

    [line] = buyers.read(left.number).lines
    assert (line.price, line.discount) == (Decimal("99.1"), 0)


def test_a_draft_that_a_buyer_deleted_is_made_anew(buyers: Buyers) -> None:
    request = effect(gloves())
    facts = buyers.erp.purchasing.facts(OrderRequest.of(request))
    left = buyers.erp.purchasing.place("order:z", ordering.admit(OrderRequest.of(request), facts))
    buyers.model("purchase.order").button_cancel(ids=[left.id])
    buyers.model("purchase.order").unlink(ids=[left.id])

    done = PlaceOrder().perform(buyers.erp, "order:z", request)

    assert done.record_name != left.number
    assert [row["state"] for row in buyers.all()] == ["purchase"]


def test_what_was_archived_after_the_order_was_made_does_not_matter(buyers: Buyers) -> None:
    request = effect(gloves())
    first = PlaceOrder().perform(buyers.erp, "order:a", request)
    buyers.model("product.product").write(ids=[buyers.odoo.item_id("GLOVE-M")], vals={"active": False})

    assert PlaceOrder().perform(buyers.erp, "order:a", request).record_id == first.record_id


def test_two_workers_with_one_posting_make_one_order(buyers: Buyers) -> None:
    request = effect(gloves(), sutures())

    def place(_: int) -> int | None:
        erp = Erp(Counting(buyers.odoo.url, buyers.odoo.database, buyers.odoo.service_key))
        try:
            return PlaceOrder().perform(erp, "order:two", request).record_id
        except Transient:  # one of them lost, and is called again
            return None

    with ThreadPoolExecutor(2) as pool:
        made = {record_id for record_id in pool.map(place, range(2)) if record_id}

    assert len(made) == 1
    [row] = buyers.all()
    order = buyers.read(row["name"])
    assert [line.quantity for line in order.lines] == [3, 8]
    assert [move["product_uom_qty"] for move in buyers.moves(order) if move["state"] != "cancel"] == [30, 8]


def test_an_order_that_odoo_wants_approved_waits_and_goes_on(buyers: Buyers) -> None:
    window = (ids.now() + timedelta(hours=1)).isoformat()
    message = buyers.ask(gloves(), window=window)
    buyers.house.work_off()
    [draft] = buyers.all()
    buyers.model("purchase.order").write(ids=[draft["id"]], vals={"state": "to approve"})
    buyers.end_windows()
    assert buyers.held() == {"order_to_approve_in_odoo": f"order {draft['name']}"}
    watch = OrderWatch(buyers.house.ledger, buyers.erp, Setup(buyers.house.channels), Intake(buyers.house.ledger, str))
    watch.run()
    assert buyers.held() == {"order_to_approve_in_odoo": f"order {draft['name']}"}

    buyers.model("purchase.order").button_approve(ids=[draft["id"]])
    watch.run()
    buyers.house.work_off()

    assert buyers.held() == {}
    assert [order.state for order in buyers.orders_of(message)] == ["purchase"]
    assert [told["number"] for told in buyers.told()] == [draft["name"]]


@pytest.mark.parametrize("orders", [1, 100])
def test_figures_calls_to_odoo(buyers: Buyers, orders: int, capsys: pytest.CaptureFixture[str]) -> None:
    if orders > 1 and buyers.odoo.database != "standin":
        orders = 10
    lines = [gloves(number=str(number)) for number in range(1, 11)]
    buyers.order(*lines)
    buyers.connection.calls.clear()
    for _ in range(orders):
        buyers.ask(*lines)
    buyers.house.work_off()

    calls = buyers.connection.calls
    with capsys.disabled():
        print(f"\n{orders} orders of 10 lines: {calls.total() / orders:.2f} calls to Odoo each, {dict(calls)}")
    assert calls.total() <= 7 * orders
    assert len(buyers.all()) == orders + 1


def effect(*lines: dict[str, Any]) -> dict[str, Any]:
    """The effect of an order."""
    return {
        "requisition": "R-1", "facility": "GEN", "company": "", "warehouse": "GEN", "supplier": SUPPLIER,
        "currency": "EUR", "needed_by": "2026-12-05", "lines": list(lines),
    }  # fmt: skip


def abandon(buyers: Buyers) -> None:
    """Let the leases of the dead worker run out."""
    past = ids.now() - timedelta(seconds=1)
    with buyers.house.ledger.transaction() as tx:
        tx.execute(sa.update(tables.work).values(due_at=past))
        tx.execute(sa.update(tables.partition_lease).values(until=past))
