"""Following messages over HTTP: finding them, paging through them, and the whole story of one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from app import ids
from app.services import Services
from tests import factories, sendings
from tests.api.conftest import Key


def send(client: FlaskClient, headers: dict[str, str], channel: str = "cabinets", **event: Any) -> str:
    answer = client.post(
        f"/v1/messages/{channel}", data=sendings.canonical(**event), headers=headers, content_type="application/json"
    )
    assert answer.status_code == 202
    return str(answer.get_json()["id"])


def found(client: FlaskClient, headers: dict[str, str], **query: Any) -> list[str]:
    answer = client.get("/v1/messages", query_string=query, headers=headers)
    assert answer.status_code == 200, answer.text
    return [message["id"] for message in answer.get_json()["messages"]]


def advance(services: Services, *stages: str) -> None:
    for stage in stages:
        while services.stages[stage].step("bulk"):
            pass


def test_messages_come_the_newest_first_a_page_at_a_time(client: FlaskClient, key: Key) -> None:
    headers = key()
    sent = [send(client, headers) for _ in range(5)]
    pages, before = [], None
    while True:
        query = {"limit": 2} | ({"before_id": before} if before else {})
        page = client.get("/v1/messages", query_string=query, headers=headers).get_json()
        pages.append([message["id"] for message in page["messages"]])
        if not (before := page["next"]):
            break
    assert pages == [[sent[4], sent[3]], [sent[2], sent[1]], [sent[0]]]


def test_messages_are_found_by_state_channel_time_and_any_number(
    client: FlaskClient, services: Services, key: Key
) -> None:
    headers = key()
    first = send(client, headers, event_id="E-1")
    second = send(client, headers, event_id="E-2")
    client.post("/v1/messages/cabinets", data=b"{}", headers=headers, content_type="application/json")
    advance(services, "translate")
    assert found(client, headers, state="translated") == [second, first]
    assert len(found(client, headers, state="rejected")) == 1
    assert found(client, headers, channel="or-fhir") == []
    assert found(client, headers, key="E-1") == [first]
    assert found(client, headers, key=second) == [second]
    later = (ids.now() + timedelta(hours=1)).isoformat()
    assert found(client, headers, received_after=later) == []
    assert len(found(client, headers, received_before=later)) == 3


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"state": "asleep"},
        {"received_after": "2026-11-20T07:30:00"},
        {"received_after": "0001-01-01T00:00:00+14:00"},
        {"received_before": "9999-12-31T23:59:59-14:00"},
        {"channel": "no such\x00name"},
        {"key": "1\x00"},
        {"before_id": "17"},
        {"patient": "EXAMPLE"},
    ],
)
def test_a_wrong_or_unknown_parameter_is_refused(client: FlaskClient, key: Key, query: dict[str, str]) -> None:
    answer = client.get("/v1/messages", query_string=query, headers=key())
    problem = answer.get_json()
    assert (answer.status_code, problem["code"]) == (400, "parameter.invalid")
    assert [error["where"] for error in problem["errors"]] == [f"query: {next(iter(query))}"]
    assert "EXAMPLE" not in answer.text


def test_a_key_sees_only_its_facilities(client: FlaskClient, key: Key) -> None:
    everywhere, general = key(facilities=("*",)), key()
    hidden = send(client, everywhere, "elsewhere", event_id="E-1")
    assert found(client, everywhere) == [hidden]
    assert found(client, general) == []
    assert found(client, general, key="E-1") == []
    assert found(client, general, key=hidden) == []
    assert client.get(f"/v1/messages/{hidden}", headers=everywhere).status_code == 200
    assert client.get(f"/v1/messages/{hidden}", headers=general).status_code == 404


@pytest.mark.parametrize("name", ["018f0000-0000-7000-8000-000000000000", "nothing", "0"])
def test_what_is_not_there_is_a_404(client: FlaskClient, key: Key, name: str) -> None:
    answer = client.get(f"/v1/messages/{name}", headers=key())
    assert (answer.status_code, answer.get_json()["code"]) == (404, "message.unknown")


def test_a_held_message_tells_what_it_waits_for(client: FlaskClient, services: Services, key: Key) -> None:
    headers = key()
    message_id = send(client, headers, identifiers=[{"scheme": "internal", "value": "NEVER-SEEN"}])
    advance(services, "translate", "resolve")
    story = client.get(f"/v1/messages/{message_id}", headers=headers).get_json()
    [document], [hold] = story["documents"], story["holds"]
    assert (story["state"], document["state"], document["kind"]) == ("translated", "held", "consumption")
    assert (hold["document_id"], hold["released_at"]) == (document["id"], None)
    assert "NEVER-SEEN" in hold["subject"]
    assert [event["action"] for event in story["timeline"]][:1] == ["message.accepted"]
    assert "document.held" in [event["action"] for event in story["timeline"]]


def test_a_posted_message_names_the_record_in_odoo(client: FlaskClient, services: Services, key: Key) -> None:
    headers = key()
    services.crosswalk.import_rows(factories.numbered(*factories.CROSSWALK), "tester")
    message_id = send(client, headers)
    advance(services, "translate", "resolve")
    post(services, UUID(message_id))
    [posting] = client.get(f"/v1/messages/{message_id}", headers=headers).get_json()["postings"]
    assert posting["state"] == "posted"
    assert posting["record"] == {"model": "stock.picking", "id": 12, "name": "WH/OUT/00012"}


def test_attempts_that_failed_are_told(client: FlaskClient, services: Services, key: Key) -> None:
    headers = key()
    message_id = send(client, headers)
    with services.ledger.transaction() as tx:
        services.ledger.attempts.record(tx, "translate", UUID(message_id), 1, "retry", "ledger.unavailable")
    [attempt] = client.get(f"/v1/messages/{message_id}", headers=headers).get_json()["attempts"]
    told = {name: attempt[name] for name in ("stage", "number", "outcome", "error_code")}
    assert told == {"stage": "translate", "number": 1, "outcome": "retry", "error_code": "ledger.unavailable"}


def post(services: Services, message_id: UUID) -> None:
    """What the posting stage writes down when Odoo has made the transfer."""
    postings, batch_id = services.ledger.postings, ids.new_id()
    with services.ledger.transaction() as tx:
        story = services.ledger.search.story(tx, message_id)
        assert story
        postings.freeze(tx, batch_id, "batch-1", story.postings, {})
        postings.settle_batch(tx, batch_id, "stock.picking", 12, "WH/OUT/00012")
        postings.set_state(tx, [row.id for row in story.postings], "posted")


def test_content_is_never_shown(client: FlaskClient, services: Services, key: Key) -> None:
    headers = key()
    services.crosswalk.import_rows(factories.numbered(*factories.CROSSWALK), "tester")
    message_id = send(client, headers, description="CANARY-DESCRIPTION", case_id="CANARY-CASE")
    body = sendings.hl7().replace(b"EXAMPLE^PATIENT", b"CANARY^NAME")
    client.post("/v1/messages/cathlab-hl7", data=body, headers=headers, content_type="application/hl7-v2")
    advance(services, "translate", "resolve")
    shown = [client.get(f"/v1/messages/{name}", headers=headers).get_json() for name in found(client, headers)]
    assert message_id in {story["id"] for story in shown}
    assert all(story["documents"] for story in shown)
    assert "CANARY" not in json.dumps(shown)
