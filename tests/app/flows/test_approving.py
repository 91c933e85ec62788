"""Deciding: who, in which order, on which version, and what becomes of the document."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from app.errors import Forbidden, Gone, NotFound, Overtaken, WardlineError
from app.ids import new_id
from app.ledger import tables
from app.ledger.ledger import Ledger
from app.model.approval import Grant
from tests import factories
from tests.app.flows import desk
from tests.app.flows.desk import CHAIN, FOUR_EYES, Office


@pytest.fixture
def office(small_ledger: Ledger, tmp_path: Path) -> Office:
    return Office(small_ledger, factories.settings(tmp_path))


def refused(office: Office, *args: object, **changes: object) -> WardlineError:
    with pytest.raises(WardlineError) as caught:
        office.say(*args, **changes)  # type: ignore[arg-type]
    return caught.value


def granted(office: Office, approval_id: object, fingerprint: str = "f" * 64) -> Grant | None:
    with office.ledger.reading() as tx:
        row = office.ledger.approvals.load(tx, approval_id)  # type: ignore[arg-type]
        return office.ledger.approvals.granted(tx, row.document_id, fingerprint)


def test_one_who_may_lets_the_document_go(office: Office) -> None:
    approval = office.waiting()

    assert granted(office, approval) == Grant("pending")
    office.say(approval, "wanda")

    assert office.state(approval) == ("approved", "open")
    grant = granted(office, approval)
    assert grant is not None
    assert (grant.state, grant.by) == ("approved", "wanda")
    assert granted(office, approval, "e" * 64) is None
    with office.ledger.transaction() as tx:
        claim = office.ledger.work.claim(tx, "resolve", "bulk", 10)
    assert claim is not None
    assert claim.subjects == (office.dossier(approval).row.document_id,)


def test_a_rejection_cancels_the_document(office: Office) -> None:
    approval = office.waiting(steps=CHAIN)

    office.say(approval, "wanda", "reject", comment="too much")

    assert office.state(approval) == ("rejected", "cancelled")
    dossier = office.dossier(approval)
    assert [step.state for step in dossier.steps] == ["rejected", "void"]
    with office.ledger.reading() as tx:
        [comment] = office.ledger.approvals.comments(tx, [one.id for one in dossier.decisions]).values()
    assert comment == "too much"
    assert all("too much" not in str(event.detail) for event in office.events(approval))


def test_steps_follow_one_another_and_the_last_one_decides(office: Office) -> None:
    approval = office.waiting(steps=CHAIN)
    assert office.deciders(approval) == ["wanda"]

    office.say(approval, "wanda")
    assert office.state(approval) == ("pending", "held")
    assert office.deciders(approval) == ["fiona", "felix"]

    office.say(approval, "felix")
    assert office.state(approval) == ("approved", "open")


@pytest.mark.parametrize(
    ("person", "code"),
    [
        ("nobody", "approval.person_unknown"),
        ("fiona", "approval.no_role"),
        ("walter", "approval.limit"),
        ("sven", "approval.no_role"),
        ("", "approval.person_unknown"),
    ],
)
def test_who_may_not_is_told_why(office: Office, person: str, code: str) -> None:
    error = refused(office, office.waiting(), person)

    assert isinstance(error, Forbidden)
    assert error.code == code


@pytest.mark.parametrize("requester", ["wanda", "4711", " WANDA "])
def test_nobody_decides_their_own_whatever_they_are_called(office: Office, requester: str) -> None:
    assert refused(office, office.waiting(requester=requester), "wanda").code == "approval.own"


def test_facility_department_and_currency_bound_who_may(office: Office) -> None:
    assert refused(office, office.waiting(steps=FOUR_EYES), "frank").code == "approval.facility"
    assert refused(office, office.waiting(amount=100, department="ICU"), "walter").code == "approval.department"
    assert refused(office, office.waiting(amount=100, department=None), "walter").code == "approval.department"
    assert refused(office, office.waiting(currency="USD"), "wanda").code == "approval.limit"


@pytest.mark.parametrize("order", list(itertools.permutations(["fiona", "felix"])))
def test_four_eyes_are_two_people_in_any_order(office: Office, order: tuple[str, str]) -> None:
    approval = office.waiting(steps=FOUR_EYES)

    office.say(approval, order[0])
    assert office.state(approval) == ("pending", "held")
    assert refused(office, approval, order[0]).code == "approval.repeated"
    office.say(approval, order[1])

    assert office.state(approval) == ("approved", "open")


def test_one_person_decides_one_step_unless_the_rules_say_otherwise(office: Office) -> None:
    office.rules |= {"people": {**office.rules["people"], "both": {"roles": ["ward", "finance"]}}}
    approval = office.waiting(steps=CHAIN)
    office.say(approval, "both")

    assert refused(office, approval, "both").code == "approval.once"
    office.rules["once"] = False
    office.say(approval, "both")

    assert office.state(approval) == ("approved", "open")


def test_a_version_that_is_not_the_present_one_is_refused(office: Office) -> None:
    approval = office.waiting(steps=FOUR_EYES)
    office.say(approval, "fiona", version=1)

    assert refused(office, approval, "felix", version=1).code == "approval.version"
    assert refused(office, approval, "fiona", version=1).code == "approval.repeated"


def test_late_and_repeated_decisions_are_refused(office: Office) -> None:
    approval = office.waiting()
    office.say(approval, "wanda", version=1)

    late, repeated = refused(office, approval, "dora"), refused(office, approval, "wanda", "reject", version=1)

    assert (type(late), late.code) == (Overtaken, "approval.decided")
    assert (type(repeated), repeated.code) == (Overtaken, "approval.repeated")
    assert office.state(approval) == ("approved", "open")


def test_an_approval_that_is_not_there(office: Office) -> None:
    with pytest.raises(NotFound):
        office.dossier(new_id())


def test_a_changed_document_is_not_decided(office: Office) -> None:
    approval = office.waiting()
    with office.ledger.transaction() as tx:
        tx.execute(sa.update(tables.document).values(fingerprint="0" * 64))

    assert refused(office, approval, "wanda").code == "approval.document_changed"


def test_a_document_that_waits_for_something_else_is_not_decided(office: Office) -> None:
    approval = office.waiting()
    office.ledger.holds.cancel("approval_pending", "requisition R-1", "tester")

    assert refused(office, approval, "wanda").code == "approval.document_not_held"
    assert office.state(approval) == ("pending", "cancelled")


def test_asking_again_for_the_same_changes_nothing(office: Office) -> None:
    case = office.document()
    first = office.ask(case, desk.need())

    with office.ledger.transaction() as tx:
        office.ledger.approvals.request(tx, case, desk.need())

    assert office.ask(case, desk.need()) == first
    assert [event.action for event in office.events(first)] == ["approval.requested"]


def test_what_changes_while_it_waits_begins_again(office: Office) -> None:
    case = office.document()
    first = office.ask(case, desk.need())
    office.ledger.holds.release("approval_pending", "requisition R-1", "tester")

    second = office.ask(case, desk.need(fingerprint="e" * 64, amount=900))

    assert second != first
    assert office.dossier(first).row.state == "superseded"
    error = refused(office, first, "wanda")
    assert (type(error), error.code) == (Gone, "approval.superseded")
    assert granted(office, second, "e" * 64) == Grant("pending")
    assert granted(office, second) is None
    office.say(second, "wanda")
    assert office.state(second) == ("approved", "open")


def test_a_newer_document_of_the_same_number_takes_the_place_of_the_older(office: Office) -> None:
    older = office.waiting()
    newer = office.waiting(amount=500, fingerprint="e" * 64)

    assert office.state(older) == ("superseded", "cancelled")
    assert office.state(newer) == ("pending", "held")


def test_the_same_number_from_elsewhere_is_another_matter(office: Office) -> None:
    here, there = office.waiting(), office.waiting(facility="LAB")

    assert [office.state(one)[0] for one in (here, there)] == ["pending", "pending"]


def test_withdrawing_ends_what_is_open(office: Office) -> None:
    approval = office.waiting()
    with office.ledger.transaction() as tx:
        document_id = office.ledger.approvals.load(tx, approval).document_id
        assert office.ledger.approvals.withdraw(tx, [document_id], "wardline") == 1

    assert refused(office, approval, "wanda").code == "approval.withdrawn"


def test_every_decision_is_in_the_audit_trail_with_the_rules_it_was_made_by(office: Office) -> None:
    approval = office.waiting(steps=CHAIN)
    office.say(approval, "wanda")
    office.version = "8"
    office.say(approval, "fiona")

    requested, first, second = office.events(approval)

    assert (requested.action, requested.detail["rule_version"]) == ("approval.requested", "7")
    assert (first.action, first.detail["person"], first.detail["rule_version"]) == ("approval.agreed", "wanda", "7")
    assert (second.detail["state"], second.detail["rule_version"]) == ("approved", "8")
    assert office.ledger.audit.seal() >= 3
    assert office.ledger.audit.verify().faults == ()


def test_a_list_for_a_person_holds_what_that_person_may_decide(office: Office) -> None:
    mine, theirs = office.waiting(), office.waiting(reference="R-2", steps=FOUR_EYES)
    office.waiting(reference="R-3", requester="4711")

    def listed(person: str) -> list[object]:
        with office.ledger.reading() as tx:
            return [row.id for row in office.desk.approving.find(tx, replace(desk.ApprovalFilter()), person)]

    assert listed("wanda") == [mine]
    assert listed("felix") == [theirs]
    assert listed("nobody") == []


def test_a_need_without_steps_is_a_fault_of_ours(office: Office) -> None:
    with pytest.raises(ValueError, match="steps"):
        office.waiting(steps=())
