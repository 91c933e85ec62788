"""Messages over HTTP: what is stored, what is answered, and in whose language."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.ledger import tables
from app.services import Services
from tests import sendings
from tests.api.conftest import Key

HL7, FHIR, JSON = "application/hl7-v2", "application/fhir+json", "application/json"
PROBLEM = "application/problem+json"
LIMIT = 2048
SENDINGS = (
    ("cathlab-hl7", HL7, sendings.hl7()),
    ("or-fhir", FHIR, sendings.fhir()),
    ("cabinets", JSON, sendings.canonical(event_id="E-1")),
)


def post(client: FlaskClient, channel: str, body: bytes, content_type: str, headers: Mapping[str, str]) -> TestResponse:
    return client.post(f"/v1/messages/{channel}", data=body, content_type=content_type, headers=dict(headers))


def stored(services: Services) -> list[Any]:
    with services.ledger.reading() as tx:
        return list(tx.execute(sa.select(tables.message)))


def rejections(answer: TestResponse) -> tuple[str, ...]:
    """MSA-1 and the house's own codes (ERR-5) of an HL7 answer."""
    segments = [line.split("|") for line in answer.text.split("\r")]
    codes = [fields[5].split("^")[0] for fields in segments if fields[0] == "ERR"]
    return (next(fields[1] for fields in segments if fields[0] == "MSA"), *codes)


@pytest.mark.parametrize(("channel", "content_type", "body"), SENDINGS)
def test_a_message_is_stored_before_it_is_answered(
    client: FlaskClient, services: Services, key: Key, channel: str, content_type: str, body: bytes
) -> None:
    headers = key()
    answer = post(client, channel, body, content_type, headers)
    assert answer.status_code == 202
    [message] = stored(services)
    assert answer.headers["Location"] == f"/v1/messages/{message.id}"
    assert client.get(answer.headers["Location"], headers=headers).get_json()["state"] == "accepted"
    prefix = headers["Authorization"].split("_")[1]
    assert (message.principal, message.content_type) == (f"key:{prefix}", content_type)
    assert message.trace_id == answer.headers["X-Request-Id"]
    with services.ledger.reading() as tx:
        assert services.ledger.bodies.of(tx, message.id) == body


@pytest.mark.parametrize(("channel", "content_type", "body"), SENDINGS)
def test_the_same_message_again_gets_the_same_answer_and_is_stored_once(
    client: FlaskClient, services: Services, key: Key, channel: str, content_type: str, body: bytes
) -> None:
    headers = key() | {"Idempotency-Key": '"8e03978e"'}
    first, second = (post(client, channel, body, content_type, headers) for _ in range(2))
    assert (second.status_code, second.data) == (202, first.data)
    assert second.headers["Location"] == first.headers["Location"]
    assert len(stored(services)) == 1


def test_each_standard_says_yes_in_its_own_form(client: FlaskClient, key: Key) -> None:
    ack, outcome, plain = (post(client, channel, body, kind, key()) for channel, kind, body in SENDINGS)
    assert rejections(ack) == ("AA",)
    assert outcome.get_json()["resourceType"] == "OperationOutcome"
    assert plain.get_json()["state"] == "accepted"


def test_a_known_key_with_another_body_is_a_conflict(client: FlaskClient, services: Services, key: Key) -> None:
    headers = key() | {"Idempotency-Key": "one"}
    post(client, "cabinets", sendings.canonical(event_id="E-1"), JSON, headers)
    answer = post(client, "cabinets", sendings.canonical(event_id="E-2"), JSON, headers)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "idempotency_key.conflict")
    assert len(stored(services)) == 1


@pytest.mark.parametrize("spelling", ['"a-key"', "a-key", '"with \\"quotes\\" and blanks"', '"' + "k" * 200 + '"'])
def test_idempotency_keys_come_quoted_or_bare(client: FlaskClient, key: Key, spelling: str) -> None:
    headers = key() | {"Idempotency-Key": spelling}
    assert post(client, "cabinets", sendings.canonical(), JSON, headers).status_code == 202


