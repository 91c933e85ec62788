"""A lot that is recalled while it is on its way: noticed, stopped at the dock, let in when the recall is lifted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from app.flows.recall import Recalling
from app.ledger.ledger import Ledger
from app.model.setup import Setup
from tests.app.flows.buying import asking
from tests.app.flows.dock import Dock, of, stents
from tests.fixtures_odoo import OdooServer


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def dock(small_ledger: Ledger, odoo: OdooServer) -> Iterator[Dock]:
    with asking():
        yield Dock.over(small_ledger, odoo)


def test_a_recalled_lot_is_stopped_at_the_dock(dock: Dock) -> None:
    house = dock.buyers.house
    recalling = Recalling(house.ledger, dock.buyers.erp, Setup(house.channels), house.crosswalk)
    order = dock.order(stents())
    dock.notice(of(order, "1", "4", lot="LX-1", expiry="2028-06-30"), number="ASN-A")
    wanted = recalling.sought("LX-1", "STENT-35")
    row, _ = recalling.open(wanted, "cracked", "tester")
    receipt = dock.receive(ship_notice="ASN-A", number="R-1")

    found = recalling.sweep(wanted)
    assert dock.landed(order) == {}
    assert [(seen.kind, seen.quantity, seen.where) for seen in found.shipped] == [("ship_notice", 4, order.number)]
    assert [(seen.kind, seen.state) for seen in found.in_flight] == [("goods_receipt", "held")]
    assert house.story(receipt).documents[0].state == "held"
    with house.ledger.reading() as tx:
        kinds = [link.document.kind for link in house.ledger.chain.find(tx, [order.number]).links]
        holds = house.ledger.holds.groups(tx)
    assert {"purchase_order", "ship_notice"} <= set(kinds)
    assert [(group.cause, group.subject) for group in holds] == [("recalled", "lot LX-1")]

    recalling.lift(row.id, "tester")
    house.work_off()
    assert dock.landed(order) == {("STENT-35", "LX-1"): Decimal(4)}
    assert house.story(receipt).documents[0].state == "settled"
