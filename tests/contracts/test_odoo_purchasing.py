"""What every Odoo must do for orders: one suite on the stand-in and on the real Odoo 19."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app import ids
from app.errors import Held, Transient
from app.model.order_request import OrderRequest, RequestedLine
from app.odoo.order_writing import LineChange
from app.odoo.purchasing import Order, Purchasing
from app.odoo.transport import Connection
from app.policy import ordering
from app.policy.ordering import NewOrder, at_noon
from ops.provision_procurement import provision
from tests.app.flows.buying import MARKET, SUPPLIER, gloves, sutures
from tests.fixtures_odoo import OdooServer

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=["standin_odoo", pytest.param("real_odoo", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    provision(server.connection, MARKET)
    return server


@pytest.fixture
def purchasing(odoo: OdooServer) -> Purchasing:
    return Purchasing(odoo.connection)


def wanted(purchasing: Purchasing, *lines: dict[str, Any], **changes: Any) -> NewOrder:
    """An order in Odoo's ids."""
    effect = {
        "requisition": "R-1", "facility": "GEN", "company": "", "warehouse": "GEN", "supplier": SUPPLIER,
        "currency": "EUR", "needed_by": "2026-12-05", "lines": list(lines),
    }  # fmt: skip
    request = OrderRequest.of(effect | changes)
    return ordering.admit(request, purchasing.facts(request))


def gauze(quantity: str = "3", **changes: Any) -> dict[str, Any]:
    return gloves(quantity, **{"item": "GAUZE-10", "supplier_code": None} | changes)


def suture(quantity: str = "8", **changes: Any) -> dict[str, Any]:
    return sutures(quantity, **{"item": "SUTURE-3-0"} | changes)


def key() -> str:
    return f"order:test:{ids.new_id().hex}:{next(_numbers)}"


def confirmed(purchasing: Purchasing, *lines: dict[str, Any]) -> Order:
    return purchasing.confirm(purchasing.place(key(), wanted(purchasing, *(lines or (gauze(), suture())))))


def open_moves(odoo: OdooServer, order: Order) -> list[tuple[int, Decimal, str]]:
    """What is expected of an order: item, quantity in base units, day."""
    rows = odoo.connection.get_model("stock.move").search_read(
        domain=[["purchase_line_id", "in", [line.id for line in order.lines]], ["state", "!=", "cancel"]],
        fields=["product_id", "product_uom_qty", "date"],
        order="id",
        load="",
    )
    return [(row["product_id"], row["product_uom_qty"], row["date"][:10]) for row in rows]


def test_an_order_is_placed_once_under_its_key(purchasing: Purchasing) -> None:
    name, new = key(), wanted(purchasing, gauze(), suture())

    first, second = purchasing.place(name, new), purchasing.place(name, new)

    assert (first.id, first.number, first.state) == (second.id, second.number, "draft")
    assert purchasing.find(name) == second
    assert purchasing.find(key()) is None


def test_keys_may_hold_blanks(purchasing: Purchasing) -> None:
    name = f"{key()}:Smith and Sons"

    order = purchasing.place(name, wanted(purchasing, gauze(number="line 1")))

    found = purchasing.find(name)
    assert found is not None
    assert found.id == order.id
    assert len(purchasing.keys(order)) == 1


def test_it_is_read_as_it_was_sent(purchasing: Purchasing, odoo: OdooServer) -> None:
    order = confirmed(purchasing, gauze("1.5", price="0.0375"), suture(cost_centre="CC-200", needed_by="2026-12-24"))

    assert purchasing.read([order.number, "P99999"]) == {order.number: order}
    assert (order.supplier, order.currency, order.warehouse, order.origin) == (SUPPLIER, "EUR", "GEN", "R-1")
    first, second = order.lines
    assert (first.number, first.item, first.item_id) == (1, "GAUZE-10", odoo.item_id("GAUZE-10"))
    assert (first.quantity, first.unit, first.factor, first.base_unit) == (Decimal("1.5"), "Box of 10", 10, "Units")
    assert (first.price, first.discount, first.received, first.invoiced) == (Decimal("0.0375"), 0, 0, 0)
    assert (first.cost_centre, second.cost_centre) == ("CC-100", "CC-200")
    assert (first.planned_on, second.planned_on) == tuple(datetime(2026, 12, day, 12, tzinfo=UTC) for day in (5, 24))
    assert (order.state, len(order.receipts)) == ("purchase", 1)
    assert abs(order.written_at - ids.now()) < timedelta(minutes=5)


def test_goods_land_where_they_are_needed(purchasing: Purchasing, odoo: OdooServer) -> None:
    lines = gauze(deliver_to="GEN/Stock/OR2"), suture(deliver_to="STM/Stock/OR1")
    order = confirmed(purchasing, *lines)

    places = odoo.gateway.locations(["GEN/Stock/OR2", "GEN/Stock"])
    rows = odoo.connection.get_model("stock.move").search_read(
        domain=[["purchase_line_id", "in", [line.id for line in order.lines]]],
        fields=["location_dest_id"], order="id", load="",
    )  # fmt: skip
    assert [row["location_dest_id"] for row in rows] == [places["GEN/Stock/OR2"].id, places["GEN/Stock"].id]
    assert held(purchasing, gauze(deliver_to="GEN/Stock/X")) == ("location_not_in_odoo", "location GEN/Stock/X")


