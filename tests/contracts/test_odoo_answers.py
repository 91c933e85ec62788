"""The stand-in is honest: it answers what the real Odoo 19 answers, status, name and shape."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.fixtures_odoo import OdooServer


@pytest.fixture(scope="module", params=["standin_odoo", pytest.param("real_odoo", marks=pytest.mark.real)])
def odoo(request: pytest.FixtureRequest) -> OdooServer:
    return request.getfixturevalue(request.param)


def call(odoo: OdooServer, place: str, body: Any = None, **headers: str) -> httpx.Response:
    """A call as it is on the wire: ``place`` is ``model/method``."""
    standard = {"Authorization": f"Bearer {odoo.api_key}", "X-Odoo-Database": odoo.database}
    with httpx.Client(trust_env=False, timeout=30) as client:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.post(f"{odoo.url}/json/2/{place}", json=body or {}, headers=standard | given)


@pytest.mark.parametrize(
    ("place", "body", "status", "name"),
    [
        ("stock.nothing/read", {"ids": [1]}, 404, "werkzeug.exceptions.NotFound"),
        ("stock.picking/no_such_method", {"ids": [1]}, 404, "werkzeug.exceptions.NotFound"),
        ("stock.picking/read", {"ids": [1], "fields": [], "colour": 1}, 422, "werkzeug.exceptions.UnprocessableEntity"),
        ("stock.quant/create", {"ids": [1], "vals_list": []}, 422, "werkzeug.exceptions.UnprocessableEntity"),
        ("stock.lot/search_read", {"domain": [["colour", "=", 1]], "fields": []}, 500, "builtins.ValueError"),
        ("stock.picking/button_validate", {"ids": [999_999]}, 404, "odoo.exceptions.MissingError"),
        ("ir.model.data/check_object_reference", {"module": "x", "xml_id": "y"}, 500, "builtins.ValueError"),
    ],
)  # fmt: skip
def test_errors_have_odoos_status_name_and_shape(
    odoo: OdooServer, place: str, body: dict[str, Any], status: int, name: str
) -> None:
    response = call(odoo, place, body)
    fault = response.json()

    assert (response.status_code, fault["name"]) == (status, name)
    assert set(fault) == {"name", "message", "arguments", "context", "debug"}


def test_a_wrong_key(odoo: OdooServer) -> None:
    response = call(odoo, "stock.picking/read", {"ids": [1]}, Authorization="Bearer nobody")

    assert response.status_code == 401
    assert response.json()["name"] == "werkzeug.exceptions.Unauthorized"


def test_an_unknown_database_is_a_page(odoo: OdooServer) -> None:
    response = call(odoo, "stock.picking/read", {"ids": [1]}, X_Odoo_Database="no_such_database")

    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")


def test_records_that_are_gone_are_left_out_of_a_read(odoo: OdooServer) -> None:
    assert call(odoo, "stock.picking/read", {"ids": [999_999], "fields": ["name"]}).json() == []


def test_relations_are_pairs_unless_they_are_asked_for_plain(odoo: OdooServer) -> None:
    item = odoo.item_id("GLUE-5")
    question = {"domain": [["product_id", "=", item]], "fields": ["product_id", "name"], "limit": 1}

    (pair,) = call(odoo, "stock.lot/search_read", question).json()
    (plain,) = call(odoo, "stock.lot/search_read", question | {"load": ""}).json()

    assert pair["product_id"] == [item, "[GLUE-5] Tissue glue 5 ml"]
    assert plain == pair | {"product_id": item}


def test_archived_records_are_hidden_unless_asked_for(odoo: OdooServer) -> None:
    question = {"domain": [["default_code", "=", "RETIRED-1"]], "fields": ["active"]}

    assert call(odoo, "product.product/search_read", question).json() == []
    everything = question | {"context": {"active_test": False}}
    assert [row["active"] for row in call(odoo, "product.product/search_read", everything).json()] == [False]


def test_load_answers_200_when_it_fails_and_saves_nothing(odoo: OdooServer) -> None:
    item = str(odoo.item_id("GLUE-5"))
    rows = [["answers.good", "GOOD", item], ["answers.bad", "BAD", "999999"]]

    response = call(odoo, "stock.lot/load", {"fields": ["id", "name", "product_id/.id"], "data": rows})

    assert response.status_code == 200
    answer = response.json()
    assert answer["ids"] is False
    assert answer["messages"][0]["record"] == 1
    assert "No matching record found for database id '999999'" in answer["messages"][0]["message"]
    assert odoo.gateway.lots([int(item)], ["GOOD"]) == {}


def test_load_is_an_upsert_unless_the_context_makes_it_insert_only(odoo: OdooServer) -> None:
    item = str(odoo.item_id("GLUE-5"))

    def load(key: str, name: str, context: dict[str, Any]) -> int:
        body = {"fields": ["id", "name", "product_id/.id"], "data": [[key, name, item]], "context": context}
        return int(call(odoo, "stock.lot/load", body).json()["ids"][0])

    insert_only = {"mode": "update", "noupdate": True}
    once = load("answers.once", "ONCE", insert_only)
    assert load("answers.once", "TWICE", insert_only) == once
    often = load("answers.often", "OFTEN", {})
    assert load("answers.often", "OFTENER", {}) == often

    found = odoo.gateway.lots([int(item)], ["ONCE", "TWICE", "OFTEN", "OFTENER"])
    assert found == {(int(item), "ONCE"): once, (int(item), "OFTENER"): often}


def test_load_takes_strings_alone(odoo: OdooServer) -> None:
    body = {"fields": ["id", "name", "active"], "data": [["answers.number", "Number", 1]]}

    response = call(odoo, "product.product/load", body)

    assert response.status_code == 500
    assert response.json()["name"] == "builtins.AttributeError"
