"""What is remembered of Odoo and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine

from app import ids
from app.odoo.directory import Directory
from ops.simulators.odoo_standin.faults import Fault
from ops.simulators.odoo_standin.server import StandIn
from tests.fixtures_odoo import GENERAL, OR1, OdooServer


@pytest.fixture
def directory(standin_odoo: OdooServer) -> Directory:
    return Directory(standin_odoo.connection, "CONS", seconds=60)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(ids.now(), tick=False) as clock:
        yield clock


def archive(odoo: OdooServer, model: str, record_id: int, active: bool) -> None:
    odoo.connection.get_model(model).write(ids=[record_id], vals={"active": active})


def test_what_was_found_is_remembered_for_a_while(
    directory: Directory, standin_odoo: OdooServer, clock: time_machine.Coordinates
) -> None:
    (item,) = directory.items(["GAUZE-10"])["GAUZE-10"]
    location = directory.locations([OR1])[OR1]
    archive(standin_odoo, "product.product", item.id, False)
    archive(standin_odoo, "stock.location", location.id, False)

    clock.shift(timedelta(seconds=59))
    assert directory.items(["GAUZE-10"])["GAUZE-10"] == (item,)
    assert directory.locations([OR1])[OR1] == location

    clock.shift(timedelta(seconds=2))
    assert directory.items(["GAUZE-10"])["GAUZE-10"] == (replace(item, active=False),)
    assert directory.locations([OR1])[OR1] == replace(location, active=False)

    archive(standin_odoo, "product.product", item.id, True)
    archive(standin_odoo, "stock.location", location.id, True)


def test_what_is_remembered_costs_no_call(directory: Directory, standin: StandIn) -> None:
    warm = directory.items(["GAUZE-10", "GLUE-5"]), directory.locations([OR1]), directory.digits()
    operation = directory.operation(warm[1][OR1].warehouse_id or 0)
    standin.faults.inject(Fault("page"))

    assert (directory.items(["GAUZE-10", "GLUE-5"]), directory.locations([OR1]), directory.digits()) == warm
    assert directory.operation(warm[1][OR1].warehouse_id or 0) == operation

    assert standin.faults.take("any") is not None


def test_what_was_not_found_is_asked_again(directory: Directory, standin_odoo: OdooServer) -> None:
    assert directory.items(["LATE-1"]) == {}
    assert directory.locations(["GEN/Stock/LATE"]) == {}

    values = {"name": "Late", "default_code": "LATE-1"}
    made = standin_odoo.connection.get_model("product.product").create(vals_list=[values])

    assert [item.id for item in directory.items(["GAUZE-10", "LATE-1"])["LATE-1"]] == made


def test_an_active_location_hides_archived_ones_of_its_name(directory: Directory, standin_odoo: OdooServer) -> None:
    name = GENERAL.stock("ICU")
    locations = standin_odoo.connection.get_model("stock.location")
    stock = locations.search_read(domain=[["complete_name", "=", "GEN/Stock"]], fields=["name"])[0]["id"]
    values = {"name": "ICU", "usage": "internal", "location_id": stock}
    twin = locations.create(vals_list=[values])[0]

    assert directory.locations([name]) == {}, "nobody can tell which is meant"

    archive(standin_odoo, "stock.location", twin, False)
    assert directory.locations([name])[name].id != twin
