"""Suppliers as others tell them: once each in Odoo and in the register, and never twice under two numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from app.crosswalk.store import CrosswalkStore
from app.flows.master_sync import MasterSync
from app.ledger.ledger import Ledger
from app.model.master import SupplierFacts
from app.odoo.erp import Erp
from tests import factories
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

HARBOR = {
    "document": "supplier",
    "number": "S-900",
    "currency": "EUR",
    "party": {
        "name": "Harbor Surgical GmbH",
        "identifiers": [
            {"scheme": "vat", "value": "DE129273398"},
            {"scheme": "gln", "value": "4012345000009"},
            {"scheme": "duns", "value": "315000554"},
            {"scheme": "network", "value": "AN01000001"},
        ],
        "address": {
            "lines": ["Kai 4", "Haus B"], "city": "Hamburg", "postal_code": "20457", "country": "DE", "region": "HH",
        },
        "contact": {"email": "orders@harbor.example", "phone": "+49 40 1234"},
    },
}  # fmt: skip
FIELDS = ["name", "vat", "street", "street2", "city", "zip", "country_id", "email", "active", "supplier_rank"]


@dataclass
class Office:
    """Whoever keeps suppliers, and a house that hears of them."""

    house: House
    odoo: OdooServer
    sync: MasterSync

    def tell(self, record: dict[str, Any] | None = None, **changes: Any) -> Any:
        """Let a record arrive and work it off; its message."""
        message = self.house.receive((record or HARBOR) | changes)
        self.house.work_off()
        return message

    def partners(self, reference: str = "S-900", fields: list[str] = FIELDS) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.odoo.connection.get_model("res.partner").search_read(
            domain=[["ref", "=", reference]], fields=fields, order="id", load="", context={"active_test": False}
        )
        return rows

    def known(self, reference: str = "S-900") -> SupplierFacts | None:
        with self.house.ledger.reading() as tx:
            return self.house.ledger.registry.suppliers(tx, [reference]).get(reference)

    def held(self) -> dict[str, str]:
        with self.house.ledger.reading() as tx:
            return {group.cause: group.hint for group in self.house.ledger.holds.groups(tx)}

    def say(self, number: str, target: str) -> None:
        """A person's word on which supplier a number means."""
        row = factories.row("supplier", number, target)
        self.house.crosswalk.import_rows(factories.numbered(row), "tester")
        self.house.ledger.holds.release(None, None, "tester")
        self.house.work_off()

    def rules(self, text: str) -> None:
        with self.house.ledger.transaction() as tx:
            self.house.ledger.policies.import_(tx, text, "tester")


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def office(request: pytest.FixtureRequest, small_ledger: Ledger) -> Office:
    return _office(small_ledger, request.getfixturevalue(request.param))


@pytest.fixture
def small_office(small_ledger: Ledger, standin_market: OdooServer) -> Office:
    return _office(small_ledger, standin_market)


def _office(ledger: Ledger, odoo: OdooServer) -> Office:
    erp = Erp(odoo.connection)
    sync = MasterSync(ledger, erp, CrosswalkStore(ledger.database, ledger.audit))
    sync.run()
    return Office(House.over(ledger, erp), odoo, sync)


def test_a_supplier_is_made_in_odoo_with_all_that_was_told_and_waits_for_its_approval(office: Office) -> None:
    office.tell()
    assert office.held() == {}
    [row] = office.partners()
    assert row["name"] == "Harbor Surgical GmbH"
    assert (row["vat"], row["street"], row["street2"], row["city"]) == ("DE129273398", "Kai 4", "Haus B", "Hamburg")
    assert row["country_id"]
    assert row["supplier_rank"] == 1
    known = office.known()
    assert known is not None
    assert (known.approved, known.active, known.currency) == (False, True, "EUR")
    assert {(one.scheme, one.value) for one in known.identifiers} >= {("duns", "315000554"), ("network", "AN01000001")}


def test_the_synchronisation_leaves_approval_and_numbers_as_they_are(office: Office) -> None:
    office.tell()
    before = office.known()
    office.sync.run()
    assert office.known() == before
    assert office.sync.run() == 0


