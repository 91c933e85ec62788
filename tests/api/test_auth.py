"""Keys, scopes and facilities at the door."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Blueprint
from flask.testing import FlaskClient

from api import create_app
from api.auth import CACHE_FOR
from app import ids
from app.services import Services
from tests import sendings
from tests.api.conftest import Key

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({}, "key.missing"),
        ({"Authorization": "Bearer "}, "key.missing"),
        ({"Authorization": "Basic d2w6c2VjcmV0"}, "key.missing"),
        ({"Authorization": "Bearer nonsense"}, "key.malformed"),
        ({"X-API-Key": "wl_000000000000_secret"}, "key.unknown"),
        ({"X-API-Key": "wl_1_a", "Authorization": "Bearer wl_2_b"}, "key.ambiguous"),
    ],
)
def test_without_a_good_key_there_is_a_401(client: FlaskClient, headers: dict[str, str], code: str) -> None:
    answer = client.get("/v1/messages", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="wardline"'
    assert answer.get_json()["code"] == code


def test_a_key_with_another_secret_is_refused(client: FlaskClient, key: Key) -> None:
    forged = key()["Authorization"][:-4] + "AAAA"
    assert client.get("/v1/messages", headers={"Authorization": forged}).status_code == 401


def test_both_ways_of_presenting_a_key_are_taken(client: FlaskClient, key: Key) -> None:
    bearer = key()
    assert client.get("/v1/messages", headers=bearer).status_code == 200
    plain = bearer["Authorization"].removeprefix("Bearer ")
    assert client.get("/v1/messages", headers={"X-API-Key": plain}).status_code == 200


def test_a_key_does_only_what_its_scopes_say(client: FlaskClient, key: Key) -> None:
    reader, writer = key("messages:read"), key("messages:write")
    assert client.get("/v1/messages", headers=writer).status_code == 403
    refused = client.post("/v1/messages/cabinets", data=sendings.canonical(), headers=reader | JSON)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "scope.missing")


def test_a_key_sends_only_for_its_facilities(client: FlaskClient, key: Key) -> None:
    refused = client.post("/v1/messages/elsewhere", data=sendings.canonical(), headers=key() | JSON)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "facility.forbidden")
    everywhere = key(facilities=("*",))
    assert (
        client.post("/v1/messages/elsewhere", data=sendings.canonical(), headers=everywhere | JSON).status_code == 202
    )


def test_an_expired_key_is_refused(client: FlaskClient, key: Key) -> None:
    past = ids.now() - timedelta(seconds=1)
    assert client.get("/v1/messages", headers=key(expires_at=past)).status_code == 401


def test_a_revocation_takes_effect_within_the_time_a_key_is_remembered(
    client: FlaskClient, key: Key, services: Services
) -> None:
    headers = key()
    with time_machine.travel(ids.now(), tick=False) as clock:
        assert client.get("/v1/messages", headers=headers).status_code == 200
        services.ledger.keys.revoke(headers["Authorization"].split("_")[1])
        clock.shift(CACHE_FOR)
        assert client.get("/v1/messages", headers=headers).status_code == 401


def test_a_route_that_nobody_gave_a_scope_is_closed(services: Services, key: Key) -> None:
    app = create_app(services)
    forgotten = Blueprint("forgotten", __name__)
    forgotten.add_url_rule("/forgotten", view_func=lambda: "secret")
    app.register_blueprint(forgotten)
    assert app.test_client().get("/forgotten").status_code == 401
    assert app.test_client().get("/forgotten", headers=key()).status_code == 403


def test_a_route_that_does_not_exist_is_a_404_for_everybody(client: FlaskClient) -> None:
    answer = client.get("/v2/anything")
    assert (answer.status_code, answer.content_type) == (404, "application/problem+json")
