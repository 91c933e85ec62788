"""``wardline approvals`` over a real ledger, with the rules of a small hospital."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner, Result

from app import ids
from app.flows.desk import Desk
from ops.__main__ import wardline
from ops.cli.context import Context
from tests import factories
from tests.app.flows.desk import CHAIN, FOUR_EYES, Office
from tests.ops.cli.house import House


class Counter:
    """The commands, at the desk of an office."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def run(self, *arguments: object) -> Result:
        office = self.office

        class AtTheDesk(Context):
            @cached_property
            def desk(self) -> Desk:
                return office.desk

        return CliRunner().invoke(wardline, ["approvals", *map(str, arguments)], obj=AtTheDesk())

    def json(self, *arguments: object) -> Any:
        result = self.run(*arguments, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)

    def refusal(self, *arguments: object) -> str:
        """The code of the error that the command ends with."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == 1, result.stdout
        code: str = json.loads(result.stderr)["error"]["code"]
        return code


@pytest.fixture
def office(house: House) -> Office:
    return Office(house.ledger, factories.settings(house.folder))


@pytest.fixture
def counter(office: Office) -> Counter:
    return Counter(office)


def listed(counter: Counter, *arguments: object) -> list[UUID]:
    return [UUID(one["id"]) for one in counter.json("list", *arguments)["approvals"]]


def test_listing_by_person_state_facility_and_number(counter: Counter, office: Office) -> None:
    first, second = office.waiting(), office.waiting(reference="R-2", steps=FOUR_EYES)
    office.say(first, "wanda")

    assert listed(counter) == [second]
    assert listed(counter, "--person", "fiona") == [second]
    assert listed(counter, "--person", "wanda") == []
    assert listed(counter, "--state", "approved") == [first]
    assert listed(counter, "--number", "R-1") == [first]
    assert listed(counter, "--facility", "LAB") == []
    assert "R-2" in counter.run("list").stdout
    assert "Nothing waits" in counter.run("list", "--facility", "LAB").stdout


def test_showing_tells_steps_decisions_and_who_was_told(counter: Counter, office: Office) -> None:
    approval = office.waiting(steps=CHAIN)
    office.desk.escalating.run()
    office.say(approval, "wanda", comment="needed on Monday")

    told = counter.json("show", approval)

    assert (told["version"], told["deciders"]) == (2, ["fiona", "felix"])
    assert [step["state"] for step in told["steps"]] == ["approved", "open"]
    assert [(one["person"], one["comment"]) for one in told["decisions"]] == [("wanda", "needed on Monday")]
    assert {(one["kind"], one["person"]) for one in told["notices"]} >= {("needed", "wanda"), ("needed", "fiona")}
    assert "felix" in counter.run("show", approval).stdout
    assert counter.refusal("show", ids.new_id()) == "approval.unknown"


def test_agreeing_and_refusing(counter: Counter, office: Office) -> None:
    first, second = office.waiting(), office.waiting(reference="R-2")

    agreed = counter.json("approve", first, "--as", "wanda", "--version", 1)
    said = counter.run("reject", second, "--as", "wanda", "--version", 1, "--comment", "too dear")

    assert agreed["state"] == "approved"
    assert said.stdout == "R-2: refused by wanda; the approval is rejected.\n"
    assert office.state(first) == ("approved", "open")
    assert office.state(second) == ("rejected", "cancelled")
    assert office.events(first)[-1].actor.startswith("cli:")
    assert office.dossier(first).decisions[0].person == "wanda"


def test_what_may_not_be_is_refused_with_its_code(counter: Counter, office: Office) -> None:
    approval = office.waiting(requester="4711")
    as_version = ("--version", 1)

    assert counter.refusal("approve", approval, "--as", "wanda", *as_version) == "approval.own"
    assert counter.refusal("approve", approval, "--as", "nobody", *as_version) == "approval.person_unknown"
    assert counter.refusal("approve", approval, "--as", "dora", *as_version) == "approval.no_role"
    assert counter.refusal("approve", approval, "--as", "walter", "--version", 2) == "approval.version"
    assert counter.run("approve", approval, "--as", "wanda").exit_code == 2
    assert counter.run("approve", approval, *as_version).exit_code == 2


def test_passing_a_right_on_and_taking_it_back(counter: Counter, office: Office) -> None:
    approval = office.waiting()

    made = counter.json("delegate", "--as", "wanda", "--to", "walter", "--until", "7d", "--role", "ward")
    assert office.deciders(approval) == ["wanda", "walter"]
    [shown] = counter.json("stand-ins")["delegations"]
    assert (shown["id"], shown["role"]) == (made["id"], "ward")

    assert counter.json("end", made["id"]) == {"ended": made["id"]}
    assert office.deciders(approval) == ["wanda"]
    assert counter.refusal("end", made["id"]) == "stand_in.unknown"
    assert "passed a right on" in counter.run("stand-ins").stdout


def test_passing_one_approval_on(counter: Counter, office: Office) -> None:
    approval, other = office.waiting(), office.waiting(reference="R-2")

    counter.json("delegate", "--as", "wanda", "--to", "sven", "--until", "8h", "--approval", approval)

    assert office.deciders(approval) == ["wanda", "sven"]
    assert office.deciders(other) == ["wanda"]


def test_being_away(counter: Counter, office: Office) -> None:
    approval = office.waiting()
    until = (ids.now() + timedelta(days=2)).isoformat()

    made = counter.json("away", "--as", "4711", "--until", until)

    assert (made["person"], made["substitute"]) == ("wanda", None)
    assert office.deciders(approval) == ["wanda", "sven"]
    assert [one["id"] for one in counter.json("stand-ins")["absences"]] == [made["id"]]
    assert counter.refusal("away", "--as", "nobody", "--until", "1d") == "approval.person_unknown"
    assert counter.refusal("delegate", "--as", "wanda", "--to", "walter", "--until", "40d") == "delegation.too_long"
    assert counter.run("away", "--as", "wanda", "--until", "soon").exit_code == 2


def test_a_link_is_printed_and_works(counter: Counter, office: Office) -> None:
    approval = office.waiting()

    address = counter.json("link", approval, "--as", "wanda")["link"]

    office.desk.links.use(address.rpartition("/")[2], "approve")
    assert office.state(approval) == ("approved", "open")
    assert counter.refusal("link", approval, "--as", "wanda") == "approval.decided"


def test_a_key_of_a_person(house: House) -> None:
    made = house.json(
        "keys", "create", "--name", "wanda", "--scope", "approve", "--facility", "GEN", "--person", "wanda"
    )

    with house.ledger.reading() as tx:
        principal = house.ledger.keys.authenticate(tx, made["key"])
    assert (principal.person, principal.scopes) == ("wanda", ("approve",))
    assert house.json("keys", "list")["keys"][0]["person"] == "wanda"
