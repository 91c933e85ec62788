"""Stock, its changes, reorder rules, transfers between own places: one suite on the stand-in and the real Odoo."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from app.errors import Held
from app.model.supply import Figure
from app.odoo.gateway import Transfer
from app.odoo.rebalancing import Load
from app.odoo.supply import Supply
from ops.provision import Count, Site, provision
from tests.fixtures_odoo import GENERAL, OR1, SAINT_MARY, SITE, OdooServer

OR2, ICU, STM = GENERAL.stock("OR2"), GENERAL.stock("ICU"), SAINT_MARY.stock("OR1")


@pytest.fixture(scope="module", params=["standin_odoo", pytest.param("real_odoo", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    return request.getfixturevalue(request.param)


@pytest.fixture
def supply(odoo: OdooServer) -> Supply:
    return Supply(odoo.connection)


@pytest.fixture
def count(odoo: OdooServer) -> Callable[..., None]:
    """Count stock as a person in the store does, absolutely."""

    def counted(location: str, reference: str, quantity: str, lot: str | None = None) -> None:
        change = Count(location, reference, Decimal(quantity), lot)
        provision(odoo.connection, Site(SITE.hospitals, SITE.items, SITE.lots, (change,)))

    return counted


def held(figures: tuple[Figure, ...], item: str) -> dict[tuple[str, str], tuple[Decimal, Decimal]]:
    return {(f.location, f.lot): (f.quantity, f.reserved) for f in figures if f.item == item}


def test_stock_is_told_by_item_place_and_lot(supply: Supply, count: Callable[..., None]) -> None:
    count(OR1, "GLUE-5", "12.5", "G-2026-01")
    reading = supply.stock()
    assert reading.pairs is None
    glue = held(reading.figures, "GLUE-5")
    assert glue[OR1, "G-2026-01"] == (Decimal("12.5"), 0)
    assert {f.warehouse for f in reading.figures if f.location == OR1} == {"GEN"}
    assert {f.unit for f in reading.figures} == {"Units"}
    assert not [f for f in reading.figures if f.location.startswith("Consumption")]


def test_a_poll_reads_only_what_changed(supply: Supply, count: Callable[..., None]) -> None:
    # Old enough for the overlap: what was provisioned just now may be told again.
    before = supply.stock()
    count(OR2, "GAUZE-10", "41")
    reading = supply.changes(before.mark)
    assert ("GAUZE-10", OR2) in (reading.pairs or ())
    assert held(reading.figures, "GAUZE-10")[OR2, ""] == (Decimal(41), 0)


def test_what_is_used_up_is_gone_from_the_pair(supply: Supply, count: Callable[..., None]) -> None:
    count(OR1, "GLUE-5", "3", "G-2026-02")
    before = supply.stock()
    count(OR1, "GLUE-5", "0", "G-2026-02")
    reading = supply.changes(before.mark)
    assert ("GLUE-5", OR1) in (reading.pairs or ())
    assert (OR1, "G-2026-02") not in held(reading.figures, "GLUE-5")
    assert (OR1, "G-2026-01") in held(reading.figures, "GLUE-5"), "the other lots of the pair are told too"


def test_lots_are_found_over_all_places(supply: Supply) -> None:
    found = supply.of_lots(["G-2026-01"])
    assert {(f.item, f.location) for f in found} == {("GLUE-5", OR1)}
    assert supply.of_lots(["NO-SUCH-LOT"]) == ()


def carried(supply: Supply, key: str, quantity: str, *, complete: bool = False, **changes: str) -> Transfer:
    """Carry gauze from one theatre to the intensive care unit, unless told otherwise."""
    way = {"source": OR1, "destination": ICU, "item": "GAUZE-10"} | changes
    return supply.transfers.carry(key, quantity=Decimal(quantity), origin="REP-1", complete=complete, **way)


def test_a_transfer_is_made_once_and_reserves(supply: Supply, odoo: OdooServer, count: Callable[..., None]) -> None:
    count(OR1, "GAUZE-10", "100")
    made = carried(supply, "rebalance-1", "65")
    assert (made.state, carried(supply, "rebalance-1", "65")) == ("assigned", made)
    assert odoo.on_hand("GAUZE-10", OR1) == 100, "nobody has carried it yet"
    assert held(supply.stock().figures, "GAUZE-10")[OR1, ""] == (Decimal(100), Decimal(65))
    [expected] = [e for e in supply.expected(["GAUZE-10"]) if e.order == made.name]
    assert (expected.source, expected.location, expected.quantity) == (OR1, ICU, Decimal(65))
    with pytest.raises(Held, match="source_short"):
        carried(supply, "rebalance-2", "36")

    done = carried(supply, "rebalance-1", "65", complete=True)
    assert (done.id, done.state) == (made.id, "done")
    assert (odoo.on_hand("GAUZE-10", OR1), odoo.on_hand("GAUZE-10", ICU)) == (35, 65)
    assert carried(supply, "rebalance-1", "65", complete=True) == done
    assert not [e for e in supply.expected(["GAUZE-10"]) if e.order == made.name]


def test_a_transfer_takes_nothing_from_the_places_below(supply: Supply, count: Callable[..., None]) -> None:
    count(OR2, "GAUZE-10", "40")
    with pytest.raises(Held, match="source_short"):
        carried(supply, "from-the-store", "1", source="GEN/Stock")


def test_a_transfer_between_sites(supply: Supply, odoo: OdooServer, count: Callable[..., None]) -> None:
    count(OR2, "GAUZE-10", "40")
    before = odoo.on_hand("GAUZE-10", STM)
    assert carried(supply, "between", "4", source=OR2, destination=STM, complete=True).state == "done"
    assert odoo.on_hand("GAUZE-10", STM) == before + 4


def test_a_transfer_takes_as_many_lots_as_it_needs(
    supply: Supply, odoo: OdooServer, count: Callable[..., None]
) -> None:
    count(OR1, "GLUE-5", "2", "G-2026-01")
    count(OR1, "GLUE-5", "3", "G-2026-02")
    count(OR2, "GLUE-5", "0", "G-2026-01")
    assert carried(supply, "lots-chosen", "4", item="GLUE-5", destination=OR2, complete=True).state == "done"
    assert sum(odoo.on_hand("GLUE-5", OR2, lot) for lot in ("G-2026-01", "G-2026-02")) == 4


def test_a_transfer_takes_the_lots_it_is_told(supply: Supply, odoo: OdooServer, count: Callable[..., None]) -> None:
    count(OR1, "GLUE-5", "12.5", "G-2026-01")
    count(OR1, "GLUE-5", "3", "G-2026-02")
    for lot in ("G-2026-01", "G-2026-02"):
        count(OR2, "GLUE-5", "0", lot)
    loads = [Load("GLUE-5", Decimal("2.5"), "G-2026-01"), Load("GLUE-5", Decimal(3), "G-2026-02")]
    made = supply.transfers.make("lots", OR1, OR2, loads, "recall", complete=True)
    assert made.state == "done"
    assert odoo.on_hand("GLUE-5", OR2, "G-2026-01") == Decimal("2.5")
    assert odoo.on_hand("GLUE-5", OR2, "G-2026-02") == 3


@pytest.mark.parametrize(
    ("cause", "source", "item", "lot"),
    [
        ("location_not_in_odoo", "GEN/Stock/NOWHERE", "GAUZE-10", ""),
        ("item_not_in_odoo", OR1, "NO-SUCH", ""),
        ("item_archived", OR1, "RETIRED-1", ""),
        ("item_ambiguous_in_odoo", OR1, "TWIN-1", ""),
        ("lot_unknown", OR1, "GLUE-5", "NO-LOT"),
    ],
)
def test_a_transfer_that_cannot_be_is_held(supply: Supply, cause: str, source: str, item: str, lot: str) -> None:
    with pytest.raises(Held) as held_for:
        supply.transfers.make(f"held-{cause}", source, ICU, [Load(item, Decimal(1), lot)], "REP-3")
    assert held_for.value.cause == cause


def test_reorder_rules_with_their_figures(supply: Supply, odoo: OdooServer, count: Callable[..., None]) -> None:
    count(STM, "BULK-001", "3")
    place = next(place for place in supply.places() if place.name == STM)
    fields = ["id", "product_id/.id", "location_id/.id", "product_min_qty", "product_max_qty", "trigger"]
    rows = [["wardline_test.op", str(odoo.item_id("BULK-001")), str(place.id), "5", "20", "manual"]]
    answer = odoo.connection.get_model("stock.warehouse.orderpoint").load(fields=fields, data=rows)
    assert answer["ids"], answer["messages"]
    [rule] = [rule for rule in supply.orderpoints() if rule.item == "BULK-001"]
    assert (rule.location, rule.minimum, rule.maximum, rule.automatic) == (STM, 5, 20, False)
    forecast, to_order, lead = supply.forecasts([rule.id])[rule.id]
    assert (forecast, to_order) == (3, 17)
    assert lead >= 0
