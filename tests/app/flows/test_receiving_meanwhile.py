"""Receipts and what happens meanwhile in Odoo: people who receive by hand, orders cancelled, workers that die."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from app import ids
from app.errors import Held
from app.flows.receiving import ReceiveGoods
from app.ledger import tables
from app.ledger.ledger import Ledger
from app.odoo import faults
from app.odoo.erp import Erp
from app.odoo.receiving import Closed, Landed
from tests.app.flows.buying import Counting, asking
from tests.app.flows.dock import Dock, came, gloves, of, stents
from tests.fixtures_odoo import OdooServer
from tests.integration.proxy import Proxy

D = Decimal


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def dock(small_ledger: Ledger, odoo: OdooServer) -> Iterator[Dock]:
    with asking():
        yield Dock.over(small_ledger, odoo)


class Dying(Counting):
    """A connection whose process dies once, just before a call to a place, after ``spared`` calls to it."""

    place, spared = "", 0

    def exchange(self, call: Any, *arguments: Any, **named: Any) -> Any:
        if call.place == self.place:
            if not self.spared:
                self.place = ""
                raise SystemExit
            self.spared -= 1
        return super().exchange(call, *arguments, **named)


def die_before(dock: Dock, place: str, spared: int = 0) -> None:
    """The posting stage's worker will die before this call."""
    odoo = dock.buyers.odoo
    connection = Dying(odoo.url, odoo.database, odoo.service_key)
    connection.place, connection.spared = place, spared
    stage: Any = dock.buyers.house.stages["post"]
    dock.buyers.house.stages["post"] = replace(stage, erp=Erp(connection))


def abandon(dock: Dock) -> None:
    """Let the leases of the dead worker run out."""
    past = ids.now() - timedelta(seconds=1)
    with dock.buyers.house.ledger.transaction() as tx:
        tx.execute(sa.update(tables.work).values(due_at=past))
        tx.execute(sa.update(tables.partition_lease).values(until=past))


