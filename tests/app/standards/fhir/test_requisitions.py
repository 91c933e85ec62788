"""SupplyRequest read as requisition."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.model.envelope import Reading
from app.model.item import Identifier
from app.model.party import Party, PartyIdentifier
from app.model.requisition import Requisition
from tests.app.standards.fhir.conftest import Faults, Reader, bundle, codes, concept

PGN = {"coding": [{"code": "PGN"}]}


def request(number: str | None = "R1", **changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "resourceType": "SupplyRequest",
        "identifier": [{"value": number}] if number else ...,
        "status": "active",
        "itemCodeableConcept": concept("GLOVE-M"),
        "quantity": {"value": 2, "unit": "BX"},
        "deliverTo": {"identifier": {"value": "WARD3"}},
    }
    return {name: value for name, value in (base | changes).items() if value is not ...}


def one(reading: Reading) -> Requisition:
    (document,) = reading.documents
    assert isinstance(document, Requisition)
    return document


def test_a_request_is_a_requisition_of_one_line(read: Reader) -> None:
    found = one(read(request(authoredOn="2026-11-20", priority="asap", occurrenceDateTime="2026-11-24")))
    (line,) = found.lines
    assert (found.number, found.action, found.priority, found.deliver_to) == ("R1", "new", "urgent", "WARD3")
    assert (found.requested_at, line.needed_by) == (date(2026, 11, 20), date(2026, 11, 24))
    assert (line.number, line.identifiers) == ("1", (Identifier("internal", "GLOVE-M"),))
    assert (str(line.quantity.value), line.quantity.unit, line.quantity.common_unit) == ("2", "BX", "XBX")
    assert found.warnings == ()


def test_r5_tells_the_item_as_codeable_reference(read: Reader) -> None:
    content = request(itemCodeableConcept=..., item={"concept": concept("GLOVE-M")})
    assert one(read(content, r5=True)).lines[0].identifiers == (Identifier("internal", "GLOVE-M"),)
    reference = request(itemCodeableConcept=..., item={"reference": {"reference": "Medication/M1"}})
    reading = read(reference, r5=True)
    assert one(reading).lines[0].identifiers == (Identifier("internal", "M1"),)
    assert codes(reading) == ["item.reference"]


@pytest.mark.parametrize(
    ("identifiers", "number", "lines"),
    [
        (
            [[{"value": "R", "type": PGN}, {"value": "a"}], [{"value": "R", "type": PGN}, {"value": "b"}]],
            "R",
            ["a", "b"],
        ),
        ([[{"value": "R", "type": PGN}], [{"value": "R", "type": PGN}]], "R", ["1", "2"]),
        ([[{"value": "R"}, {"value": "x"}], [{"value": "R"}, {"value": "y"}]], "R", ["x", "y"]),
        ([[{"value": "R"}, {"value": "x"}], [{"value": "R"}, {"value": "x"}]], "R", ["1", "2"]),
    ],
)
def test_requests_of_one_group_are_one_requisition(
    read: Reader, identifiers: list[Any], number: str, lines: list[str]
) -> None:
    items = (concept("GLOVE-M"), concept("GLOVE-L"))
    asked = [request(identifier=told, itemCodeableConcept=item) for told, item in zip(identifiers, items, strict=True)]
    found = one(read(bundle("transaction", *asked)))
    assert (found.number, [line.number for line in found.lines]) == (number, lines)


def test_a_group_may_be_told_in_an_extension(read: Reader) -> None:
    url = "https://profiles.example/StructureDefinition/groupIdentifier"
    told = [{"url": url, "valueIdentifier": {"value": "G7"}}]
    found = one(read(bundle("batch", request("a", extension=told), request("b", extension=told))))
    assert (found.number, [line.number for line in found.lines]) == ("G7", ["a", "b"])


def test_a_request_that_comes_twice_is_no_second_line(faults: Faults) -> None:
    twice = [request(id="a"), request(id="b")]
    assert faults(bundle("transaction", *twice)) == [("line.duplicate", "Bundle.entry[1].resource.identifier")]


def test_other_requests_are_requisitions_of_their_own(read: Reader) -> None:
    reading = read(bundle("batch", request("R1"), request("R2"), request(None, id="7")))
    assert [document.number for document in reading.documents if isinstance(document, Requisition)] == ["R1", "R2", "7"]


def test_lines_that_go_to_different_places_are_no_requisition(read: Reader, faults: Faults) -> None:
    other = request(deliverTo={"identifier": {"value": "WARD4"}}, identifier=[{"value": "R1"}, {"value": "2"}])
    assert faults(bundle("transaction", request(), other)) == [
        ("deliver_to.conflict", "Bundle.entry[1].resource.deliverTo")
    ]
    reading = read(bundle("batch", request(), other, request("R9")))
    assert [issue.severity for issue in reading.issues] == ["error"]
    assert one(reading).number == "R9"


@pytest.mark.parametrize(
    ("first", "second", "action"),
    [("active", "active", "new"), ("cancelled", "entered-in-error", "cancel"), ("active", "cancelled", "change")],
)
def test_states_tell_the_action(read: Reader, first: str, second: str, action: str) -> None:
    lines = [
        request(status=told, identifier=[{"value": "R"}, {"value": n}]) for n, told in (("1", first), ("2", second))
    ]
    assert one(read(bundle("transaction", *lines))).action == action


def test_a_later_version_changes_what_was_asked(read: Reader) -> None:
    found = one(read(request(meta={"versionId": "3"})))
    assert (found.action, found.lines[0].action) == ("change", "change")


@pytest.mark.parametrize("status", ["draft", "suspended", "completed", "unknown"])
def test_what_asks_for_nothing_is_refused(faults: Faults, status: str) -> None:
    assert faults(request(status=status)) == [("status.unsupported", "SupplyRequest.status")]


@pytest.mark.parametrize(
    ("reference", "requester"),
    [
        ({"reference": "PractitionerRole/4711", "display": "Jones"}, "4711"),
        ({"reference": "Device/adc-1"}, "adc-1"),
        ({"reference": "Patient/900001"}, None),
        ({"display": "Jones"}, None),
    ],
)
def test_of_the_requester_a_number_is_kept_and_no_name(read: Reader, reference: Any, requester: str | None) -> None:
    found = one(read(request(requester=reference, deliverFor={"reference": "Patient/900001"}), r5=True))
    assert found.requester == requester
    assert "Jones" not in repr(found)
    assert "900001" not in repr(found)


@pytest.mark.parametrize(
    ("supplier", "party"),
    [
        ({"display": "Vendor1"}, Party(name="Vendor1")),
        ({"reference": "Organization/v1"}, Party((PartyIdentifier("internal", "v1"),))),
        (
            {"identifier": {"system": "https://www.gs1.org/gln", "value": "4012345000009"}},
            Party((PartyIdentifier("gln", "4012345000009"),)),
        ),
        (
            {"reference": "#o"},
            Party((PartyIdentifier("duns", "123456789"), PartyIdentifier("name", "7")), "Medical Supplies"),
        ),
    ],
)
def test_suppliers(read: Reader, supplier: Any, party: Party) -> None:
    numbers = [{"system": "urn:oid:1.3.60", "value": "123456789"}, {"system": "urn:x", "value": "7"}]
    contained = [{"resourceType": "Organization", "id": "o", "identifier": numbers, "name": "Medical Supplies"}]
    assert one(read(request(supplier=[supplier], contained=contained))).lines[0].supplier == party


def test_an_item_may_be_asked_for_in_words(read: Reader, faults: Faults) -> None:
    reading = read(request(itemCodeableConcept={"text": "gloves, any"}))
    assert (one(reading).lines[0].description, codes(reading)) == ("gloves, any", ["item.description"])
    assert faults(request(itemCodeableConcept=...)) == [("item.missing", "SupplyRequest.item[x]")]


def test_a_unit_is_expected(read: Reader) -> None:
    reading = read(request(quantity={"value": 2}))
    assert one(reading).lines[0].quantity.unit == "EA"
    assert codes(reading) == ["unit.missing"]


def test_an_odd_date_is_left_out(read: Reader) -> None:
    reading = read(request(authoredOn="2026-11", occurrenceDateTime="tomorrow"))
    assert (one(reading).requested_at, one(reading).lines[0].needed_by) == (None, None)
    assert codes(reading) == ["needed_by.invalid", "requested_at.ambiguous"]


@pytest.mark.parametrize(
    ("occurrence", "day"),
    [
        ({"occurrencePeriod": {"start": "2026-11-20", "end": "2026-11-24"}}, date(2026, 11, 24)),
        ({"occurrenceTiming": {"event": ["2026-11-23"]}}, date(2026, 11, 23)),
    ],
)
def test_when_it_is_needed(read: Reader, occurrence: Any, day: date) -> None:
    assert one(read(request(**occurrence))).lines[0].needed_by == day


def test_of_the_encounter_a_pseudonym_is_kept(read: Reader) -> None:
    extension = [{"url": "https://x.example/encounter", "valueReference": {"reference": "Encounter/V-1"}}]
    assert one(read(request(extension=extension))).case == "case-of-V-1"


def test_a_request_that_was_delivered_asks_for_nothing_more(read: Reader) -> None:
    delivery = {
        "resourceType": "SupplyDelivery",
        "identifier": [{"value": "E-1"}],
        "basedOn": [{"reference": "SupplyRequest/r"}],
        "status": "completed",
        "suppliedItem": {"quantity": {"value": 1, "unit": "BX"}, "itemCodeableConcept": concept("GLOVE-M")},
        "occurrenceDateTime": "2026-11-20T09:30:00Z",
        "destination": {"identifier": {"value": "WARD3"}},
    }
    reading = read(bundle("transaction", request(id="r"), delivery))
    assert [document.document_kind for document in reading.documents] == ["consumption"]
