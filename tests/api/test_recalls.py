"""POST /v1/recalls and GET /v1/chain over a ledger whose Odoo is down."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.services import Services
from tests import factories
from tests.api.conftest import Key


@pytest.fixture
def used(services: Services, client: FlaskClient, key: Key) -> None:
    """A lot in use, and an order of it, both read and not resolved yet."""
    headers = key()
    order = {
        "document": "purchase_order",
        "number": "P00007",
        "lines": [{"number": "1", "quantity": {"value": "2", "unit": "EA"}}],
    }
    for body in (factories.event(lot="L-1", event_id="E-1"), order):
        assert client.post("/v1/messages/cabinets", json=body, headers=headers).status_code == 202
    services.stages["translate"].step("bulk")


def recall(client: FlaskClient, headers: dict[str, str], **body: Any) -> Any:
    return client.post("/v1/recalls", json={"number": "L-1"} | body, headers=headers)


def test_a_sweep_that_holds_nothing(client: FlaskClient, used: None, key: Key) -> None:
    answer = recall(client, key("recall", facilities=("*",))).get_json()
    assert [(seen["kind"], seen["state"], seen["where"]) for seen in answer["in_flight"]] == [
        ("consumption", "open", "OR1")
    ]
    assert (answer["recall"], answer["held"], answer["whole"]) == (None, None, True)
    assert (answer["stock"], answer["stock_as_of"]) == ([], None), "Odoo is down and was never asked"


def test_opened_listed_and_lifted(client: FlaskClient, used: None, key: Key) -> None:
    headers = key("recall", facilities=("*",))
    answer = recall(client, headers, hold=True, reason="cracked").get_json()
    assert (answer["held"], answer["recall"]["opened_by"]) == (1, "api:test")
    [listed] = client.get("/v1/recalls", headers=headers).get_json()["recalls"]
    assert listed["id"] == answer["recall"]["id"]
    lifted = client.post(f"/v1/recalls/{listed['id']}/lift", headers=headers)
    assert lifted.get_json() == {"released": 1}
    assert client.post(f"/v1/recalls/{listed['id']}/lift", headers=headers).status_code == 404
    assert client.post("/v1/recalls/nothing/lift", headers=headers).status_code == 404


def test_a_recall_needs_its_scope_and_every_facility(client: FlaskClient, used: None, key: Key) -> None:
    assert recall(client, key("recall")).status_code == 403
    assert recall(client, key("messages:write", facilities=("*",))).status_code == 403
    assert recall(client, key("recall", facilities=("*",)), number=" ").status_code == 400


def test_a_chain_by_any_number(client: FlaskClient, used: None, key: Key) -> None:
    answer = client.get("/v1/chain?key=P00007", headers=key()).get_json()
    assert [document["kind"] for document in answer["documents"]] == ["purchase_order"]
    assert answer["documents"][0]["numbers"] == [{"kind": "purchase_order", "value": "P00007"}]
    assert answer["whole"] is True
    assert client.get("/v1/chain?key=P00007", headers=key(facilities=("LAB",))).get_json()["documents"] == []
    assert client.get("/v1/chain", headers=key()).status_code == 400
