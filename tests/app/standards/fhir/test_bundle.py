"""Transactions and batches of SupplyDelivery."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from app.errors import Rejected
from app.model.channel import Profile
from app.model.envelope import Reading
from app.standards.fhir import bundle as module
from app.standards.fhir.standard import FHIR_R4

Make = Callable[..., Profile]


def delivery(number: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "resourceType": "SupplyDelivery",
        "identifier": [{"value": number}] if number else [],
        "status": "completed",
        "suppliedItem": {
            "quantity": {"value": 1},
            "itemCodeableConcept": {"coding": [{"system": "HOSP", "code": "A"}]},
        },
        "occurrenceDateTime": "2026-11-20T09:30:00Z",
        "destination": {"identifier": {"value": "OR1"}},
    } | changes


def bundle(kind: str, *resources: dict[str, Any], **changes: Any) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": kind, "entry": entries} | changes


def read(make: Make, content: dict[str, Any]) -> Reading:
    return FHIR_R4.read(json.dumps(content).encode(), make())


def faults(make: Make, content: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as caught:
        read(make, content)
    return [(issue.code, issue.where) for issue in caught.value.issues]


def events(reading: Reading) -> list[str]:
    return [document.event_id for document in reading.documents]


@pytest.mark.parametrize("kind", ["transaction", "batch", "collection", "searchset"])
def test_the_deliveries_of_a_bundle_in_their_order(profile: Make, kind: str) -> None:
    reading = read(profile, bundle(kind, delivery("B"), {"resourceType": "Patient"}, delivery("A")))
    assert events(reading) == ["B", "A"]
    assert reading.issues == ()
    assert reading.envelope.message_type == f"Bundle/{kind}"


def test_one_bad_entry_spoils_a_transaction(profile: Make) -> None:
    content = bundle("transaction", delivery("A"), delivery("B", status="abandoned"), delivery("C", destination={}))
    assert faults(profile, content) == [
        ("status.unsupported", "Bundle.entry[1].resource.status"),
        ("location.missing", "Bundle.entry[2].resource.destination.display"),
    ]


def test_one_bad_entry_leaves_the_rest_of_a_batch(profile: Make) -> None:
    reading = read(profile, bundle("batch", delivery("A"), delivery("B", status="abandoned"), delivery("C")))
    assert events(reading) == ["A", "C"]
    assert [(issue.severity, issue.where) for issue in reading.issues] == [("error", "Bundle.entry[1].resource.status")]


def test_a_batch_of_bad_entries_is_refused(profile: Make) -> None:
    content = bundle("batch", delivery("A", status="abandoned"), delivery("B", status="abandoned"))
    assert len(faults(profile, content)) == 2


def test_one_identifier_for_two_entries(profile: Make) -> None:
    twice = (delivery("A"), delivery("A"), delivery("B"))
    assert faults(profile, bundle("transaction", *twice)) == [
        ("event.duplicate", "Bundle.entry[0].resource.identifier"),
        ("event.duplicate", "Bundle.entry[1].resource.identifier"),
    ]
    reading = read(profile, bundle("batch", *twice))
    assert events(reading) == ["B"]
    assert len(reading.issues) == 2


@pytest.mark.parametrize("kind", ["document", "history", "subscription-notification", None, 5])
def test_other_bundles_are_refused(profile: Make, kind: Any) -> None:
    assert ("bundle_type.unsupported", "Bundle.type") in faults(profile, bundle(kind, delivery("A")))


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_a_bundle_without_anything_to_read_is_refused(profile: Make, kind: str) -> None:
    assert ("resource.missing", "Bundle.entry") in faults(profile, bundle(kind, {"resourceType": "Patient"}))
    assert ("resource.missing", "Bundle.entry") in faults(profile, bundle(kind, entry=...) | {"entry": None})


def test_what_is_not_read_is_left_out_with_a_warning(profile: Make) -> None:
    reading = read(profile, bundle("transaction", delivery("A"), {"resourceType": "Observation"}))
    assert [(issue.severity, issue.code) for issue in reading.issues] == [("warning", "resource.ignored")]


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "GET"])
def test_deliveries_are_written_and_nothing_else(profile: Make, method: str) -> None:
    content = bundle("transaction", delivery("A"))
    content["entry"].append({"request": {"method": method, "url": "SupplyDelivery/7"}})
    assert faults(profile, content) == [("request.unsupported", "Bundle.entry[1].request.method")]


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_deliveries_may_be_created_or_updated(profile: Make, method: str) -> None:
    content = bundle("transaction", delivery("A"))
    content["entry"][0]["request"] = {"method": method, "url": "SupplyDelivery"}
    assert events(read(profile, content)) == ["A"]


@pytest.mark.parametrize("reference", ["Device/d", "urn:uuid:1", "Device/d/_history/4"])
def test_references_lead_to_other_entries(profile: Make, reference: str) -> None:
    item = {"quantity": {"value": 1}, "itemReference": {"reference": reference}}
    content = bundle("transaction", delivery("A", suppliedItem=item))
    device = {"resourceType": "Device", "id": "d", "lotNumber": "L1", "modelNumber": "M-5"}
    content["entry"].append({"fullUrl": "urn:uuid:1", "resource": device})
    assert read(profile, content).documents[0].lot == "L1"


def test_faults_in_a_device_count_for_the_delivery_that_uses_it(profile: Make) -> None:
    item = {"quantity": {"value": 1}, "itemReference": {"reference": "Device/d"}}
    device = {"resourceType": "Device", "id": "d", "modelNumber": "M-5", "lotNumber": 5}
    reading = read(profile, bundle("batch", delivery("A", suppliedItem=item), device, delivery("B")))
    assert events(reading) == ["B"]
    assert [issue.where for issue in reading.issues] == ["Bundle.entry[1].resource.lotNumber"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"identifier": {"system": "urn:m", "value": "7"}, "id": "x"}, ["urn:m|7#0", "urn:m|7#1"]),
        ({"id": "x"}, ["Bundle/x#0", "Bundle/x#1"]),
    ],
)
def test_entries_without_a_number_take_the_bundles(profile: Make, changes: dict[str, Any], expected: list[str]) -> None:
    assert events(read(profile, bundle("transaction", delivery(None), delivery(None), **changes))) == expected


def test_entries_without_any_number_are_refused(profile: Make) -> None:
    assert faults(profile, bundle("transaction", delivery(None))) == [
        ("event.missing", "Bundle.entry[0].resource.identifier")
    ]


def test_an_undone_entry_needs_a_number_of_its_own(profile: Make) -> None:
    content = bundle("transaction", delivery(None, status="entered-in-error"), id="x")
    assert faults(profile, content) == [("reverses.missing", "Bundle.entry[0].resource.identifier")]


def test_too_many_entries_are_refused(profile: Make) -> None:
    content = bundle("batch", *[{"resourceType": "Patient"}] * (module.MAX_ENTRIES + 1))
    assert ("structure.too_many", "Bundle.entry") in faults(profile, content)


def test_the_envelope(profile: Make) -> None:
    content = bundle("transaction", delivery("A"), identifier={"system": "urn:m", "value": "7"}, timestamp="2026-11-20")
    envelope = FHIR_R4.envelope(json.dumps(content).encode())
    assert (envelope.control_id, envelope.sender) == ("urn:m|7", "")
    content["timestamp"] = "2026-11-21"
    assert FHIR_R4.envelope(json.dumps(content).encode()).fingerprint == envelope.fingerprint
    content["entry"] = []
    assert FHIR_R4.envelope(json.dumps(content).encode()).fingerprint != envelope.fingerprint


def test_a_control_id_that_is_too_long_is_refused(profile: Make) -> None:
    content = bundle("transaction", delivery("A"), identifier={"system": "urn:" + "m" * 150, "value": "7" * 100})
    assert FHIR_R4.envelope(json.dumps(content).encode()).control_id is None
    assert ("control_id.too_long", "Bundle.identifier") in faults(profile, content)
