"""Replenishment from low stock to requisition and transfer, on both ledgers, with an Odoo that is the stand-in."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine

from app import ids
from app.errors import Unavailable
from app.flows.intake import Intake
from app.flows.replenishment import Planner
from app.flows.stock_watch import StockWatch
from app.ledger.holds import Cause
from app.ledger.ledger import Ledger
from app.ledger.levels import Where
from app.model.master import ItemFacts, Offer
from app.model.setup import Facility, Setup
from app.model.supply import Level
from app.odoo.erp import Erp
from app.odoo.transport import Connection
from app.policy.supply_rules import Charge, Replenishment
from ops.demo.hospital import SITE
from ops.provision import Count, Hospital, Site, provision
from ops.simulators.odoo_standin.faults import Fault
from ops.simulators.odoo_standin.server import StandIn
from tests import factories
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

WARD, OR1 = "GEN/Stock/WARD3", "GEN/Stock/OR1"
LAB = "LAB/Stock/BENCH"
D = Decimal
RULES = Replenishment(transfers=False, charges=(Charge(WARD, "Ward 3", "CC-300"),))


class Hospitals:
    """A ledger, an Odoo, and a plan that can be run."""

    def __init__(self, ledger: Ledger, odoo: OdooServer) -> None:
        self.ledger, self.odoo = ledger, odoo
        self.rules = RULES
        facilities = {"GEN": Facility("GEN"), "LAB": Facility("LAB")}
        self.house = House.over(ledger, Erp(odoo.connection), facilities=facilities)
        self.house.channels["replenishment"] = factories.channel(name="replenishment", facility="GEN")
        setup = Setup(self.house.channels, facilities)
        self.watch = StockWatch(ledger, Erp(odoo.connection), setup)
        intake = Intake(ledger, str)
        self.planner = Planner(
            ledger, Erp(odoo.connection), setup, self.house.crosswalk, intake, self.watch, lambda _: self.rules
        )

    def count(self, location: str, item: str, quantity: str, lot: str | None = None) -> None:
        """Count stock in Odoo as people do."""
        lab = Hospital("LAB", "Laboratory", ("BENCH",))
        counts = (Count(location, item, Decimal(quantity), lot),)
        provision(self.odoo.connection, Site((*SITE.hospitals, lab), SITE.items, SITE.lots, counts))

    def level(self, *levels: Level) -> None:
        """Set par levels of our own."""
        with self.ledger.transaction() as tx:
            self.ledger.levels.put(tx, levels, "own", "tester")

    def asks(self) -> list[tuple[str, str, Decimal, str]]:
        """What is asked for and has not come."""
        with self.ledger.reading() as tx:
            rows = self.ledger.asks.open(tx)
        return sorted((row.item, row.location, row.quantity, row.source) for row in rows)

    def figure(self, item: str, location: str) -> Decimal | None:
        """What the ledger thinks a place holds."""
        with self.ledger.reading() as tx:
            rows = self.ledger.levels.figures(tx, Where(item=item, location=location), 10)
        return rows[0].quantity if rows else None


@pytest.fixture
def hospitals(ledger: Ledger, standin_hospital: OdooServer) -> Hospitals:
    made = Hospitals(ledger, standin_hospital)
    made.count(LAB, "GLOVE-M", "100")
    return made


def level(location: str, **changes: object) -> Level:
    return replace(Level("GLOVE-M", location, D(200), D(500), D(100)), **changes)  # type: ignore[arg-type]


def test_the_watch_keeps_the_figures_young(hospitals: Hospitals) -> None:
    assert hospitals.watch.poll() == 16, "the first poll reads everything"
    assert hospitals.figure("GLOVE-M", WARD) == 1000
    hospitals.count(WARD, "GLOVE-M", "150")
    assert hospitals.watch.poll() == 1
    assert hospitals.figure("GLOVE-M", WARD) == 150
    hospitals.count(WARD, "GLOVE-M", "0")
    hospitals.watch.poll()
    assert hospitals.figure("GLOVE-M", WARD) is None
    assert hospitals.watch.reconcile() == 0, "the polls had missed nothing"
    with hospitals.ledger.reading() as tx:
        [row] = hospitals.ledger.levels.figures(tx, Where(item="GLOVE-M", location=LAB), 10)
    assert (row.facility, row.unit) == ("LAB", "Units")


def test_while_odoo_is_down_the_figures_age_and_nothing_is_planned(hospitals: Hospitals) -> None:
    hospitals.level(level(WARD))
    hospitals.watch.poll()
    down = Erp(Connection("http://127.0.0.1:9", "nowhere", "no-key"))
    with time_machine.travel(ids.now() + timedelta(hours=4)):
        watch = StockWatch(hospitals.ledger, down, Setup())
        with pytest.raises(Unavailable):
            watch.poll()
        with pytest.raises(Unavailable):
            replace(hospitals.planner, erp=down, watch=watch).run()
        with hospitals.ledger.reading() as tx:
            age = hospitals.ledger.levels.watch(tx).age_seconds
        assert age is not None
        assert age >= 4 * 3600 - 1
    assert hospitals.figure("GLOVE-M", WARD) == 1000
    assert hospitals.asks() == []


def test_what_is_lacking_is_asked_for_once(hospitals: Hospitals) -> None:
    hospitals.level(level(WARD), level(OR1))
    hospitals.count(WARD, "GLOVE-M", "150")
    assert hospitals.planner.run() == 1
    assert hospitals.asks() == [("GLOVE-M", WARD, D(400), "")]
    assert hospitals.planner.run() == 0, "the first requisition is not even translated yet"
    hospitals.house.work_off(["bulk", "approvals"])
    [ask] = asked(hospitals)
    story = hospitals.house.story(ask.message_id)
    assert [document.kind for document in story.documents] == ["requisition"]
    assert story.message.facility == "GEN"
    assert ask.content["document"]["cost_centre"] == "CC-300"
    assert ask.content["document"]["lines"][0]["quantity"] == {"value": "400", "unit": "EA"}
    assert ask.content["document"]["deliver_to"] == "WARD3", "the plan speaks the site's own codes"
    assert "reorder at 200" in ask.reasons[0]


def asked(hospitals: Hospitals) -> list[object]:
    with hospitals.ledger.reading() as tx:
        return list(hospitals.ledger.asks.open(tx))


def test_a_plan_that_died_before_sending_is_finished_by_the_next(hospitals: Hospitals) -> None:
    hospitals.level(level(WARD))
    hospitals.count(WARD, "GLOVE-M", "150")

    class Dies(Intake):
        def take_in(self, sending):  # type: ignore[no-untyped-def]
            super().take_in(sending)
            raise KeyboardInterrupt

    mortal = replace(hospitals.planner, intake=Dies(hospitals.ledger, str))
    with pytest.raises(KeyboardInterrupt):
        mortal.run()
    assert hospitals.planner.run() == 1
    with hospitals.ledger.reading() as tx:
        assert len(hospitals.ledger.search.messages(tx, factories_filter())) == 1
    assert len(hospitals.asks()) == 1


def factories_filter() -> object:
    from app.ledger.search import MessageFilter

    return MessageFilter(channel="replenishment")


def test_a_cancelled_requisition_is_asked_for_anew_after_a_day(hospitals: Hospitals) -> None:
    hospitals.level(level(WARD))
    hospitals.count(WARD, "GLOVE-M", "150")
    hospitals.planner.run()
    hospitals.house.stages["translate"].step("bulk")
    first = asked(hospitals)[0]
    with hospitals.ledger.transaction() as tx:
        [row] = hospitals.house.story(first.message_id).documents  # type: ignore[attr-defined]
        hospitals.ledger.holds.open(tx, row, Cause("supplier_unknown", "supplier of GLOVE-M", "Choose one."))
    assert hospitals.planner.run() == 0, "a requisition that waits for a person is on its way"
    hospitals.ledger.holds.cancel("supplier_unknown", "supplier of GLOVE-M", "tester")
    assert hospitals.planner.run() == 0, "who cancelled it is not asked again within the hour"
    assert hospitals.planner.run() == 0
    with time_machine.travel(ids.now() + timedelta(days=1, minutes=1)):
        assert hospitals.planner.run() == 1
    assert asked(hospitals)[0].number != first.number  # type: ignore[attr-defined]


def test_a_site_gives_to_its_sister_before_anything_is_bought(hospitals: Hospitals) -> None:
    hospitals.rules = replace(RULES, transfers=True)
    hospitals.level(level(WARD), level(LAB, reorder_point=D(50), maximum=D(150)))
    hospitals.count(WARD, "GLOVE-M", "150")
    hospitals.count(LAB, "GLOVE-M", "400")
    assert hospitals.planner.run() == 2
    assert hospitals.asks() == [("GLOVE-M", WARD, D(100), ""), ("GLOVE-M", WARD, D(250), LAB)]
    assert hospitals.planner.run() == 0
    hospitals.house.work_off()
    with hospitals.ledger.reading() as tx:
        transfer = next(ask for ask in hospitals.ledger.asks.open(tx) if ask.source)
        course = hospitals.ledger.asks.courses(tx, [transfer])[transfer.id]
    assert course.settled
    assert course.orders[0].startswith("LAB/INT/")
    supply = Erp(hospitals.odoo.connection).supply
    [expected] = supply.expected(["GLOVE-M"])
    assert (expected.quantity, expected.source, expected.location) == (250, LAB, WARD)
    assert hospitals.odoo.on_hand("GLOVE-M", LAB) == 400, "nobody carried it yet"
    hospitals.planner.run()
    assert ("GLOVE-M", WARD, D(250), LAB) in hospitals.asks()

    hospitals.odoo.connection.get_model("stock.picking").button_validate(
        ids=[
            hospitals.odoo.connection.get_model("stock.picking").search_read(
                domain=[["name", "=", expected.order]], fields=["state"]
            )[0]["id"]
        ]
    )
    hospitals.planner.run()
    assert ("GLOVE-M", WARD, D(250), LAB) not in hospitals.asks(), "it has arrived"


def test_a_transfer_and_the_consumption_of_its_source_have_one_writer(hospitals: Hospitals) -> None:
    hospitals.rules = replace(RULES, transfers=True, purchases=False)
    hospitals.level(level(WARD), level(OR1, reorder_point=D(50), maximum=D(150)))
    hospitals.count(WARD, "GLOVE-M", "150")
    hospitals.planner.run()
    used = hospitals.house.receive(factories.event(location="OR1"))
    for stage in ("translate", "resolve"):
        for lane in ("urgent", "bulk"):
            hospitals.house.stages[stage].step(lane)
    transfer = next(ask for ask in asked(hospitals) if ask.source == OR1)  # type: ignore[attr-defined]
    [of_transfer] = hospitals.house.story(transfer.message_id).postings  # type: ignore[attr-defined]
    [of_use] = hospitals.house.story(used).postings
    assert of_transfer.partition == of_use.partition
    assert hospitals.house.work_off() > 0
    supply = Erp(hospitals.odoo.connection).supply
    assert (OR1, WARD) in {(e.source, e.location) for e in supply.expected(["GLOVE-M"])}


def test_a_transfer_whose_source_has_run_short_is_held(hospitals: Hospitals) -> None:
    hospitals.rules = replace(RULES, transfers=True, purchases=False)
    hospitals.level(level(WARD), level(LAB, reorder_point=D(50), maximum=D(150)))
    hospitals.count(WARD, "GLOVE-M", "150")
    hospitals.count(LAB, "GLOVE-M", "400")
    hospitals.planner.run()
    hospitals.count(LAB, "GLOVE-M", "60")
    hospitals.house.work_off()
    with hospitals.ledger.reading() as tx:
        [group] = hospitals.ledger.holds.groups(tx)
    assert (group.cause, group.subject) == ("source_short", f"item GLOVE-M at {LAB}")
    assert hospitals.planner.run() == 0
    hospitals.ledger.holds.cancel(group.cause, group.subject, "tester")
    assert hospitals.planner.run() == 0, "now there is nothing to spare"
    assert hospitals.asks() == []


@pytest.mark.parametrize("committed", [True, False])
def test_a_transfer_whose_answer_was_lost_is_made_once(
    hospitals: Hospitals, standin_server: StandIn, committed: bool
) -> None:
    hospitals.rules = replace(RULES, transfers=True, purchases=False)
    hospitals.level(level(WARD), level(LAB, reorder_point=D(50), maximum=D(150)))
    hospitals.count(WARD, "GLOVE-M", "150")
    hospitals.count(LAB, "GLOVE-M", "400")
    hospitals.planner.run()
    standin_server.faults.inject(Fault("dropped", committed=committed, place="stock.picking.load"))
    for _ in range(5):
        hospitals.house.work_off()
        with hospitals.ledger.transaction() as tx:
            hospitals.ledger.circuits.succeeded(tx, "odoo")
    supply = Erp(hospitals.odoo.connection).supply
    assert [(e.quantity, e.location) for e in supply.expected(["GLOVE-M"])] == [(250, WARD)]


def test_consumption_makes_a_rate_and_the_rate_makes_a_level(hospitals: Hospitals) -> None:
    for number in range(3):
        hospitals.house.receive(
            factories.event(
                event_id=f"E-{number}",
                identifiers=[{"scheme": "internal", "value": "GLOVE-M"}],
                quantity={"value": "1", "unit": "BX"},
                location="WARD3",
            )
        )
    hospitals.house.receive(
        factories.event(
            event_id="R-1", kind="return", identifiers=[{"scheme": "internal", "value": "GLOVE-M"}],
            quantity={"value": "20", "unit": "EA"}, location="WARD3",
        )
    )  # fmt: skip
    hospitals.house.work_off()
    with hospitals.ledger.reading() as tx:
        [rate] = hospitals.ledger.usage.rates(tx, ["GLOVE-M"])
    assert (rate.location, rate.per_day, rate.days) == (WARD, D(40), 7)
    hospitals.level(Level("GLOVE-M", WARD, lead_days=D(16)))
    hospitals.count(WARD, "GLOVE-M", "720")
    assert hospitals.planner.run() == 1
    assert hospitals.asks() == [("GLOVE-M", WARD, D(40), "")]


def test_an_archived_item_is_not_asked_for(hospitals: Hospitals) -> None:
    hospitals.level(level(WARD), replace(level(WARD), item="NO-SUCH-ITEM"))
    hospitals.count(WARD, "GLOVE-M", "0")
    products = hospitals.odoo.connection.get_model("product.product")
    products.write(ids=[hospitals.odoo.item_id("GLOVE-M")], vals={"active": False})
    assert hospitals.planner.run() == 0


def test_master_data_knows_pack_lead_time_and_criticality(hospitals: Hospitals) -> None:
    hospitals.level(Level("GLOVE-M", WARD, D(200), D(500)))
    hospitals.count(WARD, "GLOVE-M", "150")
    offers = (
        Offer("GLOVE-M", "S-1", D(1), "EUR", factor=D(10), lead_days=1),
        Offer("GLOVE-M", "S-2", D(2), "EUR", factor=D(240), lead_days=9, preferred=True),
        Offer("GLOVE-M", "S-3", D(2), "EUR", factor=D(7), preferred=True, valid_to=date(2020, 1, 1)),
    )
    with hospitals.ledger.transaction() as tx:
        hospitals.ledger.registry.put_items(tx, [ItemFacts("GLOVE-M", criticality="critical")])
        hospitals.ledger.registry.put_offers(tx, offers)
    hospitals.planner.run()
    assert hospitals.asks() == [("GLOVE-M", WARD, D(480), "")], "two boxes of the preferred supplier"


def test_without_its_channel_nothing_is_planned(hospitals: Hospitals) -> None:
    hospitals.level(level(WARD))
    hospitals.count(WARD, "GLOVE-M", "0")
    assert replace(hospitals.planner, setup=Setup()).run() == 0


def test_levels_name_places_that_odoo_does_not_have(hospitals: Hospitals) -> None:
    hospitals.level(level("GEN/Stock/CLOSED"), level(WARD))
    hospitals.count(WARD, "GLOVE-M", "100")
    assert hospitals.planner.run() == 1
