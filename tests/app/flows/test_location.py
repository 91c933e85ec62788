"""Places and cost centres as others tell them: made where Odoo lacks them, never moved, never closed by us."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from app.ledger.ledger import Ledger
from app.odoo.erp import Erp
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer


@dataclass
class Estate:
    """Whoever keeps the places of the hospital, and Odoo."""

    house: House
    odoo: OdooServer

    def tell(self, number: str = "OR9", **changes: Any) -> Any:
        message = self.house.receive({"document": "location", "number": number} | changes)
        self.house.work_off()
        return message

    def places(self, name: str) -> list[str]:
        rows = self.odoo.connection.get_model("stock.location").search_read(
            domain=[["name", "=", name]], fields=["complete_name"], order="id", context={"active_test": False}
        )
        return [row["complete_name"] for row in rows]

    def held(self) -> dict[str, str]:
        with self.house.ledger.reading() as tx:
            return {group.cause: group.hint for group in self.house.ledger.holds.groups(tx)}

    def codes(self, kind: str) -> dict[str, str]:
        with self.house.ledger.reading() as tx:
            return self.house.ledger.registry.codes(tx, kind)


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def estate(request: pytest.FixtureRequest, small_ledger: Ledger) -> Estate:
    odoo: OdooServer = request.getfixturevalue(request.param)
    return Estate(House.over(small_ledger, Erp(odoo.connection)), odoo)


def test_a_department_is_made_under_the_stock_of_its_warehouse_once(estate: Estate) -> None:
    estate.tell(name="Theatre 9", type="wa")
    estate.tell(name="Theatre nine", type="wa")
    assert estate.held() == {}
    assert estate.places("OR9") == ["GEN/Stock/OR9"]
    assert estate.codes("department") == {"OR9": "Theatre nine"}


def test_a_place_within_another_one_is_made_there(estate: Estate) -> None:
    estate.tell("CAB-1", part_of="OR1")
    assert estate.places("CAB-1") == ["GEN/Stock/OR1/CAB-1"]


def test_a_place_that_the_crosswalk_knows_is_only_looked_at(estate: Estate) -> None:
    estate.tell("OR1", name="Theatre 1")
    assert estate.held() == {}
    assert estate.places("OR1") == ["GEN/Stock/OR1"]


def test_a_place_that_people_moved_is_held_and_stays(estate: Estate) -> None:
    estate.tell()
    locations = estate.odoo.connection.get_model("stock.location")
    [here] = locations.search_read(domain=[["complete_name", "=", "GEN/Stock/OR9"]], fields=["name"], order="id")
    [there] = locations.search_read(domain=[["complete_name", "=", "GEN/Stock/OR1"]], fields=["name"], order="id")
    locations.write(ids=[here["id"]], vals={"location_id": there["id"]})
    estate.tell(name="Theatre 9")
    assert "GEN/Stock/OR1/OR9" in estate.held()["location_contradicts"]
    assert estate.places("OR9") == ["GEN/Stock/OR1/OR9"]


def test_a_place_that_is_told_as_closed_is_left_open_until_somebody_looked(estate: Estate) -> None:
    estate.tell()
    estate.tell(status="inactive")
    assert set(estate.held()) == {"location_contradicts"}


def test_a_cost_centre_is_an_analytic_account(estate: Estate) -> None:
    estate.tell("CC-900", name="Robotics", type="cost centre")
    estate.tell("CC-900", name="Robotic surgery", type="cost centre")
    rows = estate.odoo.connection.get_model("account.analytic.account").search_read(
        domain=[["code", "=", "CC-900"]], fields=["name"], order="id"
    )
    assert [row["name"] for row in rows] == ["Robotics"]
    assert estate.codes("cost_centre")["CC-900"] == "Robotics"


def test_a_site_is_compared_and_never_made(estate: Estate) -> None:
    message = estate.tell("GEN", name="General Hospital", type="si")
    assert estate.held() == {}
    [event] = [one for one in estate.house.story(message).events if one.action == "posting.posted"]
    assert event.detail["record_name"]
