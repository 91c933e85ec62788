"""Following invoices over HTTP: state, bill, match, and nobody else's."""

from __future__ import annotations

from flask.testing import FlaskClient

from app.services import Services
from tests.api.conftest import Key
from tests.disputes import disputed


def test_an_invoice_shows_its_state_and_its_match(client: FlaskClient, services: Services, key: Key) -> None:
    disputed(services.ledger, "2026/001")

    answer = client.get("/v1/invoices/2026/001", headers=key())
    assert answer.status_code == 200
    [invoice] = answer.get_json()["invoices"]
    assert (invoice["state"], invoice["total"], invoice["orders"]) == ("held", "22.40", ["P00001"])
    assert invoice["match"]["reasons"][0]["expected"] == "2.5"
    assert invoice["accepted"] == []


def test_a_number_of_two_suppliers_gives_two_invoices(client: FlaskClient, services: Services, key: Key) -> None:
    disputed(services.ledger)
    disputed(services.ledger, supplier="S-2002")

    both = client.get("/v1/invoices/INV-1", headers=key()).get_json()["invoices"]
    one = client.get("/v1/invoices/INV-1", query_string={"supplier": "S-2002"}, headers=key()).get_json()["invoices"]
    assert (len(both), [invoice["supplier"] for invoice in one]) == (2, ["S-2002"])


def test_another_facilitys_invoice_does_not_exist(client: FlaskClient, services: Services, key: Key) -> None:
    disputed(services.ledger)

    assert client.get("/v1/invoices/INV-1", headers=key(facilities=("LAB",))).status_code == 404
    assert client.get("/v1/invoices/INV-9", headers=key()).status_code == 404
    assert client.get("/v1/invoices/INV-1", headers=key("messages:write")).status_code == 403
    assert client.get("/v1/invoices/INV-1").status_code == 401
