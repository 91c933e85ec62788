"""Approvals over HTTP: seen by facility, decided by the person of the key, and every refusal with its status."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from api import create_app
from app import ids
from app.flows.desk import Desk
from app.services import Services
from tests.api.conftest import Key
from tests.app.flows.desk import CHAIN, FOUR_EYES, Office

APPROVALS = "/v1/approvals"


@pytest.fixture
def office(services: Services) -> Office:
    return Office(services.ledger, services.settings)


@pytest.fixture
def client(services: Services, office: Office) -> FlaskClient:
    desk = Desk.of(services.ledger, services.setup, office.ruling, services.settings)
    return create_app(replace(services, desk=desk)).test_client()


def as_person(key: Key, person: str | None, **more: object) -> dict[str, str]:
    return key("approve", person=person, **more)


def decide(
    client: FlaskClient, approval: UUID, headers: dict[str, str], decision: str = "approve", version: int = 1
) -> tuple[int, str]:
    """The status, and the state of the approval or the code of the problem."""
    body = {"decision": decision, "version": version}
    answer = client.post(f"{APPROVALS}/{approval}/decisions", json=body, headers=headers)
    told = answer.get_json()
    return answer.status_code, told.get("state") or told["code"]


def test_an_approval_is_found_shown_and_decided(client: FlaskClient, key: Key, office: Office) -> None:
    approval = office.waiting()
    mine = as_person(key, "wanda")

    [listed] = client.get(APPROVALS, query_string={"person": "wanda", "state": "pending"}, headers=mine).get_json()[
        "approvals"
    ]
    shown = client.get(f"{APPROVALS}/{approval}", headers=mine).get_json()
    body = {"decision": "approve", "version": shown["version"], "comment": "needed on Monday"}
    decided = client.post(f"{APPROVALS}/{approval}/decisions", json=body, headers=mine)

    assert (listed["id"], listed["amount"]) == (str(approval), "300")
    assert shown["deciders"] == ["wanda"]
    assert decided.status_code == 201
    told = decided.get_json()
    assert (told["state"], told["decided_by"]) == ("approved", "wanda")
    assert told["decisions"][0]["comment"] == "needed on Monday"
    assert office.state(approval) == ("approved", "open")
    assert office.events(approval)[-1].actor.startswith("key:")


def test_pages_follow_one_another(client: FlaskClient, key: Key, office: Office) -> None:
    made = [str(office.waiting(reference=f"R-{n}")) for n in range(3)]
    mine = as_person(key, None)

    first = client.get(APPROVALS, query_string={"limit": 2}, headers=mine).get_json()
    rest = client.get(APPROVALS, query_string={"limit": 2, "before_id": first["next"]}, headers=mine).get_json()

    assert [one["id"] for one in first["approvals"] + rest["approvals"]] == made[::-1]
    assert rest["next"] is None


def test_a_key_sees_the_approvals_of_its_facilities(client: FlaskClient, key: Key, office: Office) -> None:
    here, there = office.waiting(), office.waiting(facility="LAB")
    mine = as_person(key, "wanda")

    listed = client.get(APPROVALS, headers=mine).get_json()["approvals"]

    assert [one["id"] for one in listed] == [str(here)]
    assert client.get(APPROVALS, query_string={"facility": "LAB"}, headers=mine).get_json()["approvals"] == []
    assert client.get(f"{APPROVALS}/{there}", headers=mine).status_code == 404
    assert decide(client, there, mine) == (404, "approval.unknown")
    assert client.get(f"{APPROVALS}/nonsense", headers=mine).status_code == 404


@pytest.mark.parametrize(
    ("person", "expected"),
    [
        (None, (403, "person.missing")),
        ("nobody", (403, "approval.person_unknown")),
        ("walter", (403, "approval.limit")),
        ("fiona", (403, "approval.no_role")),
    ],
)
def test_who_may_not_decide(
    client: FlaskClient, key: Key, office: Office, person: str | None, expected: tuple[int, str]
) -> None:
    assert decide(client, office.waiting(), as_person(key, person)) == expected


def test_without_the_scope_nothing_is_seen(client: FlaskClient, key: Key, office: Office) -> None:
    assert client.get(APPROVALS, headers=key()).status_code == 403
    assert client.get(f"{APPROVALS}/{office.waiting()}").status_code == 401


def test_what_was_overtaken_is_a_409_and_what_is_void_a_410(client: FlaskClient, key: Key, office: Office) -> None:
    fiona, felix = as_person(key, "fiona"), as_person(key, "felix")
    approval = office.waiting(steps=FOUR_EYES)

    assert decide(client, approval, fiona) == (201, "pending")
    assert decide(client, approval, felix) == (409, "approval.version")
    assert decide(client, approval, fiona) == (409, "approval.repeated")
    assert decide(client, approval, felix, "reject", 2) == (201, "rejected")
    assert decide(client, approval, felix, "approve", 3) == (409, "approval.decided")

    older = office.waiting(reference="R-9")
    office.waiting(reference="R-9")
    assert decide(client, older, as_person(key, "wanda")) == (410, "approval.superseded")


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "maybe", "version": 1},
        {"decision": "approve"},
        {"decision": "approve", "version": "1"},
        {"decision": "approve", "version": 0},
        {"decision": "approve", "version": 1, "comment": ""},
        {"decision": "approve", "version": 1, "comment": "x" * 1001},
        {"decision": "approve", "version": 1, "person": "dora"},
        [],
    ],
)
def test_a_decision_that_cannot_be_read(client: FlaskClient, key: Key, office: Office, body: object) -> None:
    approval = office.waiting()

    answer = client.post(f"{APPROVALS}/{approval}/decisions", json=body, headers=as_person(key, "wanda"))

    assert (answer.status_code, answer.get_json()["code"]) == (422, "parameter.invalid")
    assert office.state(approval) == ("pending", "held")


def test_a_body_that_is_no_json(client: FlaskClient, key: Key, office: Office) -> None:
    headers = as_person(key, "wanda") | {"Content-Type": "application/json"}

    answer = client.post(f"{APPROVALS}/{office.waiting()}/decisions", data="{", headers=headers)

    assert (answer.status_code, answer.get_json()["code"]) == (400, "parameter.invalid")


def test_one_approval_is_passed_on_to_somebody_else(client: FlaskClient, key: Key, office: Office) -> None:
    approval, other = office.waiting(), office.waiting(reference="R-2")
    body = {"delegate": "walter", "valid_to": (ids.now() + timedelta(days=1)).isoformat()}

    answer = client.post(f"{APPROVALS}/{approval}/delegations", json=body, headers=as_person(key, "wanda"))

    assert answer.status_code == 201
    assert answer.get_json()["person"] == "wanda"
    assert decide(client, approval, as_person(key, "walter")) == (201, "approved")
    assert decide(client, other, as_person(key, "walter")) == (403, "approval.limit")


def test_only_ones_own_right_is_passed_on(client: FlaskClient, key: Key, office: Office) -> None:
    approval = office.waiting(steps=CHAIN)
    body = {"delegate": "walter", "valid_to": (ids.now() + timedelta(days=1)).isoformat()}
    path = f"{APPROVALS}/{approval}/delegations"
    client.post(path, json=body, headers=as_person(key, "wanda"))

    borrowed = client.post(path, json=body | {"delegate": "sven"}, headers=as_person(key, "walter"))
    none = client.post(path, json=body, headers=as_person(key, "felix"))
    bad = client.post(path, json=body | {"delegate": "wanda"}, headers=as_person(key, "wanda"))

    assert (borrowed.status_code, borrowed.get_json()["code"]) == (403, "delegation.borrowed")
    assert (none.status_code, none.get_json()["code"]) == (403, "approval.no_role")
    assert (bad.status_code, bad.get_json()["code"]) == (422, "stand_in.self")
