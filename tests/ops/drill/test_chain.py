"""The papers of the drill ``chain-reordered``: they can be read, and what is missing in Odoo would be seen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.model.channel import Channel, Profile
from app.odoo.transport import Connection
from app.standards import by_name
from ops import provision_procurement
from ops.bench.site import site
from ops.drill import chain
from ops.provision import provision
from ops.simulators.odoo_standin.server import StandIn


@pytest.fixture(scope="module")
def odoo() -> Iterator[Connection]:
    with StandIn() as server:
        connection = Connection(server.url, server.database, server.api_key or "")
        provision(connection, site())
        provision_procurement.provision(connection, chain.MARKET)
        yield connection


def test_the_papers_of_an_order_name_it_in_every_order_there_is(odoo: Connection) -> None:
    orders = chain.Purchases(odoo).buy()
    assert len(orders) == len(set(chain.ORDERS)) == 24
    assert {order.warehouse for order in orders} == {"GEN"}
    for name, paper in chain.papers(orders[0]).items():
        profile = Profile(Channel(paper.channel, "canonical", "GEN"), str)
        [document] = by_name("canonical").read(paper.body, profile).documents
        assert document.document_kind == name
        assert ("purchase_order", orders[0].number) in set(document.business_keys())


def test_goods_and_bills_that_are_missing_are_told(odoo: Connection) -> None:
    purchases = chain.Purchases(odoo)
    assert purchases.differences([]) == []
    number = purchases.buy()[0].number
    goods, bill = purchases.differences([number])
    assert goods.startswith(f"order {number}: ordered, received and billed are")
    assert f"INV-{number}-1" in bill
