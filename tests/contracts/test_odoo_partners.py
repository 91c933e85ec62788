"""What every Odoo must do for suppliers, prices and places: one suite on the stand-in and on the real Odoo 19."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from app.errors import Held
from app.model.master import Offer
from app.odoo.erp import Erp
from app.odoo.partners import Partners, Wanted
from app.odoo.price_lists import ListedPrice, NewList
from app.policy.pricing import Limits, WantedPrice
from ops.provision_procurement import provision
from tests.app.flows.buying import MARKET
from tests.fixtures_odoo import OdooServer

_numbers = itertools.count(1)
TODAY = date(2026, 11, 23)
ALL = Limits("price list PL", Decimal(1000), Decimal(100))


@pytest.fixture(scope="module", params=["standin_odoo", pytest.param("real_odoo", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    provision(server.connection, MARKET)
    return server


@pytest.fixture
def erp(odoo: OdooServer) -> Erp:
    return Erp(odoo.connection)


def harbor(**changes: Any) -> Wanted:
    number = next(_numbers)
    texts = {"name": f"Harbor {number} GmbH", "vat": f"DE{129273000 + number}", "street": "Kai 4", "city": "Hamburg"}
    base = Wanted(f"S-9{number:03}", texts, gln=f"40123450{number:05}", country="DE", currency="EUR")
    return replace(base, **changes)


def made(partners: Partners, wanted: Wanted) -> dict[str, Any]:
    """The partner, as Odoo has it."""
    partners.create(f"supplier:{wanted.reference}", wanted)
    row = partners.find(wanted.reference)
    assert row is not None
    return row


def test_a_supplier_is_made_with_all_that_was_told(erp: Erp) -> None:
    wanted = harbor()
    row = made(erp.partners, wanted)
    assert {name: row[name] for name in wanted.texts} == dict(wanted.texts)
    assert row["supplier_rank"] >= 1
    assert row["country_id"]
    assert row["global_location_number"] == wanted.gln


def test_the_same_call_again_makes_nothing_and_writes_nothing(erp: Erp) -> None:
    wanted = harbor()
    row = made(erp.partners, wanted)
    again = erp.partners.create(f"supplier:{wanted.reference}", wanted)
    assert (again.id, again.changed) == (row["id"], ())


def test_only_what_differs_is_written(erp: Erp) -> None:
    wanted = harbor()
    row = made(erp.partners, wanted)
    put = erp.partners.update(row, replace(wanted, texts={**wanted.texts, "city": "Bremen"}))
    assert put.changed == ("city",)


def test_what_odoo_has_no_place_for_is_told(erp: Erp) -> None:
    wanted = harbor(duns="315000554", country="Atlantis", region="OH")
    put = erp.partners.create(f"supplier:{wanted.reference}", wanted)
    assert set(put.left_out) >= {"duns", "country_id"}


def test_an_archived_supplier_is_found_and_brought_back(erp: Erp) -> None:
    wanted = harbor()
    row = made(erp.partners, wanted)
    assert erp.partners.update(row, replace(wanted, active=False)).changed == ("active",)
    row = erp.partners.find(wanted.reference)
    assert row is not None
    assert not row["active"]
    assert erp.partners.update(row, replace(wanted, active=True)).changed == ("active",)


def test_others_with_its_numbers_or_name_are_found_whatever_reference_they_have(erp: Erp, odoo: OdooServer) -> None:
    wanted = harbor()
    named = [{"name": wanted.texts["name"].upper()}, {"name": "Other", "vat": wanted.texts["vat"]}]
    ids = odoo.connection.get_model("res.partner").create(vals_list=named)
    assert {one.partner for one in erp.partners.alike(wanted.facts)} == set(ids)


def test_signs_of_patterns_stand_for_themselves(erp: Erp, odoo: OdooServer) -> None:
    odoo.connection.get_model("res.partner").create(vals_list=[{"name": "100 per cent"}])
    wanted = harbor(texts={"name": "100%"}, gln=None)
    assert erp.partners.alike(wanted.facts) == []


def test_a_reference_of_two_partners_is_held(erp: Erp, odoo: OdooServer) -> None:
    pair = [{"name": "Twin", "ref": "S-TWIN"}, {"name": "Twin", "ref": "S-TWIN"}]
    odoo.connection.get_model("res.partner").create(vals_list=pair)
    with pytest.raises(Held) as caught:
        erp.partners.find("S-TWIN")
    assert caught.value.cause == "supplier_ambiguous_in_odoo"


def test_a_supplier_that_got_another_reference_in_odoo_is_held(erp: Erp, odoo: OdooServer) -> None:
    wanted = harbor()
    row = made(erp.partners, wanted)
    odoo.connection.get_model("res.partner").write(ids=[row["id"]], vals={"ref": "S-OTHER"})
    with pytest.raises(Held) as caught:
        erp.partners.create(f"supplier:{wanted.reference}", wanted)
    assert caught.value.cause == "supplier_renumbered_in_odoo"


def box(price: str, **changes: Any) -> ListedPrice:
    row = WantedPrice("row 1", "GAUZE-10", "", Decimal(0), Decimal(price), "EUR", "H-10", 3)
    return ListedPrice(replace(row, **changes), "BX", Decimal(10))


def put(erp: Erp, partner: int, *rows: ListedPrice, **changes: Any) -> Any:
    return erp.price_lists.put(partner, replace(NewList("S-X", rows, TODAY, limits=ALL), **changes))


@pytest.fixture
def partner(erp: Erp) -> int:
    """A supplier without prices."""
    return int(made(erp.partners, harbor())["id"])


def prices(erp: Erp, partner: int) -> list[Offer]:
    return sorted(erp.master.offers(partner), key=lambda one: (one.minimum, one.valid_from or date.min))


def test_prices_are_made_in_the_unit_that_holds_as_much(erp: Erp, partner: int) -> None:
    done = put(erp, partner, box("99.10"), box("95", minimum=Decimal(20)))
    assert len(done.new) == 2
    first, tier = prices(erp, partner)
    assert (first.price, first.unit, first.factor, first.currency) == (Decimal("99.1"), "Box of 10", 10, "EUR")
    assert (tier.minimum, first.supplier_code, first.lead_days) == (20, "H-10", 3)


def test_the_same_list_again_writes_nothing(erp: Erp, partner: int) -> None:
    put(erp, partner, box("99.10"))
    done = put(erp, partner, box("99.10"))
    assert (done.new, done.changed, done.ended, done.unchanged) == ([], [], {}, 1)


def test_a_price_is_changed_in_its_place(erp: Erp, partner: int) -> None:
    put(erp, partner, box("99.10", valid_from=TODAY))
    put(erp, partner, box("98", valid_from=TODAY, lead_days=5))
    [only] = prices(erp, partner)
    assert (only.price, only.lead_days) == (98, 5)


def test_a_later_price_ends_the_one_before_it(erp: Erp, partner: int) -> None:
    begins = TODAY + timedelta(days=30)
    put(erp, partner, box("99.10"))
    put(erp, partner, box("101", valid_from=begins))
    first, second = prices(erp, partner)
    assert (first.valid_to, second.valid_from) == (begins - timedelta(days=1), begins)


def test_a_price_that_never_came_to_hold_may_end_before_it_begins(erp: Erp, partner: int) -> None:
    put(erp, partner, box("99.10", valid_from=TODAY + timedelta(days=30)))
    put(erp, partner, box("1", item="SUTURE-3-0"), full=TODAY)
    [gauze] = [one for one in prices(erp, partner) if one.item == "GAUZE-10"]
    assert not any(gauze.holds_on(TODAY + timedelta(days=days)) for days in range(60))


def test_a_discount_that_people_gave_is_part_of_the_price(erp: Erp, partner: int, odoo: OdooServer) -> None:
    put(erp, partner, box("100"))
    lines = odoo.connection.get_model("product.supplierinfo")
    rows = lines.search_read(domain=[["partner_id", "=", partner]], fields=["price"], order="id")
    lines.write(ids=[row["id"] for row in rows], vals={"discount": 10})
    assert put(erp, partner, box("90")).unchanged == 1
    put(erp, partner, box("100"))
    assert [one.price for one in prices(erp, partner)] == [100]


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        (box("1", item="NOBODY"), "item_not_in_odoo"),
        (box("1", item="RETIRED-1"), "item_archived"),
        (box("1", item="TWIN-1"), "item_ambiguous_in_odoo"),
        (box("1", currency="XAU"), "currency_not_in_odoo"),
        (box("1.23456"), "price_too_fine"),
        (replace(box("1"), factor=Decimal(7)), "unit_not_in_odoo"),
    ],
)
def test_what_is_missing_is_held_by_its_row(erp: Erp, partner: int, row: ListedPrice, cause: str) -> None:
    with pytest.raises(Held) as caught:
        put(erp, partner, row)
    assert caught.value.cause == cause
    assert "row 1" in caught.value.hint or cause == "currency_not_in_odoo"
    assert prices(erp, partner) == []


def test_a_place_is_made_once_under_its_key(erp: Erp) -> None:
    warehouse = erp.places.site("GEN", "")
    first = erp.places.place("location:GEN:ST7", "ST7", warehouse, "", active=None)
    again = erp.places.place("location:GEN:ST7", "ST7", warehouse, "", active=True)
    assert (first.created, again.created, again.id) == (True, False, first.id)
    assert first.name == "GEN/Stock/ST7"


def test_a_warehouse_that_nobody_made_is_held(erp: Erp) -> None:
    with pytest.raises(Held) as caught:
        erp.places.site("NOPE", "")
    assert caught.value.cause == "warehouse_not_in_odoo"


def test_a_cost_centre_is_made_once(erp: Erp) -> None:
    first = erp.places.cost_centre("cost_centre:GEN:CC-7", "CC-7", "Robotics", active=None)
    again = erp.places.cost_centre("cost_centre:GEN:CC-7", "CC-7", "Robotics", active=None)
    assert (first.created, again.created, again.id) == (True, False, first.id)
