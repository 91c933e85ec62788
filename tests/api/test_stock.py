"""GET /v1/stock: figures with their age, by facility, a page at a time."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from flask.testing import FlaskClient

from app import ids
from app.model.supply import Figure, Reading
from app.services import Services
from tests.api.conftest import Key

OR1, LAB = "GEN/Stock/OR1", "LAB/Stock"


@pytest.fixture
def stocked(services: Services) -> Services:
    figures = (
        Figure("GLOVE-M", OR1, "GEN", "", Decimal(250), Decimal("0.5"), "Units"),
        Figure("GLOVE-M", LAB, "LAB", "", Decimal(70), Decimal(0), "Units"),
        Figure("STENT-35", OR1, "GEN", "L-1", Decimal(3), Decimal(1), "Units"),
        Figure("STENT-35", OR1, "GEN", "L-2", Decimal(4), Decimal(0), "Units"),
    )
    at = ids.now() - timedelta(seconds=90)
    with services.ledger.transaction() as tx:
        services.ledger.levels.store(tx, Reading(at, None, figures), at, str)
    return services


def test_stock_is_told_with_its_age(client: FlaskClient, stocked: Services, key: Key) -> None:
    answer = client.get("/v1/stock?item=GLOVE-M", headers=key("stock:read", facilities=("*",))).get_json()
    assert [(row["site"], row["quantity"], row["reserved"]) for row in answer["stock"]] == [
        ("GEN", "250", "0.5"),
        ("LAB", "70", "0"),
    ]
    assert 89 < answer["age_seconds"] < 120
    assert answer["stock"][0]["as_of"] == answer["as_of"]
    assert answer["stock"][0]["days_of_supply"] is None


def test_a_key_sees_its_facilities_alone(client: FlaskClient, stocked: Services, key: Key) -> None:
    mine = client.get("/v1/stock?item=GLOVE-M", headers=key("stock:read")).get_json()
    assert {row["site"] for row in mine["stock"]} == {"GEN"}
    assert client.get("/v1/stock?site=LAB", headers=key("stock:read")).get_json()["stock"] == []
    assert client.get("/v1/stock", headers=key("messages:read")).status_code == 403


def test_by_place_and_lot_and_page(client: FlaskClient, stocked: Services, key: Key) -> None:
    headers = key("stock:read", facilities=("*",))
    below = client.get("/v1/stock?location=GEN/Stock", headers=headers).get_json()
    assert len(below["stock"]) == 3
    assert [row["item"] for row in client.get("/v1/stock?lot=L-2", headers=headers).get_json()["stock"]] == ["STENT-35"]
    seen, after = [], ""
    while True:
        page = client.get(f"/v1/stock?limit=1{after}", headers=headers).get_json()
        seen += page["stock"]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert [(row["item"], row["location"], row["lot"]) for row in seen] == [
        ("GLOVE-M", OR1, ""),
        ("GLOVE-M", LAB, ""),
        ("STENT-35", OR1, "L-1"),
        ("STENT-35", OR1, "L-2"),
    ]


@pytest.mark.parametrize("after", ["x", "W10=", "WzEsMiwzXQ==", "bnVsbA=="])
def test_a_page_that_is_none(client: FlaskClient, stocked: Services, key: Key, after: str) -> None:
    assert client.get(f"/v1/stock?after={after}", headers=key("stock:read")).status_code == 400


def test_before_odoo_was_ever_asked(client: FlaskClient, key: Key) -> None:
    answer = client.get("/v1/stock", headers=key("stock:read")).get_json()
    assert answer == {"as_of": None, "age_seconds": None, "stock": [], "next": None}
