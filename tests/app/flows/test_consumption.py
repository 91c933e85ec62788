"""A ward's consumption all the way into an ERP: quantities, holds, reversals, faults; here into the stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from app import ids
from app.crosswalk.files import read_csv
from app.ledger import tables
from app.ledger.dead_letters import Filter
from app.ledger.ledger import Ledger
from app.policy.retry import Retry
from ops.demo.hospital import GENERAL, SITE
from ops.provision import provision
from ops.simulators.odoo_standin.faults import Fault
from ops.simulators.odoo_standin.server import StandIn
from tests import factories
from tests.app.flows.house import House
from tests.fixtures_odoo import OdooServer

OR1 = GENERAL.stock("OR1")
STENT = {"identifiers": [{"scheme": "internal", "value": "STENT-35"}]}
UNKNOWN = {"identifiers": [{"scheme": "internal", "value": "CATH-77"}]}
DOWN = [Fault("page", status=502) for _ in range(3)]


@pytest.fixture
def server() -> Iterator[StandIn]:
    with StandIn() as standin:
        yield standin


@pytest.fixture
def odoo(server: StandIn) -> OdooServer:
    odoo = OdooServer(server.url, server.database, server.api_key or "")
    provision(odoo.connection, SITE)
    return odoo


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


def dead(house: House) -> list[str]:
    with house.ledger.reading() as tx:
        return [row.error_code for row in house.ledger.dead_letters.list(tx, Filter())]


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


class TestFailure:
    def test_while_odoo_is_down_everything_waits_without_using_up_attempts(
        self, house: House, odoo: OdooServer, server: StandIn
    ) -> None:
        message = house.receive(use("5"))
        house.stages["translate"].step("bulk")
        house.stages["resolve"].step("bulk")
        for _ in range(20):
            server.faults.inject(*DOWN)
            house.stages["post"].step("bulk")
        with house.ledger.reading() as tx:
            assert tx.execute(sa.select(tables.work)).one().attempts <= 1
            assert house.ledger.circuits.waits_until(tx, "odoo") is not None
        server.faults.take("any")
        while server.faults.take("any"):
            pass
        house.work_off()
        assert (suture(odoo), house.state(message)) == (195, "settled")

    @pytest.mark.parametrize("place", ["stock.picking.load", "stock.picking.button_validate"])
    @pytest.mark.parametrize("committed", [True, False])
    def test_a_lost_answer_has_exactly_one_effect(
        self, house: House, odoo: OdooServer, server: StandIn, place: str, committed: bool
    ) -> None:
        message = house.receive(use("5"), use("2", lot="L2406A", **STENT))
        server.faults.inject(Fault("dropped", committed=committed, place=place))
        house.work_off()
        assert suture(odoo) == 195
        assert odoo.on_hand("STENT-35", OR1, "L2406A") == 3
        story = house.story(message)
        assert story.message.state == "settled"
        assert "posting.in_doubt" in {event.action for event in story.events}

    def test_a_serialization_failure_is_tried_again(self, house: House, odoo: OdooServer, server: StandIn) -> None:
        message = house.receive(use("5"))
        server.faults.inject(Fault("conflict", place="stock.picking.load"))
        house.work_off()
        assert (suture(odoo), house.state(message)) == (195, "settled")

    def test_what_fails_past_the_horizon_is_a_dead_letter_and_settles_when_requeued(
        self, small_ledger: Ledger, odoo: OdooServer, server: StandIn
    ) -> None:
        house = House.over(small_ledger, odoo.gateway, Retry(timedelta(0), timedelta(0), timedelta(0)))
        message = house.receive(use("5"))
        server.faults.inject(Fault("conflict", place="stock.picking.load"))
        house.work_off()
        assert (dead(house), suture(odoo)) == (["odoo.conflict"], 200)
        small_ledger.dead_letters.requeue(Filter(), "tester")
        house.work_off()
        assert (dead(house), suture(odoo), house.state(message)) == ([], 195, "settled")

    def test_a_wrong_api_key_stops_everything_and_loses_nothing(self, small_ledger: Ledger, odoo: OdooServer) -> None:
        stranger = OdooServer(odoo.url, odoo.database, "0" * 40)
        house = House.over(small_ledger, stranger.gateway)
        message = house.receive(use("5"))
        for stage in ("translate", "resolve", *["post"] * 5):
            house.stages[stage].step("bulk")
        assert dead(house) == []
        with small_ledger.reading() as tx:
            assert small_ledger.circuits.row(tx, "odoo").error_code == "odoo.unauthorized"
        mended = House.over(small_ledger, odoo.gateway)
        mended.work_off()
        assert (suture(odoo), mended.state(message)) == (195, "settled")

    def test_a_worker_that_died_in_the_call_leaves_a_batch_that_is_found_again(
        self, house: House, odoo: OdooServer, server: StandIn
    ) -> None:
        message = house.receive(use("5"))
        house.stages["translate"].step("bulk")
        house.stages["resolve"].step("bulk")

        class Killed(BaseException):
            pass

        class Dying:
            def __getattr__(self, name: str):
                return getattr(odoo.gateway, name)

            def move(self, movement):
                odoo.gateway.move(movement)
                raise Killed

        doomed = House.over(house.ledger, Dying())
        with pytest.raises(Killed):
            doomed.stages["post"].step("bulk")
        with house.ledger.transaction() as tx:
            tx.execute(sa.update(tables.work).values(due_at=ids.now()))
            tx.execute(sa.delete(tables.partition_lease))
        house.work_off()
        assert (suture(odoo), transfers(odoo), house.state(message)) == (195, 1, "settled")

    def test_a_batch_that_kills_its_workers_is_taken_apart_and_only_the_killer_dies(
        self, house: House, odoo: OdooServer
    ) -> None:
        house.receive(use("5"), use("2", lot="L2406A", **STENT), use("3"))

        class Killed(BaseException):
            pass

        class Dying:
            def __getattr__(self, name: str):
                return getattr(odoo.gateway, name)

            def move(self, movement):
                if any(line.lot_id for line in movement.lines):
                    raise Killed
                return odoo.gateway.move(movement)

        doomed = House.over(house.ledger, Dying())
        deaths = 0
        for _ in range(60):
            try:
                doomed.work_off()
                break
            except Killed:
                deaths += 1
                with house.ledger.transaction() as tx:
                    tx.execute(sa.update(tables.work).values(due_at=ids.now()))
                    tx.execute(sa.delete(tables.partition_lease))
        assert 0 < deaths < 20
        assert suture(odoo) == 192
        assert odoo.on_hand("STENT-35", OR1, "L2406A") == 5
        assert dead(house) == ["worker.killed"]
