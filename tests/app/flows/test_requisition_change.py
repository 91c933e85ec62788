"""A ward changes its mind after it was ordered: the order in Odoo follows as far as it may, once, and its supplier is
told; on stand-in and real Odoo.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.ledger.ledger import Ledger
from app.model.order import Order
from tests.app.flows.buying import OTHER, SUPPLIER
from tests.app.flows.dock import Dock, came, of
from tests.app.flows.ward import BOX, RULES, Ward, line, opened
from tests.fixtures_odoo import OdooServer


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def ward(request: pytest.FixtureRequest, small_ledger: Ledger, tmp_path: Any) -> Ward:
    odoo: OdooServer = request.getfixturevalue(request.param)
    return opened(Dock.over(small_ledger, odoo).buyers, tmp_path)


def change(ward: Ward, *lines: dict[str, Any], **changes: Any) -> Any:
    """Let the requisition be changed."""
    return ward.ask(*lines, action="change", **changes)


def ordered(ward: Ward, message: Any) -> Order:
    """The one order of a requisition."""
    [order] = ward.buyers.orders_of(message)
    return order


def figures(order: Order) -> list[tuple[str, Decimal]]:
    """What is ordered."""
    return [(line.item, line.quantity) for line in order.lines]


def told(ward: Ward) -> list[tuple[str, str | None]]:
    """What suppliers were told, by action and revision."""
    return [(one["action"], one.get("revision")) for one in ward.buyers.told()]


def test_more_less_and_another_line_change_the_one_order(ward: Ward) -> None:
    message = ward.ask(line(), line("CATH-77", "1", "2"))
    second = change(ward, line(quantity="50"), line("CATH-77", "1", "3"))
    order = ordered(ward, message)
    assert (order.state, len(ward.buyers.all())) == ("purchase", 1)
    assert figures(order) == [("GLOVE-M", 5), ("CATH-77", 0), ("CATH-77", 1)]
    open_moves = [move["product_uom_qty"] for move in ward.buyers.moves(order) if move["state"] != "cancel"]
    assert open_moves == [50, 1]
    assert told(ward) == [("new", None), ("change", "1")]
    assert (ward.buyers.held(), ward.buyers.state(second)) == ({}, "settled")
    third = change(ward, line(quantity="10"), line("CATH-77", "1", "2"))
    assert figures(ordered(ward, third)) == [("GLOVE-M", 1), ("CATH-77", 1), ("CATH-77", 0)]
    assert told(ward)[-1] == ("change", "2")


def test_what_says_nothing_new_changes_nothing(ward: Ward) -> None:
    message = ward.ask(line())
    same = change(ward, line(), note="please")
    assert (figures(ordered(ward, message)), told(ward)) == ([("GLOVE-M", 2)], [("new", None)])
    assert ward.buyers.house.state(same) == "settled"


def test_a_line_that_stays_keeps_what_the_supplier_confirmed(ward: Ward) -> None:
    order = ordered(ward, ward.ask(line(), line("CATH-77", "1", "2")))
    said = {"order_line": "1", "outcome": "accepted", "deliver_on": "2026-12-09"}
    ward.buyers.confirm(order.number, said)
    ward.offer(replace(BOX, price=Decimal("99.90")))
    before = ward.buyers.read(order.number).lines[0]
    change(ward, line())
    after = ward.buyers.read(order.number)
    assert figures(after) == [("GLOVE-M", 2), ("CATH-77", 0)]
    assert after.lines[0] == before


def test_a_rise_above_what_was_approved_needs_approval_anew(ward: Ward) -> None:
    message = ward.ask(line("CATH-77", "3"))
    ward.say("wanda")
    change(ward, line("CATH-77", "4"))
    assert ward.buyers.held() == {"approval_pending": "requisition R-1"}
    assert figures(ordered(ward, message)) == [("CATH-77", 3)]
    ward.say("wanda")
    assert figures(ordered(ward, message)) == [("CATH-77", 4)]
    assert (len(ward.buyers.all()), told(ward)) == (1, [("new", None), ("change", "1")])


def test_a_rise_that_is_rejected_leaves_the_order_as_it_is(ward: Ward) -> None:
    message = ward.ask(line("CATH-77", "3"))
    ward.say("wanda")
    change(ward, line("CATH-77", "4"))
    ward.say("wanda", "reject")
    assert (figures(ordered(ward, message)), told(ward)) == ([("CATH-77", 3)], [("new", None)])
    assert ward.buyers.held() == {}


def test_less_and_again_as_much_as_was_approved_needs_nobody(ward: Ward) -> None:
    message = ward.ask(line("CATH-77", "5"))
    ward.say("wanda")
    for quantity in ("3", "5"):
        change(ward, line("CATH-77", quantity))
        assert figures(ordered(ward, message)) == [("CATH-77", Decimal(quantity))]
    assert ward.buyers.held() == {}


def test_two_rises_that_were_agreed_to_apart_were_not_agreed_to_together(ward: Ward) -> None:
    message = ward.ask(line(), line("CATH-77", "4", "2"))
    ward.say("wanda")
    change(ward, line(quantity="40"), line("CATH-77", "3", "2"))
    ward.say("wanda")
    change(ward, line(quantity="40"), line("CATH-77", "4", "2"))
    assert ward.buyers.held() == {"approval_pending": "requisition R-1"}
    assert figures(ordered(ward, message)) == [("GLOVE-M", 4), ("CATH-77", 3)]


def test_nothing_is_ordered_below_what_was_received(ward: Ward) -> None:
    dock = Dock(ward.buyers)
    message = ward.ask(line(quantity="30"))
    order = ordered(ward, message)
    dock.receive(came(order, "1", "20"))
    change(ward, line(quantity="10"))
    assert ward.buyers.held() == {"received_more": f"order {order.number} line 1"}
    change(ward, line(quantity="20"))
    assert ward.buyers.held() == {}
    assert figures(ordered(ward, message)) == [("GLOVE-M", 2)]
    assert dock.received(order) == [2]


def test_nothing_is_ordered_below_what_was_shipped_nor_is_that_cancelled(ward: Ward) -> None:
    dock = Dock(ward.buyers)
    message = ward.ask(line(quantity="30"))
    order = ordered(ward, message)
    dock.notice(of(order, "1", "20"), number="ASN-9")
    change(ward, line(quantity="10"))
    assert ward.buyers.held() == {"shipped_more": f"order {order.number} line 1"}
    ward.ask(line(), action="cancel")
    assert ward.buyers.held() == {"shipped_more": f"order {order.number} line 1"}
    assert figures(ordered(ward, message)) == [("GLOVE-M", 3)]
    dock.notice(number="ASN-9", action="cancel")
    ward.buyers.release("shipped_more")
    assert (ordered(ward, message).state, told(ward)) == ("cancel", [("new", None), ("cancel", "1")])


def test_one_supplier_more_is_one_order_more_and_one_less_is_cancelled(ward: Ward) -> None:
    first = ward.ask(line())
    second = change(ward, line(), line("SUTURE-30", "8", "2"))
    orders = {order.supplier: order for order in ward.buyers.orders_of(second)}
    assert figures(orders[OTHER]) == [("SUTURE-30", 8)]
    assert figures(ordered(ward, first)) == [("GLOVE-M", 2)]
    change(ward, line("SUTURE-30", "6", "2"))
    assert [row["state"] for row in ward.buyers.all()] == ["cancel", "purchase"]
    assert figures(ward.buyers.read(orders[OTHER].number)) == [("SUTURE-30", 6)]
    change(ward, line(), line("SUTURE-30", "6", "2"))
    assert [row["state"] for row in ward.buyers.all()] == ["cancel", "purchase", "purchase"]
    ward.ask(line(), action="cancel")
    assert {row["state"] for row in ward.buyers.all()} == {"cancel"}


def test_a_line_that_becomes_another_item_is_held(ward: Ward) -> None:
    message = ward.ask(line())
    change(ward, line("CATH-77", "1"))
    assert ward.buyers.held() == {"requisition_changed_late": "requisition R-1"}
    assert figures(ordered(ward, message)) == [("GLOVE-M", 2)]


def test_what_a_buyer_cancelled_meanwhile_is_held(ward: Ward) -> None:
    order = ordered(ward, ward.ask(line()))
    ward.buyers.model("purchase.order").button_cancel(ids=[order.id])
    change(ward, line(quantity="10"))
    assert ward.buyers.held() == {"order_cancelled_in_odoo": f"order {order.number}"}
    assert len(ward.buyers.all()) == 1


def test_a_change_waits_for_the_order_that_is_on_its_way(ward: Ward) -> None:
    house = ward.buyers.house
    house.receive({"document": "requisition", "number": "R-1", "lines": [line()]})
    asked = {"document": "requisition", "number": "R-1", "lines": [line(quantity="50")], "action": "change"}
    house.receive(asked)
    house.receive({"document": "requisition", "number": "R-1", "lines": [line(quantity="50")], "action": "cancel"})
    house.work_off()
    assert [row["state"] for row in ward.buyers.all()] == ["cancel"]
    assert told(ward) == [("new", None), ("change", "1"), ("cancel", "2")]


def test_what_waits_for_its_window_is_changed_in_the_draft_and_told_once(ward: Ward) -> None:
    ward.import_rules(RULES.replace("requisition:\n", f"requisition:\n  windows: {{{SUPPLIER}: 120}}\n"))
    message = ward.ask(line())
    other = ward.ask(line("CATH-77", "1"), number="R-2")
    change(ward, line(quantity="50"))
    [draft] = ward.buyers.all()
    assert (draft["state"], told(ward)) == ("draft", [])
    ward.ask(line(), number="R-2", action="cancel")
    ward.buyers.end_windows()
    order = ward.buyers.read(draft["name"])
    assert (order.state, figures(order)) == ("purchase", [("GLOVE-M", 5)])
    assert told(ward) == [("new", None)]
    assert [ward.buyers.state(one) for one in (message, other)] == ["settled", "settled"]


def test_the_budget_follows(ward: Ward) -> None:
    period = {"starts_on": date(2020, 1, 1), "ends_on": date(2099, 12, 31)}
    row = {"cost_centre": "CC-100", "amount": Decimal("500.00"), "currency": "EUR", **period}
    with ward.ledger.transaction() as tx:
        ward.ledger.budgets.put(tx, [row], "tester")
    ward.ask(line(quantity="30"))
    change(ward, line(quantity="50"))
    assert ward.buyers.held() == {}, "what it had committed before is not counted twice"
    change(ward, line(quantity="60"))
    assert ward.buyers.held() == {"over_budget": "cost centre CC-100"}
    change(ward, line(quantity="10"))
    with ward.ledger.reading() as tx:
        assert [committed for _, committed in ward.ledger.budgets.all(tx)] == [Decimal("99.10")]
