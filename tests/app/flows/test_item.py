"""Items as others tell them: once each in Odoo, and nobody's field overwritten by somebody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from app.crosswalk.store import CrosswalkStore
from app.flows.master_sync import MasterSync
from app.ledger.ledger import Ledger
from app.model.master import ItemFacts
from app.odoo.erp import Erp
from tests import factories
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

BALLOON = {
    "document": "item",
    "number": "BAL-20",
    "description": "Balloon catheter 2.0",
    "identifiers": [{"scheme": "gtin", "value": "00812345678505"}],
    "base_unit": "EA",
    "lot_tracked": True,
    "expiry_tracked": True,
}
FIELDS = ["default_code", "name", "barcode", "tracking", "use_expiration_date", "active", "is_storable"]
OWNED = "ownership: {item: {name: cabinets, category: odoo, '*': cabinets}}"


@dataclass
class Pharmacy:
    """Whoever keeps items, and a house that hears of them over the channel ``cabinets``."""

    house: House
    odoo: OdooServer
    sync: MasterSync

    def tell(self, **changes: Any) -> Any:
        """Let a record arrive and work it off; its message."""
        content = BALLOON | changes
        message = self.house.receive({name: value for name, value in content.items() if value is not None})
        self.house.work_off()
        return message

    def state(self, message: Any) -> tuple[str, int]:
        """The state of the message's document, and how often something was to be done in Odoo for it."""
        story = self.house.story(message)
        [row] = story.documents
        with self.house.ledger.reading() as tx:
            return row.state, len(self.house.ledger.postings.of_documents(tx, [row.id]))

    def products(self, reference: str = "BAL-20") -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.odoo.connection.get_model("product.product").search_read(
            domain=[["default_code", "=", reference]], fields=FIELDS, order="id", context={"active_test": False}
        )
        return rows

    def by_hand(self, **values: Any) -> None:
        [row] = self.products()
        self.odoo.connection.get_model("product.product").write(ids=[row["id"]], vals=values)

    def known(self, reference: str = "BAL-20") -> ItemFacts | None:
        with self.house.ledger.reading() as tx:
            return self.house.ledger.registry.items(tx, [reference]).get(reference)

    def held(self) -> dict[str, str]:
        with self.house.ledger.reading() as tx:
            return {group.cause: group.subject for group in self.house.ledger.holds.groups(tx)}

    def rules(self, text: str) -> None:
        with self.house.ledger.transaction() as tx:
            self.house.ledger.policies.import_(tx, text, "tester")


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def pharmacy(request: pytest.FixtureRequest, small_ledger: Ledger) -> Pharmacy:
    odoo: OdooServer = request.getfixturevalue(request.param)
    erp = Erp(odoo.connection)
    sync = MasterSync(small_ledger, erp, CrosswalkStore(small_ledger.database, small_ledger.audit))
    sync.run()
    return Pharmacy(House.over(small_ledger, erp), odoo, sync)


def test_an_item_is_made_in_odoo_and_known_everywhere_at_once(pharmacy: Pharmacy) -> None:
    assert pharmacy.state(pharmacy.tell()) == ("settled", 1)
    [row] = pharmacy.products()
    assert (row["name"], row["barcode"], row["tracking"]) == ("Balloon catheter 2.0", "00812345678505", "lot")
    assert (row["use_expiration_date"], row["active"], row["is_storable"]) == (True, True, True)
    known = pharmacy.known()
    assert known is not None
    assert (known.name, known.tracking, known.active, known.unit) == ("Balloon catheter 2.0", "lot", True, "Units")
    with pharmacy.house.ledger.reading() as tx:
        codes = {row.code for row in pharmacy.house.crosswalk.rows(tx) if row.target == "BAL-20"}
    assert {"BAL-20", "00812345678505"} <= codes
    assert pharmacy.sync.run() <= 1, "the synchronisation finds what is there, and a price of nothing"
    assert pharmacy.sync.run() == 0


def test_what_is_as_it_was_costs_no_call(pharmacy: Pharmacy) -> None:
    pharmacy.tell()
    assert pharmacy.state(pharmacy.tell(status="active")) == ("settled", 0)
    message = pharmacy.tell(description="Balloon catheter 2.0 mm")
    assert pharmacy.state(message) == ("settled", 1)
    assert pharmacy.products()[0]["name"] == "Balloon catheter 2.0 mm"
    assert len(pharmacy.products()) == 1


