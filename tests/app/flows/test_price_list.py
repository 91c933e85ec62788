"""Price lists: what they change of a supplier's prices in Odoo, and what policy knows of them afterwards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app import ids
from app.crosswalk.store import CrosswalkStore
from app.flows.master_sync import MasterSync
from app.ledger.ledger import Ledger
from app.model.master import Offer
from app.model.party import PartyIdentifier
from app.odoo.erp import Erp
from tests import factories
from tests.app.flows.buying import SUPPLIER
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

LOOSE = "prices: {max_change_percent: 1000, max_ended_percent: 100}"


def line(item: str = "GLOVE-M", price: str = "99.10", unit: str = "BX", **changes: Any) -> dict[str, Any]:
    return {
        "identifiers": [{"scheme": "internal", "value": item}, {"scheme": "supplier", "value": f"X-{item}"}],
        "unit": unit,
        "price": {"amount": price},
    } | changes


@dataclass
class Desk:
    """A supplier that tells its prices, and the hospital that hears of them."""

    house: House
    odoo: OdooServer
    erp: Erp
    sync: MasterSync

    def tell(self, *lines: dict[str, Any], number: str = "PL-1", **changes: Any) -> Any:
        seller = {"identifiers": [{"scheme": "gln", "value": "4012345000009"}]}
        head = {"document": "price_list", "number": number, "currency": "EUR", "action": "change", "seller": seller}
        message = self.house.receive(head | {"lines": list(lines)} | changes)
        self.house.work_off()
        return message

    def prices(self, item: str = "GLOVE-M") -> list[Offer]:
        """What Odoo has of the supplier for an item, in order of their days."""
        partner = self.erp.partners.find(SUPPLIER)
        assert partner is not None
        found = [one for one in self.erp.master.offers(partner["id"]) if one.item == item]
        return sorted(found, key=lambda one: (one.minimum, one.valid_from or date.min))

    def known(self, item: str = "GLOVE-M") -> list[Offer]:
        with self.house.ledger.reading() as tx:
            found = self.house.ledger.registry.offers(tx, [item])[item]
        return [one for one in found if one.supplier == SUPPLIER]

    def held(self) -> dict[str, str]:
        with self.house.ledger.reading() as tx:
            return {group.cause: group.hint for group in self.house.ledger.holds.groups(tx)}

    def release(self) -> None:
        self.house.ledger.holds.release(None, None, "tester")
        self.house.work_off()

    def facts(self, message: Any) -> dict[str, Any]:
        """What a list did, as the audit trail tells it."""
        [event] = [one for one in self.house.story(message).events if one.action == "posting.posted"]
        return dict(event.detail["facts"])

    def rules(self, text: str) -> None:
        with self.house.ledger.transaction() as tx:
            self.house.ledger.policies.import_(tx, text, "tester")


@pytest.fixture(params=["standin_market", pytest.param("real_market", marks=pytest.mark.real)])
def desk(request: pytest.FixtureRequest, small_ledger: Ledger) -> Desk:
    return _desk(small_ledger, request.getfixturevalue(request.param))


@pytest.fixture
def small_desk(small_ledger: Ledger, standin_market: OdooServer) -> Desk:
    return _desk(small_ledger, standin_market)


def _desk(ledger: Ledger, odoo: OdooServer) -> Desk:
    erp = Erp(odoo.connection)
    sync = MasterSync(ledger, erp, CrosswalkStore(ledger.database, ledger.audit))
    sync.run()
    made = Desk(House.over(ledger, erp), odoo, erp, sync)
    rows = [
        factories.row("unit", "BX", "each", item="GLOVE-M", factor=Decimal(10)),
        factories.row("unit", "EA", "each"),
    ]
    made.house.crosswalk.import_rows(factories.numbered(*rows), "tester")
    with ledger.transaction() as tx:
        [facts] = ledger.registry.suppliers(tx, [SUPPLIER]).values()
        numbers = (*facts.identifiers, PartyIdentifier("gln", "4012345000009"))
        ledger.registry.put_suppliers(tx, [replace(facts, identifiers=numbers)])
    made.rules(LOOSE)
    return made


def today() -> date:
    return ids.now().date()


def test_new_prices_and_breaks_stand_in_odoo_and_in_the_register(desk: Desk) -> None:
    message = desk.tell(
        line("GLOVE-M", "88.20", lead_days="4", breaks=[{"price": {"amount": "80"}, "minimum": "20"}]),
        line("SUTURE-30", "2.45", "EA", valid_from="2027-01-01", valid_to="2027-12-31"),
    )
    assert desk.held() == {}
    first, tier = desk.prices()[-2:]
    assert (first.price, first.unit, first.supplier_code) == (Decimal("88.2"), "Box of 10", "X-GLOVE-M")
    assert (tier.price, tier.minimum) == (80, 20)
    assert (first.lead_days, tier.lead_days) == (4, 4)
    [suture] = [one for one in desk.prices("SUTURE-30") if one.valid_from]
    assert (suture.price, suture.valid_from, suture.valid_to) == (
        Decimal("2.45"), date(2027, 1, 1), date(2027, 12, 31),
    )  # fmt: skip
    assert set(desk.known()) == set(desk.prices())
    assert desk.facts(message)["new"] >= 2
    assert desk.sync.run() >= 0
    assert set(desk.known()) == set(desk.prices())


def test_a_list_said_again_under_another_number_writes_nothing(desk: Desk) -> None:
    desk.tell(line())
    message = desk.tell(line(), number="PL-2")
    told = desk.facts(message)
    assert (told["new"], told["changed"], told["ended"], told["unchanged"]) == (0, 0, 0, 1)


def test_the_price_of_next_year_ends_the_one_before_it(desk: Desk) -> None:
    desk.tell(line(price="90", valid_from="2026-01-01"))
    desk.tell(line(price="95", valid_from="2027-01-01"), number="PL-2")
    *_, this, following = [one for one in desk.prices() if one.valid_from]
    assert (this.price, this.valid_to) == (90, date(2026, 12, 31))
    assert (following.price, following.valid_from, following.valid_to) == (95, date(2027, 1, 1), None)
    assert set(desk.known()) == set(desk.prices())


def test_a_full_list_ends_what_it_no_longer_has(desk: Desk) -> None:
    desk.tell(line("GLOVE-M", "90"), line("SUTURE-30", "2.50", "EA"))
    desk.tell(line("GLOVE-M", "90"), number="PL-2", action="replace")
    assert not [one for one in desk.prices("SUTURE-30") if one.holds_on(today())]
    assert [one for one in desk.prices("GLOVE-M") if one.holds_on(today())]


def test_a_full_list_of_one_contract_leaves_the_prices_of_another(small_desk: Desk) -> None:
    small_desk.tell(line("SUTURE-30", "2.50", "EA"), contract="CT-1", action="replace")
    small_desk.tell(line("GLOVE-M", "90"), number="PL-2", contract="CT-2", action="replace")
    assert [one.contract for one in small_desk.known("SUTURE-30") if one.holds_on(today())] == ["CT-1"]
    small_desk.sync.run()
    assert [one.contract for one in small_desk.known("SUTURE-30") if one.holds_on(today())] == ["CT-1"]
    small_desk.tell(line("STENT-35", "990", "EA"), number="PL-3", contract="CT-1", action="replace")
    assert not [one for one in small_desk.prices("SUTURE-30") if one.holds_on(today())]


def test_a_price_for_a_hundred_pieces_becomes_that_of_the_box(small_desk: Desk) -> None:
    small_desk.tell(line() | {"price": {"amount": "98.00", "basis": {"value": "100", "unit": "EA"}}})
    assert [one.price for one in small_desk.prices() if one.holds_on(today())] == [Decimal("9.8")]


def test_unknown_items_are_held_by_their_rows_until_somebody_knows_them(small_desk: Desk) -> None:
    small_desk.tell(line(), line("NEW-1", unit="EA", number="7"), line("NEW-2", unit="EA", number="9"))
    [(cause, hint)] = small_desk.held().items()
    assert cause == "item_unknown"
    assert "row 7, row 9 of price list PL-1" in hint
    rows = [factories.row("item", "NEW-1", "SUTURE-30"), factories.row("item", "NEW-2", "CATH-77")]
    small_desk.house.crosswalk.import_rows(factories.numbered(*rows), "tester")
    small_desk.release()
    assert small_desk.held() == {}
    assert small_desk.prices("CATH-77")


def test_a_catalogue_of_much_that_nobody_buys_goes_in_without_that(small_desk: Desk) -> None:
    small_desk.rules("prices: {unknown_items: leave_out, max_change_percent: 1000}")
    message = small_desk.tell(line("GLOVE-M", "90"), line("NEW-1"), line("NEW-2"))
    assert small_desk.facts(message)["left_out"] == 2


def test_an_item_that_odoo_does_not_have_is_held_by_its_row(desk: Desk) -> None:
    desk.house.crosswalk.import_rows(factories.numbered(factories.row("item", "GONE", "GONE-1")), "tester")
    desk.tell(line("GONE", unit="EA", number="12"))
    [(cause, hint)] = desk.held().items()
    assert cause == "item_not_in_odoo"
    assert "row 12" in hint


def test_a_unit_that_odoo_does_not_have_is_held(small_desk: Desk) -> None:
    small_desk.tell(line(unit="PAL", packs=[{"unit": "PAL", "quantity": "7000"}]))
    [(cause, hint)] = small_desk.held().items()
    assert cause == "unit_not_in_odoo"
    assert "7000 base units" in hint


def test_a_price_that_moves_too_far_waits_and_is_accepted_by_its_release(desk: Desk) -> None:
    desk.tell(line(price="90"))
    desk.rules("prices: {max_change_percent: {'*': 10}}")
    desk.tell(line(price="9.90"), number="PL-2")
    [(cause, hint)] = desk.held().items()
    assert cause == "price_jump"
    assert "90 becomes 9.9" in hint
    assert [one.price for one in desk.prices() if one.holds_on(today())] == [90]
    desk.release()
    assert desk.held() == {}
    assert [one.price for one in desk.prices() if one.holds_on(today())] == [Decimal("9.9")]


def test_a_list_that_would_end_most_prices_waits(small_desk: Desk) -> None:
    small_desk.tell(line(), line("SUTURE-30", unit="EA"), line("CATH-77", unit="EA"), line("STENT-35", unit="EA"))
    small_desk.house.crosswalk.import_rows(factories.numbered(factories.row("item", "CATH-77", "CATH-77")), "tester")
    small_desk.release()
    small_desk.rules("prices: {max_ended_percent: 20}")
    small_desk.tell(line(), number="PL-2", action="replace")
    assert set(small_desk.held()) == {"prices_vanish"}


def test_more_decimals_than_odoo_keeps_are_held(desk: Desk) -> None:
    desk.tell(line(price="0.12345"))
    assert set(desk.held()) == {"price_too_fine"}


def test_a_supplier_that_nobody_knows_is_held(small_desk: Desk) -> None:
    small_desk.tell(line(), seller={"identifiers": [{"scheme": "gln", "value": "5412345000013"}]})
    assert set(small_desk.held()) == {"supplier_unknown"}


def test_two_rows_for_the_same_days_are_held(small_desk: Desk) -> None:
    small_desk.tell(line(price="90"), line(price="91"))
    assert set(small_desk.held()) == {"price_overlap"}
