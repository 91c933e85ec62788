"""Several people, links and jobs at one approval at the same moment: exactly one of them is first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Thread
from uuid import UUID

import pytest

from app.errors import WardlineError
from app.ledger.ledger import Ledger
from tests import factories
from tests.app.flows import desk
from tests.app.flows.desk import FOUR_EYES, Office

ROUNDS = 8


@pytest.fixture
def office(ledger: Ledger, tmp_path: Path) -> Office:
    return Office(ledger, factories.settings(tmp_path))


def at_once(*deeds: Callable[[], object]) -> list[str]:
    """What became of deeds that were begun together: ``done`` or the code of their error, in their order."""
    barrier, outcomes = Barrier(len(deeds)), ["lost"] * len(deeds)

    def run(place: int, deed: Callable[[], object]) -> None:
        barrier.wait()
        try:
            deed()
            outcomes[place] = "done"
        except WardlineError as error:
            outcomes[place] = error.code

    threads = [Thread(target=run, args=entry) for entry in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def decisions(office: Office, approval: UUID) -> int:
    return len(office.dossier(approval).decisions)


def test_two_who_decide_at_once_are_one_success_and_one_conflict(office: Office) -> None:
    office.rules |= {"people": {**office.rules["people"], "wilma": {"roles": ["ward"]}}}
    for number in range(ROUNDS):
        approval = office.waiting(reference=f"R-{number}")

        outcomes = at_once(
            lambda: office.say(approval, "wanda", "approve", 1),  # noqa: B023 - run within the round
            lambda: office.say(approval, "wilma", "reject", 1),  # noqa: B023
        )

        assert sorted(outcomes) == ["approval.decided", "done"]
        assert decisions(office, approval) == 1
        first = outcomes.index("done")
        assert office.state(approval) == (("approved", "open"), ("rejected", "cancelled"))[first]


def test_two_of_four_eyes_at_once_are_one_success_and_one_conflict(office: Office) -> None:
    for number in range(ROUNDS):
        approval = office.waiting(reference=f"R-{number}", steps=FOUR_EYES)

        outcomes = at_once(
            lambda: office.say(approval, "fiona", "approve", 1),  # noqa: B023
            lambda: office.say(approval, "felix", "approve", 1),  # noqa: B023
        )

        assert sorted(outcomes) == ["approval.version", "done"]
        assert office.state(approval) == ("pending", "held")
        office.say(approval, ("felix", "fiona")[outcomes.index("done")])
        assert office.state(approval) == ("approved", "open")


def test_one_link_opened_twice_at_once_decides_once(office: Office) -> None:
    for number in range(ROUNDS):
        approval = office.waiting(reference=f"R-{number}")
        token = office.desk.links.give(approval, "wanda", "test").rpartition("/")[2]

        def use(token: str = token) -> None:
            office.desk.links.use(token, "approve")

        outcomes = Counter(at_once(use, use, use))

        assert outcomes.pop("done") == 1
        assert set(outcomes) <= {"link.used", "link.stale", "approval.repeated"}
        assert decisions(office, approval) == 1


def test_a_decision_and_a_change_at_once_are_one_or_the_other(office: Office) -> None:
    for number in range(ROUNDS):
        approval = office.waiting(reference=f"R-{number}")
        newer, changed = office.document(), desk.need(reference=f"R-{number}", fingerprint="e" * 64)

        outcomes = at_once(
            lambda: office.say(approval, "wanda", "approve", 1),  # noqa: B023
            lambda: office.ask(newer, changed),  # noqa: B023
        )

        assert outcomes[1] == "done"
        expected = {"done": ("approved", "open"), "approval.superseded": ("superseded", "cancelled")}
        assert office.state(approval) == expected[outcomes[0]]


def test_a_hold_that_is_ended_by_hand_and_a_decision_do_not_wait_for_each_other(office: Office) -> None:
    for number in range(ROUNDS):
        approval = office.waiting(reference=f"R-{number}")

        outcomes = at_once(
            lambda: office.say(approval, "wanda", "approve", 1),  # noqa: B023
            lambda: office.ledger.holds.cancel("approval_pending", f"requisition R-{number}", "tester"),  # noqa: B023
        )

        assert outcomes[1] == "done"
        expected = {"done": ("approved", "open"), "approval.document_not_held": ("pending", "cancelled")}
        assert office.state(approval) == expected[outcomes[0]]


def test_several_clocks_tell_everybody_once(office: Office) -> None:
    made = [office.waiting(reference=f"R-{number}", amount=2000) for number in range(ROUNDS)]
    runs = [office.desk.escalating.run] * 3

    assert at_once(*runs) == ["done"] * 3

    for approval in made:
        assert Counter(office.notices(approval)) == Counter([("needed", "dora"), ("pending", "nurse")])
        assert [event.action for event in office.events(approval)] == ["approval.requested", "approval.escalated"]
