"""After a ledger was restored from a backup: requisitions and receipts that come again find what Odoo has of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app import ids
from app.flows.finding import Finding, Finds
from app.flows.stock_watch import StockWatch
from app.ledger import schema
from app.ledger.ledger import Ledger
from app.model.setup import Facility, Setup
from app.odoo.erp import Erp
from tests import factories
from tests.app.flows.buying import SUPPLIER, Buyers
from tests.app.flows.dock import Dock, came
from tests.app.flows.ward import RULES, Ward, line, opened
from tests.fixtures_odoo import OdooServer

D = Decimal
WINDOWS = RULES.replace("requisition:\n", f"requisition:\n  windows: {{{SUPPLIER}: 120}}\n")


@dataclass
class Restored:
    """A ward whose orders are in Odoo, and the same ward with the ledger as an older backup has it: empty."""

    before: Ward
    after: Ward
    begun: Any

    def find(self) -> Finds:
        return Finding(self.after.ledger, self.after.buyers.erp).find(self.begun, "tester")

    def told_again(self, *lines: dict[str, Any], **changes: Any) -> Any:
        """Let the same requisition come to both; the message in the second ledger."""
        self.before.ask(*lines, **changes)
        return self.after.ask(*lines, **changes)

    @property
    def orders(self) -> list[str]:
        """The states of all orders in Odoo."""
        return [row["state"] for row in self.after.buyers.all()]


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    server: OdooServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def restored(tmp_path: Path, small_ledger: Ledger, odoo: OdooServer) -> Iterator[Restored]:
    after = Ledger(factories.settings(tmp_path, database_url=f"sqlite:///{tmp_path}/restored.db"))
    schema.upgrade(after.database)
    wards = [opened(Buyers.over(ledger, odoo), tmp_path) for ledger in (small_ledger, after)]
    yield Restored(wards[0], wards[1], ids.now() - timedelta(minutes=1))
    after.database.close()


def test_an_order_is_found_by_its_key_alone(restored: Restored) -> None:
    message = restored.told_again(line())
    assert restored.orders == ["purchase"]
    [order] = restored.after.buyers.orders_of(message)
    assert (order.supplier, order.lines[0].quantity) == (SUPPLIER, 2)
    assert restored.after.buyers.state(message) == "settled"


def test_an_order_that_went_out_in_a_window_is_found_in_another(restored: Restored) -> None:
    restored.before.import_rules(WINDOWS)
    restored.after.import_rules(WINDOWS.replace("120", "90"))
    restored.before.ask(line())
    restored.before.buyers.end_windows()
    [number] = [row["name"] for row in restored.before.buyers.all()]

    assert restored.find() == Finds(orders=(number,))
    message = restored.after.ask(line())

    assert restored.orders == ["purchase"]
    assert [order.number for order in restored.after.buyers.orders_of(message)] == [number]
    assert [order["number"] for order in restored.after.buyers.told()] == [number]
    assert restored.after.buyers.held() == {}


def test_an_order_that_waits_for_its_window_is_confirmed(restored: Restored) -> None:
    restored.before.import_rules(WINDOWS)
    restored.before.ask(line())
    assert restored.orders == ["draft"]
    restored.find()
    restored.after.ask(line())
    assert restored.orders == ["purchase"]


def test_what_was_found_can_be_changed_and_called_off(restored: Restored) -> None:
    for ward in (restored.before, restored.after):
        ward.import_rules(WINDOWS)
    restored.before.ask(line())
    restored.before.buyers.end_windows()
    restored.find()
    restored.after.import_rules(RULES)
    message = restored.after.ask(line())
    restored.after.ask(line(quantity="50"), action="change")
    [order] = restored.after.buyers.orders_of(message)
    assert [one.quantity for one in order.lines] == [5]
    restored.after.ask(line(quantity="50"), action="cancel")
    assert restored.orders == ["cancel"]


def test_what_the_ledger_knows_is_not_noted(restored: Restored) -> None:
    restored.told_again(line())
    assert restored.find() == Finds()


def test_goods_that_were_carried_are_not_bought_or_carried_again(restored: Restored) -> None:
    store, ward3 = "GEN/Stock/CATHLAB", "GEN/Stock/WARD3"
    places = factories.numbered(factories.row("location", "STORE", store), factories.row("location", "W3", ward3))
    asked = {"deliver_from": "STORE", "deliver_to": "W3"}
    for ward in (restored.before, restored.after):
        ward.buyers.house.crosswalk.import_rows(places, "tester")
        StockWatch(
            ward.ledger, Erp(ward.buyers.odoo.service), Setup(ward.buyers.house.channels, {"GEN": Facility("GEN")})
        ).poll()
    everything = line("SUTURE-30", "200")
    restored.before.ask(everything, **asked)
    [name] = restored.find().carried
    restored.after.ask(everything, **asked)
    assert restored.orders == []
    pickings = restored.after.buyers.model("stock.picking").search_read(
        domain=[["origin", "=", "R-1"]], fields=["name"], order="id"
    )
    assert [row["name"] for row in pickings] == [name]
    assert restored.after.buyers.held() == {}


def test_goods_are_received_once(restored: Restored) -> None:
    message = restored.told_again(line())
    [order] = restored.after.buyers.orders_of(message)
    for ward in (restored.before, restored.after):
        ward.buyers.house.channels["dock"] = factories.channel(name="dock")
        dock = Dock(ward.buyers)
        dock.receive(came(order, "1", "20"), number="GR-1")
        assert dock.received(order) == [2]
        assert ward.buyers.held() == {}
