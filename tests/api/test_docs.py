"""The OpenAPI document, the page made of it, and the header fields of every answer."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient

from api.schemas import STATES
from app.standards import STANDARDS
from tests.api.conftest import Key


def test_the_document_tells_every_way_in(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        "/v1/approvals",
        "/v1/approvals/{name}",
        "/v1/approvals/{name}/decisions",
        "/v1/approvals/{name}/delegations",
        "/v1/approval-links/{token}",
        "/v1/chain",
        "/v1/completeness",
        "/v1/control-totals",
        "/v1/invoices/{number}",
        "/v1/messages",
        "/v1/messages/{name}",
        "/v1/recalls",
        "/v1/recalls/{name}/lift",
        "/v1/schemas",
        "/v1/schemas/{kind}/{version}",
        "/v1/stock",
        "/v1/verdicts",
        "/v1/verdicts/{name}",
    }
    assert set(document["paths"]["/v1/messages/{name}"]) >= {"get", "post"}
    content = document["paths"]["/v1/messages/{name}"]["post"]["requestBody"]["content"]
    assert set(content) == {media_type for standard in STANDARDS for media_type in standard.content_types}
    assert document["security"] == [{"bearer": []}, {"apiKey": []}]


def test_every_reference_in_the_document_leads_somewhere(client: FlaskClient) -> None:
    text, document = client.get("/openapi.json").text, client.get("/openapi.json").get_json()
    references = set(re.findall(r'"#/components/schemas/(\w+)"', text))
    assert "WireConsumption" in references
    assert references <= set(document["components"]["schemas"])


def test_the_page_shows_every_operation_and_needs_no_other_host(client: FlaskClient) -> None:
    page = client.get("/docs").text
    for shown in (
        "POST /v1/messages/{name}",
        "GET /v1/messages/{name}",
        "GET /v1/messages",
        "Idempotency-Key",
        *STATES,
    ):
        assert shown in page
    assert re.findall(r'(?:src|href)="(?!#|/)', page) == []
    assert "<script" not in page
    [sheet] = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)
    assert client.get(sheet).status_code == 200


def test_every_link_inside_the_page_leads_somewhere(client: FlaskClient) -> None:
    page = client.get("/docs").text
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))


@pytest.mark.parametrize("path", ["/v1/messages", "/docs", "/nowhere", "/healthz"])
def test_every_answer_is_hardened_for_browsers(client: FlaskClient, key: Key, path: str) -> None:
    fields = client.get(path, headers={**key(), "Origin": "https://elsewhere.example"}).headers
    assert fields["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in fields["Content-Security-Policy"]
    assert fields["Cache-Control"] == "no-store"
    assert not [name for name, _ in fields if name.startswith("Access-Control")]
    assert "Strict-Transport-Security" not in fields
    secure = client.get(path, base_url="https://wardline.example").headers
    assert "max-age" in secure["Strict-Transport-Security"]
