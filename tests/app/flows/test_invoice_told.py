"""An invoice in the units of the order that its supplier was told, whatever the crosswalk says of such units."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from app.ledger.ledger import Ledger
from tests import factories
from tests.app.flows.buying import SUPPLIER, asking
from tests.app.flows.dock import Dock, came, gloves
from tests.fixtures_odoo import OdooServer

X12 = (
    "ISA*00*          *00*          *ZZ*SUPPLIER       *ZZ*WARDLINE       *261123*0800*U*00401*000000077*0*P*>~"
    "GS*IN*SUPPLIER*WARDLINE*20261123*0800*77*X*004010~ST*810*0001~"
    "BIG*20261120*INV-77**{order}~CUR*SE*EUR~"
    "IT1*1*3*BX*99.10**VC*CAH-991*PL*1~"
    "TDS*{total}~CTT*1~SE*6*0001~GE*1*77~IEA*1*000000077~"
)


@pytest.fixture(params=[pytest.param("real_market", marks=pytest.mark.real)])
def dock(request: pytest.FixtureRequest, small_ledger: Ledger) -> Iterator[Dock]:
    odoo: OdooServer = request.getfixturevalue(request.param)
    made = Dock.over(small_ledger, odoo)
    made.buyers.house.channels["edi"] = factories.channel(name="edi", standard="x12", supplier=SUPPLIER)
    item = made.buyers.odoo.item_id("GLOVE-M")
    made.buyers.model("product.product").write(ids=[item], vals={"supplier_taxes_id": [[6, 0, []]]})
    # Another supplier's boxes hold 25: nobody has entered what this one's hold.
    rows = [factories.row("unit", "BX", "each", item="GLOVE-M", factor=Decimal(25))]
    rows += [factories.row("item", "CAH-991", "GLOVE-M")]
    made.buyers.house.crosswalk.import_rows(factories.numbered(*rows), "tester")
    with asking():
        yield made


def test_an_810_in_boxes_is_billed_by_what_a_box_was_told_to_hold(dock: Dock) -> None:
    order = dock.order(gloves())
    dock.receive(came(order, "1", "30"))
    body = X12.format(order=order.number, total="29730").encode()
    message = dock.raw("edi", body, "application/edi-x12")
    assert dock.buyers.held() == {}
    assert dock.state(message) == "settled"
    assert [line.invoiced for line in dock.buyers.read(order.number).lines] == [3]
