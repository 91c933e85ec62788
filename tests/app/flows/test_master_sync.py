"""Master data from Odoo: what its users keep there is what policy decides on and messages are understood by."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.crosswalk.store import CrosswalkStore
from app.flows.master_sync import MasterSync
from app.ledger.ledger import Ledger
from app.odoo.erp import Erp
from ops import provision_procurement
from ops.provision_procurement import CostCentre, Pack, Price, Procurement, Supplier
from tests import factories
from tests.fixtures_odoo import OdooServer

MARKET = Procurement(
    suppliers=(Supplier("S-MER", "Meridian"), Supplier("S-HAR", "Harbor")),
    packs=(Pack("Box of 10", Decimal(10)),),
    cost_centres=(CostCentre("CC-100", "Cardiology"),),
    prices=(
        Price("S-MER", "GLOVE-M", Decimal("99.10"), "Box of 10", code="M-991", lead_days=3, until="2099-12-31"),
        Price("S-HAR", "SUTURE-30", Decimal("2.50"), code="H-30"),
        Price("S-HAR", "SUTURE-30", Decimal("2.25"), minimum=Decimal(100), code="H-30"),
    ),
    currencies=("EUR",),
)


@pytest.fixture(params=["standin_hospital", pytest.param("hospital", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    provision_procurement.provision(server.connection, MARKET)
    return server


@pytest.fixture
def sync(small_ledger: Ledger, odoo: OdooServer) -> MasterSync:
    return MasterSync(small_ledger, Erp(odoo.service), CrosswalkStore(small_ledger.database, small_ledger.audit))


def look(sync: MasterSync, what: str, *names: str) -> Any:
    with sync.ledger.reading() as tx:
        return getattr(sync.ledger.registry, what)(tx, names)


def test_items_suppliers_prices_and_cost_centres_are_in_the_register(sync: MasterSync) -> None:
    sync.run()
    assert look(sync, "items", "STENT-35")["STENT-35"].tracking == "lot"
    assert look(sync, "suppliers", "S-MER")["S-MER"].name == "Meridian"
    [box] = look(sync, "offers", "GLOVE-M")["GLOVE-M"]
    assert (box.supplier, box.price, box.unit, box.factor, box.currency) == (
        "S-MER",
        Decimal("99.1"),
        "Box of 10",
        10,
        "EUR",
    )
    assert (box.supplier_code, box.lead_days, box.valid_to) == ("M-991", 3, date(2099, 12, 31))
    breaks = look(sync, "offers", "SUTURE-30")["SUTURE-30"]
    assert sorted((one.minimum, one.price, one.unit) for one in breaks) == [
        (0, Decimal("2.5"), ""),
        (100, Decimal("2.25"), ""),
    ]
    with sync.ledger.reading() as tx:
        assert sync.ledger.registry.codes(tx, "cost_centre") == {"CC-100": "Cardiology"}


def test_suppliers_numbers_mean_our_items(sync: MasterSync) -> None:
    sync.run()
    with sync.ledger.reading() as tx:
        rows = {(row.scheme, row.code): row.target for row in sync.crosswalk.rows(tx, ["M-991", "GLOVE-M", "H-30"])}
    assert rows[("supplier", "M-991")] == "GLOVE-M"
    assert rows[("supplier", "H-30")] == "SUTURE-30"
    assert rows[("internal", "GLOVE-M")] == "GLOVE-M"


def test_what_is_as_it_was_costs_no_write(sync: MasterSync) -> None:
    assert sync.run() > 0
    assert sync.run() == 0


def test_what_odoos_users_change_is_taken_over_and_what_they_have_no_field_for_stays(
    sync: MasterSync, odoo: OdooServer
) -> None:
    sync.run()
    with sync.ledger.transaction() as tx:
        stent = sync.ledger.registry.items(tx, ["STENT-35"])["STENT-35"]
        sync.ledger.registry.put_items(tx, [replace(stent, criticality="critical", clinical=True)])
    products, prices = odoo.connection.get_model("product.product"), odoo.connection.get_model("product.supplierinfo")
    [row] = products.search_read(domain=[["default_code", "=", "STENT-35"]], fields=["name"])
    products.write(ids=[row["id"]], vals={"name": "Stent, coated", "active": False})
    gone = prices.search_read(domain=[["product_code", "=", "M-991"]], fields=["price"])
    prices.write(ids=[row["id"] for row in gone], vals={"price": 101})
    assert sync.run() == 2
    found = look(sync, "items", "STENT-35")["STENT-35"]
    assert (found.name, found.active, found.criticality, found.clinical) == ("Stent, coated", False, "critical", True)
    assert [one.price for one in look(sync, "offers", "GLOVE-M")["GLOVE-M"]] == [101]


def test_a_row_that_a_person_wrote_is_left_as_it_is(sync: MasterSync) -> None:
    mine = factories.row("item", "M-991", "SUTURE-30", scheme="supplier")
    sync.crosswalk.import_rows(factories.numbered(mine), "tester")
    sync.run()
    with sync.ledger.reading() as tx:
        [row] = sync.crosswalk.rows(tx, ["M-991"])
    assert row.target == "SUTURE-30"
