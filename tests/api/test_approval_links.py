"""Links: they show, they decide once, and what was tampered with, used, late or another's opens nothing."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask.testing import FlaskClient

from api import create_app
from app import ids
from app.errors import Forbidden
from app.flows.approval_links import Signature
from app.flows.desk import Desk
from app.services import Services
from tests.app.flows.desk import FOUR_EYES, Office

HTML = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture
def office(services: Services) -> Office:
    return Office(services.ledger, services.settings)


@pytest.fixture
def client(services: Services, office: Office) -> FlaskClient:
    desk = Desk.of(services.ledger, services.setup, office.ruling, services.settings)
    return create_app(replace(services, desk=desk)).test_client()


def link(office: Office, approval: UUID, person: str = "wanda") -> str:
    return office.desk.links.give(approval, person, "test")


def told(client: FlaskClient, address: str, **body: str) -> tuple[int, str]:
    answer = client.post(address, json=body) if body else client.get(address)
    content = answer.get_json()
    return answer.status_code, content.get("code") or content["reference"]


def test_looking_changes_nothing_and_deciding_works_once(client: FlaskClient, office: Office) -> None:
    approval = office.waiting()
    address = link(office, approval)

    for _ in range(3):
        assert told(client, address) == (200, "R-1")
    assert client.head(address).status_code == 200
    assert office.state(approval) == ("pending", "held")

    assert told(client, address, decision="approve", comment="fine") == (200, "R-1")
    assert office.state(approval) == ("approved", "open")
    assert told(client, address, decision="reject") == (410, "link.used")
    assert told(client, address) == (410, "link.used")
    assert office.events(approval)[-1].actor == "link:wanda"


def test_a_browser_gets_a_page_and_sends_a_form(client: FlaskClient, office: Office) -> None:
    approval = office.waiting()
    address = link(office, approval)

    page = client.get(address, headers=HTML)
    assert page.mimetype == "text/html"
    assert "R-1: 300 EUR" in page.text
    assert "STENT-35" in page.text
    assert 'value="approve"' in page.text
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"

    done = client.post(address, data={"decision": "reject", "comment": ""}, headers=HTML)
    assert "is recorded" in done.text
    assert office.state(approval) == ("rejected", "cancelled")

    again = client.get(address, headers=HTML)
    assert (again.status_code, again.mimetype) == (410, "text/html")
    assert "link.used" in again.text


def test_what_is_shown_is_escaped(client: FlaskClient, office: Office) -> None:
    page = client.get(link(office, office.waiting(reference="<script>1</script>")), headers=HTML)

    assert "<script>" not in page.text


def forged(office: Office, address: str) -> list[str]:
    head, _, token = address.rpartition("/")
    content, _, signature = token.partition(".")
    plain = base64.urlsafe_b64decode(content + "==").replace(b"wanda", b"dora")
    other = base64.urlsafe_b64encode(plain).rstrip(b"=").decode()
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    tokens = [f"{other}.{signature}", f"{content}.{flipped}", content, f"{content}.", f".{signature}", "x", "é.é"]
    tokens += [f"{token}=", f"{token}.x", f"{content}%0A.{signature}"]
    with office.ledger.reading() as tx:
        row = office.ledger.approval_links.load(tx, office.desk.links.signature.link_id(token))
    assert row is not None
    tokens.append(Signature.of("another pepper of at least thirty-two").token(row))
    return [f"{head}/{one}" for one in tokens]


def test_what_was_tampered_with_opens_nothing(client: FlaskClient, office: Office) -> None:
    approval = office.waiting()
    address = link(office, approval)

    for one in forged(office, address):
        assert told(client, one) == (404, "link.unknown"), one
        assert told(client, one, decision="approve") == (404, "link.unknown"), one
    assert office.state(approval) == ("pending", "held")


def test_a_link_ends(client: FlaskClient, office: Office) -> None:
    address = link(office, office.waiting())

    with time_machine.travel(ids.now() + timedelta(hours=72, seconds=1), tick=False):
        assert told(client, address) == (410, "link.expired")
        assert told(client, address, decision="approve") == (410, "link.expired")


def test_a_link_is_for_what_was_seen(client: FlaskClient, office: Office) -> None:
    approval = office.waiting(steps=FOUR_EYES)
    address = link(office, approval, "felix")
    office.say(approval, "fiona")

    assert told(client, address) == (410, "link.stale")
    assert told(client, link(office, approval, "felix"), decision="approve") == (200, "R-1")
    assert office.state(approval) == ("approved", "open")


def test_whose_right_has_ended_is_refused_with_the_link_in_hand(client: FlaskClient, office: Office) -> None:
    approval = office.waiting()
    address = link(office, approval)
    wanda = {**office.rules["people"]["wanda"], "active": False}
    office.rules |= {"people": {**office.rules["people"], "wanda": wanda}}

    assert told(client, address) == (403, "approval.person_unknown")
    assert told(client, address, decision="approve") == (403, "approval.person_unknown")


def test_a_link_is_given_only_to_whoever_may(office: Office) -> None:
    with pytest.raises(Forbidden):
        link(office, office.waiting(), "walter")


def test_a_link_does_not_decide_what_has_changed(client: FlaskClient, office: Office) -> None:
    approval = office.waiting()
    address = link(office, approval)
    office.ledger.holds.cancel("approval_pending", "requisition R-1", "tester")

    assert told(client, address, decision="approve") == (409, "approval.document_not_held")


@pytest.mark.parametrize(
    ("content", "media_type", "expected"),
    [
        ("decision=maybe", "application/x-www-form-urlencoded", (422, "parameter.invalid")),
        ("", "application/x-www-form-urlencoded", (422, "parameter.invalid")),
        ("{", "application/json", (422, "parameter.invalid")),
        ("[]", "application/json", (422, "parameter.invalid")),
        ("approve", "text/plain", (415, "media_type.unsupported")),
    ],
)
def test_what_is_no_decision(
    client: FlaskClient, office: Office, content: str, media_type: str, expected: tuple[int, str]
) -> None:
    address = link(office, office.waiting())

    answer = client.post(address, data=content, headers={"Content-Type": media_type})

    assert (answer.status_code, answer.get_json()["code"]) == expected
    assert told(client, address) == (200, "R-1")
