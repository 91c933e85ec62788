"""What only a real Odoo has: taxes that are no percentage, and payments."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.flows.invoice_status import BillWatch
from app.ledger.ledger import Ledger
from app.model.setup import Setup
from app.odoo.erp import Erp
from tests.app.flows.shop import GLOVES, SUTURES, Shop, boxes, shops, sutures
from tests.fixtures_odoo import OdooServer


@pytest.fixture(scope="module", params=[pytest.param("real", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> Iterator[OdooServer]:
    yield from shops(request)


@pytest.fixture
def shop(small_ledger: Ledger, odoo: OdooServer) -> Shop:
    return Shop.over(small_ledger, odoo)


def test_a_tax_that_odoo_calculates_otherwise_is_held_and_may_be_accepted(shop: Shop) -> None:
    order = shop.order(GLOVES)
    [line], fee = shop.lines(order), shop.fee("2.00")
    lines = shop.odoo.connection.get_model("purchase.order.line")
    lines.write(ids=[line["id"]], vals={"tax_ids": [[6, 0, [fee]]]})
    shop.bill("INV-1", order, boxes("2"), tax_total="4.00", total="29.00")
    assert [str(bill["amount_total"]) for bill in shop.bills()] == ["29.0"]
    # This many pieces have no end in boxes and are billed as pieces, of which Odoo takes the fee each.
    part = boxes(quantity={"value": "0.33333", "unit": "BX"})
    shop.bill("INV-2", order, part, tax_total="0.67", total="4.84")
    assert shop.held() == {"total_mismatch": f"supplier {shop.supplier} invoice INV-2"}
    shop.accept("INV-2")
    assert [str(bill["amount_total"]) for bill in shop.bills(ref="INV-2")] == ["4.84"]


def test_a_payment_is_seen_and_told(shop: Shop) -> None:
    order = shop.order(SUTURES)
    shop.house.channels["supplier"] = replace(shop.house.channels["supplier"], sends=("response",))
    shop.bill("INV-1", order, sutures(), total="20.00")
    watch = BillWatch(shop.house.ledger, Erp(shop.odoo.service), Setup(shop.house.channels))
    shop.pay("INV-1", "5.00")
    assert (watch.run(), shop.kept("INV-1").state) == (1, "partly_paid")
    shop.pay("INV-1", "15.00")
    assert (watch.run(), shop.kept("INV-1").state) == (1, "paid")
    assert [answer["status"] for answer in shop.answers()] == ["accepted", "in_process", "paid"]
