"""From an approved requisition to a confirmed order: once, as it was asked for, on stand-in and real Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest

from app import ids
from app.flows.ordering import hasten
from app.ledger.ledger import Ledger
from tests.app.flows.buying import OTHER, SUPPLIER, Buyers, asking, gloves, sutures
from tests.fixtures_odoo import OdooServer


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def buyers(small_ledger: Ledger, odoo: OdooServer) -> Iterator[Buyers]:
    with asking():
        yield Buyers.over(small_ledger, odoo)


def test_a_requisition_becomes_a_confirmed_order(buyers: Buyers) -> None:
    order = buyers.order(gloves(), sutures())

    assert (order.state, order.supplier, order.currency, order.warehouse) == ("purchase", SUPPLIER, "EUR", "GEN")
    facts = [(line.number, line.item, line.quantity, line.unit, line.price, line.factor) for line in order.lines]
    assert facts == [
        (1, "GLOVE-M", Decimal(3), "Box of 10", Decimal("99.1"), Decimal(10)),
        (2, "SUTURE-30", Decimal(8), "Units", Decimal("2.5"), Decimal(1)),
    ]
    assert [line.cost_centre for line in order.lines] == ["CC-100", None]
    assert all(line.planned_on and line.planned_on.date().isoformat() == "2026-12-05" for line in order.lines)
    assert len(order.receipts) == 1
    assert [move["product_uom_qty"] for move in buyers.moves(order)] == [30, 8]
    assert buyers.held() == {}


def test_the_supplier_is_told_in_its_own_words(buyers: Buyers) -> None:
    order = buyers.order(gloves(), sutures())

    known = buyers.known(order.number)
    assert (known.state, known.supplier, known.facility, known.revision) == ("purchase", SUPPLIER, "GEN", 0)
    [told] = buyers.told()
    assert (told["number"], told["contract"], told["total"]) == (order.number, "CT-77", "317.30")
    assert told["seller"]["identifiers"][0] == {"scheme": "internal", "value": SUPPLIER}
    assert {"scheme": "supplier", "value": "CAH-991"} in told["lines"][0]["identifiers"]
    assert {"scheme": "buyer", "value": "GLOVE-M"} in told["lines"][0]["identifiers"]
    assert told["lines"][0]["quantity"] == {"value": "3", "unit": "BX", "common_unit": "XBX", "pack_factor": "10"}
    assert told["lines"][1]["quantity"] == {"value": "8", "unit": "EA", "common_unit": "EA"}


def test_prices_keep_their_decimals_and_odoo_does_not_replace_them(buyers: Buyers) -> None:
    order = buyers.order(gloves(price="99.1234"))
    [line] = order.lines

    buyers.model("purchase.order").write(ids=[order.id], vals={"order_line": [[1, line.id, {"product_qty": 2}]]})

    [after] = buyers.read(order.number).lines
    assert (after.quantity, after.price, after.planned_on) == (Decimal(2), Decimal("99.1234"), line.planned_on)
    assert [move["product_uom_qty"] for move in buyers.moves(order) if move["state"] != "cancel"] == [20]


@pytest.mark.parametrize(
    ("change", "cause", "subject"),
    [
        ({"supplier": "S-9"}, "supplier_not_in_odoo", "supplier S-9"),
        ({"currency": "JPY"}, "currency_not_in_odoo", "currency JPY"),
        ({"warehouse": "NOWHE"}, "warehouse_not_in_odoo", "warehouse NOWHE"),
        ({"company": "Other Inc"}, "warehouse_not_in_odoo", "warehouse GEN of Other Inc"),
    ],
)
def test_what_odoo_lacks_is_held(buyers: Buyers, change: dict[str, str], cause: str, subject: str) -> None:
    buyers.ask(gloves(), **change)
    buyers.house.work_off()

    assert buyers.held() == {cause: subject}
    assert buyers.all() == []


@pytest.mark.parametrize(
    ("line", "cause", "subject"),
    [
        (gloves(item="NO-SUCH"), "item_not_in_odoo", "item NO-SUCH"),
        (gloves(unit="Pallet"), "unit_not_in_odoo", "unit Pallet of GLOVE-M"),
        (gloves(factor="12"), "unit_factor_differs", "unit Box of 10 of GLOVE-M"),
        (gloves(cost_centre="CC-999"), "cost_centre_not_in_odoo", "cost centre CC-999"),
        (gloves(quantity="1.00001"), "quantity_too_fine", "item GLOVE-M"),
    ],
)
def test_lines_that_odoo_cannot_take_are_held(buyers: Buyers, line: dict[str, str], cause: str, subject: str) -> None:
    buyers.ask(sutures(), line)
    buyers.house.work_off()

    assert buyers.held() == {cause: subject}
    assert buyers.all() == []


def test_an_archived_item_is_held_and_goes_on_once_it_is_back(buyers: Buyers) -> None:
    item = [buyers.odoo.item_id("GLOVE-M")]
    buyers.model("product.product").write(ids=item, vals={"active": False})
    message = buyers.ask(gloves())
    buyers.house.work_off()
    assert buyers.held() == {"item_archived": "item GLOVE-M"}

    buyers.model("product.product").write(ids=item, vals={"active": True})
    buyers.release("item_archived")

    assert [order.state for order in buyers.orders_of(message)] == ["purchase"]
    assert len(buyers.all()) == 1


def test_an_archived_supplier_and_an_item_not_to_be_purchased_are_held(buyers: Buyers) -> None:
    [partner] = buyers.model("res.partner").search_read(domain=[["ref", "=", OTHER]], fields=["name"])
    buyers.model("res.partner").write(ids=[partner["id"]], vals={"active": False})
    buyers.model("product.product").write(ids=[buyers.odoo.item_id("GLOVE-M")], vals={"purchase_ok": False})
    buyers.ask(gloves(), supplier=OTHER)
    buyers.ask(gloves())
    buyers.house.work_off()

    assert buyers.held() == {"supplier_archived": f"supplier {OTHER}", "item_not_purchasable": "item GLOVE-M"}


def test_what_joins_a_window_is_one_order_that_is_confirmed_at_its_end(buyers: Buyers) -> None:
    window = in_hours(1)
    first = buyers.ask(gloves(), window=window, requisition="R-A")
    second = buyers.ask(sutures(number="1"), window=window, requisition="R-B")
    buyers.house.work_off()

    [draft] = buyers.all()
    assert (draft["state"], draft["origin"]) == ("draft", "R-A, R-B")
    assert buyers.told() == []
    assert buyers.state(first) == "open"
    buyers.end_windows()

    [row] = buyers.all()
    assert row["state"] == "purchase"
    order = buyers.read(row["name"])
    assert [(line.item, line.quantity) for line in order.lines] == [("GLOVE-M", 3), ("SUTURE-30", 8)]
    assert [told["number"] for told in buyers.told()] == [order.number]
    assert buyers.orders_of(first) == buyers.orders_of(second) == [order]


def test_a_draft_counts_in_the_forecast_of_odoos_own_rules(buyers: Buyers) -> None:
    [place] = buyers.erp.stock.locations(["GEN/Stock"]).values()
    fields = ["id", "product_id/.id", "location_id/.id", "product_min_qty", "product_max_qty", "trigger"]
    rows = [["wardline_test.rule", str(buyers.odoo.item_id("SUTURE-30")), str(place.id), "100000", "100000", "manual"]]
    [rule] = buyers.model("stock.warehouse.orderpoint").load(fields=fields, data=rows)["ids"]
    before, _, _ = buyers.erp.supply.forecasts([rule])[rule]
    buyers.ask(sutures(), window=in_hours(24))
    buyers.house.work_off()
    after, to_order, _ = buyers.erp.supply.forecasts([rule])[rule]
    assert after - before == 8
    assert to_order == 100000 - after


def test_what_has_become_urgent_takes_the_order_of_its_window_along(buyers: Buyers) -> None:
    window = in_hours(24)
    first = buyers.ask(gloves(), window=window)
    second = buyers.ask(sutures(number="1"), window=window)
    other = buyers.ask(gloves(), window=window, supplier=OTHER)
    buyers.house.work_off()
    ledger, pressing = buyers.house.ledger, [row.id for row in buyers.house.story(second).documents]

    with ledger.transaction() as tx:
        assert hasten(tx, ledger, pressing) == 1
    buyers.house.work_off()

    assert [row["state"] for row in buyers.all()] == ["purchase", "draft"]
    assert [line.item for order in buyers.orders_of(first) for line in order.lines] == ["GLOVE-M", "SUTURE-30"]
    with ledger.transaction() as tx:
        assert hasten(tx, ledger, pressing) == 0, "it is ordered"
    buyers.end_windows()
    assert len(buyers.told()) == 2
    assert [order.state for order in buyers.orders_of(other)] == ["purchase"]


def test_what_comes_after_its_window_gets_an_order_of_its_own(buyers: Buyers) -> None:
    window = in_hours(1)
    buyers.ask(gloves(), window=window)
    buyers.house.work_off()
    buyers.end_windows()

    late = buyers.ask(sutures(number="1"), window=window)
    buyers.house.work_off()

    assert [row["state"] for row in buyers.all()] == ["purchase", "purchase"]
    [order] = buyers.orders_of(late)
    assert [line.item for line in order.lines] == ["SUTURE-30"]
    assert len(buyers.told()) == 2


def test_other_windows_suppliers_and_currencies_are_other_orders(buyers: Buyers) -> None:
    windows = [in_hours(1), in_hours(2)]
    buyers.ask(gloves(), window=windows[0])
    buyers.ask(gloves(), window=windows[1])
    buyers.ask(gloves(), window=windows[0], supplier=OTHER)
    buyers.ask(gloves(), window=windows[0], currency="USD")
    buyers.house.work_off()

    assert [row["state"] for row in buyers.all()] == ["draft"] * 4


def test_a_requisition_that_changed_changes_its_order(buyers: Buyers) -> None:
    placed = buyers.ask(gloves(), sutures())
    buyers.house.work_off()
    [order] = buyers.orders_of(placed)

    lines = [gloves("5"), sutures("0"), sutures("4", number="3", item="CATH-77")]
    buyers.ask(*lines, operation="order.amend", asked={"key": "amend:1"}, placed=placing_key(buyers, placed))
    buyers.house.work_off()

    after = buyers.read(order.number)
    assert [(line.item, line.quantity) for line in after.lines] == [("GLOVE-M", 5), ("SUTURE-30", 0), ("CATH-77", 4)]
    open_moves = [(move["product_uom_qty"]) for move in buyers.moves(after) if move["state"] != "cancel"]
    assert open_moves == [50, 4]
    assert [(told["action"], told.get("revision")) for told in buyers.told()] == [("new", None), ("change", "1")]
    assert [line["action"] for line in buyers.told()[1]["lines"]] == ["change", "cancel", "change"]


def test_a_requisition_that_is_cancelled_cancels_its_order(buyers: Buyers) -> None:
    placed = buyers.ask(gloves())
    buyers.house.work_off()
    [order] = buyers.orders_of(placed)

    for attempt in ("1", "2"):
        key = f"cancel:{attempt}"
        buyers.ask(operation="order.cancel", asked={"key": key}, placed=placing_key(buyers, placed))
        buyers.house.work_off()

    assert buyers.read(order.number).state == "cancel"
    assert {move["state"] for move in buyers.moves(order)} == {"cancel"}
    assert [told["action"] for told in buyers.told()] == ["new", "cancel"]


def test_of_an_order_that_others_share_only_the_own_lines_are_cancelled(buyers: Buyers) -> None:
    window = in_hours(1)
    first = buyers.ask(gloves(), window=window)
    buyers.ask(sutures(number="1"), window=window)
    buyers.house.work_off()
    buyers.end_windows()

    asked = {"key": "cancel:1"}
    buyers.ask(operation="order.cancel", asked=asked, window=window, placed=placing_key(buyers, first))
    buyers.house.work_off()

    [order] = buyers.orders_of(first)
    assert order.state == "purchase"
    assert [line.quantity for line in order.lines] == [0, 8]
    assert buyers.told()[-1]["action"] == "change"


def test_what_is_cancelled_before_its_window_ends_is_not_ordered(buyers: Buyers) -> None:
    window = in_hours(1)
    first = buyers.ask(gloves(), window=window)
    second = buyers.ask(sutures(number="1"), window=window, supplier=OTHER)
    third = buyers.ask(sutures(number="1"), window=window)
    buyers.house.work_off()
    for number, message in enumerate((first, second)):
        changes = {"supplier": OTHER} if message is second else {}
        key = placing_key(buyers, message)
        asked = {"key": f"cancel:{number}"}
        buyers.ask(operation="order.cancel", asked=asked, window=window, placed=key, **changes)
    buyers.house.work_off()
    buyers.end_windows()

    assert [row["state"] for row in buyers.all()] == ["purchase", "cancel"]
    [order] = buyers.orders_of(third)
    assert [line.item for line in order.lines] == ["SUTURE-30"]
    assert [told["number"] for told in buyers.told()] == [order.number]
    assert [buyers.state(message) for message in (first, second, third)] == ["settled"] * 3
    assert buyers.held() == {}


def test_an_order_that_a_buyer_cancelled_meanwhile_is_held(buyers: Buyers) -> None:
    window = in_hours(1)
    buyers.ask(gloves(), window=window)
    buyers.house.work_off()
    [draft] = buyers.all()
    buyers.model("purchase.order").button_cancel(ids=[draft["id"]])
    buyers.end_windows()
    assert buyers.held() == {"order_cancelled_in_odoo": f"order {draft['name']}"}

    buyers.model("purchase.order").button_draft(ids=[draft["id"]])
    buyers.release("order_cancelled_in_odoo")

    assert [row["state"] for row in buyers.all()] == ["purchase"]


def test_a_draft_that_a_buyer_deleted_is_held(buyers: Buyers) -> None:
    window = in_hours(1)
    buyers.ask(gloves(), window=window, requisition="R-77")
    buyers.house.work_off()
    [draft] = buyers.all()
    buyers.model("purchase.order").button_cancel(ids=[draft["id"]])
    buyers.model("purchase.order").unlink(ids=[draft["id"]])
    buyers.end_windows()

    assert buyers.held() == {"order_gone_from_odoo": "requisition R-77"}


def in_hours(hours: int) -> str:
    """The end of a window."""
    return (ids.now() + timedelta(hours=hours)).isoformat()


def placing_key(buyers: Buyers, message: object) -> str:
    """The key under which a message's order was placed."""
    [key] = [row.key for row in buyers.house.story(message).postings if row.operation == "order.place"]
    return str(key)


def test_orders_and_confirmations_on_either_database(ledger: Ledger, standin_market: OdooServer) -> None:
    with asking():
        buyers = Buyers.over(ledger, standin_market)
        buyers.confirm("P00001", {"outcome": "accepted", "order_line": "1", "deliver_on": "2026-12-06"})
        assert buyers.held() == {"order_unknown": "order P00001"}

        order = buyers.order(gloves(), sutures())

        assert (order.number, order.acknowledged) == ("P00001", True)
        assert buyers.held() == {}
