"""Message level responses: valid by the schema, equal for equal receipts, and readable as what they say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.errors import Issue, Rejected
from app.model.envelope import Outcome, Receipt
from app.standards.ubl import schemas
from app.standards.ubl.standard import UBL
from tests.app.standards.ubl.documents import order, read

RECEIPT = Receipt("accepted", UUID(int=7), datetime(2026, 11, 20, 12, tzinfo=UTC), UBL.envelope(order()))


@pytest.mark.parametrize(
    ("outcome", "severity", "status"),
    [
        ("accepted", None, "received"),
        ("duplicate", None, "received"),
        ("accepted", "warning", "accepted"),
        ("rejected", "error", "rejected"),
        ("conflict", None, "rejected"),
        ("unavailable", None, "rejected"),
    ],
)
def test_what_is_answered(outcome: Outcome, severity: str | None, status: str) -> None:
    issues = (Issue("quantity.invalid", "Order/OrderLine[2]", "a number is expected", severity),) if severity else ()
    body = UBL.acknowledge(replace(RECEIPT, outcome=outcome, issues=issues)).body
    schemas.check("ApplicationResponse", body)
    (found,) = read(body).documents
    assert (found.level, found.status, found.control_id) == ("functional", status, "N-1")
    assert [fault.where for fault in found.faults] == [issue.where for issue in issues]


def test_the_bare_answer_fits_the_schema_too() -> None:
    for outcome in ("accepted", "rejected"):
        schemas.check("ApplicationResponse", UBL.acknowledge(Receipt(outcome)).body)


def test_a_fault_names_its_place_and_never_the_value() -> None:
    body = order('<cbc:Quantity unitCode="EA">geheim</cbc:Quantity>')
    with pytest.raises(Rejected) as caught:
        read(body)
    answer = UBL.acknowledge(
        Receipt("rejected", UUID(int=7), RECEIPT.received_at, UBL.envelope(body), caught.value.issues)
    )
    assert b"Order/OrderLine/LineItem/Quantity" in answer.body
    assert b"geheim" not in answer.body
