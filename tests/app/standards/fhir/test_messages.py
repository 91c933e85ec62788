"""Messages and answers, the check against the structure of a release, and what a channel may be strict about."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from app.model.channel import Profile
from app.model.envelope import Receipt
from app.model.response import Response
from app.standards.fhir.standard import FHIR_R4, FHIR_R5
from tests.app.standards.fhir.conftest import Faults, Reader, bundle, codes, concept

DELIVERY = {
    "resourceType": "SupplyDelivery",
    "identifier": [{"value": "E-1"}],
    "status": "completed",
    "suppliedItem": {"quantity": {"value": 1, "unit": "EA"}, "itemCodeableConcept": concept("A")},
    "occurrenceDateTime": "2026-11-20T09:30:00Z",
    "destination": {"identifier": {"value": "OR1"}},
}
HEADER = {
    "resourceType": "MessageHeader",
    "id": "h-1",
    "eventCoding": {"system": "urn:events", "code": "used"},
    "source": {"endpoint": "https://or.example"},
}


def message(*resources: Any) -> dict[str, Any]:
    return bundle("message", *(resources or (HEADER, DELIVERY)), identifier={"value": "m-1"})


def test_a_message_is_read_as_a_whole(read: Reader, faults: Faults) -> None:
    reading = read(message())
    assert [document.document_kind for document in reading.documents] == ["consumption"]
    envelope = reading.envelope
    assert (envelope.message_type, envelope.sender, envelope.control_id) == (
        "Bundle/message",
        "https://or.example",
        "m-1",
    )
    bad = DELIVERY | {"identifier": [{"value": "E-2"}], "status": "abandoned"}
    assert faults(message(HEADER, DELIVERY, bad)) == [("status.unsupported", "Bundle.entry[2].resource.status")]


def test_a_message_starts_with_its_header(faults: Faults) -> None:
    assert faults(message(DELIVERY)) == [("header.missing", "Bundle.entry[0]")]


@pytest.mark.parametrize(("standard", "named"), [(FHIR_R4, "h-1"), (FHIR_R5, {"value": "m-1"})])
@pytest.mark.parametrize(
    ("outcome", "code"), [("accepted", "ok"), ("rejected", "fatal-error"), ("unavailable", "transient-error")]
)
def test_a_message_is_answered_by_a_message(standard: Any, named: Any, outcome: Any, code: str) -> None:
    envelope = standard.envelope(json.dumps(message()).encode())
    answer = json.loads(standard.acknowledge(Receipt(outcome, envelope=envelope)).body)
    header = answer["entry"][0]["resource"]
    assert (header["response"]["code"], header["response"]["identifier"]) == (code, named)
    assert header["eventCoding"] == HEADER["eventCoding"]
    assert header["contained"][0]["resourceType"] == "OperationOutcome"


def test_a_batch_is_answered_entry_by_entry(read: Reader) -> None:
    bad = DELIVERY | {"identifier": [{"value": "E-2"}], "status": "abandoned"}
    reading = read(bundle("batch", DELIVERY, bad))
    answer = json.loads(FHIR_R4.acknowledge(Receipt("accepted", envelope=reading.envelope, issues=reading.issues)).body)
    assert answer["type"] == "batch-response"
    assert [entry["response"]["status"][:3] for entry in answer["entry"]] == ["202", "422"]
    (issue,) = answer["entry"][1]["response"]["outcome"]["issue"]
    assert issue["expression"] == ["Bundle.entry[1].resource.status"]


def test_what_is_refused_is_answered_by_an_outcome() -> None:
    envelope = FHIR_R4.envelope(json.dumps(bundle("transaction", DELIVERY)).encode())
    assert json.loads(FHIR_R4.acknowledge(Receipt("rejected", envelope=envelope)).body)["resourceType"] == (
        "OperationOutcome"
    )


ISSUE = {"severity": "error", "code": "not-found", "diagnostics": "no such item", "expression": ["SupplyRequest.item"]}
OUTCOME = {"resourceType": "OperationOutcome", "issue": [ISSUE]}


def response(read: Reader, content: Any, **options: Any) -> Response:
    (document,) = read(content, **options).documents
    assert isinstance(document, Response)
    return document


@pytest.mark.parametrize(("severity", "status"), [("fatal", "rejected"), ("warning", "accepted")])
def test_an_outcome_is_a_response(read: Reader, severity: str, status: str) -> None:
    found = response(read, OUTCOME | {"issue": [ISSUE | {"severity": severity}]})
    (fault,) = found.faults
    assert (found.status, fault.code, fault.where, fault.text) == (
        status,
        "not-found",
        "SupplyRequest.item",
        "no such item",
    )


@pytest.mark.parametrize(
    ("statuses", "status"),
    [(["201 Created"], "accepted"), (["400"], "rejected"), (["201 Created", "422"], "accepted_with_errors")],
)
def test_an_answer_to_a_transaction(read: Reader, statuses: list[str], status: str) -> None:
    entries = [{"response": {"status": each, "outcome": OUTCOME if each[0] == "4" else None}} for each in statuses]
    found = response(read, {"resourceType": "Bundle", "type": "transaction-response", "entry": entries})
    assert (found.status, len(found.parts)) == (status, len(statuses))
    assert [bool(part.faults) for part in found.parts] == [part.status == "rejected" for part in found.parts]


@pytest.mark.parametrize(
    ("code", "status", "level"),
    [
        ("ok", "accepted", "application"),
        ("fatal-error", "rejected", "application"),
        ("transient-error", "rejected", "functional"),
    ],
)
def test_a_message_may_answer_one_of_ours(read: Reader, code: str, status: str, level: str) -> None:
    answer = HEADER | {"response": {"identifier": "7", "code": code}}
    found = response(read, message(answer, OUTCOME))
    assert (found.status, found.level, found.control_id, found.number) == (status, level, "7", "m-1")
    assert [fault.code for fault in found.faults] == ["not-found"]


def test_an_answer_that_says_nothing_known_is_refused(faults: Faults) -> None:
    answer = HEADER | {"response": {"identifier": "7", "code": "perhaps"}}
    assert faults(message(answer)) == [("code.unsupported", "Bundle.entry[0].resource.response.code")]


def test_what_does_not_fit_the_release_is_odd_and_no_fault(read: Reader) -> None:
    content = DELIVERY | {"colour": "blue", "supplier": [], "receiver": {"display": "x"}}
    found = {(issue.code, issue.where) for issue in read(content).issues}
    assert found == {
        ("element.unknown", "SupplyDelivery.colour"),
        ("element.invalid", "SupplyDelivery.supplier"),
        ("element.invalid", "SupplyDelivery.receiver"),
    }
    assert codes(read(content, validation=False)) == []


def test_names_of_unknown_elements_are_not_repeated(read: Reader) -> None:
    assert "Jones" not in repr(read(DELIVERY | {"Jones, Mary": "blue"}).issues)


def test_what_its_reader_found_odd_is_told_once(read: Reader) -> None:
    reading = read(DELIVERY | {"occurrenceDateTime": "2026-11-20T09:30:00"})
    assert codes(reading) == ["occurred_at.date_only"]


def test_a_channel_may_be_strict(faults: Faults) -> None:
    content = DELIVERY | {"occurrenceDateTime": "2026-11-20"}
    assert faults(content, strict=("occurred_at.date_only",)) == [
        ("occurred_at.date_only", "SupplyDelivery.occurrenceDateTime")
    ]


def test_one_object_in_place_of_a_list_is_taken(read: Reader) -> None:
    reading = read(DELIVERY | {"identifier": {"value": "E-9"}})
    assert [document.business_keys().__next__() for document in reading.documents] == [("event", "E-9")]
    assert codes(reading) == ["structure.list"]


def test_the_partners_units_go_first(profile: Callable[..., Profile], read: Reader) -> None:
    (found,) = read(DELIVERY, units={"EA": "XPK"}).documents
    assert found.quantity.common_unit == "XPK"  # type: ignore[union-attr]


def test_a_unit_that_nobody_knows_is_no_guess(read: Reader) -> None:
    item = DELIVERY["suppliedItem"] | {"quantity": {"value": 1, "unit": "XBX"}}  # type: ignore[operator]
    reading = read(DELIVERY | {"suppliedItem": item})
    (found,) = reading.documents
    assert (found.quantity.unit, found.quantity.common_unit) == ("XBX", None)  # type: ignore[union-attr]
    assert codes(reading) == ["unit.unknown"]


def test_models_are_loaded_when_they_are_needed() -> None:
    code = "import sys, app.standards; print([name for name in sys.modules if name.startswith('fhir.')])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
