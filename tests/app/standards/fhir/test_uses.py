"""Dispenses, device uses, administrations and charges read as consumption."""

from __future__ import annotations

from typing import Any

import pytest

from app.model.consumption import Consumption
from app.model.envelope import Reading
from app.model.item import Identifier
from tests.app.standards.fhir.conftest import Faults, Reader, bundle, codes, concept

GTIN = concept("00812345678901", "https://www.gs1.org/gtin")
PLACE = {"identifier": {"value": "PHARM"}}


def event(kind: str, **content: Any) -> dict[str, Any]:
    return {"resourceType": kind, "identifier": [{"value": "E-1"}], "status": "completed", **content}


DISPENSE = event(
    "MedicationDispense",
    medicationCodeableConcept=concept("0409-6531-02", "http://hl7.org/fhir/sid/ndc"),
    subject={"reference": "Patient/900001", "display": "Jones"},
    context={"reference": "Encounter/V-1"},
    quantity={"value": 4, "system": "http://unitsofmeasure.org", "code": "{vial}"},
    whenHandedOver="2026-11-20T06:10:00Z",
    location=PLACE,
    destination={"identifier": {"value": "WARD3"}},
)
DEVICE_DISPENSE = event(
    "DeviceDispense",
    device={"concept": GTIN},
    subject={"reference": "Patient/900001"},
    encounter={"reference": "Encounter/V-1"},
    quantity={"value": 1},
    preparedDate="2026-11-20T06:10:00Z",
    location=PLACE,
)
DEVICE = {"resourceType": "Device", "id": "d", "serialNumber": "S1", "modelNumber": "M-5"}
USE = event(
    "DeviceUseStatement",
    contained=[DEVICE],
    status="active",
    device={"reference": "#d"},
    subject={"reference": "Patient/900001"},
    timingPeriod={"start": "2026-11-20T06:10:00Z", "end": "2026-12-20T06:10:00Z"},
)
USAGE = USE | {
    "resourceType": "DeviceUsage",
    "device": {"reference": {"reference": "#d"}},
    "patient": {"reference": "Patient/900001"},
    "context": {"reference": "Encounter/V-1"},
}
CHARGE = event(
    "ChargeItem",
    status="billable",
    code={"text": "stent"},
    subject={"reference": "Patient/900001"},
    performingOrganization={"identifier": {"value": "CARDIO"}},
    costCenter={"identifier": {"value": "4300"}},
    quantity={"value": 2},
    occurrenceDateTime="2026-11-20T06:10:00Z",
    productCodeableConcept=GTIN,
)
GIVEN = event(
    "MedicationAdministration",
    medicationCodeableConcept=concept("0409-6531-02", "http://hl7.org/fhir/sid/ndc"),
    subject={"reference": "Patient/900001"},
    dosage={"dose": {"value": 500, "unit": "mg"}},
    effectivePeriod={"start": "2026-11-20T06:00:00Z", "end": "2026-11-20T06:10:00Z"},
)
EACH = [
    (DISPENSE, False, "4", "PHARM"),
    (DEVICE_DISPENSE, True, "1", "PHARM"),
    (USE, False, "1", "STORE"),
    (USAGE, True, "1", "STORE"),
    (CHARGE, False, "2", "STORE"),
    (GIVEN, False, "500", "STORE"),
]
each_resource = pytest.mark.parametrize(
    ("content", "r5", "amount", "place"),
    EACH,
    ids=lambda found: found["resourceType"] if isinstance(found, dict) else "",
)


def one(reading: Reading) -> Consumption:
    (document,) = reading.documents
    assert isinstance(document, Consumption)
    return document


@each_resource
def test_a_use(read: Reader, content: Any, r5: bool, amount: str, place: str) -> None:
    found = one(read(content, r5=r5, default_location="STORE", administrations="use"))
    assert (found.event_id, found.kind, str(found.quantity.value), found.location) == ("E-1", "use", amount, place)
    assert found.occurred_at.isoformat() == "2026-11-20T06:10:00+00:00"
    assert "900001" not in repr(found)
    assert "Jones" not in repr(found)


@each_resource
def test_entered_in_error_undoes_it(read: Reader, content: Any, r5: bool, amount: str, place: str) -> None:
    undone = content | {"status": "entered-in-error"}
    found = one(read(undone, r5=r5, default_location="STORE", administrations="use"))
    assert (found.kind, found.reverses, str(found.quantity.value), found.location) == ("reversal", "E-1", amount, place)


@each_resource
@pytest.mark.parametrize("status", ["on-hold", "cancelled", "aborted", "not-done", "unknown", "bogus"])
def test_other_states_are_refused(faults: Faults, content: Any, r5: bool, amount: str, place: str, status: str) -> None:
    found = faults(content | {"status": status}, r5=r5, default_location="STORE", administrations="use")
    assert found == [("status.unsupported", f"{content['resourceType']}.status")], (amount, place)


@pytest.mark.parametrize("content", [DISPENSE, USAGE | {"location": PLACE}, DEVICE_DISPENSE])
def test_the_case_is_a_pseudonym(read: Reader, content: Any) -> None:
    r5 = content["resourceType"] != "MedicationDispense"
    assert one(read(content, r5=r5, default_location="STORE")).case == "case-of-V-1"


