"""OperationOutcome."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from app.errors import Issue
from app.model.envelope import Receipt
from app.standards.fhir.standard import FHIR_R4


def issues(receipt: Receipt) -> list[dict[str, Any]]:
    answer = FHIR_R4.acknowledge(receipt)
    assert answer.content_type == "application/fhir+json"
    outcome = json.loads(answer.body)
    assert outcome["resourceType"] == "OperationOutcome"
    return list(outcome["issue"])


def test_yes_names_the_message_and_what_was_odd() -> None:
    odd = Issue("gtin.check_digit", "Bundle.entry[0].resource", "wrong", "warning")
    first, second = issues(Receipt("accepted", UUID(int=7), issues=(odd,)))
    assert (first["severity"], first["code"]) == ("information", "informational")
    assert str(UUID(int=7)) in first["diagnostics"]
    assert (second["severity"], second["expression"]) == ("warning", ["Bundle.entry[0].resource"])


def test_a_duplicate_names_the_first_message() -> None:
    (only,) = issues(Receipt("duplicate", UUID(int=7)))
    assert only["severity"] == "information"
    assert str(UUID(int=7)) in only["diagnostics"]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("structure.invalid", "structure"),
        ("json.duplicate_key", "structure"),
        ("json.too_deep", "too-costly"),
        ("status.missing", "required"),
        ("quantity.invalid", "value"),
        ("status.unsupported", "not-supported"),
        ("event.duplicate", "duplicate"),
        ("lot.conflict", "invariant"),
        ("event.too_long", "too-long"),
        ("entry.too_many", "too-costly"),
        ("message.too_large", "too-costly"),
        ("sender.unknown", "forbidden"),
        ("key_conflict", "conflict"),
        ("unavailable", "transient"),
        ("what.ever", "processing"),
    ],
)
def test_issue_types(code: str, kind: str) -> None:
    (only,) = issues(Receipt("rejected", issues=(Issue(code, "SupplyDelivery.status", "x"),)))
    assert (only["severity"], only["code"]) == ("error", kind)
    assert only["details"]["coding"] == [{"system": "urn:wardline:issue", "code": code}]
    assert (only["diagnostics"], only["expression"]) == ("x (SupplyDelivery.status)", ["SupplyDelivery.status"])


def test_a_place_that_is_no_path_is_no_expression() -> None:
    (only,) = issues(Receipt("rejected", issues=(Issue("json.invalid", "line 1 column 2", "x"),)))
    assert "expression" not in only


@pytest.mark.parametrize(
    ("receipt", "kind"),
    [
        (Receipt("rejected"), "processing"),
        (Receipt("conflict"), "conflict"),
        (Receipt("unavailable"), "transient"),
    ],
)
def test_without_issues_there_is_still_one(receipt: Receipt, kind: str) -> None:
    assert [issue["code"] for issue in issues(receipt)] == [kind]