def test_taxes_are_the_items_own(purchasing: Purchasing, odoo: OdooServer) -> None:
    items = odoo.connection.get_model("product.product")
    [row] = items.read(ids=[odoo.item_id("GAUZE-10")], fields=["supplier_taxes_id"], load="")

    assert list(confirmed(purchasing, gauze()).lines[0].taxes) == row["supplier_taxes_id"]


def test_confirming_twice_expects_the_goods_once(purchasing: Purchasing, odoo: OdooServer) -> None:
    order = confirmed(purchasing)

    again = purchasing.confirm(purchasing.of_ids([order.id])[order.id])

    assert again == order
    assert [quantity for _, quantity, _ in open_moves(odoo, order)] == [30, 8]


def test_the_same_key_twice_at_once_makes_one_order(odoo: OdooServer) -> None:
    name, purchasing = key(), Purchasing(odoo.connection)
    new = wanted(purchasing, gauze(), suture())

    def place(_: int) -> int | None:
        try:
            mine = Purchasing(Connection(odoo.url, odoo.database, odoo.api_key))
            return mine.place(name, new).id
        except Transient:
            return None

    with ThreadPoolExecutor(2) as pool:
        made = {order_id for order_id in pool.map(place, range(2)) if order_id}

    assert len(made) == 1
    found = purchasing.find(name)
    assert found is not None
    assert len(found.lines) == 2


def test_a_draft_gets_what_is_missing_and_loses_what_is_too_much(purchasing: Purchasing) -> None:
    name = key()
    purchasing.place(name, wanted(purchasing, gauze("9", price="1"), suture(number="2"), suture(number="3")))

    order = purchasing.place(name, wanted(purchasing, gauze(), suture("4", number="3"), suture("5", number="4")))

    assert sorted((line.item, line.quantity) for line in order.lines) == [
        ("GAUZE-10", 3), ("SUTURE-3-0", 4), ("SUTURE-3-0", 5),
    ]  # fmt: skip
    assert order.lines[0].price == Decimal("99.1")


def test_a_confirmed_order_stays_as_it_is(purchasing: Purchasing) -> None:
    name = key()
    order = purchasing.confirm(purchasing.place(name, wanted(purchasing, gauze())))

    assert purchasing.place(name, wanted(purchasing, gauze("7"))).lines == order.lines


def test_lines_join_a_draft_each_once(purchasing: Purchasing) -> None:
    window, first, second = key(), key(), key()
    draft = purchasing.open(window, wanted(purchasing, gauze()))
    assert (draft.lines, draft.state) == ((), "draft")

    for name, new in ((first, wanted(purchasing, gauze())), (second, wanted(purchasing, suture(), requisition="R-2"))):
        for _ in range(2):
            draft = purchasing.join(purchasing.open(window, new), name, new)

    assert [line.item for line in draft.lines] == ["GAUZE-10", "SUTURE-3-0"]
    assert draft.origin == "R-1, R-2"
    rest = purchasing.drop(draft, [draft.lines[0].id])
    assert (rest.state, rest.lines[0].item) == ("draft", "SUTURE-3-0")
    with pytest.raises(Transient):  # as if a buyer had dropped a line since it was read
        purchasing.drop(draft, [line.id for line in draft.lines])
    assert purchasing.drop(rest, [rest.lines[0].id]).state == "cancel"


def test_less_is_expected_where_less_is_ordered(purchasing: Purchasing, odoo: OdooServer) -> None:
    order = confirmed(purchasing)
    first, second = order.lines

    for _ in range(2):
        changes = [LineChange(first.id, Decimal(2)), LineChange(second.id, Decimal(0))]
        order = purchasing.change(order, changes)

    assert [(line.quantity, line.price) for line in order.lines] == [(2, first.price), (0, second.price)]
    assert [line.planned_on for line in order.lines] == [first.planned_on, second.planned_on]
    assert [quantity for _, quantity, _ in open_moves(odoo, order)] == [20]


def test_more_price_and_day_change_together(purchasing: Purchasing, odoo: OdooServer) -> None:
    order = confirmed(purchasing)
    day = at_noon(datetime(2026, 12, 11, tzinfo=UTC).date())

    change = LineChange(order.lines[0].id, Decimal(5), Decimal("98.5"), day)
    order = purchasing.change(order, [change], {"partner_ref": "SO-1", "acknowledged": True})

    [line, _] = order.lines
    assert (line.quantity, line.price, line.planned_on) == (5, Decimal("98.5"), day)
    assert (order.partner_ref, order.acknowledged) == ("SO-1", True)
    assert [(quantity, day) for _, quantity, day in open_moves(odoo, order)] == [(50, "2026-12-11"), (8, "2026-12-05")]


