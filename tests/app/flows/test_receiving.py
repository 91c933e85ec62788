"""From the ship notice to goods on the shelf: once, in the lots that were sent, on stand-in and real Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from app.ledger.ledger import Ledger
from tests.app.flows.buying import asking
from tests.app.flows.dock import Dock, came, gloves, of, pacers, stents
from tests.fixtures_odoo import OdooServer

D = Decimal


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def dock(small_ledger: Ledger, odoo: OdooServer) -> Iterator[Dock]:
    with asking():
        yield Dock.over(small_ledger, odoo)


def test_lots_and_serials_are_received_as_noticed(dock: Dock) -> None:
    order = dock.order(gloves(), stents(), pacers())
    lines = [
        of(order, "1", "3", "BX"),
        of(order, "2", "4", lot="LX-1", expiry="2028-06-30"),
        of(order, "2", "2", lot="LX-2", expiry="2028-07-31"),
        of(order, "3", "1", serial="SN-9001"),
        of(order, "3", "1", serial="SN-9002"),
    ]
    dock.notice(*lines, number="ASN-A", carrier="UPSN", tracking=["1Z999"], expected_at="2026-11-26")
    [transfer] = dock.transfers(order)
    assert transfer.origin == f"{order.number}, ASN-A"
    assert "Ship notice ASN-A: UPSN; tracking 1Z999; expected on 2026-11-26" in transfer.note
    assert {move.expected_at.date().isoformat() for move in transfer.moves if move.expected_at} == {"2026-11-26"}

    message = dock.receive(ship_notice="ASN-A", number="R-1")

    assert dock.buyers.held() == {}
    assert dock.landed(order) == {
        ("GLOVE-M", None): D(30),
        ("STENT-35", "LX-1"): D(4),
        ("STENT-35", "LX-2"): D(2),
        ("PACER-01", "SN-9001"): D(1),
        ("PACER-01", "SN-9002"): D(1),
    }
    assert dock.received(order) == [3, 6, 2]
    assert dock.state(message) == "settled"
    [told] = dock.told()
    assert (told["order_number"], told["ship_notice"], told["location"]) == (order.number, "ASN-A", "GEN/Stock")
    first = told["lines"][0]
    assert first["received"] == {"value": "3", "unit": "BX", "common_unit": "XBX", "pack_factor": "10"}
    assert dock.sent_to() == ["ehr", "supplier"]


def test_half_of_it_leaves_a_backorder(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.notice(of(order, "1", "2", "BX"), number="ASN-1")
    dock.receive(came(order, "1", "20"))
    assert dock.received(order) == [2]
    [done, rest] = dock.transfers(order)
    assert (done.state, rest.state, rest.moves[0].rest, rest.backorder_of) == ("done", "assigned", D(10), done.id)
    dock.receive(came(order, "1", "1", "BX"))
    assert dock.received(order) == [3]
    assert [transfer.state for transfer in dock.transfers(order)] == ["done", "done"]
    assert len(dock.told()) == 2


def test_too_much_is_held_until_somebody_lets_it_pass(dock: Dock) -> None:
    order = dock.order(gloves())
    message = dock.receive(came(order, "1", "4", "BX"))
    assert dock.buyers.held() == {"over_received": f"order {order.number} line 1"}
    assert dock.received(order) == [0]
    dock.buyers.release("over_received")
    assert (dock.received(order), dock.state(message)) == ([4], "settled")
    assert dock.told()[0]["lines"][0]["over"]["value"] == "1"


def test_a_little_too_much_is_tolerated(dock: Dock) -> None:
    dock.rules(tolerances=[{"supplier": "S-1001", "over_percent": 10}])
    order = dock.order(gloves())
    dock.receive(came(order, "1", "33"))
    assert (dock.buyers.held(), dock.received(order)) == ({}, [D("3.3")])
    other = dock.order(gloves())
    dock.receive(came(other, "1", "34"))
    assert dock.buyers.held() == {"over_received": f"order {other.number} line 1"}


def test_the_same_receipt_twice_has_one_effect(dock: Dock) -> None:
    order = dock.order(gloves())
    for _ in range(2):
        dock.receive(came(order, "1", "1", "BX"), number="R-SAME")
    assert dock.received(order) == [1]
    assert len(dock.told()) == 1


def test_a_receipt_before_its_notice_is_fine_and_the_notice_changes_nothing(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.receive(came(order, "1", "3", "BX"))
    before = dock.transfers(order)
    dock.notice(of(order, "1", "3", "BX"), number="ASN-LATE")
    assert dock.transfers(order) == before
    assert dock.buyers.held() == {}


def test_lots_are_missing_until_the_notice_tells_them(dock: Dock) -> None:
    order = dock.order(stents(number="1"))
    message = dock.receive(came(order, "1", "6"))
    assert dock.buyers.held() == {"lot_missing": f"order {order.number}"}
    dock.notice(of(order, "1", "6", lot="LX-7"))
    assert (dock.buyers.held(), dock.state(message)) == ({}, "settled")
    assert dock.landed(order) == {("STENT-35", "LX-7"): D(6)}


def test_a_notice_that_comes_while_the_receipt_is_on_its_way_tells_the_lots(dock: Dock) -> None:
    order = dock.order(stents(number="1"))
    house, today = dock.buyers.house, dock.today()
    line = {"number": "1"} | came(order, "1", "6")
    receipt = {"document": "goods_receipt", "number": "R-FIRST", "received_at": today, "lines": [line]}
    notice = {"document": "ship_notice", "number": "ASN-NEXT", "lines": [of(order, "1", "6", lot="LX-7")]}
    messages = []
    for content, channel in ((receipt, "dock"), (notice, "supplier")):
        messages.append(house.receive(content, channel=channel))
        for stage in ("translate", "resolve"):
            house.stages[stage].step("bulk")
    assert dock.transfers(order)[0].is_open
    house.work_off()
    assert (dock.buyers.held(), [dock.state(one) for one in messages]) == ({}, ["settled", "settled"])
    assert dock.landed(order) == {("STENT-35", "LX-7"): D(6)}


def test_a_notice_that_tells_no_lots_lets_nothing_go_on_for_ever(dock: Dock) -> None:
    order = dock.order(stents(number="1"))
    dock.receive(came(order, "1", "6"))
    dock.notice(of(order, "1", "6"))
    assert dock.buyers.held() == {"lot_missing": f"order {order.number}"}


def test_a_package_waits_for_the_notice_that_tells_what_is_in_it(dock: Dock) -> None:
    order, sscc = dock.order(stents(number="1")), "003123456789012346"
    message = dock.receive({"received": {"value": "1"}, "sscc": sscc})
    assert dock.buyers.held() == {"ship_notice_unknown": f"sscc {sscc}"}
    dock.notice(of(order, "1", "6", lot="LX-1", package="T"), packages=[{"id": "T", "sscc": sscc}])
    assert (dock.buyers.held(), dock.state(message)) == ({}, "settled")
    assert dock.landed(order) == {("STENT-35", "LX-1"): D(6)}


def test_a_part_of_several_lots_is_no_guess(dock: Dock) -> None:
    order = dock.order(stents(number="1"))
    dock.notice(of(order, "1", "4", lot="LX-1"), of(order, "1", "2", lot="LX-2"))
    dock.receive(came(order, "1", "3"))
    assert dock.buyers.held() == {"lot_missing": f"order {order.number}"}
    dock.receive(came(order, "1", "4", lot="LX-1"))
    dock.receive(came(order, "1", "2"))
    assert dock.landed(order) == {("STENT-35", "LX-1"): D(4), ("STENT-35", "LX-2"): D(2)}


def test_a_receipt_waits_for_its_order(dock: Dock) -> None:
    dock.receive({"order_number": "P99999", "order_line": "1", "received": {"value": "1", "unit": "EA"}})
    assert dock.buyers.held() == {"order_unknown": "order P99999"}


def test_a_package_brings_what_is_in_it(dock: Dock) -> None:
    order = dock.order(stents(number="1"), pacers(number="2"))
    packages = [{"id": "T", "sscc": "003123456789012346"}, {"id": "P", "parent": "T", "sscc": "003123456789012353"}]
    dock.notice(
        of(order, "1", "6", lot="LX-1", package="T"), of(order, "2", "1", serial="SN-9001", package="P"),
        of(order, "2", "1", serial="SN-9002"), packages=packages,
    )  # fmt: skip
    dock.receive({"received": {"value": "1"}, "sscc": "003123456789012353"})
    assert dock.landed(order) == {("PACER-01", "SN-9001"): D(1)}
    dock.receive({"received": {"value": "1"}, "sscc": "003123456789012346"})
    assert dock.landed(order) == {("PACER-01", "SN-9001"): D(1), ("STENT-35", "LX-1"): D(6)}


def test_what_was_rejected_is_told_and_not_taken_in(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.notice(of(order, "1", "3", "BX"), number="ASN-D")
    line = came(order, "1", "2", "BX", rejected={"value": "1", "unit": "BX"}, reason="damaged")
    dock.receive(line, ship_notice="ASN-D")
    assert dock.received(order) == [1]
    [told] = dock.told()
    [line] = told["lines"]
    assert [line[name]["value"] for name in ("received", "rejected", "short")] == ["2", "1", "1"]
    assert line["reason"] == "damaged"


def test_nothing_but_rejected_goods_is_told_too(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.receive(came(order, "1", "1", "BX", rejected={"value": "1", "unit": "BX"}), number="R-BAD")
    assert dock.received(order) == [0]
    [told] = dock.told()
    assert (told["number"], told["lines"][0]["rejected"]["value"]) == ("R-BAD", "1")


def test_goods_that_do_not_keep_long_enough_are_held(dock: Dock) -> None:
    dock.rules(shelf_life=[{"item": "STENT-35", "days": 90}])
    order = dock.order(stents(number="1"))
    dock.receive(came(order, "1", "2", lot="LX-1", expiry=dock.today(30)))
    assert dock.buyers.held() == {"expiry_too_near": "item STENT-35 lot LX-1"}
    dock.buyers.release("expiry_too_near")
    assert dock.landed(order) == {("STENT-35", "LX-1"): D(2)}


def test_expiry_dates_are_kept_with_the_lot_and_one_must_be_told(dock: Dock) -> None:
    dock.item("GLUE-9", tracking="lot", expires=True)
    order = dock.order(stents(number="1", item="GLUE-9"))
    dock.receive(came(order, "1", "2", lot="G-1"))
    assert dock.buyers.held() == {"expiry_missing": "item GLUE-9 lot G-1"}
    dock.receive(came(order, "1", "2", lot="G-2", expiry="2031-01-31"))
    [lot] = dock.buyers.model("stock.lot").search_read(domain=[["name", "=", "G-2"]], fields=["expiration_date"])
    assert lot["expiration_date"] == "2031-01-31 12:00:00"
    dock.receive(came(order, "1", "1", lot="G-2", expiry="2030-01-31"))
    assert dock.buyers.held()["expiry_differs"] == "item GLUE-9 lot G-2"


def test_a_serial_number_in_stock_is_not_received_again(dock: Dock) -> None:
    order = dock.order(pacers(number="1"))
    dock.receive(came(order, "1", "1", serial="SN-1001"))
    assert dock.buyers.held() == {"serial_known": "item PACER-01 lot SN-1001"}
    assert dock.received(order) == [0]


def test_one_notice_may_bring_goods_of_two_orders(dock: Dock) -> None:
    first, second = dock.order(gloves()), dock.order(gloves("2"))
    dock.notice(of(first, "1", "3", "BX"), of(second, "1", "1", "BX"), number="ASN-2")
    dock.receive(ship_notice="ASN-2")
    assert (dock.received(first), dock.received(second)) == ([3], [1])
    assert {told["order_number"] for told in dock.told()} == {first.number, second.number}


def test_a_later_notice_takes_the_place_of_the_first(dock: Dock) -> None:
    order = dock.order(stents(number="1"))
    dock.notice(of(order, "1", "6", lot="WRONG"), number="ASN-3", noticed_at="2026-11-20T08:00:00Z", carrier="DHL")
    dock.notice(of(order, "1", "6", lot="RIGHT"), number="ASN-3", noticed_at="2026-11-20T09:00:00Z", carrier="UPSN")
    dock.notice(of(order, "1", "6", lot="OLDER"), number="ASN-3", noticed_at="2026-11-20T07:00:00Z", carrier="DPD")
    [transfer] = dock.transfers(order)
    assert (transfer.origin.count("ASN-3"), transfer.note.count("<p>"), "RIGHT" in transfer.note) == (1, 1, True)
    dock.receive(ship_notice="ASN-3")
    assert dock.landed(order) == {("STENT-35", "RIGHT"): D(6)}


def test_a_notice_is_withdrawn(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.notice(of(order, "1", "3", "BX"), number="ASN-4", noticed_at="2026-11-20T08:00:00Z")
    dock.notice(of(order, "1", "3", "BX"), number="ASN-4", noticed_at="2026-11-20T09:00:00Z", action="cancel")
    [transfer] = dock.transfers(order)
    assert (transfer.origin, transfer.note) == (order.number, "")
    dock.receive(ship_notice="ASN-4", number="R-4")
    assert dock.buyers.held() == {"ship_notice_unknown": "ship notice ASN-4"}


def test_another_item_than_ordered_is_held(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.receive(came(order, "1", "3", identifiers=[{"scheme": "internal", "value": "SUTURE-30"}]))
    assert dock.buyers.held() == {"item_differs": f"order {order.number} line 1"}
    dock.receive(came(order, "7", "3"))
    assert dock.buyers.held()["not_ordered"] == f"order {order.number} item line 7".replace("item ", "")


def test_an_invoice_that_was_ahead_goes_on(dock: Dock) -> None:
    order = dock.order(gloves())
    held = dock.wait_for(order)
    assert dock.buyers.held() == {"awaiting_receipt": f"order {order.number}"}
    dock.receive(came(order, "1", "3", "BX"))
    assert dock.buyers.held() == {}
    assert held


def test_how_often_odoo_is_called(dock: Dock) -> None:
    order = dock.order(gloves(), stents(), pacers())
    dock.receive(came(order, "1", "1", "BX"))
    dock.buyers.connection.calls.clear()
    dock.notice(of(order, "2", "6", lot="LX-1"), of(order, "3", "1", serial="SN-9001"), number="ASN-C")
    announced = dict(dock.buyers.connection.calls)
    dock.buyers.connection.calls.clear()
    dock.receive(ship_notice="ASN-C")
    assert announced == {
        "purchase.order.web_search_read": 1,
        "stock.picking.web_search_read": 1,
        "stock.picking.write": 1,
    }
    assert dict(dock.buyers.connection.calls) == {
        "purchase.order.web_search_read": 2,
        "stock.picking.web_search_read": 2,
        "stock.lot.search_read": 1,
        "stock.picking.write": 1,
        "stock.picking.button_validate": 1,
    }