def effect(order: str, *lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a receipt is to have done, as it is frozen."""
    blank = {"line": None, "item": None, "factor": "1", "lot": None, "serial": None, "expiry": None}
    return {
        "order": order, "receipt": "R-9", "ship_notice": None, "received_on": ids.now().date().isoformat(),
        "received_at": None, "received_by": None, "note": None, "rejected": [], "short": [], "accepted": [],
        "rules": {}, "lines": [blank | line for line in lines],
    } | changes  # fmt: skip


def test_what_somebody_received_by_hand_already_is_not_received_again(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.by_hand(order, {"GLOVE-M": "20"})
    message = dock.receive(came(order, "1", "2", "BX"), number="R-HAND")
    assert (dock.buyers.held(), dock.received(order), dock.state(message)) == ({}, [2], "settled")
    [transfer] = dock.done(order)
    assert transfer.origin.endswith("R-HAND")
    assert [told["number"] for told in dock.told()] == [transfer.name]
    dock.receive(came(order, "1", "1", "BX"))
    assert dock.received(order) == [3]


def test_what_somebody_received_by_hand_otherwise_is_for_a_person_to_decide(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.by_hand(order, {"GLOVE-M": "10"})
    message = dock.receive(came(order, "1", "2", "BX"))
    assert dock.buyers.held() == {"receipt_differs": f"order {order.number}"}
    with dock.buyers.house.ledger.reading() as tx:
        [group] = dock.buyers.house.ledger.holds.groups(tx)
    assert "line 1: 20 received, 10 in Odoo" in group.hint
    dock.buyers.release("receipt_differs")
    assert (dock.received(order), dock.state(message)) == ([3], "settled")


def test_two_equal_receipts_are_two_where_somebody_received_one_of_them(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.by_hand(order, {"GLOVE-M": "10"})
    for _ in range(2):
        dock.receive(came(order, "1", "1", "BX"))
    assert dock.received(order) == [2]
    assert len(dock.told()) == 2


def test_an_order_that_was_cancelled_is_for_a_person(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.buyers.model("purchase.order").button_cancel(ids=[order.id])
    dock.notice(of(order, "1", "3", "BX"))
    dock.receive(came(order, "1", "3", "BX"))
    subject = f"order {order.number}"
    assert dock.buyers.held() == {
        "receipt_for_cancelled_order": subject,
        "ship_notice_of_cancelled_order": subject,
    }


def test_a_transfer_that_was_cancelled_leaves_nothing_to_receive(dock: Dock) -> None:
    order = dock.order(gloves())
    [transfer] = dock.transfers(order)
    dock.buyers.model("stock.picking").action_cancel(ids=[transfer.id])
    dock.receive(came(order, "1", "3", "BX"))
    assert dock.buyers.held() == {"nothing_to_receive": f"order {order.number} line 1"}


def test_an_item_that_was_archived_is_received_all_the_same(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.buyers.model("product.product").write(ids=[order.lines[0].item_id], vals={"active": False})
    dock.receive(came(order, "1", "3", "BX"))
    assert (dock.buyers.held(), dock.received(order)) == ({}, [3])


@pytest.mark.parametrize("call", ["/stock.picking/write", "/stock.picking/button_validate"])
def test_an_answer_that_was_lost_doubles_nothing(dock: Dock, call: str) -> None:
    order = dock.order(gloves(), stents())
    with Proxy(dock.buyers.odoo.url) as proxy:
        dock.buyers.through(proxy.url, 4)
        proxy.withheld = call
        dock.buyers.house.receive(
            {
                "document": "goods_receipt",
                "number": "R-LOST",
                "lines": [
                    {"number": "1"} | came(order, "1", "2", "BX"),
                    {"number": "2"} | came(order, "2", "4", lot="LX-1"),
                ],
            },
            channel="dock",
        )
        for _ in range(4):  # it is in doubt, and carried out again
            for stage in dock.buyers.house.stages.values():
                stage.step("bulk")
        assert proxy.held.is_set()
        proxy.release()
        dock.buyers.house.work_off()
    assert dock.landed(order) == {("GLOVE-M", None): D(20), ("STENT-35", "LX-1"): D(4)}
    assert (len(dock.done(order)), len(dock.told())) == (1, 1)


@pytest.mark.parametrize(
    ("place", "spared"),
    [
        ("stock.picking.write", 0),
        ("stock.picking.button_validate", 0),
        ("purchase.order.web_search_read", 1),
    ],
)
def test_a_worker_that_died_is_taken_up_where_it_stopped(dock: Dock, place: str, spared: int) -> None:
    order = dock.order(gloves(), stents())
    die_before(dock, place, spared)
    with pytest.raises(SystemExit):
        dock.receive(came(order, "1", "2", "BX"), came(order, "2", "4", lot="LX-1"))
    abandon(dock)
    dock.buyers.house.work_off()
    assert dock.landed(order) == {("GLOVE-M", None): D(20), ("STENT-35", "LX-1"): D(4)}
    assert (len(dock.done(order)), len(dock.told())) == (1, 1)


def test_what_was_filled_in_and_then_completed_by_hand_is_settled(dock: Dock) -> None:
    order = dock.order(gloves())
    erp = dock.buyers.erp
    die_before(dock, "stock.picking.button_validate")
    with pytest.raises(SystemExit):
        dock.receive(came(order, "1", "2", "BX"))
    [transfer] = [one for one in dock.transfers(order) if one.is_open]
    erp.receiving.complete(transfer)
    abandon(dock)
    dock.buyers.house.work_off()
    assert (dock.buyers.held(), dock.received(order), len(dock.told())) == ({}, [2], 1)


def test_what_was_filled_in_and_then_completed_otherwise_is_for_a_person(dock: Dock) -> None:
    order = dock.order(gloves())
    die_before(dock, "stock.picking.button_validate")
    with pytest.raises(SystemExit):
        dock.receive(came(order, "1", "2", "BX"))
    dock.by_hand(order, {"GLOVE-M": "15"})
    abandon(dock)
    dock.buyers.house.work_off()
    assert dock.buyers.held() == {"receipt_differs": f"order {order.number}"}
    assert dock.received(order) == [D("1.5")]


def test_a_held_receipt_that_was_filled_in_hinders_no_other(dock: Dock) -> None:
    order = dock.order(stents(number="1"), gloves(number="2"))
    [transfer] = dock.transfers(order)
    left = {transfer.moves[0].id: [Landed(D(6), "LEFT")]}
    dock.buyers.erp.receiving.fill(transfer, transfer.origin, "<p>Receipt R-0 (receipt:x:P)</p>", left)
    dock.receive(came(order, "2", "3", "BX"))
    assert dock.landed(order) == {("GLOVE-M", None): D(30)}
    dock.receive(came(order, "1", "6", lot="LX-1"))
    assert dock.landed(order) == {("GLOVE-M", None): D(30), ("STENT-35", "LX-1"): D(6)}


def test_a_done_transfer_is_never_filled_in(dock: Dock) -> None:
    order = dock.order(stents(number="1"))
    [transfer] = dock.transfers(order)
    dock.by_hand(order, {"STENT-35": "6"}, {"STENT-35": "LX-1"})
    with pytest.raises(Closed):
        dock.buyers.erp.receiving.fill(transfer, "x", "x", {transfer.moves[0].id: [Landed(D(6), "LX-1")]})
    assert dock.landed(order) == {("STENT-35", "LX-1"): D(6)}
    assert issubclass(Closed, faults.Declined)


def test_the_same_effect_again_returns_the_same(dock: Dock) -> None:
    order = dock.order(gloves())
    frozen = effect(order.number, {"line": "1", "quantity": "20"})
    first, again = (ReceiveGoods().perform(dock.buyers.erp, "receipt:1:P", frozen) for _ in range(2))
    assert (first.record_name, first.facts) == (again.record_name, again.facts)
    assert dock.received(order) == [2]
    with pytest.raises(Held, match="receipt_differs"):
        ReceiveGoods().perform(dock.buyers.erp, "receipt:1:P", effect(order.number, {"line": "1", "quantity": "30"}))


def test_receipts_made_in_odoo_are_told_once_and_ours_are_recognised(dock: Dock) -> None:
    assert dock.watch() == 0
    order = dock.order(gloves(), stents())
    dock.wait_for(order)
    dock.by_hand(order, {"GLOVE-M": "30", "STENT-35": "2"}, {"STENT-35": "LX-1"})
    assert dock.watch() == 1
    assert dock.watch() == 0
    assert "awaiting_receipt" not in dock.buyers.held()
    [told] = dock.told()
    assert {line.get("lot"): line["received"]["value"] for line in told["lines"]} == {None: "3", "LX-1": "2"}
    assert dock.sent_to() == ["ehr", "supplier"]
    dock.receive(came(order, "2", "4", lot="LX-2"))
    assert dock.watch() == 0
    assert (len(dock.told()), dock.received(order)) == (2, [3, 6])


@pytest.mark.parametrize("odoo", [pytest.param("real_market", marks=pytest.mark.real)], indirect=True)
def test_goods_that_go_back_are_told_too(dock: Dock) -> None:
    dock.watch()
    order = dock.order(gloves())
    dock.receive(came(order, "1", "3", "BX"))
    [transfer] = dock.done(order)
    chosen = {"active_id": transfer.id, "active_ids": [transfer.id], "active_model": "stock.picking"}
    returns = dock.buyers.model("stock.return.picking")
    [wizard] = returns.create(vals_list=[{"picking_id": transfer.id}], context=chosen)
    [row] = returns.read(ids=[wizard], fields=["product_return_moves"])
    lines = dock.buyers.model("stock.return.picking.line")
    lines.write(ids=row["product_return_moves"], vals={"quantity": 10})
    back = returns.action_create_returns(ids=[wizard])["res_id"]
    dock.buyers.model("stock.picking").button_validate(ids=[back], context={"skip_backorder": True})
    assert dock.watch() == 1
    assert dock.received(order) == [2]
    line = dock.told()[1]["lines"][0]
    assert (line["received"]["value"], line["rejected"]["value"], line["reason"]) == ("0", "1", "returned")