def test_what_is_the_same_is_not_written(purchasing: Purchasing) -> None:
    order = confirmed(purchasing)
    line = order.lines[0]

    same = purchasing.change(order, [LineChange(line.id, line.quantity, line.price, line.planned_on)])

    assert same == order


def test_a_line_gets_another_item_and_keeps_its_number(purchasing: Purchasing, odoo: OdooServer) -> None:
    order = confirmed(purchasing, gauze(), suture())
    other = odoo.item_id("BULK-001")

    for _ in range(2):
        change = LineChange(order.lines[0].id, Decimal(3), Decimal(90), None, other, "[BULK-001] Another gauze")
        order = purchasing.change(order, [change])

    line = order.lines[0]
    assert (line.number, line.item, line.quantity, line.price) == (1, "BULK-001", 3, 90)
    assert line.name == "[BULK-001] Another gauze"
    assert sorted((item, quantity) for item, quantity, _ in open_moves(odoo, order)) == sorted([
        (other, 30), (odoo.item_id("SUTURE-3-0"), 8),
    ])  # fmt: skip


def test_a_confirmed_order_takes_more_lines_each_once(purchasing: Purchasing, odoo: OdooServer) -> None:
    name = key()
    order = purchasing.confirm(purchasing.place(name, wanted(purchasing, gauze())))
    line = RequestedLine.of(suture("4", number="7"))
    new = ordering.new_line(line, None, purchasing.line_facts([line], order))

    for _ in range(2):
        purchasing.add(order, name, [new])

    order = purchasing.of_ids([order.id])[order.id]
    assert [(one.number, one.item, one.quantity) for one in order.lines] == [(1, "GAUZE-10", 3), (2, "SUTURE-3-0", 4)]
    assert [quantity for _, quantity, _ in open_moves(odoo, order)] == [30, 4]


def test_cancelling_calls_the_goods_off_and_may_be_repeated(purchasing: Purchasing, odoo: OdooServer) -> None:
    order = confirmed(purchasing)

    cancelled = purchasing.cancel(order)

    assert cancelled.state == purchasing.cancel(cancelled).state == "cancel"
    assert open_moves(odoo, order) == []


def test_what_was_received_cannot_be_cancelled(purchasing: Purchasing, odoo: OdooServer) -> None:
    order = confirmed(purchasing, suture())
    receive(odoo, order, 8)

    with pytest.raises(Held) as refusal:
        purchasing.cancel(order)

    assert (refusal.value.cause, refusal.value.subject) == ("order_beyond_cancelling", f"order {order.number}")
    assert purchasing.read([order.number])[order.number].lines[0].received == 8


def test_changes_are_noticed_and_ours_are_told_from_others(purchasing: Purchasing, odoo: OdooServer) -> None:
    order, draft = confirmed(purchasing), purchasing.place(key(), wanted(purchasing, gauze()))
    mark = purchasing.changes(ids.now()).mark

    found = purchasing.changes(mark)
    later = purchasing.changes(ids.now() + timedelta(hours=1))

    assert order.id in found.order_ids
    assert draft.id not in found.order_ids
    assert later.order_ids == ()
    assert mark < ids.now()
    orders = odoo.connection.get_model("purchase.order")
    [other] = orders.create(vals_list=[{"partner_id": order.supplier_id}])
    assert purchasing.ours([order.id, other]) == {order.id}


def test_several_of_one_name_cannot_be_told_apart(purchasing: Purchasing, odoo: OdooServer) -> None:
    partners = odoo.connection.get_model("res.partner")
    twins = partners.create(vals_list=[{"name": name, "ref": "S-TWIN"} for name in ("One", "Other")])

    assert held(purchasing, gauze(), supplier="S-TWIN") == ("supplier_ambiguous_in_odoo", "supplier S-TWIN")
    partners.write(ids=twins[:1], vals={"active": False})
    assert wanted(purchasing, gauze(), supplier="S-TWIN").supplier_id == twins[1]
    assert held(purchasing, gauze(item="TWIN-1")) == ("item_ambiguous_in_odoo", "item TWIN-1")
    assert held(purchasing, gauze(item="RETIRED-1")) == ("item_archived", "item RETIRED-1")


def held(purchasing: Purchasing, *lines: dict[str, Any], **changes: Any) -> tuple[str, str]:
    """Why an order cannot be placed."""
    with pytest.raises(Held) as refusal:
        wanted(purchasing, *lines, **changes)
    return refusal.value.cause, refusal.value.subject


def receive(odoo: OdooServer, order: Order, quantity: int) -> None:
    """Take goods in by hand."""
    moves: Sequence[Any] = odoo.connection.get_model("stock.move").search_read(
        domain=[["picking_id", "in", list(order.receipts)]], fields=["state"], order="id"
    )
    model = odoo.connection.get_model("stock.move")
    if odoo.database == "standin":
        model.write(ids=[moves[0]["id"]], vals={"quantity": quantity, "state": "done"})
        return
    model.write(ids=[moves[0]["id"]], vals={"quantity": quantity, "picked": True})
    odoo.connection.get_model("stock.picking").button_validate(
        ids=list(order.receipts), context={"skip_backorder": True, "skip_sms": True}
    )
