"""Verdicts over HTTP: every reason with its figures, by number and by document, and nobody else's."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import ids
from app.model.master import ItemFacts, Offer, SupplierFacts
from app.services import Services
from tests import factories
from tests.api.conftest import Key

RULES = "requisition:\n  tiers:\n    - up_to: 50\n    - steps: [{role: head}]\napproval:\n  roles: {head: {}}\n"


@pytest.fixture
def judged(services: Services, client: FlaskClient, key: Key) -> None:
    """Requisition R/1, whose stated price is 12 per cent off, judged by the first version of the rules."""
    with services.ledger.transaction() as tx:
        services.ledger.policies.import_(tx, RULES, "tester")
        services.ledger.registry.put_items(tx, [ItemFacts("GLOVE-M")])
        services.ledger.registry.put_suppliers(tx, [SupplierFacts("S-1")])
        services.ledger.registry.put_offers(tx, [Offer("GLOVE-M", "S-1", Decimal("3.10"), "EUR")])
    services.crosswalk.import_rows(factories.numbered(*factories.CROSSWALK), "tester")
    line = {"number": "1", "identifiers": [{"scheme": "internal", "value": "GLOVE-M"}], "price": {"amount": "3.48"}}
    lines = [line | {"quantity": {"value": "20", "unit": "EA"}}]
    body = {"document": "requisition", "number": "R/1", "requester": "nurse", "lines": lines}
    assert client.post("/v1/messages/cabinets", json=body, headers=key()).status_code == 202
    for stage in ("translate", "resolve"):
        services.stages[stage].step("bulk")


def ask(client: FlaskClient, headers: dict[str, str], number: str = "R/1") -> Any:
    return client.get("/v1/verdicts", query_string={"requisition": number}, headers=headers)


def test_a_verdict_tells_every_reason_with_its_figures(client: FlaskClient, judged: None, key: Key) -> None:
    [verdict] = ask(client, key()).get_json()["verdicts"]
    assert (verdict["requisition"], verdict["outcome"], verdict["rule_version"]) == ("R/1", "hold", 1)
    assert (verdict["facility"], verdict["state"]) == ("GEN", "held")
    [finding] = verdict["findings"]
    assert (finding["rule"], finding["code"], finding["line"]) == ("price", "price_off_contract", "1")
    assert finding["figures"] == {"stated": "3.48", "contract": "3.1000"}
    assert verdict["inputs"]["lines"][0]["item"] == "GLOVE-M"


def test_the_same_is_told_by_the_documents_id(client: FlaskClient, judged: None, key: Key) -> None:
    told = ask(client, key()).get_json()
    document_id = told["verdicts"][0]["document_id"]
    assert client.get(f"/v1/verdicts/{document_id}", headers=key()).get_json() == told
    assert client.get(f"/v1/verdicts/{ids.new_id()}", headers=key()).status_code == 404
    assert client.get("/v1/verdicts/R-1", headers=key()).status_code == 404


def test_another_facilitys_verdicts_do_not_exist(client: FlaskClient, judged: None, key: Key) -> None:
    assert ask(client, key(facilities=("LAB",))).status_code == 404
    assert ask(client, key(), "R-9").status_code == 404
    assert ask(client, key("messages:write")).status_code == 403
    assert ask(client, {}).status_code == 401
    assert client.get("/v1/verdicts", headers=key()).status_code == 400
