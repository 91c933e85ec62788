"""How many requests a key may make."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from api import create_app
from app.errors import Misconfigured
from tests.api.conftest import services_at

HL7 = "application/hl7-v2"


def limited(folder: Path, **changes: str) -> tuple[FlaskClient, dict[str, str], dict[str, str]]:
    """A client, and two keys that may make three requests a year each: no window ends while a test runs."""
    services = services_at(folder, rate_limit="3/year", **changes)
    keys = [services.ledger.keys.create(name, ("messages:read", "messages:write"), ("*",)) for name in ("one", "two")]
    return create_app(services).test_client(), {"X-API-Key": keys[0]}, {"X-API-Key": keys[1]}


def test_what_is_left_is_told_and_then_it_is_enough(tmp_path: Path) -> None:
    client, one, two = limited(tmp_path)
    left = []
    for _ in range(3):
        answer = client.get("/v1/messages", headers=one)
        assert answer.headers["RateLimit-Policy"] == '"key";q=3;w=31104000'
        left.append(re.findall(r'"key";r=(\d+);t=\d+', answer.headers["RateLimit"])[0])
    assert left == ["2", "1", "0"]
    refused = client.get("/v1/messages", headers=one)
    assert (refused.status_code, refused.get_json()["code"]) == (429, "rate_limited")
    assert 0 < int(refused.headers["Retry-After"]) <= 31104000
    assert client.get("/v1/messages", headers=two).status_code == 200


def test_a_sender_of_hl7_is_told_in_hl7_to_come_again(tmp_path: Path) -> None:
    client, one, _ = limited(tmp_path)
    for _ in range(3):
        client.get("/v1/messages", headers=one)
    refused = client.post("/v1/messages/cathlab-hl7", data=b"MSH", headers=one, content_type=HL7)
    assert (refused.status_code, refused.content_type) == (429, HL7)
    assert "\rMSA|AR" in refused.text
    assert "Retry-After" in refused.headers


def test_public_routes_are_not_counted(tmp_path: Path) -> None:
    client, _, _ = limited(tmp_path)
    for _ in range(5):
        answer = client.get("/healthz")
        assert answer.status_code == 200
        assert "RateLimit" not in answer.headers


def test_without_the_shared_storage_each_process_counts_on_its_own(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client, one, _ = limited(tmp_path, rate_limit_storage=f"redis://127.0.0.1:{unused.getsockname()[1]}/0")
        statuses = [client.get("/v1/messages", headers=one).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_a_rate_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="WARDLINE_RATE_LIMIT"):
        create_app(services_at(tmp_path, rate_limit="plenty"))
