"""The published schemas are JSON Schemas, and say what is really taken."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from flask.testing import FlaskClient

from app.model.documents import KINDS
from app.model.invoice import Invoice, InvoiceLine
from app.model.item import Identifier
from app.model.party import Party, PartyIdentifier
from app.model.price import Price
from app.model.quantity import Quantity
from app.model.schema import document_to_json
from app.standards import STANDARDS
from tests.mutations import GOLDEN


def fetched(client: FlaskClient, path: str) -> dict[str, Any]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "application/schema+json"
    return answer.get_json()


def test_all_kinds_and_options_are_listed_and_there(client: FlaskClient) -> None:
    listed = client.get("/v1/schemas").get_json()
    assert {entry["kind"] for entry in listed["documents"]} == set(KINDS)
    assert {entry["standard"] for entry in listed["options"]} == {standard.name for standard in STANDARDS}
    for entry in [*listed["documents"], *listed["options"]]:
        jsonschema.Draft202012Validator.check_schema(fetched(client, entry["href"]))


@pytest.mark.parametrize("path", ["/v1/schemas/nothing/1", "/v1/schemas/invoice/2", "/v1/schemas/options/nothing"])
def test_what_is_not_there_is_told(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "schema.unknown")


INVOICE = Invoice(
    "I-1",
    lines=(
        InvoiceLine(
            "1",
            Quantity(Decimal("2.50"), "EA"),
            identifiers=(Identifier("gtin", "0" * 14),),
            price=Price(Decimal("9.990")),
        ),
    ),
    seller=Party((PartyIdentifier("gln", "4012345000009"),), "Acme"),
)


def test_a_document_is_valid_and_a_wrong_one_is_not(client: FlaskClient) -> None:
    schema = fetched(client, "/v1/schemas/invoice/1")
    content = json.loads(document_to_json(INVOICE))
    jsonschema.validate(content, schema)
    for change in ({"number": None}, {"unknown": 1}, {"type": "bill"}, {"total": "many"}, {"document": "receipt"}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(content | change, schema)


def documents() -> list[tuple[str, dict[str, Any]]]:
    """Every document that some golden message was read as."""
    found = []
    for path in sorted(GOLDEN.glob("*/*/canonical.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        found += [(str(path.parent.relative_to(GOLDEN)), one) for one in content.get("documents", ())]
    return found


def test_every_document_of_the_golden_messages_is_valid(client: FlaskClient) -> None:
    validators = {kind: jsonschema.Draft202012Validator(fetched(client, f"/v1/schemas/{kind}/1")) for kind in KINDS}
    wrong = [
        (name, fault.message) for name, one in documents() for fault in validators[one["document"]].iter_errors(one)
    ]
    assert wrong == []
    assert len(documents()) > 20


def test_senders_may_name_a_case_and_not_its_pseudonym(client: FlaskClient) -> None:
    for kind in ("requisition", "consumption"):
        properties = fetched(client, f"/v1/schemas/{kind}/1")["properties"]
        assert [properties[name].get("readOnly", False) for name in ("case", "warnings", "case_id")] == [
            True,
            True,
            False,
        ]
        assert properties["case_id"]["writeOnly"] is True


def test_an_event_of_consumption_as_senders_write_it_is_valid(client: FlaskClient) -> None:
    schema = fetched(client, "/v1/schemas/consumption/1")
    path = Path(GOLDEN / "canonical" / "normal-object" / "in.json")
    jsonschema.validate(json.loads(path.read_text(encoding="utf-8")), schema)
