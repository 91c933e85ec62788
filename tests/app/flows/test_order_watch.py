"""What buyers do with orders in Odoo is picked up: theirs are entered, ours are recognised, nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app import ids
from app.flows.intake import Intake
from app.flows.order_watch import JOB, OrderWatch
from app.ledger.ledger import Ledger
from app.ledger.orders import purchase_order
from app.model.setup import Facility, Setup
from tests.app.flows.buying import SUPPLIER, Buyers, asking, gloves, sutures
from tests.fixtures_odoo import OdooServer


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def buyers(small_ledger: Ledger, odoo: OdooServer) -> Iterator[Buyers]:
    with small_ledger.transaction() as tx:
        small_ledger.orders.set_mark(tx, JOB, ids.now() - timedelta(hours=1))
    with asking():
        yield Buyers.over(small_ledger, odoo)


@pytest.fixture
def watch(buyers: Buyers) -> OrderWatch:
    setup = Setup(buyers.house.channels, {"GEN": Facility("GEN", "General Hospital")})
    return OrderWatch(buyers.house.ledger, buyers.erp, setup, Intake(buyers.house.ledger, str))


def look(buyers: Buyers, watch: OrderWatch) -> int:
    """One round of the job, and what follows."""
    entered = watch.run()
    buyers.house.work_off()
    return entered


def buy(buyers: Buyers, *, confirm: bool = True) -> dict[str, Any]:
    """A buyer makes an order by hand."""
    orders = buyers.model("purchase.order")
    [partner] = buyers.model("res.partner").search_read(domain=[["ref", "=", SUPPLIER]], fields=["name"])
    [house] = buyers.model("stock.warehouse").search_read(domain=[["code", "=", "GEN"]], fields=["in_type_id"])
    line = {"product_id": buyers.odoo.item_id("SUTURE-30"), "product_qty": 12, "price_unit": 2.5}
    line |= {"date_planned": "2026-12-05 12:00:00", "product_uom_id": 1, "tax_ids": [[6, 0, []]]}
    if buyers.odoo.database == "standin":
        line["tax_ids"] = []
    values = {"partner_id": partner["id"], "picking_type_id": house["in_type_id"][0]}
    [order_id] = orders.create(vals_list=[values])
    orders.write(ids=[order_id], vals={"order_line": [[0, 0, line]]})
    if confirm:
        orders.button_confirm(ids=[order_id])
    [row] = orders.read(ids=[order_id], fields=["name", "order_line"])
    return dict(row)


def test_a_buyers_order_is_entered_once_and_sent_to_its_supplier(buyers: Buyers, watch: OrderWatch) -> None:
    row = buy(buyers)
    buy(buyers, confirm=False)

    assert [look(buyers, watch) for _ in range(3)] == [1, 0, 0]

    [told] = buyers.told()
    assert (told["number"], told["action"], told["currency"]) == (row["name"], "new", "USD")
    assert told["seller"]["identifiers"][0]["value"] == SUPPLIER
    known = buyers.known(row["name"])
    assert (known.facility, known.supplier, known.told, known.document_id) == ("GEN", SUPPLIER, True, None)


def test_what_we_placed_is_recognised(buyers: Buyers, watch: OrderWatch) -> None:
    order = buyers.order(gloves())

    assert look(buyers, watch) == 0
    assert [told["number"] for told in buyers.told()] == [order.number]


def test_one_that_is_just_being_placed_is_left_to_who_places_it(buyers: Buyers, watch: OrderWatch) -> None:
    order = buyers.order(gloves())
    forget(buyers, order.number)

    assert look(buyers, watch) == 0
    assert len(buyers.told()) == 1


def test_a_buyers_change_of_our_order_is_told(buyers: Buyers, watch: OrderWatch) -> None:
    message = buyers.ask(gloves(), sutures())
    buyers.house.work_off()
    [order] = buyers.orders_of(message)
    look(buyers, watch)

    values = {"order_line": [[1, order.lines[1].id, {"product_qty": 20}]]}
    buyers.model("purchase.order").write(ids=[order.id], vals=values)

    assert [look(buyers, watch) for _ in range(2)] == [1, 0]
    told = buyers.told()[-1]
    assert (told["action"], told["revision"], told["lines"][1]["quantity"]["value"]) == ("change", "1", "20")
    # It belongs to the requisition, so that one story tells it all.
    kinds = [row.kind for row in buyers.house.story(message).documents]
    assert kinds.count("purchase_order") == 2


def test_a_buyers_cancellation_is_told(buyers: Buyers, watch: OrderWatch) -> None:
    ours, theirs = buyers.order(gloves()), buy(buyers)
    look(buyers, watch)

    buyers.model("purchase.order").button_cancel(ids=[ours.id, theirs["id"]])

    assert [look(buyers, watch) for _ in range(2)] == [2, 0]
    assert [told["action"] for told in buyers.told()] == ["new", "new", "cancel", "cancel"]
    assert {buyers.known(number).state for number in (ours.number, theirs["name"])} == {"cancel"}


def test_what_changes_nothing_for_the_supplier_is_not_told(buyers: Buyers, watch: OrderWatch) -> None:
    order = buyers.order(gloves())
    look(buyers, watch)

    buyers.model("purchase.order").write(ids=[order.id], vals={"partner_ref": "SO-77"})

    assert look(buyers, watch) == 0


def test_a_confirmation_that_waits_for_a_buyers_order_goes_on(buyers: Buyers, watch: OrderWatch) -> None:
    row = buy(buyers)
    buyers.confirm(row["name"], {"outcome": "accepted", "order_line": "1"}, supplier_order_number="SO-5")
    assert buyers.held() == {"order_unknown": f"order {row['name']}"}

    look(buyers, watch)

    assert buyers.held() == {}
    assert buyers.read(row["name"]).partner_ref == "SO-5"


def test_one_that_died_before_it_told_is_told_the_next_time(buyers: Buyers, watch: OrderWatch) -> None:
    row = buy(buyers)

    class Dead(Intake):
        def take_in(self, sending: Any) -> Any:
            if self.dying:
                raise SystemExit
            return super().take_in(sending)

        dying = True

    intake = Dead(buyers.house.ledger, str)
    with pytest.raises(SystemExit):
        replace(watch, intake=intake).run()
    assert buyers.told() == []

    assert [look(buyers, watch) for _ in range(2)] == [1, 0]
    assert [(told["number"], told["action"]) for told in buyers.told()] == [(row["name"], "new")]


def test_the_first_round_begins_with_now(small_ledger: Ledger, odoo: OdooServer) -> None:
    buyers = Buyers.over(small_ledger, odoo)
    setup = Setup(buyers.house.channels, {})
    watch = OrderWatch(small_ledger, buyers.erp, setup, Intake(small_ledger, str))

    watch.run()

    with small_ledger.reading() as tx:
        mark = small_ledger.orders.mark(tx, JOB)
    assert mark is not None
    assert ids.now() - mark < timedelta(minutes=5)


def forget(buyers: Buyers, number: str) -> None:
    """As if the order had been confirmed in Odoo, and the one who did had not noted it yet."""
    with buyers.house.ledger.transaction() as tx:
        tx.execute(sa.delete(purchase_order).where(purchase_order.c.number == number))
