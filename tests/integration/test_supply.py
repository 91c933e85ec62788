"""Replenishment, stock and recall on the real Odoo: a ward runs low, a sister site gives, the rest is asked for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from app import ids
from app.flows.completeness import Completeness
from app.flows.intake import Intake
from app.flows.recall import Recalling
from app.flows.replenishment import Planner
from app.flows.stock_watch import StockWatch
from app.ledger import tables
from app.ledger.ledger import Ledger
from app.ledger.levels import Where
from app.model.setup import Facility, Setup
from app.model.supply import Level
from app.odoo.erp import Erp
from app.policy.supply_rules import Replenishment
from ops.demo.hospital import SITE
from ops.provision import Count, Hospital, Site, provision
from tests import factories
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

pytestmark = pytest.mark.real
WARD, OR1, CATHLAB = "GEN/Stock/WARD3", "GEN/Stock/OR1", "GEN/Stock/CATHLAB"
LAB, QUARANTINE = "LAB/Stock/BENCH", "GEN/Stock/QUARANTINE"
D = Decimal


class Group:
    """Two sites of a hospital group on a real Odoo."""

    def __init__(self, ledger: Ledger, odoo: OdooServer) -> None:
        self.ledger, self.odoo, self.erp = ledger, odoo, Erp(odoo.connection)
        facilities = {"GEN": Facility("GEN", quarantine=QUARANTINE), "LAB": Facility("LAB")}
        self.house = House.over(ledger, self.erp, facilities=facilities)
        self.house.channels["replenishment"] = factories.channel(name="replenishment")
        self.setup = Setup(self.house.channels, facilities)
        self.watch = StockWatch(ledger, self.erp, self.setup)
        self.rules = Replenishment()
        intake = Intake(ledger, str)
        self.planner = Planner(
            ledger, self.erp, self.setup, self.house.crosswalk, intake, self.watch, lambda _: self.rules
        )

    def count(self, *counts: Count) -> None:
        departments = ("CATHLAB", "OR1", "WARD3", "QUARANTINE")
        sites = (Hospital("GEN", "General Hospital", departments), Hospital("LAB", "Laboratory", ("BENCH",)))
        provision(self.odoo.connection, Site(sites, SITE.items, SITE.lots, counts))

    def asks(self) -> list[tuple[str, str, Decimal, str]]:
        with self.ledger.reading() as tx:
            return sorted((row.item, row.location, row.quantity, row.source) for row in self.ledger.asks.open(tx))

    def orderpoint(self, item: str, location: str, least: str, most: str, trigger: str = "manual") -> int:
        """A reorder rule in Odoo."""
        place = next(place for place in self.erp.supply.places() if place.name == location)
        fields = ["id", "product_id/.id", "location_id/.id", "product_min_qty", "product_max_qty", "trigger"]
        key = f"wardline_test.{item}_{location}".replace("/", "_")
        row = [key, str(self.odoo.item_id(item)), str(place.id), least, most, trigger]
        answer = self.odoo.connection.get_model("stock.warehouse.orderpoint").load(fields=fields, data=[row])
        return int(answer["ids"][0])


@pytest.fixture
def group(small_ledger: Ledger, hospital: OdooServer) -> Group:
    made = Group(small_ledger, hospital)
    made.count(Count(LAB, "GLOVE-M", D(900)))
    return made


def test_a_ward_runs_low_and_the_laboratory_gives(group: Group) -> None:
    with group.ledger.transaction() as tx:
        levels = [Level("GLOVE-M", WARD, D(200), D(500)), Level("GLOVE-M", LAB, D(100), D(800))]
        group.ledger.levels.put(tx, levels, "own", "tester")
    group.watch.poll()
    gloves = {"identifiers": [{"scheme": "internal", "value": "GLOVE-M"}], "location": "WARD3"}
    group.house.receive(factories.event(quantity={"value": "9", "unit": "BX"}, **gloves))
    group.house.work_off()
    assert group.planner.run() == 2
    assert group.asks() == [("GLOVE-M", WARD, D(100), LAB), ("GLOVE-M", WARD, D(300), "")]
    with group.ledger.reading() as tx:
        [figure] = group.ledger.levels.figures(tx, Where(item="GLOVE-M", location=WARD), 5)
    assert figure.quantity == 100, "the plan has looked before it decided"

    group.house.work_off()
    [transfer] = group.erp.supply.expected(["GLOVE-M"])
    assert (transfer.quantity, transfer.source, transfer.location) == (100, LAB, WARD)
    assert group.planner.run() == 0, "what is on its way is not asked for again"
    pickings = group.odoo.connection.get_model("stock.picking")
    [row] = pickings.search_read(domain=[["name", "=", transfer.order]], fields=["state", "origin"])
    assert row["state"] == "assigned"
    pickings.button_validate(ids=[row["id"]], context={"skip_backorder": True, "skip_sms": True})
    assert group.planner.run() == 0
    assert group.odoo.on_hand("GLOVE-M", WARD) == 200
    assert group.asks() == [("GLOVE-M", WARD, D(300), "")], "the transfer has arrived, the requisition has not"


def test_odoos_own_rule_has_the_word_and_its_draft_orders_count(group: Group) -> None:
    group.rules = replace(group.rules, transfers=False, pause_days=D(0))
    group.count(Count(WARD, "SUTURE-30", D(3)))
    orderpoint = group.orderpoint("SUTURE-30", WARD, "10", "60")
    assert group.planner.run() == 1
    assert group.asks() == [("SUTURE-30", WARD, D(57), "")]
    with group.ledger.reading() as tx:
        [ask] = group.ledger.asks.open(tx)
    assert f"Odoo's rule {orderpoint}: forecast 3" in " ".join(ask.reasons)
    assert group.planner.run() == 0

    # Somebody lets Odoo order all the same: its draft order arrives there, so that the requisition may be cancelled.
    partners = group.odoo.connection.get_model("res.partner").create(vals_list=[{"name": "Sutures Ltd"}])
    offer = {"partner_id": partners[0], "product_tmpl_id": _template(group, "SUTURE-30"), "price": 2, "delay": 4}
    group.odoo.connection.get_model("product.supplierinfo").create(vals_list=[offer])
    group.odoo.connection.get_model("stock.warehouse.orderpoint").action_replenish(ids=[orderpoint])
    [draft] = group.erp.supply.expected(["SUTURE-30"])
    assert (draft.quantity, draft.location) == (57, WARD)
    with group.ledger.transaction() as tx:
        group.ledger.asks.close(tx, {ask.id: "cancelled"})
    assert group.planner.run() == 0
    orders = group.odoo.connection.get_model("purchase.order")
    [order] = orders.search_read(domain=[["name", "=", draft.order]], fields=["state"])
    orders.button_confirm(ids=[order["id"]])
    [confirmed] = group.erp.supply.expected(["SUTURE-30"])
    assert (confirmed.order, confirmed.quantity, confirmed.location) == (draft.order, 57, WARD)
    assert group.planner.run() == 0
    orders.button_cancel(ids=[order["id"]])
    assert group.planner.run() == 1


def _template(group: Group, item: str) -> int:
    products = group.odoo.connection.get_model("product.product")
    rows = products.search_read(domain=[["default_code", "=", item]], fields=["product_tmpl_id"], load="")
    return int(rows[0]["product_tmpl_id"])


def test_an_automatic_rule_is_left_to_odoo_and_an_archived_item_to_nobody(group: Group) -> None:
    group.rules = replace(group.rules, transfers=False)
    group.count(Count(WARD, "SUTURE-30", D(3)), Count(WARD, "CATH-77", D(0)))
    group.orderpoint("SUTURE-30", WARD, "10", "60", "auto")
    group.orderpoint("CATH-77", WARD, "10", "60")
    products = group.odoo.connection.get_model("product.product")
    products.write(ids=[group.odoo.item_id("CATH-77")], vals={"active": False})
    assert group.planner.run() == 0


def test_a_recalled_lot_is_held_and_put_aside(group: Group) -> None:
    recalling = Recalling(group.ledger, group.erp, group.setup, group.house.crosswalk)
    stent = {"identifiers": [{"scheme": "internal", "value": "STENT-35"}], "location": "CATHLAB", "lot": "L2406A"}
    group.house.receive(factories.event(**stent))
    group.house.work_off()
    wanted = recalling.sought("(01)00812345678901(10)L2406A")
    recalling.open(wanted, "cracked", "tester")
    late = group.house.receive(factories.event(**stent))
    group.house.work_off()
    assert group.house.story(late).documents[0].state == "held"
    made = recalling.quarantine(wanted, "recall")
    assert {transfer.state for transfer in made} == {"assigned"}
    found = recalling.sweep(wanted)
    assert {(f.location, f.quantity, f.reserved) for f in found.stock} == {(CATHLAB, 11, 11), (OR1, 5, 5)}
    assert (len(found.consumed), len(found.in_flight)) == (1, 1)
    assert recalling.quarantine(wanted, "recall") == []
    context = {"skip_backorder": True, "skip_sms": True, "skip_expired": True}
    group.odoo.connection.get_model("stock.picking").button_validate(ids=[t.id for t in made], context=context)
    assert group.odoo.on_hand("STENT-35", QUARANTINE, "L2406A") == 16


def test_a_restored_odoo_gets_back_what_it_has_lost(group: Group) -> None:
    message = group.house.receive(factories.event(event_id="E-1"))
    group.house.work_off()
    made = Completeness(group.ledger, group.erp, group.setup)
    today = ids.now().date()
    [before] = made.of_day(today, "cabinets")
    assert before.is_complete, before
    [batch] = group.house.story(message).batches
    with group.ledger.transaction() as tx:
        # Odoo lets nobody delete a done transfer; a backup from before does not have it.
        lost = tables.batch.update().where(tables.batch.c.id == batch.id).values(record_id=999_999)
        tx.execute(lost)
    [after] = made.of_day(today, "cabinets")
    assert [difference.what for difference in after.differences] == ["missing_in_odoo"]
    assert made.recover([after], "tester") == 1
    group.house.work_off()
    [again] = made.of_day(today, "cabinets")
    assert again.is_complete, again
    [fresh] = group.house.story(message).batches
    assert fresh.id != batch.id
