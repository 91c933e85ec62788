"""What happens when nobody decides: stand-ins, escalation by working hours, reviews of emergencies, dead ends."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
import time_machine

from app import ids
from app.errors import Rejected
from app.ledger import approval_tables
from app.ledger.ledger import Ledger
from app.ledger.stand_ins import NewDelegation
from app.model.approval import Grant
from app.model.setup import Facility, Setup
from app.policy.approval import emergency
from tests import factories
from tests.app.flows import desk
from tests.app.flows.desk import FOUR_EYES, Office

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)
NEXT_WEEK = MONDAY + timedelta(days=7)


@pytest.fixture
def clock() -> Iterator[time_machine.Coordinates]:
    with time_machine.travel(MONDAY, tick=False) as coordinates:
        yield coordinates


@pytest.fixture
def office(clock: time_machine.Coordinates, small_ledger: Ledger, tmp_path: Path) -> Office:
    setup = Setup({}, {"GEN": Facility("GEN", time_zone=BERLIN)})
    return Office(small_ledger, factories.settings(tmp_path), setup)


def run(office: Office) -> int:
    return office.desk.escalating.run()


def due_at(office: Office, approval_id: UUID) -> datetime | None:
    step = office.dossier(approval_id).step
    return step.due_at if step else None


def away(office: Office, person: str, substitute: str | None = None, until: datetime = NEXT_WEEK) -> None:
    office.desk.standing_in.away(person, substitute, (ids.now(), until), "test")


def test_a_new_approval_is_told_of_and_gets_its_time(office: Office) -> None:
    approval = office.waiting()

    assert run(office) == 1
    assert run(office) == 0

    assert due_at(office, approval) == MONDAY + timedelta(hours=4)
    assert office.notices(approval) == [("needed", "wanda"), ("pending", "nurse")]


def test_away_then_substitute_then_escalation(office: Office, clock: time_machine.Coordinates) -> None:
    away(office, "wanda")
    approval = office.waiting()
    run(office)
    assert office.deciders(approval) == ["wanda", "sven"]

    clock.move_to(MONDAY + timedelta(hours=4))
    run(office)
    assert office.deciders(approval) == ["wanda", "dora", "sven"]
    assert ("needed", "dora") in office.notices(approval)

    office.say(approval, "dora")
    decision = office.dossier(approval).decisions[0]
    assert (decision.person, decision.on_behalf_of) == ("dora", "dora")
    assert [event.action for event in office.events(approval)][1:] == ["approval.escalated", "approval.agreed"]


def test_a_substitute_decides_on_behalf_and_only_while_it_lasts(
    office: Office, clock: time_machine.Coordinates
) -> None:
    away(office, "wanda", until=MONDAY + timedelta(hours=2))
    approval = office.waiting()
    office.say(approval, "sven")
    decision = office.dossier(approval).decisions[0]
    assert (decision.person, decision.on_behalf_of) == ("sven", "wanda")

    other = office.waiting(reference="R-2")
    clock.move_to(MONDAY + timedelta(hours=2))
    assert office.deciders(other) == ["wanda"]


def test_a_substitute_who_is_away_has_a_substitute_and_a_circle_ends(office: Office) -> None:
    people = office.rules["people"]
    office.rules |= {"people": {**people, "sven": {"substitute": "stan"}, "stan": {"substitute": "wanda"}}}
    for person in ("wanda", "sven", "stan"):
        away(office, person)

    assert office.deciders(office.waiting()) == ["wanda", "sven", "stan"]


def test_working_hours_pass_over_night_and_weekend(office: Office, clock: time_machine.Coordinates) -> None:
    clock.move_to(datetime(2026, 11, 27, 15, 0, tzinfo=BERLIN))
    approval = office.waiting()
    run(office)

    assert due_at(office, approval) == datetime(2026, 11, 30, 10, 0, tzinfo=BERLIN)


def test_what_is_urgent_escalates_by_the_clock(office: Office, clock: time_machine.Coordinates) -> None:
    clock.move_to(datetime(2026, 11, 27, 22, 0, tzinfo=BERLIN))
    approval = office.waiting(urgent=True)
    run(office)
    assert due_at(office, approval) == datetime(2026, 11, 27, 23, 0, tzinfo=BERLIN)

    clock.move_to(datetime(2026, 11, 27, 23, 0, tzinfo=BERLIN))
    run(office)
    assert office.deciders(approval) == ["wanda", "dora"]


def test_where_nobody_may_decide_it_escalates_at_once(office: Office) -> None:
    approval = office.waiting(amount=Decimal(2000))
    run(office)

    assert office.deciders(approval) == ["dora"]


def test_where_one_person_is_left_for_four_eyes_it_escalates_at_once(office: Office) -> None:
    approval = office.waiting(steps=FOUR_EYES, requester="felix")
    run(office)

    assert office.deciders(approval) == ["fiona", "dora"]


def test_at_the_end_of_the_line_it_is_stuck_until_somebody_may(office: Office) -> None:
    approval = office.waiting(amount=Decimal(2000), requester="dora")
    run(office)
    assert due_at(office, approval) is None
    assert office.deciders(approval) == []
    assert office.events(approval)[-1].action == "approval.stuck"
    assert run(office) == 0

    office.rules |= {"people": {**office.rules["people"], "deputy": {"roles": ["director"]}}}
    assert run(office) == 1
    assert run(office) == 0
    assert ("needed", "deputy") in office.notices(approval)
    office.say(approval, "deputy")
    assert office.state(approval) == ("approved", "open")


def test_a_right_that_was_passed_on_holds_for_its_days_and_its_role(
    office: Office, clock: time_machine.Coordinates
) -> None:
    tomorrow = MONDAY + timedelta(days=1)
    office.desk.standing_in.delegate(NewDelegation("wanda", "walter", tomorrow, NEXT_WEEK, "ward"), "test")
    approval = office.waiting()
    run(office)
    assert office.deciders(approval) == ["wanda"]

    clock.move_to(tomorrow)
    run(office)
    assert office.deciders(approval) == ["wanda", "walter", "dora"]
    assert ("needed", "walter") in office.notices(approval)
    office.say(approval, "walter")
    assert office.dossier(approval).decisions[0].on_behalf_of == "wanda"


def test_a_right_is_not_passed_on_twice_nor_for_another_role_nor_after_it_was_taken_back(office: Office) -> None:
    standing_in = office.desk.standing_in
    standing_in.delegate(NewDelegation("wanda", "walter", MONDAY, NEXT_WEEK, "ward"), "test")
    standing_in.delegate(NewDelegation("walter", "sven", MONDAY, NEXT_WEEK), "test")
    row = standing_in.delegate(NewDelegation("fiona", "sven", MONDAY, NEXT_WEEK, "ward"), "test")
    assert "sven" not in office.deciders(office.waiting())
    assert "sven" not in office.deciders(office.waiting(reference="R-2", steps=FOUR_EYES))

    row = standing_in.delegate(NewDelegation("fiona", "sven", MONDAY, NEXT_WEEK), "test")
    assert "sven" in office.deciders(office.waiting(reference="R-3", steps=FOUR_EYES))
    with office.ledger.transaction() as tx:
        office.ledger.stand_ins.revoke(tx, row.id, "test")
    assert "sven" not in office.deciders(office.waiting(reference="R-4", steps=FOUR_EYES))


def test_nobody_reaches_their_own_by_lending_a_right(office: Office) -> None:
    office.desk.standing_in.delegate(NewDelegation("wanda", "walter", MONDAY, NEXT_WEEK), "test")

    assert office.deciders(office.waiting(requester="wanda")) == []
    assert office.deciders(office.waiting(reference="R-2", requester="walter")) == ["wanda"]


def test_four_eyes_are_not_one_right_used_twice(office: Office) -> None:
    office.desk.standing_in.delegate(NewDelegation("fiona", "sven", MONDAY, NEXT_WEEK), "test")
    approval = office.waiting(steps=FOUR_EYES)
    office.say(approval, "sven")

    assert office.deciders(approval) == ["felix"]


@pytest.mark.parametrize(
    ("person", "delegate", "days", "code"),
    [
        ("wanda", "wanda", 1, "stand_in.self"),
        ("wanda", "4711", 1, "stand_in.self"),
        ("wanda", "nobody", 1, "approval.person_unknown"),
        ("wanda", "walter", 32, "delegation.too_long"),
        ("wanda", "walter", 0, "stand_in.times"),
    ],
)
def test_a_delegation_that_cannot_be(office: Office, person: str, delegate: str, days: int, code: str) -> None:
    new = NewDelegation(person, delegate, MONDAY, MONDAY + timedelta(days=days))

    with pytest.raises(Rejected) as caught:
        office.desk.standing_in.delegate(new, "test")

    assert caught.value.code == code


def test_an_emergency_goes_ahead_and_is_reviewed_in_time(office: Office, clock: time_machine.Coordinates) -> None:
    wanted = emergency(office.ruling(None)[0], desk.need())  # type: ignore[arg-type]
    assert wanted is not None
    case = office.document()
    approval = office.ask(case, wanted)
    run(office)

    with office.ledger.reading() as tx:
        assert office.ledger.approvals.granted(tx, case.row.id, "f" * 64) == Grant("break_glass")
    assert due_at(office, approval) == MONDAY + timedelta(hours=24)
    assert office.notices(approval) == [("review", "dora"), ("break_glass", "nurse")]

    clock.move_to(MONDAY + timedelta(hours=24))
    run(office)
    assert office.events(approval)[-1].action == "approval.stuck"

    office.say(approval, "dora", "reject")
    assert office.state(approval) == ("objected", "open")
    with office.ledger.reading() as tx:
        grant = office.ledger.approvals.granted(tx, case.row.id, "f" * 64)
    assert grant is not None
    assert grant.state == "break_glass"


def test_an_emergency_beyond_its_limit_waits_like_everything_else(office: Office) -> None:
    rules = office.ruling(None)[0]  # type: ignore[arg-type]

    assert emergency(rules, desk.need(amount=Decimal("5000.01"))) is None
    assert emergency(rules, desk.need(amount=Decimal(5000))) is not None
    assert emergency(rules, desk.need(currency="USD")) is None


def test_an_approval_whose_document_ended_otherwise_is_withdrawn(office: Office) -> None:
    approval = office.waiting()
    office.ledger.holds.cancel("approval_pending", "requisition R-1", "tester")

    run(office)

    assert office.state(approval) == ("withdrawn", "cancelled")


def test_the_requester_hears_of_the_end_and_the_next_in_line_of_their_turn(office: Office) -> None:
    approval = office.waiting(steps=desk.CHAIN)
    run(office)
    office.say(approval, "wanda")
    assert office.notices(approval)[2:] == [("needed", "fiona"), ("needed", "felix")]

    office.say(approval, "fiona", "reject")
    assert office.notices(approval)[4:] == [("rejected", "nurse")]


def test_what_stays_away_over_the_end_of_the_year(office: Office) -> None:
    away(office, "wanda", "walter", until=datetime(2027, 1, 4, tzinfo=UTC))

    assert office.deciders(office.waiting()) == ["wanda", "walter"]


def test_one_that_fails_does_not_keep_the_others(office: Office) -> None:
    broken, sound = office.waiting(), office.waiting(reference="R-2")
    with office.ledger.transaction() as tx:
        tx.execute(
            sa
            .update(approval_tables.approval)
            .where(approval_tables.approval.c.id == broken)
            .values(items=sa.JSON.NULL)
        )

    with pytest.raises(TypeError):
        run(office)

    assert office.notices(broken) == []
    assert ("needed", "wanda") in office.notices(sound)
