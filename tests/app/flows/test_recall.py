"""A recalled lot is found wherever it is, and nothing more becomes of it until the recall is lifted."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from app.errors import NotFound
from app.flows.recall import Recalling
from app.flows.stock_watch import StockWatch
from app.ledger.ledger import Ledger
from app.model.setup import Facility, Setup
from app.odoo.erp import Erp
from app.odoo.transport import Connection
from ops.demo.hospital import SITE
from ops.provision import Hospital, Site, provision
from tests import factories
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

CATHLAB, OR1 = "GEN/Stock/CATHLAB", "GEN/Stock/OR1"
LOT = "L2406A"
QUARANTINE = "GEN/Stock/QUARANTINE"


class Clinic:
    """A ledger, an Odoo, and recalls."""

    def __init__(self, ledger: Ledger, odoo: OdooServer) -> None:
        self.ledger, self.odoo = ledger, odoo
        facilities = {"GEN": Facility("GEN", quarantine=QUARANTINE)}
        self.house = House.over(ledger, Erp(odoo.connection), facilities=facilities)
        self.setup = Setup(self.house.channels, facilities)
        self.recalling = Recalling(ledger, Erp(odoo.connection), self.setup, self.house.crosswalk)

    def use(self, lot: str = LOT, **changes: Any) -> Any:
        """A stent used in the catheter laboratory."""
        stent = [{"scheme": "internal", "value": "STENT-35"}]
        event = {"identifiers": stent, "location": "CATHLAB", "lot": lot, "case_id": "CASE-1"} | changes
        return self.house.receive(factories.event(**event))

    def work(self, *stages: str) -> None:
        for stage in stages:
            for lane in ("urgent", "approvals", "bulk"):
                self.house.stages[stage].step(lane)

    def document(self, message_id: Any) -> str:
        return str(self.house.story(message_id).documents[0].state)

    def opened(self, text: str = LOT, item: str = "") -> Any:
        row, self.held = self.recalling.open(self.recalling.sought(text, item), "cracked struts", "tester")
        return row


@pytest.fixture
def clinic(ledger: Ledger, standin_hospital: OdooServer) -> Clinic:
    hospital = Hospital("GEN", "General Hospital", ("CATHLAB", "OR1", "WARD3", "QUARANTINE"))
    provision(standin_hospital.connection, Site((hospital,), SITE.items, SITE.lots))
    return Clinic(ledger, standin_hospital)


def test_everything_about_a_lot(clinic: Clinic) -> None:
    clinic.use()
    clinic.house.work_off()
    waiting = clinic.use()
    clinic.work("translate")
    stent = {"lot": LOT, "identifiers": [{"scheme": "gtin", "value": "00812345678901"}]}
    body = {"document": "ship_notice", "number": "ASN-2", "orders": ["P00008"]}
    notice = clinic.house.receive(body | {"lines": [stent | {"quantity": {"value": "6", "unit": "EA"}}]})
    clinic.work("translate")
    clinic.use("L2407B")

    found = clinic.recalling.sweep(clinic.recalling.sought(LOT))

    [consumed] = found.consumed
    assert (consumed.where, consumed.item, consumed.quantity) == (CATHLAB, "STENT-35", 1)
    assert consumed.case == "CASE-1", "the pseudonym function of these tests is the identity"
    assert {(f.location, f.quantity) for f in found.stock} == {(CATHLAB, Decimal(11)), (OR1, Decimal(5))}
    flight = {seen.message_id: seen for seen in found.in_flight}
    assert flight[waiting].where == "CATHLAB", "not resolved yet: in the sender's own words"
    assert flight[notice].where == "P00008"
    assert flight[notice].quantity == 6
    assert found.unread == 1


def test_what_is_in_flight_is_held_and_what_comes_later_too(clinic: Clinic) -> None:
    resolved = clinic.use()
    clinic.work("translate", "resolve")
    fresh = clinic.use(event_id="E-2")
    clinic.work("translate")
    other = clinic.use("L2407B")
    clinic.opened()
    assert clinic.held == 2
    later = clinic.use(event_id="E-3")
    clinic.house.work_off()
    assert [clinic.document(m) for m in (resolved, fresh, later, other)] == ["held", "held", "held", "settled"]
    assert clinic.odoo.on_hand("STENT-35", CATHLAB, LOT) == 12

    clinic.ledger.holds.release("recalled", f"lot {LOT}", "somebody")
    clinic.house.work_off()
    assert [clinic.document(m) for m in (resolved, fresh, later)] == ["held"] * 3, "the recall is still open"


def test_a_lifted_recall_lets_everything_go_on(clinic: Clinic) -> None:
    resolved = clinic.use()
    clinic.work("translate", "resolve")
    row = clinic.opened()
    later = clinic.use(event_id="E-3")
    clinic.house.work_off()
    assert clinic.recalling.lift(row.id, "tester") == 2
    clinic.house.work_off()
    assert [clinic.document(m) for m in (resolved, later)] == ["settled", "settled"]
    assert clinic.odoo.on_hand("STENT-35", CATHLAB, LOT) == 10
    with pytest.raises(NotFound):
        clinic.recalling.lift(row.id, "tester")


def test_a_recall_of_one_item_leaves_the_others_lot_alone(clinic: Clinic) -> None:
    clinic.opened(item="PACER-01")
    message = clinic.use()
    clinic.house.work_off()
    assert clinic.document(message) == "settled"
    assert clinic.recalling.sweep(clinic.recalling.sought(LOT, "PACER-01")).consumed == ()
    assert len(clinic.recalling.sweep(clinic.recalling.sought(LOT, "STENT-35")).consumed) == 1


def test_opened_twice_it_is_one_recall(clinic: Clinic) -> None:
    assert clinic.opened().id == clinic.opened().id
    with clinic.ledger.reading() as tx:
        assert len(clinic.ledger.recalls.list(tx)) == 1


def test_by_udi(clinic: Clinic) -> None:
    wanted = clinic.recalling.sought(f"(01)00812345678901(17)280131(10){LOT}")
    assert (wanted.number, wanted.item) == (LOT, "STENT-35")
    assert clinic.recalling.sought("(01)00812345678253(21)SN-1001").number == "SN-1001"


def test_its_stock_goes_to_quarantine_once(clinic: Clinic) -> None:
    clinic.opened()
    wanted = clinic.recalling.sought(LOT)
    made = clinic.recalling.quarantine(wanted, "recall")
    assert [transfer.state for transfer in made] == ["assigned", "assigned"]
    stock = clinic.recalling.sweep(wanted).stock
    assert {(f.location, f.quantity, f.reserved) for f in stock} == {(CATHLAB, 12, 12), (OR1, 5, 5)}
    assert clinic.recalling.quarantine(wanted, "recall") == [], "all of it is reserved already"
    clinic.odoo.connection.get_model("stock.picking").button_validate(ids=[transfer.id for transfer in made])
    assert clinic.odoo.on_hand("STENT-35", QUARANTINE, LOT) == 17
    assert clinic.recalling.quarantine(wanted, "recall") == []


def test_while_odoo_is_down_its_stock_is_told_as_it_was(clinic: Clinic) -> None:
    StockWatch(clinic.ledger, Erp(clinic.odoo.connection), clinic.setup).poll()
    with clinic.ledger.reading() as tx:
        seen_at = clinic.ledger.levels.watch(tx).seen_at
    down = Recalling(
        clinic.ledger, Erp(Connection("http://127.0.0.1:9", "x", "x")), clinic.setup, clinic.house.crosswalk
    )
    found = down.sweep(down.sought(LOT))
    assert {(f.location, f.quantity) for f in found.stock} == {(CATHLAB, Decimal(12)), (OR1, Decimal(5))}
    assert found.stock_as_of == seen_at


def test_a_serial_in_doubt_is_not_taken_from_its_worker(clinic: Clinic) -> None:
    message = clinic.use()
    clinic.work("translate", "resolve")
    [posting] = clinic.house.story(message).postings
    with clinic.ledger.transaction() as tx:
        assert clinic.ledger.work.claim(tx, "post", "urgent", 10, posting.partition) is not None
    clinic.opened()
    assert clinic.held == 0
    assert clinic.document(message) == "open"
