"""Odoo's items to an EHR: what changed, once, and never what the EHR itself has told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.crosswalk.store import CrosswalkStore
from app.errors import Misconfigured
from app.flows.intake import Intake, Sending
from app.flows.outbound import Outbound
from app.flows.posting import Posting
from app.flows.publishing import Publishing
from app.ledger.ledger import Ledger
from app.ledger.tables import posting
from app.model.channel import Profile
from app.model.item_record import ItemRecord
from app.odoo.erp import Erp
from app.policy.retry import Retry
from app.standards import by_name
from tests import factories
from tests.app.flows.house import LIMITS, House
from tests.fixtures_odoo import OdooServer

AT_ONCE = Retry(timedelta(0), timedelta(0), timedelta(hours=24))
MFN = (
    "MSH|^~\\&|EHR|GEN|WARDLINE|HUB|20261120083000+0100||MFN^M16^MFN_M16|M-{n}|P|2.5.1\r"
    "MFI|INV^Inventory item master^HL70175||UPD|||AL\r"
    "MFE|MUP|{n}||{item}|CWE\r"
    "ITM|{item}|{name}|A\r"
)


@dataclass
class Hospital:
    """An EHR that keeps items of its own, and Odoo."""

    house: House
    odoo: OdooServer
    publishing: Publishing

    def publish(self) -> int:
        """Let the clock's job run, and what it finds be worked off."""
        found = self.publishing.run()
        self.house.work_off()
        return found

    def change(self, reference: str, **values: Any) -> None:
        """What people do in Odoo."""
        products = self.odoo.connection.get_model("product.product")
        domain = [["default_code", "=", reference]]
        rows = products.search_read(domain=domain, fields=["name"], order="id", context={"active_test": False})
        products.write(ids=[row["id"] for row in rows], vals=values)

    def sent(self, channel: str = "ehr") -> list[ItemRecord]:
        """What goes out over a channel, as it reads what we wrote, the oldest first."""
        ledger = self.house.ledger
        with ledger.reading() as tx:
            rows = tx.execute(sa.select(posting).where(posting.c.operation == "send").order_by(posting.c.id)).all()
        outbound, found = Outbound(ledger, self.house.channels, str), []
        for row in rows:
            if row.effect["channel"] == channel:
                _, written = outbound.write(row.document_id, channel)
                standard = by_name(self.house.channels[channel].standard)
                [document] = standard.read(written.body, Profile(self.house.channels[channel], str)).documents
                assert isinstance(document, ItemRecord)
                found.append(document)
        return found

    def hear(self, item: str, name: str, number: int) -> None:
        """Let the EHR tell an item."""
        body = MFN.format(n=number, item=item, name=name).encode()
        sending = Sending(self.house.channels["ehr"], body, "application/hl7-v2", "tester", "0" * 32)
        receipt, _ = Intake(self.house.ledger, str).take_in(sending)
        assert receipt.outcome == "accepted", receipt.issues
        self.house.work_off()


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def hospital(request: pytest.FixtureRequest, small_ledger: Ledger) -> Hospital:
    odoo: OdooServer = request.getfixturevalue(request.param)
    erp, house = Erp(odoo.connection), House.over(small_ledger)
    addresses = {"our_address": "WARDLINE|HUB", "partner_address": "EHR|GEN"}
    house.channels["odoo"] = factories.channel(name="odoo")
    house.channels["ehr"] = factories.channel(name="ehr", standard="hl7v2", sends=("item",), **addresses)
    house.channels["fhir"] = factories.channel(name="fhir", standard="fhir-r5", sends=("item",), **addresses)
    house.channels["data"] = factories.channel(name="data", standard="tabular", sends=("item",), **addresses)
    crosswalk = CrosswalkStore(small_ledger.database, small_ledger.audit)
    setup = house.stages["resolve"].setup  # type: ignore[attr-defined]
    made = Hospital(house, odoo, Publishing(small_ledger, erp, setup, Intake(small_ledger, str), crosswalk))
    made.publish()
    return made


def test_a_channel_that_was_never_told_anything_begins_with_what_there_is(hospital: Hospital) -> None:
    assert hospital.sent() == []
    assert hospital.publish() == 0


