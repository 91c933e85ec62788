"""A ward's consumption all the way into Odoo, the stand-in and the real one: quantities, holds, reversals."""

from __future__ import annotations

from decimal import Decimal

import pytest

from app.crosswalk.files import read_csv
from app.ledger.ledger import Ledger
from ops.demo.hospital import GENERAL
from tests import factories
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

OR1 = GENERAL.stock("OR1")
STENT = {"identifiers": [{"scheme": "internal", "value": "STENT-35"}]}
UNKNOWN = {"identifiers": [{"scheme": "internal", "value": "CATH-77"}]}


@pytest.fixture(params=["standin", pytest.param("real", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    """The demo hospital's Odoo: the stand-in, and the real one."""
    return request.getfixturevalue("standin_hospital" if request.param == "standin" else "hospital")


@pytest.fixture
def house(small_ledger: Ledger, odoo: OdooServer) -> House:
    return House.over(small_ledger, odoo.gateway)


def use(quantity: str = "1", **changes):
    return factories.event(quantity={"value": quantity, "unit": "EA"}, **changes)


def suture(odoo: OdooServer) -> Decimal:
    return odoo.on_hand("SUTURE-30", OR1)


def transfers(odoo: OdooServer) -> int:
    return odoo.connection.get_model("stock.picking").search_count(domain=[["state", "=", "done"]])


def held(house: House) -> dict[str, int]:
    with house.ledger.reading() as tx:
        return {f"{group.cause}: {group.subject}": group.documents for group in house.ledger.holds.groups(tx)}


class TestEffects:
    def test_use_waste_and_return_move_the_stock(self, house: House, odoo: OdooServer) -> None:
        message = house.receive(use("5"), use("2", kind="waste"), use("3", kind="return"))
        house.work_off()
        assert suture(odoo) == 200 - 5 - 2 + 3
        assert odoo.on_hand("SUTURE-30", GENERAL.consumption("OR1")) == 4
        assert house.state(message) == "settled"

    def test_pack_units_become_base_units_exactly(self, house: House, odoo: OdooServer) -> None:
        house.receive(factories.event(quantity={"value": "1.5", "unit": "BX"}))
        house.work_off()
        assert suture(odoo) == 200 - 18

    def test_lots_leave_their_own_stock(self, house: House, odoo: OdooServer) -> None:
        house.receive(use("2", lot="L2407B", **STENT))
        house.work_off()
        assert odoo.on_hand("STENT-35", OR1, "L2407B") == 3
        assert odoo.on_hand("STENT-35", OR1, "L2406A") == 5

    def test_events_of_one_item_travel_in_one_line_and_keep_their_own_postings(
        self, house: House, odoo: OdooServer
    ) -> None:
        messages = [house.receive(use("2")) for _ in range(10)]
        house.work_off()
        assert suture(odoo) == 180
        assert transfers(odoo) == 1
        stories = [house.story(message) for message in messages]
        assert len({story.postings[0].id for story in stories}) == 10
        assert len({story.batches[0].record_id for story in stories}) == 1

    def test_stock_locations_that_share_a_consumption_location_keep_their_own_stock(
        self, house: House, odoo: OdooServer
    ) -> None:
        shared = factories.row(
            "location", "CART", GENERAL.stock("WARD3"), consumption_location=GENERAL.consumption("OR1")
        )
        house.crosswalk.import_rows(factories.numbered(shared), "tester")
        house.receive(use("2"), use("3", location="CART"))
        house.work_off()
        assert (suture(odoo), odoo.on_hand("SUTURE-30", GENERAL.stock("WARD3"))) == (198, 197)

    def test_the_timeline_names_source_mapping_crosswalk_posting_and_record(self, house: House) -> None:
        story = house.story(house.receive(use()))
        house.work_off()
        story = house.story(story.message.id)
        events = {event.action: event.detail for event in story.events}
        assert list(events) == [
            "message.accepted", "message.translated", "document.resolved", "posting.posted", "message.settled"
        ]  # fmt: skip
        assert events["message.accepted"]["channel"] == "cabinets"
        assert events["message.translated"]["mapping"].startswith("canonical")
        rows = {(row["kind"], row["target"], row["version"]) for row in events["document.resolved"]["crosswalk"]}
        assert ("item", "SUTURE-30", 1) in rows
        assert events["posting.posted"]["record_name"] == story.batches[0].record_name

    def test_a_critical_item_goes_urgent_whatever_its_channel(self, house: House) -> None:
        message = house.receive(use(lot="L2406A", **STENT))
        house.work_off()
        story = house.story(message)
        assert (story.message.lane, story.documents[0].lane, story.postings[0].lane) == ("bulk", "urgent", "urgent")

    def test_the_same_event_in_another_message_has_no_second_effect(self, house: House, odoo: OdooServer) -> None:
        event = use("5")
        house.receive(event, key="first")
        second = house.receive(event, key="second")
        house.work_off()
        assert suture(odoo) == 195
        assert house.state(second) == "duplicate"

    def test_an_event_number_with_other_content_is_held(self, house: House, odoo: OdooServer) -> None:
        house.receive(use("5", event_id="E-1"))
        house.receive(use("6", event_id="E-1"))
        house.work_off()
        assert suture(odoo) == 195
        assert held(house) == {"event_conflict: sender cabinets": 1}


class TestHolds:
    def test_an_unknown_item_is_held_and_one_row_lets_the_group_go(self, house: House, odoo: OdooServer) -> None:
        messages = [house.receive(use("1", **UNKNOWN)) for _ in range(3)]
        house.work_off()
        assert held(house) == {"item_unknown: item internal:CATH-77": 3}
        house.crosswalk.import_rows(read_csv("ops/demo/missing-item.csv"), "tester")
        house.ledger.holds.release("item_unknown", "item internal:CATH-77", "tester")
        house.work_off()
        assert odoo.on_hand("CATH-77", OR1) == 7
        assert [house.state(message) for message in messages] == ["settled"] * 3

    @pytest.mark.parametrize(("change", "cause"), [
        ({"location": "NOWHERE"}, "location_unknown: location GEN:NOWHERE"),
        ({"quantity": {"value": "1", "unit": "CRATE"}}, "unit_unknown: unit CRATE of SUTURE-30"),
        ({"identifiers": [{"scheme": "internal", "value": "SUTURE-30"}, {"scheme": "internal", "value": "GLOVE-M"}]},
         "item_ambiguous: item internal:SUTURE-30"),
        ({"quantity": {"value": "201", "unit": "EA"}}, "stock_negative: item SUTURE-30 at GEN/Stock/OR1"),
        ({"quantity": {"value": "0.00001", "unit": "EA"}}, "quantity_too_fine: item SUTURE-30"),
        (STENT, "lot_missing: item STENT-35"),
        (STENT | {"lot": "NO-SUCH"}, "lot_unknown: item STENT-35 lot NO-SUCH"),
        (STENT | {"lot": "L2406A", "quantity": {"value": "6", "unit": "EA"}},
         "stock_negative: item STENT-35 lot L2406A at GEN/Stock/OR1"),
    ])  # fmt: skip
    def test_what_a_person_must_decide_is_held(self, house: House, odoo: OdooServer, change: dict, cause: str) -> None:
        message = house.receive(factories.event(**change))
        fine = house.receive(use())
        house.work_off()
        assert held(house) == {cause: 1}
        assert (house.state(message), house.state(fine)) == ("translated", "settled")
        assert suture(odoo) == 199
        assert odoo.reserved(OR1) == 0

    def test_an_archived_item_is_held(self, house: House, odoo: OdooServer) -> None:
        odoo.connection.get_model("product.product").write(ids=[odoo.item_id("SUTURE-30")], vals={"active": False})
        fresh = House.over(house.ledger, OdooServer(odoo.url, odoo.database, odoo.api_key).gateway)
        fresh.receive(use())
        fresh.work_off()
        assert held(fresh) == {"item_archived: item SUTURE-30": 1}

    def test_stock_is_given_in_order_until_it_is_gone(self, house: House, odoo: OdooServer) -> None:
        house.receive(use("150"), use("60"), use("40"))
        house.work_off()
        assert suture(odoo) == 10
        assert held(house) == {"stock_negative: item SUTURE-30 at GEN/Stock/OR1": 1}

    def test_counted_stock_lets_the_held_one_go(self, house: House, odoo: OdooServer) -> None:
        message = house.receive(use("150"), use("60"))
        house.work_off()
        quants = odoo.connection.get_model("stock.quant")
        place = odoo.gateway.locations([OR1])[OR1].id
        value = {
            "product_id": odoo.item_id("SUTURE-30"),
            "location_id": place,
            "lot_id": False,
            "inventory_quantity_auto_apply": "60",
        }
        quants.create(vals_list=[value], context={"inventory_mode": True, "inventory_name": "Counted"})
        house.ledger.holds.release("stock_negative", None, "tester")
        house.work_off()
        assert suture(odoo) == 0
        assert house.state(message) == "settled"

    def test_one_bad_item_among_two_hundred(self, house: House, odoo: OdooServer) -> None:
        events = [use("1") for _ in range(199)]
        events.insert(77, use("1", **STENT))
        house.receive(*events)
        house.work_off()
        assert suture(odoo) == 1
        assert held(house) == {"lot_missing: item STENT-35": 1}


class TestReversals:
    def reversal(self, reverses: str, **changes):
        return use(kind="reversal", reverses=reverses, **changes)

    def test_a_reversal_undoes_exactly_what_it_reverses_once(self, house: House, odoo: OdooServer) -> None:
        house.receive(use("7", event_id="E-1"))
        house.work_off()
        assert suture(odoo) == 193
        house.receive(self.reversal("E-1", event_id="R-1"))
        house.work_off()
        assert suture(odoo) == 200
        second = house.receive(self.reversal("E-1", event_id="R-2"))
        house.work_off()
        assert suture(odoo) == 200
        assert held(house) == {"already_reversed: event E-1": 1}
        assert house.state(second) == "translated"

    def test_it_follows_the_posting_and_not_todays_crosswalk(self, house: House, odoo: OdooServer) -> None:
        house.receive(factories.event(event_id="E-1", quantity={"value": "1", "unit": "BX"}))
        house.work_off()
        changed = factories.row("unit", "BX", "each", item="SUTURE-30", factor=Decimal(10))
        house.crosswalk.import_rows(factories.numbered(changed), "tester")
        house.receive(self.reversal("E-1"))
        house.work_off()
        assert suture(odoo) == 200

    def test_a_return_can_be_undone_too(self, house: House, odoo: OdooServer) -> None:
        house.receive(use("7", event_id="E-1", kind="return"))
        house.receive(self.reversal("E-1"))
        house.work_off()
        assert suture(odoo) == 200

    def test_one_that_came_first_waits_for_its_event_and_goes_by_itself(self, house: House, odoo: OdooServer) -> None:
        early = house.receive(self.reversal("E-9"))
        house.work_off()
        assert held(house) == {"original_unknown: event E-9": 1}
        house.receive(use("4", event_id="E-9"))
        house.work_off()
        assert held(house) == {}
        assert suture(odoo) == 200
        assert house.state(early) == "settled"

    def test_one_of_a_held_event_ends_both_without_any_effect(self, house: House, odoo: OdooServer) -> None:
        original = house.receive(use("1", event_id="E-1", **UNKNOWN))
        house.work_off()
        undone = house.receive(self.reversal("E-1"))
        house.work_off()
        assert held(house) == {}
        assert (house.state(original), house.state(undone)) == ("settled", "settled")
        assert transfers(odoo) == 0
