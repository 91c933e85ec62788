"""Odoo fails in every way it can: what is lost, late, refused or deadly ends in exactly one effect or a dead letter."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from app import ids
from app.ledger import tables
from app.ledger.dead_letters import Filter
from app.ledger.ledger import Ledger
from app.policy.retry import Retry
from ops.simulators.odoo_standin.faults import Fault
from ops.simulators.odoo_standin.server import StandIn
from tests.app.flows.house import House
from tests.app.flows.test_consumption import OR1, STENT, suture, transfers, use
from tests.fixtures_odoo import OdooServer

DOWN = [Fault("page", status=502) for _ in range(3)]


@pytest.fixture
def server(standin_server: StandIn) -> StandIn:
    return standin_server


@pytest.fixture
def odoo(standin_hospital: OdooServer) -> OdooServer:
    return standin_hospital


@pytest.fixture
def house(small_ledger: Ledger, odoo: OdooServer) -> House:
    return House.over(small_ledger, odoo.gateway)


def dead(house: House) -> list[str]:
    with house.ledger.reading() as tx:
        return [row.error_code for row in house.ledger.dead_letters.list(tx, Filter())]


def test_while_odoo_is_down_everything_waits_without_using_up_attempts(
    house: House, odoo: OdooServer, server: StandIn
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
    house: House, odoo: OdooServer, server: StandIn, place: str, committed: bool
) -> None:
    message = house.receive(use("5"), use("2", lot="L2406A", **STENT))
    server.faults.inject(Fault("dropped", committed=committed, place=place))
    house.work_off()
    assert suture(odoo) == 195
    assert odoo.on_hand("STENT-35", OR1, "L2406A") == 3
    story = house.story(message)
    assert story.message.state == "settled"
    assert "posting.in_doubt" in {event.action for event in story.events}


def test_a_serialization_failure_is_tried_again(house: House, odoo: OdooServer, server: StandIn) -> None:
    message = house.receive(use("5"))
    server.faults.inject(Fault("conflict", place="stock.picking.load"))
    house.work_off()
    assert (suture(odoo), house.state(message)) == (195, "settled")


def test_what_fails_past_the_horizon_is_a_dead_letter_and_settles_when_requeued(
    small_ledger: Ledger, odoo: OdooServer, server: StandIn
) -> None:
    house = House.over(small_ledger, odoo.gateway, Retry(timedelta(0), timedelta(0), timedelta(0)))
    message = house.receive(use("5"))
    server.faults.inject(Fault("conflict", place="stock.picking.load"))
    house.work_off()
    assert (dead(house), suture(odoo)) == (["odoo.conflict"], 200)
    small_ledger.dead_letters.requeue(Filter(), "tester")
    house.work_off()
    assert (dead(house), suture(odoo), house.state(message)) == ([], 195, "settled")


def test_a_wrong_api_key_stops_everything_and_loses_nothing(small_ledger: Ledger, odoo: OdooServer) -> None:
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
    house: House, odoo: OdooServer, server: StandIn
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


def test_a_batch_that_kills_its_workers_is_taken_apart_and_only_the_killer_dies(house: House, odoo: OdooServer) -> None:
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