def test_what_people_change_in_odoo_is_told_once(hospital: Hospital) -> None:
    hospital.change("SUTURE-30", name="Suture 3-0, coated")
    assert hospital.publish() == 3
    assert hospital.publish() == 0
    [told] = hospital.sent()
    assert (told.number, told.description, told.status) == ("SUTURE-30", "Suture 3-0, coated", "active")
    [resource] = hospital.sent("fhir")
    assert (resource.number, resource.description, resource.base_unit) == ("SUTURE-30", "Suture 3-0, coated", "EA")
    [row] = hospital.sent("data")
    assert (row.number, row.description) == ("SUTURE-30", "Suture 3-0, coated")


def test_an_item_in_the_archive_is_told_as_inactive(hospital: Hospital) -> None:
    hospital.change("CATH-77", active=False)
    hospital.publish()
    [told] = hospital.sent()
    assert (told.number, told.action, told.status) == ("CATH-77", "deactivate", "inactive")


def test_what_was_told_before_is_told_again_after_something_else(hospital: Hospital) -> None:
    for name in ("A", "B", "A"):
        hospital.change("SUTURE-30", name=name)
        hospital.publish()
    assert [told.description for told in hospital.sent()] == ["A", "B", "A"]


def test_what_the_ehr_told_does_not_go_back_to_it_but_to_the_others(hospital: Hospital) -> None:
    hospital.hear("SUTURE-30", "Suture of the EHR", 1)
    hospital.change("SUTURE-30", name="Suture of the EHR")
    hospital.publish()
    assert hospital.sent() == []
    assert [told.description for told in hospital.sent("data")] == ["Suture of the EHR"]
    hospital.change("SUTURE-30", name="Suture of a buyer")
    hospital.publish()
    assert [told.description for told in hospital.sent()] == ["Suture of a buyer"]


def test_two_systems_that_tell_each_other_come_to_rest(hospital: Hospital) -> None:
    hospital.change("SUTURE-30", name="Suture of a buyer")
    hospital.publish()
    for number in range(1, 4):
        [told] = hospital.sent()
        assert told.description
        hospital.hear(told.number, told.description, number)
        assert hospital.publish() == 0
    assert len(hospital.sent()) == 1


def test_everything_is_told_on_demand(hospital: Hospital) -> None:
    assert hospital.publishing.tell("ehr") == 0
    count = hospital.publishing.tell("ehr", everything=True)
    hospital.house.work_off()
    assert count == len(hospital.sent()) == len(hospital.publishing.records())
    assert hospital.sent("data") == []


def test_a_channel_that_is_sent_no_items_is_refused(hospital: Hospital) -> None:
    with pytest.raises(Misconfigured):
        hospital.publishing.tell("cabinets")


def test_an_item_that_the_ehr_made_is_put_into_odoo_and_does_not_come_back(hospital: Hospital) -> None:
    hospital.house.stages["post"] = Posting(
        hospital.house.ledger, hospital.publishing.erp, LIMITS, AT_ONCE, 0, hospital.publishing.setup
    )
    hospital.hear("PROBE-9", "Probe of the EHR", 9)
    assert "PROBE-9" in hospital.publishing.records()
    hospital.publish()
    assert hospital.sent() == []
    assert [told.number for told in hospital.sent("data")] == ["PROBE-9"]
    hospital.change("PROBE-9", name="Probe, renamed by a buyer")
    hospital.publish()
    assert [told.description for told in hospital.sent()] == ["Probe, renamed by a buyer"]


def test_a_record_does_not_wait_for_what_is_on_its_way_out(hospital: Hospital) -> None:
    hospital.house.stages["post"] = Posting(
        hospital.house.ledger, hospital.publishing.erp, LIMITS, AT_ONCE, 0, hospital.publishing.setup
    )
    hospital.hear("PROBE-9", "Probe of the EHR", 9)
    hospital.change("PROBE-9", name="Probe of a buyer")
    hospital.publish()
    hospital.change("PROBE-9", name="Probe of the EHR")
    hospital.hear("PROBE-9", "Probe, newer", 10)
    assert hospital.publishing.records()["PROBE-9"].description == "Probe, newer"
