"""What every Odoo must do for Wardline: one suite on the stand-in and on the real Odoo 19, that with and without the
accelerator, which the stand-in does not know.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal

import pytest

from app.errors import Permanent, Transient, Unavailable
from app.odoo.faults import Declined
from app.odoo.gateway import Line, Movement, OdooGateway, Refused, RefusedLine, Transfer
from app.odoo.stock import StockGateway
from app.odoo.transfers import Transfers
from app.odoo.transport import Connection
from ops.provision import Count, Site, provision
from tests.fixtures_odoo import BULK_ITEMS, BULK_LOTS, GENERAL, OR1, SAINT_MARY, SITE, OdooServer

USED = GENERAL.consumption("OR1")


SERVERS = (
    "standin_odoo",
    pytest.param("real_odoo", marks=pytest.mark.real),
    pytest.param("accelerated_odoo", marks=pytest.mark.real),
)


@pytest.fixture(scope="module", params=SERVERS)
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    return request.getfixturevalue(request.param)


@pytest.fixture
def gateway(odoo: OdooServer) -> OdooGateway:
    return odoo.gateway


def refused(gateway: OdooGateway, movement: Movement) -> tuple[RefusedLine, ...]:
    """The lines that Odoo refuses; the key is spent then."""
    with pytest.raises(Refused) as refusal:
        gateway.move(movement)
    transfer = gateway.find(movement.key)
    assert transfer is not None
    assert transfer.state == "cancel"
    return refusal.value.lines


def drafted(odoo: OdooServer, movement: Movement) -> Transfer:
    """A transfer whose maker died between the two calls."""
    kind = odoo.connection.get_model("stock.picking.type")
    rows = kind.search_read(domain=[["warehouse_id", "=", movement.stock_location.warehouse_id]], fields=["code"])
    transfers = Transfers(odoo.connection, "wardline")
    return transfers.read(transfers.draft(movement, rows[-1]["id"]))


def test_ping_tells_the_version(gateway: OdooGateway) -> None:
    assert gateway.ping() == "19.0"


def test_items_are_found_by_reference(gateway: OdooGateway) -> None:
    found = gateway.items(["GAUZE-10", "GLUE-5", "STENT-20", "RENTAL-1", "NO-SUCH"])

    facts = {reference: (item.tracking, item.storable) for reference, (item,) in found.items()}
    assert facts == {
        "GAUZE-10": ("none", True),
        "GLUE-5": ("lot", True),
        "STENT-20": ("serial", True),
        "RENTAL-1": ("none", False),
    }


def test_archived_items_are_found_and_marked(gateway: OdooGateway) -> None:
    assert [item.active for item in gateway.items(["RETIRED-1"])["RETIRED-1"]] == [False]


def test_a_reference_may_name_several_items(gateway: OdooGateway) -> None:
    twins = gateway.items(["TWIN-1"])["TWIN-1"]

    assert [item.reference for item in twins] == ["TWIN-1", "TWIN-1"]
    assert twins[0].id != twins[1].id


def test_no_references_find_nothing(gateway: OdooGateway) -> None:
    assert gateway.items([]) == {}
    assert gateway.locations([]) == {}
    assert gateway.lots([], []) == {}


def test_locations_are_found_by_complete_name(odoo: OdooServer) -> None:
    found = odoo.gateway.locations([OR1, USED, "GEN/Stock/NOWHERE"])

    assert set(found) == {OR1, USED}
    assert (found[OR1].usage, found[USED].usage) == ("internal", "production")
    assert found[OR1].warehouse_id is not None
    assert found[USED].warehouse_id is None
    assert found[OR1].warehouse_id != odoo.gateway.locations([SAINT_MARY.stock("OR1")])["STM/Stock/OR1"].warehouse_id


def test_archived_locations_are_found_and_marked(odoo: OdooServer) -> None:
    name = GENERAL.stock("ICU")
    location = odoo.gateway.locations([name])[name]
    odoo.connection.get_model("stock.location").write(ids=[location.id], vals={"active": False})

    assert StockGateway(odoo.connection).locations([name])[name] == replace(location, active=False)

    odoo.connection.get_model("stock.location").write(ids=[location.id], vals={"active": True})


def test_lots_are_found_by_item_and_name(odoo: OdooServer) -> None:
    glue, stent = odoo.item_id("GLUE-5"), odoo.item_id("STENT-20")

    found = odoo.gateway.lots([glue, stent], ["G-2026-01", "SN-1", "NO-SUCH"])

    assert set(found) == {(glue, "G-2026-01"), (stent, "SN-1")}


def test_on_hand_is_what_the_location_itself_holds(odoo: OdooServer) -> None:
    assert odoo.on_hand("GAUZE-10", SAINT_MARY.stock("OR1")) == Decimal(7)
    assert odoo.on_hand("GAUZE-10", "STM/Stock") == 0
    assert odoo.on_hand("GLUE-5", OR1, "G-2026-02") == Decimal(3)
    assert odoo.on_hand("GLUE-5", OR1) == 0


def test_consumption_leaves_the_stock_and_arrives(odoo: OdooServer) -> None:
    before, used = odoo.on_hand("GAUZE-10", OR1), odoo.on_hand("GAUZE-10", USED)

    transfer = odoo.gateway.move(odoo.movement([odoo.line("GAUZE-10", "2")]))

    assert transfer.state == "done"
    assert transfer.name.startswith("GEN/CONS/")
    assert odoo.on_hand("GAUZE-10", OR1) == before - 2
    assert odoo.on_hand("GAUZE-10", USED) == used + 2


def test_provisioning_lets_odoo_keep_four_decimals(gateway: OdooGateway) -> None:
    assert gateway.quantity_digits() == 4


def test_fractions_stay_exact(odoo: OdooServer) -> None:
    before = odoo.on_hand("SUTURE-3-0", OR1)

    for quantity in ("0.125", "0.1", "0.2", "0.0005"):
        odoo.gateway.move(odoo.movement([odoo.line("SUTURE-3-0", quantity)]))

    assert odoo.on_hand("SUTURE-3-0", OR1) == before - Decimal("0.4255")


def test_the_same_key_again_changes_nothing(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1"), odoo.line("GLUE-5", "0.5", "G-2026-01")])
    before = odoo.on_hand("GAUZE-10", OR1)

    transfers = [odoo.gateway.move(movement) for _ in range(3)]

    assert len(set(transfers)) == 1
    assert odoo.on_hand("GAUZE-10", OR1) == before - 1


def test_the_same_key_twice_at_once_takes_effect_once(odoo: OdooServer) -> None:
    before, rounds = odoo.on_hand("GAUZE-10", OR1), 5

    def move(movement: Movement) -> Transfer | None:
        try:
            return StockGateway(odoo.connection).move(movement)
        except Transient:
            return None

    with ThreadPoolExecutor(2) as pool:
        for _ in range(rounds):
            movement = odoo.movement([odoo.line("GAUZE-10", "1")])
            made = [transfer for transfer in pool.map(move, [movement, movement]) if transfer]
            assert len(set(made)) == 1

    assert odoo.on_hand("GAUZE-10", OR1) == before - rounds


def test_what_was_made_stands_though_it_could_not_be_made_now(odoo: OdooServer) -> None:
    line = odoo.line("GLUE-5", "0.5", "G-2026-01")
    movement = odoo.movement([line])
    transfer = odoo.gateway.move(movement)

    gone = replace(movement, lines=(replace(line, lot_id=999_999),))
    coarser = replace(movement, lines=(replace(line, quantity=Decimal("0.50001")),))
    assert odoo.gateway.move(gone) == transfer
    assert odoo.gateway.move(coarser) == transfer


def test_a_draft_left_behind_is_completed(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "3")])
    before = odoo.on_hand("GAUZE-10", OR1)
    draft = drafted(odoo, movement)
    assert draft.state != "done"

    assert odoo.gateway.move(movement) == replace(draft, state="done")
    assert odoo.on_hand("GAUZE-10", OR1) == before - 3


def test_many_lines_with_lots_go_in_one_batch(odoo: OdooServer) -> None:
    cement = odoo.item_id("BONE-CEMENT")
    lots = odoo.gateway.lots([cement], BULK_LOTS)
    lines = [Line(cement, 1, Decimal("0.5"), lots[cement, name]) for name in BULK_LOTS]
    lines += [odoo.line(reference, "2") for reference in BULK_ITEMS]
    assert len(lines) == 200

    assert odoo.gateway.move(odoo.movement(lines, department="OR2")).state == "done"

    place = odoo.gateway.locations([GENERAL.stock("OR2")])["GEN/Stock/OR2"]
    held = odoo.gateway.on_hand(place.id, [line.item_id for line in lines])
    assert held == {(line.item_id, line.lot_id): -line.quantity for line in lines}


def test_each_line_takes_the_lot_it_names(odoo: OdooServer) -> None:
    first, second = odoo.on_hand("GLUE-5", OR1, "G-2026-01"), odoo.on_hand("GLUE-5", OR1, "G-2026-02")

    odoo.gateway.move(odoo.movement([odoo.line("GLUE-5", "1", "G-2026-02"), odoo.line("GLUE-5", "0.25", "G-2026-01")]))

    assert odoo.on_hand("GLUE-5", OR1, "G-2026-01") == first - Decimal("0.25")
    assert odoo.on_hand("GLUE-5", OR1, "G-2026-02") == second - 1


def test_a_transfer_shows_a_move_for_each_item_and_its_lines(odoo: OdooServer) -> None:
    glue, gauze = odoo.item_id("GLUE-5"), odoo.item_id("GAUZE-10")
    first, second = odoo.line("GLUE-5", "0.1", "G-2026-01"), odoo.line("GLUE-5", "0.2", "G-2026-02")

    transfer = odoo.gateway.move(odoo.movement([first, odoo.line("GAUZE-10", "2"), second]))

    (shown,) = odoo.connection.get_model("stock.picking").read(
        ids=[transfer.id], fields=["move_ids", "move_line_ids"], load=""
    )
    moves = odoo.connection.get_model("stock.move").read(
        ids=shown["move_ids"], fields=["product_id", "product_uom_qty", "quantity", "state"], load=""
    )
    amounts = {
        move["product_id"]: (Decimal(move["product_uom_qty"]), Decimal(move["quantity"]), move["state"])
        for move in moves
    }
    assert len(moves) == 2
    assert amounts == {
        glue: (Decimal("0.3"), Decimal("0.3"), "done"),
        gauze: (Decimal(2), Decimal(2), "done"),
    }
    lines = odoo.connection.get_model("stock.move.line").read(
        ids=shown["move_line_ids"], fields=["product_id", "lot_id", "quantity"], load=""
    )
    assert sorted((line["product_id"], line["lot_id"] or None, Decimal(line["quantity"])) for line in lines) == sorted([
        (glue, first.lot_id, Decimal("0.1")), (glue, second.lot_id, Decimal("0.2")), (gauze, None, Decimal(2)),
    ])  # fmt: skip


def test_a_return_comes_back(odoo: OdooServer) -> None:
    stock, used = odoo.on_hand("STENT-20", OR1, "SN-1"), odoo.on_hand("STENT-20", USED, "SN-1")
    line = odoo.line("STENT-20", "1", "SN-1")
    odoo.gateway.move(odoo.movement([line]))

    odoo.gateway.move(odoo.movement([line], direction="in"))

    assert odoo.on_hand("STENT-20", OR1, "SN-1") == stock
    assert odoo.on_hand("STENT-20", USED, "SN-1") == used


def test_odoo_itself_lets_stock_fall_below_zero(odoo: OdooServer) -> None:
    assert odoo.on_hand("TWIN-1", OR1) == 0

    odoo.gateway.move(odoo.movement([odoo.line("TWIN-1", "5")]))

    assert odoo.on_hand("TWIN-1", OR1) == -5


def test_odoo_itself_moves_archived_items(odoo: OdooServer) -> None:
    odoo.gateway.move(odoo.movement([odoo.line("RETIRED-1", "1")]))

    assert odoo.on_hand("RETIRED-1", OR1) == -1


def test_what_is_not_storable_leaves_no_trace_in_stock(odoo: OdooServer) -> None:
    assert odoo.gateway.move(odoo.movement([odoo.line("RENTAL-1", "1")])).state == "done"
    assert odoo.on_hand("RENTAL-1", OR1) == 0


def test_a_missing_lot_is_refused_and_nothing_stays_reserved(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1"), odoo.line("GLUE-5", "1"), odoo.line("STENT-20", "1")])
    before, reserved = odoo.on_hand("GAUZE-10", OR1), odoo.reserved(OR1)

    lines = refused(odoo.gateway, movement)

    assert lines == (RefusedLine(1, "lot_required"), RefusedLine(2, "lot_required"))
    assert odoo.on_hand("GAUZE-10", OR1) == before
    assert odoo.reserved(OR1) == reserved


def test_a_refused_key_is_spent(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GLUE-5", "1")])
    refused(odoo.gateway, movement)

    assert refused(odoo.gateway, movement) == (RefusedLine(None, "cancelled"),)


def test_the_lot_of_another_item_is_refused(odoo: OdooServer) -> None:
    wrong = replace(odoo.line("GLUE-5", "1"), lot_id=odoo.line("STENT-20", "1", "SN-2").lot_id)
    movement = odoo.movement([odoo.line("GAUZE-10", "1"), wrong])

    assert refused(odoo.gateway, movement) == (RefusedLine(1, "lot_mismatch"),)


def test_records_that_are_gone_are_refused(odoo: OdooServer) -> None:
    gauze, glue = odoo.line("GAUZE-10", "1"), odoo.line("GLUE-5", "1", "G-2026-01")
    movement = odoo.movement([gauze, replace(gauze, item_id=999_999), replace(glue, lot_id=999_999)])

    assert refused(odoo.gateway, movement) == (RefusedLine(1, "unknown_record"), RefusedLine(2, "unknown_record"))


def test_a_key_is_found_whatever_odoos_workers_remember_of_it(odoo: OdooServer) -> None:
    """Each worker of the real Odoo has its own memory of external ids, which is wrong after a load was rolled back."""
    good = odoo.line("GLUE-5", "0.1", "G-2026-01")
    movement = odoo.movement([good])
    wrong = replace(good, lot_id=999_999)
    transfers = Transfers(odoo.connection, "wardline")
    for _ in range(6):
        with pytest.raises(Declined):
            transfers.draft(replace(movement, lines=(good, wrong)), operation=1)
    assert [odoo.gateway.find(movement.key) for _ in range(8)] == [None] * 8

    transfer = odoo.gateway.move(movement)

    assert [odoo.gateway.find(movement.key) for _ in range(8)] == [transfer] * 8


def test_a_serial_number_moves_once(odoo: OdooServer) -> None:
    line = odoo.line("STENT-20", "1", "SN-3")
    twice = odoo.movement([line, odoo.line("GAUZE-10", "1"), line])
    assert refused(odoo.gateway, twice) == (RefusedLine(2, "serial_duplicated"),)

    odoo.gateway.move(odoo.movement([line]))
    again = odoo.movement([odoo.line("GAUZE-10", "1"), line])
    assert refused(odoo.gateway, again) == (RefusedLine(1, "serial_duplicated"),)
    assert odoo.on_hand("STENT-20", OR1, "SN-3") == 0


def test_quantities_that_odoo_would_change_are_refused(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "0"), odoo.line("GAUZE-10", "1"), odoo.line("GAUZE-10", "0.00001")])

    assert refused(odoo.gateway, movement) == (
        RefusedLine(0, "quantity_not_positive"),
        RefusedLine(2, "quantity_precision"),
    )


def test_a_refusal_shows_nothing_of_odoos_text(odoo: OdooServer) -> None:
    with pytest.raises(Refused) as refusal:
        odoo.gateway.move(odoo.movement([odoo.line("GLUE-5", "1")]))

    cause = refusal.value.__cause__
    assert str(cause) == "stock.picking.button_validate: odoo.exceptions.UserError"


def test_find_knows_only_keys_that_exist(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])

    assert odoo.gateway.find(movement.key) is None
    transfer = odoo.gateway.move(movement)
    assert odoo.gateway.find(movement.key) == transfer


def test_a_revoked_key_never_takes_effect(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "5")])
    before, reserved = odoo.on_hand("GAUZE-10", OR1), odoo.reserved(OR1)

    tombstone = odoo.gateway.revoke(movement.key)

    assert tombstone.state == "cancel"
    assert refused(odoo.gateway, movement) == (RefusedLine(None, "cancelled"),)
    assert drafted(odoo, movement) == tombstone
    assert odoo.gateway.find(movement.key) == tombstone
    assert (odoo.on_hand("GAUZE-10", OR1), odoo.reserved(OR1)) == (before, reserved)


def test_revoking_a_tombstone_again_changes_nothing(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "5")])

    assert odoo.gateway.revoke(movement.key) == odoo.gateway.revoke(movement.key)


def test_revoking_a_draft_gives_back_what_it_reserved(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "5")])
    before, reserved = odoo.on_hand("GAUZE-10", OR1), odoo.reserved(OR1)
    draft = drafted(odoo, movement)
    assert odoo.reserved(OR1) == reserved + 5

    assert odoo.gateway.revoke(movement.key) == replace(draft, state="cancel")
    assert (odoo.on_hand("GAUZE-10", OR1), odoo.reserved(OR1)) == (before, reserved)


def test_revoking_what_took_effect_leaves_it_standing(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    transfer = odoo.gateway.move(movement)
    before = odoo.on_hand("GAUZE-10", OR1)

    assert odoo.gateway.revoke(movement.key) == transfer
    assert odoo.on_hand("GAUZE-10", OR1) == before


def test_a_deleted_transfer_frees_its_key(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    tombstone = odoo.gateway.revoke(movement.key)
    odoo.connection.get_model("stock.picking").unlink(ids=[tombstone.id])

    assert odoo.gateway.find(movement.key) is None
    assert odoo.gateway.move(movement).state == "done"


def test_without_its_own_operation_consumption_is_an_internal_transfer(odoo: OdooServer) -> None:
    gateway = StockGateway(odoo.connection, consumption_operation="NOSUCH")

    assert gateway.move(odoo.movement([odoo.line("GLUE-5", "0.5", "G-2026-01")])).name.startswith("GEN/INT/")


def test_a_location_outside_every_warehouse_is_no_place_to_consume_from(odoo: OdooServer) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    with pytest.raises(Permanent) as error:
        odoo.gateway.move(replace(movement, stock_location=movement.consumption_location))

    assert error.value.code == "odoo.warehouse_missing"


def test_a_wrong_key_is_permanent(odoo: OdooServer) -> None:
    stranger = StockGateway(Connection(odoo.url, odoo.database, "0" * 40))

    with pytest.raises(Permanent) as error:
        stranger.items(["GAUZE-10"])
    assert error.value.code == "odoo.unauthorized"
    assert stranger.ping() == "19.0"


def test_a_database_that_does_not_open_is_an_outage(odoo: OdooServer) -> None:
    lost = StockGateway(Connection(odoo.url, "no_such_database", odoo.api_key))

    with pytest.raises(Unavailable) as error:
        lost.move(odoo.movement([odoo.line("GAUZE-10", "1")]))
    assert error.value.code == "odoo.no_database"


def test_provisioning_again_changes_only_what_differs(odoo: OdooServer) -> None:
    odoo.gateway.move(odoo.movement([odoo.line("SUTURE-3-0", "1")], hospital=SAINT_MARY))
    before = odoo.gateway.items([item.reference for item in SITE.items])
    place = SAINT_MARY.stock("OR1")

    provision(odoo.connection, Site(SITE.hospitals, SITE.items, SITE.lots, (Count(place, "SUTURE-3-0", Decimal(9)),)))

    assert StockGateway(odoo.connection).items([item.reference for item in SITE.items]) == before
    assert odoo.on_hand("SUTURE-3-0", place) == 9
    assert odoo.on_hand("GAUZE-10", place) == 7
