"""What the gateway says when Odoo or the way to it fails in the middle; what it does when all is well is a contract."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from app.errors import InDoubt, Transient, Unavailable
from app.odoo.gateway import OdooGateway, Refused, RefusedLine
from app.odoo.stock import StockGateway
from app.odoo.transport import Connection
from ops.simulators.odoo_standin.faults import Fault
from ops.simulators.odoo_standin.server import StandIn
from tests.fixtures_odoo import OR1, OdooServer

LOAD, VALIDATE, CANCEL, READ = (
    f"stock.picking.{method}" for method in ("load", "button_validate", "action_cancel", "read")
)


@pytest.fixture
def odoo(standin: StandIn, standin_odoo: OdooServer) -> Iterator[OdooServer]:
    yield standin_odoo
    assert standin.faults.take("any") is None, "a fault was never met"


def stock(odoo: OdooServer) -> tuple[Decimal, Decimal]:
    return odoo.on_hand("GAUZE-10", OR1), odoo.reserved(OR1)


def test_the_gateway_is_one(odoo: OdooServer) -> None:
    gateway: OdooGateway = odoo.gateway

    assert gateway.ping() == "19.0"


@pytest.mark.parametrize("committed", [True, False])
@pytest.mark.parametrize("place", [LOAD, VALIDATE])
@pytest.mark.parametrize("kind", ["dropped", "page"])
def test_a_lost_answer_is_in_doubt_and_the_same_movement_settles_it(
    odoo: OdooServer, standin: StandIn, kind: str, place: str, committed: bool
) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    before, reserved = stock(odoo)
    standin.faults.inject(Fault(kind, committed=committed, place=place))

    with pytest.raises(InDoubt):
        odoo.gateway.move(movement)
    assert odoo.gateway.move(movement).state == "done"

    assert stock(odoo) == (before - 1, reserved)


def test_a_time_out_after_the_commit_is_in_doubt(odoo: OdooServer, standin: StandIn) -> None:
    impatient = StockGateway(Connection(odoo.url, odoo.database, odoo.api_key, read_timeout=0.2))
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    before, reserved = stock(odoo)
    standin.faults.inject(Fault("late", delay=0.5, place=VALIDATE))

    with pytest.raises(InDoubt):
        impatient.move(movement)

    found = odoo.gateway.find(movement.key)
    assert found is not None
    assert found.state == "done"
    assert stock(odoo) == (before - 1, reserved)


def test_a_conflict_before_anything_was_made_is_transient(odoo: OdooServer, standin: StandIn) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    standin.faults.inject(Fault("conflict", place=LOAD))

    with pytest.raises(Transient):
        odoo.gateway.move(movement)
    assert odoo.gateway.find(movement.key) is None


@pytest.mark.parametrize("fault", [Fault("conflict", place=VALIDATE), Fault("page", status=503, place=READ)])
def test_a_draft_that_stays_behind_is_in_doubt(odoo: OdooServer, standin: StandIn, fault: Fault) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    before, reserved = stock(odoo)
    standin.faults.inject(fault)

    with pytest.raises(InDoubt):
        odoo.gateway.move(movement)
    assert stock(odoo) == (before, reserved + 1)

    assert odoo.gateway.revoke(movement.key).state == "cancel"
    assert stock(odoo) == (before, reserved)


def test_a_refusal_that_cannot_be_cleared_away_is_in_doubt(odoo: OdooServer, standin: StandIn) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1"), odoo.line("GLUE-5", "1")])
    before, reserved = stock(odoo)
    standin.faults.inject(Fault("dropped", place=CANCEL))

    with pytest.raises(InDoubt):
        odoo.gateway.move(movement)

    with pytest.raises(Refused) as refusal:
        odoo.gateway.move(movement)
    assert refusal.value.lines == (RefusedLine(1, "lot_required"),)
    assert stock(odoo) == (before, reserved)


def test_a_draft_that_odoo_keeps_is_in_doubt(odoo: OdooServer, standin: StandIn) -> None:
    movement = odoo.movement([odoo.line("GLUE-5", "1")])
    standin.faults.inject(Fault("refused", place=CANCEL))

    with pytest.raises(InDoubt):
        odoo.gateway.move(movement)

    assert odoo.gateway.revoke(movement.key).state == "cancel"


def test_a_refusal_stands_though_its_cause_cannot_be_asked(odoo: OdooServer, standin: StandIn) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1"), odoo.line("GLUE-5", "1")])
    standin.faults.inject(Fault("page", place="product.product.search_read"))

    with pytest.raises(Refused) as refusal:
        odoo.gateway.move(movement)
    assert refusal.value.lines == (RefusedLine(None, "lot_required"),)


def test_a_revocation_that_got_lost_is_repeated(odoo: OdooServer, standin: StandIn) -> None:
    movement = odoo.movement([odoo.line("GAUZE-10", "1")])
    standin.faults.inject(Fault("dropped", committed=True, place=LOAD), Fault("dropped", place=CANCEL))

    for _ in range(2):
        with pytest.raises(InDoubt):
            odoo.gateway.revoke(movement.key)

    assert odoo.gateway.revoke(movement.key).state == "cancel"


def test_reads_are_never_in_doubt(odoo: OdooServer, standin: StandIn) -> None:
    standin.faults.inject(*[Fault("dropped")] * 4)

    for ask in (
        lambda: odoo.gateway.items(["NOT-REMEMBERED"]),
        lambda: odoo.gateway.lots([1], ["X"]),
        lambda: odoo.gateway.on_hand(1, [1]),
        lambda: odoo.gateway.find("any"),
    ):
        with pytest.raises(Unavailable):
            ask()


def test_a_lot_that_was_made_just_now_is_found(odoo: OdooServer) -> None:
    item = odoo.item_id("GLUE-5")
    assert odoo.gateway.lots([item], ["NEW"]) == {}

    made = odoo.connection.get_model("stock.lot").create(vals_list=[{"name": "NEW", "product_id": item}])

    assert odoo.gateway.lots([item], ["NEW"]) == {(item, "NEW"): made[0]}