@pytest.mark.parametrize("spelling", ["", '""', '"open', "two words", "a, b", '"ü"', "k" * 201, '"a";v=1'])
def test_a_malformed_idempotency_key_is_refused(
    client: FlaskClient, services: Services, key: Key, spelling: str
) -> None:
    answer = post(client, "cabinets", sendings.canonical(), JSON, key() | {"Idempotency-Key": spelling})
    assert (answer.status_code, answer.get_json()["code"]) == (400, "idempotency_key.invalid")
    assert stored(services) == []


def test_what_cannot_be_read_is_a_400_and_what_is_wrong_a_422(
    client: FlaskClient, services: Services, key: Key
) -> None:
    headers = key()
    assert post(client, "cabinets", b"{", JSON, headers).status_code == 400
    wrong = post(client, "cabinets", sendings.canonical(quantity={"value": "-1"}), JSON, headers)
    assert (wrong.status_code, wrong.content_type) == (422, PROBLEM)
    problem = wrong.get_json()
    assert problem["errors"][0]["where"].startswith("quantity")
    assert (problem["title"], problem["status"]) == ("Unprocessable Entity", 422)
    assert problem["trace_id"] == wrong.headers["X-Request-Id"]
    kept = client.get(f"/v1/messages/{problem['message_id']}", headers=headers).get_json()
    assert (kept["state"], kept["error_code"]) == ("rejected", problem["code"])
    assert len(stored(services)) == 2


def test_an_hl7_message_that_must_be_corrected_gets_a_nak(client: FlaskClient, key: Key) -> None:
    answer = post(client, "cathlab-hl7", sendings.hl7(quantity="many"), HL7, key())
    assert (answer.status_code, answer.content_type) == (422, HL7)
    assert rejections(answer) == ("AE", "quantity.invalid")
    assert "EXAMPLE" not in answer.text


def test_what_is_no_hl7_at_all_gets_a_nak_too(client: FlaskClient, key: Key) -> None:
    answer = post(client, "cathlab-hl7", b"hello", HL7, key())
    assert (answer.status_code, answer.content_type) == (400, HL7)
    assert rejections(answer)[0] == "AE"


@pytest.mark.parametrize(
    ("channel", "content_type", "status"),
    [("cabinets", "text/plain", 415), ("cabinets", HL7, 415), ("cathlab-hl7", FHIR, 415), ("nowhere", JSON, 404)],
)
def test_a_wrong_media_type_or_channel_is_refused(
    client: FlaskClient, services: Services, key: Key, channel: str, content_type: str, status: int
) -> None:
    assert post(client, channel, b"anything", content_type, key()).status_code == status
    assert stored(services) == []