def test_a_change_writes_what_differs_and_leaves_out_what_was_not_told(office: Office) -> None:
    office.tell()
    message = office.tell({"document": "supplier", "number": "S-900", "party": {"name": "Harbor Surgical SE"}})
    [row] = office.partners()
    assert (row["name"], row["vat"], row["city"]) == ("Harbor Surgical SE", "DE129273398", "Hamburg")
    [event] = [e for e in office.house.story(message).events if e.action == "posting.posted"]
    assert event.detail["facts"]["changed"] == ["name"]


def test_what_was_said_before_another_word_may_be_said_again(small_office: Office) -> None:
    for name in ("Harbor A", "Harbor B", "Harbor A"):
        small_office.tell({"document": "supplier", "number": "S-900", "party": {"name": name}})
        assert [row["name"] for row in small_office.partners()] == [name]


def test_a_supplier_is_archived_and_never_deleted(office: Office) -> None:
    office.tell()
    office.tell(action="delete")
    assert [row["active"] for row in office.partners()] == [False]
    office.tell(status="active")
    assert set(office.held()) == {"supplier_archived"}
    office.tell(action="reactivate")
    assert [row["active"] for row in office.partners()] == [True]
    assert office.held() == {}


def test_the_same_tax_number_under_another_number_is_held_with_its_candidates(office: Office) -> None:
    office.tell()
    office.tell(number="V-77")
    [(cause, hint)] = office.held().items()
    assert cause == "supplier_duplicate"
    assert "S-900 (Harbor Surgical GmbH: the same tax number and GLN and DUNS)" in hint
    assert office.partners("V-77") == []


def test_a_person_says_that_it_is_the_one_we_have(office: Office) -> None:
    office.tell()
    office.tell(number="V-77", party=HARBOR["party"] | {"name": "Harbor Surgical Deutschland"})
    office.say("V-77", "S-900")
    assert office.held() == {}
    assert office.partners("V-77") == []
    assert [row["name"] for row in office.partners()] == ["Harbor Surgical Deutschland"]


def test_a_person_says_that_it_is_another_one(office: Office) -> None:
    office.tell()
    office.tell(number="V-77")
    office.say("V-77", "V-77")
    assert office.held() == {}
    assert len(office.partners("V-77")) == len(office.partners()) == 1


def test_a_partner_that_people_made_in_odoo_without_our_reference_is_found(office: Office) -> None:
    office.odoo.connection.get_model("res.partner").create(
        vals_list=[{"name": "HARBOR SURGICAL GMBH", "is_company": True, "vat": "DE 129 273 398"}]
    )
    office.tell()
    [(cause, hint)] = office.held().items()
    assert cause in ("supplier_duplicate", "supplier_duplicate_suspected")
    assert "which has no reference" in hint
    assert office.partners() == []


def test_the_same_name_in_another_spelling_is_held_unless_the_rule_book_lets_it_pass(small_office: Office) -> None:
    small_office.tell()
    other = {"document": "supplier", "number": "S-901", "party": {"name": "HÄRBOR Surgical"}}
    small_office.tell({**other, "party": {"name": "HARBOR  SURGICAL"}})
    assert set(small_office.held()) == {"supplier_duplicate_suspected"}
    small_office.rules("suppliers: {same_name: pass, approved: true}")
    small_office.house.ledger.holds.release(None, None, "tester")
    small_office.house.work_off()
    known = small_office.known("S-901")
    assert known is not None
    assert known.approved


def test_a_later_record_takes_the_place_of_one_that_is_held(small_office: Office) -> None:
    small_office.tell()
    small_office.tell(number="V-77")
    small_office.tell({"document": "supplier", "number": "V-77", "party": {"name": "Quite another"}})
    assert small_office.held() == {}
    assert [row["name"] for row in small_office.partners("V-77")] == ["Quite another"]


def test_one_that_is_unknown_and_inactive_is_not_made(small_office: Office) -> None:
    small_office.tell(status="inactive")
    assert small_office.partners() == []
    assert small_office.held() == {}


def test_a_supplier_that_the_synchronisation_saw_first_is_not_approved_by_that(small_office: Office) -> None:
    stages = small_office.house.stages
    small_office.house.receive(HARBOR)
    stages["translate"].step("bulk")
    stages["resolve"].step("bulk")
    partners = small_office.odoo.connection.get_model("res.partner")
    partners.create(vals_list=[{"name": "Harbor Surgical GmbH", "ref": "S-900", "supplier_rank": 1}])
    small_office.sync.run()
    small_office.house.work_off()
    known = small_office.known()
    assert known is not None
    assert not known.approved
    assert len(small_office.partners()) == 1