def test_a_use_of_a_device_is_one_piece(read: Reader) -> None:
    reading = read(USE, default_location="STORE")
    assert (one(reading).serial, one(reading).quantity.unit) == ("S1", "EA")
    assert codes(reading) == ["quantity.assumed"]


def test_what_was_given_is_left_out_unless_the_channel_says_otherwise(read: Reader) -> None:
    reading = read(GIVEN)
    assert (reading.documents, codes(reading)) == ((), ["administration.ignored"])


def test_a_charge_tells_who_pays(read: Reader) -> None:
    reading = read(CHARGE)
    found = one(reading)
    assert (found.department, found.cost_centre, found.location) == ("CARDIO", "4300", "CARDIO")
    assert codes(reading) == ["location.department"]
    products = CHARGE | {"product": [{"concept": GTIN}], "productCodeableConcept": None}
    assert one(read(products, r5=True)).identifiers == found.identifiers


def test_a_service_uses_no_item(faults: Faults) -> None:
    content = CHARGE | {"productCodeableConcept": None, "code": concept("01510", "urn:tariff")}
    assert ("item.missing", "ChargeItem.product[x]") in faults(content)


def test_a_charge_code_may_name_the_item(read: Reader) -> None:
    content = CHARGE | {"productCodeableConcept": None, "code": concept("STENT-35")}
    assert one(read(content)).identifiers == (Identifier("internal", "STENT-35"),)


def test_a_code_in_a_system_that_nobody_knows_is_kept_for_a_person_to_map(read: Reader) -> None:
    content = DISPENSE | {"medicationCodeableConcept": concept("763179", "http://www.nlm.nih.gov/research/umls/rxnorm")}
    reading = read(content)
    name = "http://www.nlm.nih.gov/research/umls/rxnorm|763179"
    assert (one(reading).identifiers, codes(reading)) == ((Identifier("internal", name),), ["item.coding_system"])


def test_what_has_no_location_is_refused(faults: Faults) -> None:
    assert ("location.missing", "DeviceUseStatement.extension.display") in faults(USE)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"meta": {"lastUpdated": "2026-11-20T07:00:00Z"}}, "Bundle.entry[0].resource.meta.lastUpdated"),
        ({}, "Bundle.timestamp"),
    ],
)
def test_without_a_time_the_message_was_written_about_then(read: Reader, changes: Any, where: str) -> None:
    content = {name: value for name, value in (DISPENSE | changes).items() if name != "whenHandedOver"}
    reading = read(bundle("transaction", content, timestamp="2026-11-20T07:00:00Z"))
    assert one(reading).occurred_at.isoformat() == "2026-11-20T07:00:00+00:00"
    assert [(issue.code, issue.where) for issue in reading.issues] == [("occurred_at.missing", where)]


def test_a_single_piece_needs_no_quantity(read: Reader, faults: Faults) -> None:
    content = event(
        "SupplyDelivery",
        contained=[DEVICE],
        suppliedItem={"itemReference": {"reference": "#d"}},
        occurrenceDateTime="2026-11-20T07:00:00Z",
        destination=PLACE,
    )
    reading = read(content)
    assert (str(one(reading).quantity.value), codes(reading)) == ("1", ["quantity.assumed"])
    concepts = content | {"suppliedItem": {"itemCodeableConcept": GTIN}}
    assert faults(concepts) == [("quantity.missing", "SupplyDelivery.suppliedItem.quantity.value")]


def supply(*items: Any) -> dict[str, Any]:
    return event(
        "SupplyDelivery", suppliedItem=list(items), occurrenceDateTime="2026-11-20T07:00:00Z", destination=PLACE
    )


def test_each_item_of_a_delivery_is_an_event(read: Reader) -> None:
    items = [{"quantity": {"value": n}, "itemCodeableConcept": concept(f"A{n}")} for n in (1, 2)]
    found = [one for one in read(supply(*items), r5=True).documents if isinstance(one, Consumption)]
    assert [(each.event_id, str(each.quantity.value)) for each in found] == [("E-1", "1"), ("E-1#1", "2")]


def test_one_bad_item_spoils_a_delivery(faults: Faults) -> None:
    items = [{"quantity": {"value": n}, "itemCodeableConcept": concept("A")} for n in (1, -1)]
    assert faults(supply(*items), r5=True) == [("quantity.invalid", "SupplyDelivery.suppliedItem[1].quantity.value")]


def test_what_two_kinds_of_resources_tell_of_one_item_counts_once(read: Reader) -> None:
    told = {"quantity": {"value": 1}, "itemReference": {"reference": "#d"}}
    delivery = supply(told) | {"contained": [DEVICE], "identifier": [{"value": "E-2"}]}
    other = USAGE | {"contained": [DEVICE | {"serialNumber": "S2"}], "identifier": [{"value": "E-3"}]}
    reading = read(bundle("transaction", USAGE, other, delivery), r5=True, default_location="STORE")
    assert [one.event_id for one in reading.documents if isinstance(one, Consumption)] == ["E-3", "E-2"]
    assert ("use.repeated", "Bundle.entry[0].resource") in [(issue.code, issue.where) for issue in reading.issues]