def test_a_compressed_body_is_refused(client: FlaskClient, key: Key) -> None:
    answer = post(client, "cabinets", b"\x1f\x8b", JSON, key() | {"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.get_json()["code"]) == (415, "encoding.unsupported")


@pytest.mark.parametrize(
    ("content_type", "expected"), [(HL7, HL7), (FHIR, FHIR), (JSON, PROBLEM), ("text/plain", PROBLEM)]
)
def test_refusals_at_the_door_come_in_the_language_of_the_message(
    client: FlaskClient, content_type: str, expected: str
) -> None:
    answer = post(client, "cathlab-hl7", b"anything", content_type, {})
    assert (answer.status_code, answer.content_type) == (401, expected)
    assert "key.missing" in answer.text


@pytest.mark.parametrize(("channel", "content_type"), [(channel, kind) for channel, kind, _ in SENDINGS])
def test_a_body_that_is_too_large_is_refused_in_the_language_of_the_message(
    client: FlaskClient, services: Services, key: Key, channel: str, content_type: str
) -> None:
    answer = post(client, channel, b" " * (LIMIT + 1), content_type, key())
    assert answer.status_code == 413
    assert "message.too_large" in answer.text
    assert stored(services) == []


def chunked(client: FlaskClient, body: bytes, headers: Mapping[str, str], **environ: Any) -> TestResponse:
    """Send without a Content-Length, as a server passes a chunked body on."""
    return client.post(
        "/v1/messages/cabinets",
        input_stream=io.BytesIO(body),
        content_type=JSON,
        headers=dict(headers),
        environ_overrides={"wsgi.input_terminated": True, **environ},
    )


def test_a_chunked_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(
    client: FlaskClient, services: Services, key: Key
) -> None:
    body, headers = sendings.canonical(), key()
    assert chunked(client, body.ljust(LIMIT), headers).status_code == 202
    assert chunked(client, body.ljust(LIMIT + 1), headers).status_code == 413
    assert chunked(client, body.ljust(LIMIT * 100), headers).status_code == 413
    assert len(stored(services)) == 1


def test_a_body_that_ends_early_is_not_taken_for_a_shorter_message(
    client: FlaskClient, services: Services, key: Key
) -> None:
    body = sendings.canonical()
    answer = chunked(client, body, key(), CONTENT_LENGTH=str(len(body) + 10))
    assert (answer.status_code, answer.get_json()["code"]) == (400, "body.incomplete")
    assert stored(services) == []


def test_the_senders_trace_is_kept_and_a_malformed_one_replaced(
    client: FlaskClient, services: Services, key: Key
) -> None:
    trace_id, headers = "4bf92f3577b34da6a3ce929d0e0e4736", key()
    sent = f"00-{trace_id}-00f067aa0ba902b7-01"
    answer = post(client, "cabinets", sendings.canonical(), JSON, headers | {"traceparent": sent})
    assert answer.headers["traceparent"] == sent
    assert [message.trace_id for message in stored(services)] == [trace_id]
    for malformed in ("", "nonsense", sent.replace(trace_id, "0" * 32), sent + "-more", sent.upper(), "ff" + sent[2:]):
        again = client.get("/v1/messages", headers=headers | {"traceparent": malformed})
        assert len(again.headers["X-Request-Id"]) == 32
        assert again.headers["X-Request-Id"] not in {trace_id, "0" * 32}


@pytest.mark.parametrize(("channel", "content_type", "body"), SENDINGS)
def test_what_cannot_be_stored_is_to_be_sent_again(
    client: FlaskClient, services: Services, key: Key, tmp_path: Path, channel: str, content_type: str, body: bytes
) -> None:
    headers = key()
    client.get("/v1/messages", headers=headers)
    take_away(services, tmp_path)
    answer = post(client, channel, body, content_type, headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert "ledger.unavailable" in answer.text
    if content_type == HL7:
        assert rejections(answer) == ("AR", "ledger.unavailable")


def test_without_the_ledger_nobody_can_be_known(
    client: FlaskClient, services: Services, key: Key, tmp_path: Path
) -> None:
    headers = key()
    take_away(services, tmp_path)
    answer = post(client, "cathlab-hl7", sendings.hl7(), HL7, headers)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert rejections(answer) == ("AR", "ledger.unavailable")


def take_away(services: Services, folder: Path) -> None:
    """Put the database out of reach."""
    services.ledger.database.close()
    for path in folder.glob("ledger.db*"):
        path.unlink()
    (folder / "ledger.db").mkdir()


def test_the_answer_of_a_canonical_channel_is_json(client: FlaskClient, key: Key) -> None:
    answer = post(client, "cabinets", sendings.canonical(), JSON, key())
    assert set(json.loads(answer.data)) >= {"id", "state", "issues"}


def test_no_trace_is_left_on_the_thread(client: FlaskClient, key: Key) -> None:
    post(client, "cabinets", sendings.canonical(), JSON, key())
    client.get("/nowhere")
    assert structlog.contextvars.get_contextvars() == {}


def test_other_methods_are_refused(client: FlaskClient, key: Key) -> None:
    answer = client.put("/v1/messages/cabinets", headers=key())
    assert (answer.status_code, answer.content_type) == (405, PROBLEM)
    assert "POST" in answer.headers["Allow"]