def test_a_field_that_somebody_changed_in_odoo_is_not_overwritten(pharmacy: Pharmacy) -> None:
    pharmacy.tell()
    pharmacy.by_hand(name="Balloon, our own word")
    pharmacy.tell(description="Balloon catheter 2.0 mm", lot_tracked=None)
    assert pharmacy.held() == {"field_conflict": "item BAL-20"}
    assert pharmacy.products()[0]["name"] == "Balloon, our own word"
    pharmacy.house.ledger.holds.release("field_conflict", None, "tester")
    pharmacy.house.work_off()
    assert (pharmacy.held(), pharmacy.products()[0]["name"]) == ({}, "Balloon catheter 2.0 mm")


def test_an_owner_has_the_last_word_and_no_other(pharmacy: Pharmacy) -> None:
    pharmacy.rules(OWNED)
    pharmacy.odoo.connection.get_model("product.product").create(
        vals_list=[{"name": "Balloon?", "default_code": "BAL-20", "type": "consu", "is_storable": True}]
    )
    pharmacy.tell(lot_tracked=None, expiry_tracked=None)
    assert (pharmacy.held(), pharmacy.products()[0]["name"]) == ({}, "Balloon catheter 2.0")
    pharmacy.rules("ownership: {item: {'*': odoo}}")
    pharmacy.tell(description="Another word", lot_tracked=None, expiry_tracked=None)
    assert (pharmacy.held(), pharmacy.products()[0]["name"]) == ({}, "Balloon catheter 2.0")


def test_without_an_owner_what_odoo_has_already_is_for_a_person(pharmacy: Pharmacy) -> None:
    pharmacy.odoo.connection.get_model("product.product").create(
        vals_list=[{"name": "Balloon?", "default_code": "BAL-20", "type": "consu", "is_storable": True}]
    )
    pharmacy.tell(lot_tracked=None, expiry_tracked=None)
    assert pharmacy.held() == {"field_conflict": "item BAL-20"}
    assert pharmacy.products()[0]["barcode"] is False, "nothing of it was written"


def test_a_discontinued_item_is_archived_and_one_nobody_has_stays_unknown(pharmacy: Pharmacy) -> None:
    pharmacy.tell()
    pharmacy.tell(status="discontinued")
    assert pharmacy.products()[0]["active"] is False
    known = pharmacy.known()
    assert known is not None
    assert not known.active
    pharmacy.tell(number="NEVER-1", identifiers=None, status="discontinued")
    assert (pharmacy.products("NEVER-1"), pharmacy.held()) == ([], {})


def test_identifiers_that_name_another_item_are_for_a_person(pharmacy: Pharmacy) -> None:
    pharmacy.tell()
    pharmacy.tell(number="GLOVE-M")
    assert list(pharmacy.held()) == ["item_ambiguous"]


def test_what_odoo_refuses_is_held_with_what_to_do(pharmacy: Pharmacy) -> None:
    pharmacy.tell()
    rows = [factories.row("item", "BAL-30", "BAL-30")]
    pharmacy.house.crosswalk.import_rows(factories.numbered(*rows), "tester")
    pharmacy.tell(number="BAL-30", identifiers=None, lot_tracked=False, serial_tracked=False, expiry_tracked=None)
    assert pharmacy.held() == {}
    pharmacy.odoo.connection.get_model("product.product").create(
        vals_list=[{"name": "Taken", "default_code": "TAKEN-1", "barcode": "00812345678512", "type": "consu"}]
    )
    pharmacy.tell(number="BAL-40", identifiers=[{"scheme": "gtin", "value": "00812345678512"}])
    assert pharmacy.held() == {"refused_by_odoo": "item BAL-40"}


def test_documents_that_waited_for_the_item_go_on(pharmacy: Pharmacy) -> None:
    message = pharmacy.house.receive({
        "document": "requisition", "number": "R-NEW", "lines": [{
            "number": "1", "identifiers": [{"scheme": "internal", "value": "BAL-20"}],
            "quantity": {"value": "1", "unit": "EA"},
        }],
    })  # fmt: skip
    pharmacy.house.work_off()
    assert "item_unknown" in pharmacy.held()
    pharmacy.tell()
    assert "item_unknown" not in pharmacy.held()
    assert pharmacy.house.story(message).documents
