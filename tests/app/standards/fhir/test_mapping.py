"""SupplyDelivery read as consumption."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from app.errors import Rejected
from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.item import Identifier
from app.standards.fhir.standard import FHIR_R4

Make = Callable[..., Profile]
UDI = "(01)00812345678901(17)280630(10)L1(21)S1"


def delivery(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "resourceType": "SupplyDelivery",
        "identifier": [{"value": "E-1"}],
        "status": "completed",
        "suppliedItem": supplied(),
        "occurrenceDateTime": "2026-11-20T09:30:00+01:00",
        "destination": {"identifier": {"value": "OR1"}},
    }
    return {name: value for name, value in (base | changes).items() if value is not ...}


def supplied(value: object = 1, **item: Any) -> dict[str, Any]:
    coding = {"system": "HOSP", "code": "STENT-35", "display": "Stent"}
    return {"quantity": {"value": value}, **(item or {"itemCodeableConcept": {"coding": [coding]}})}


def device(**content: Any) -> dict[str, Any]:
    contained = [{"resourceType": "Device", "id": "d", **content}]
    return delivery(suppliedItem=supplied(itemReference={"reference": "#d"}), contained=contained)


def encode(resource: object) -> bytes:
    return json.dumps(resource).encode()


def one(make: Make, resource: dict[str, Any], **channel: Any) -> Consumption:
    (document,) = FHIR_R4.read(encode(resource), make(**channel)).documents
    return document


def faults(make: Make, resource: object) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as caught:
        FHIR_R4.read(encode(resource), make())
    return [(issue.code, issue.where.removeprefix("SupplyDelivery.")) for issue in caught.value.issues]


def warnings(consumption: Consumption) -> list[str]:
    return [issue.code for issue in consumption.warnings]


def test_a_completed_delivery_is_a_use(profile: Make) -> None:
    found = one(profile, delivery())
    assert (found.event_id, found.kind, found.facility, found.location) == ("E-1", "use", "GEN", "OR1")
    assert (found.identifiers, found.description) == ((Identifier("internal", "STENT-35"),), "Stent")
    assert (str(found.quantity.value), found.quantity.unit) == ("1", "EA")
    assert found.occurred_at.isoformat() == "2026-11-20T09:30:00+01:00"
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("identifier", ("event.missing", "identifier")),
        ("status", ("status.missing", "status")),
        ("occurrenceDateTime", ("occurred_at.missing", "occurrenceDateTime")),
        ("destination", ("location.missing", "destination.display")),
    ],
)
def test_what_must_be_said(profile: Make, name: str, fault: tuple[str, str]) -> None:
    assert faults(profile, delivery(**{name: ...})) == [fault]


def test_an_item_and_a_quantity_must_be_said(profile: Make) -> None:
    assert faults(profile, delivery(suppliedItem=...)) == [
        ("item.missing", "suppliedItem.item[x]"),
        ("quantity.missing", "suppliedItem.quantity.value"),
    ]


def test_entered_in_error_undoes_the_same_identifier(profile: Make) -> None:
    found = one(profile, delivery(status="entered-in-error"))
    assert (found.kind, found.event_id, found.reverses) == ("reversal", "E-1#entered-in-error", "E-1")


def test_entered_in_error_undoes_the_same_id(profile: Make) -> None:
    used = one(profile, delivery(identifier=..., id="77", meta={"versionId": "1"}))
    undone = one(profile, delivery(identifier=..., id="77", meta={"versionId": "2"}, status="entered-in-error"))
    assert undone.reverses == used.event_id == "SupplyDelivery/77"


def test_entered_in_error_without_any_number_undoes_nothing(profile: Make) -> None:
    assert ("reverses.missing", "identifier") in faults(profile, delivery(identifier=..., status="entered-in-error"))


@pytest.mark.parametrize("status", ["in-progress", "abandoned", "bogus"])
def test_other_states_are_refused(profile: Make, status: str) -> None:
    assert faults(profile, delivery(status=status)) == [("status.unsupported", "status")]


def test_the_official_identifier_is_the_event(profile: Make) -> None:
    identifiers = [{"value": "a"}, {"use": "official", "system": "urn:x", "value": "b"}]
    assert one(profile, delivery(identifier=identifiers)).event_id == "urn:x|b"


@pytest.mark.parametrize(
    ("quantity", "unit"),
    [
        ({"value": 1}, "EA"),
        ({"value": 1, "unit": "pair"}, "pair"),
        ({"value": 1, "unit": "pair", "code": "PR"}, "PR"),
    ],
)
def test_units(profile: Make, quantity: dict[str, Any], unit: str) -> None:
    item = supplied() | {"quantity": quantity}
    assert one(profile, delivery(suppliedItem=item)).quantity.unit == unit


def test_quantities_are_exact(profile: Make) -> None:
    body = encode(delivery()).replace(b'"value": 1}', b'"value": 1.50}')
    (found,) = FHIR_R4.read(body, profile()).documents
    assert isinstance(found, Consumption)
    assert str(found.quantity.value) == "1.50"


@pytest.mark.parametrize(("value", "code"), [(0, "invalid"), (-1, "invalid"), (1e13, "invalid"), (None, "missing")])
def test_quantities_that_are_none(profile: Make, value: object, code: str) -> None:
    assert faults(profile, delivery(suppliedItem=supplied(value))) == [
        (f"quantity.{code}", "suppliedItem.quantity.value")
    ]


def test_a_comparator_makes_a_quantity_ambiguous(profile: Make) -> None:
    item = supplied() | {"quantity": {"value": 1, "comparator": ">"}}
    assert faults(profile, delivery(suppliedItem=item)) == [("quantity.ambiguous", "suppliedItem.quantity.comparator")]


@pytest.mark.parametrize(
    ("occurrence", "iso"),
    [
        (
            {"occurrencePeriod": {"start": "2026-11-20T08:00:00Z", "end": "2026-11-20T09:00:00Z"}},
            "2026-11-20T09:00:00+00:00",
        ),
        ({"occurrencePeriod": {"start": "2026-11-20T08:00:00Z"}}, "2026-11-20T08:00:00+00:00"),
        ({"occurrenceTiming": {"event": ["2026-11-20T08:00:00Z"]}}, "2026-11-20T08:00:00+00:00"),
    ],
)
def test_occurrences(profile: Make, occurrence: dict[str, Any], iso: str) -> None:
    assert one(profile, delivery(occurrenceDateTime=..., **occurrence)).occurred_at.isoformat() == iso


def test_several_occurrences_are_several_deliveries(profile: Make) -> None:
    timing = {"event": ["2026-11-20T08:00:00Z", "2026-11-20T09:00:00Z"]}
    found = faults(profile, delivery(occurrenceDateTime=..., occurrenceTiming=timing))
    assert found == [("occurred_at.ambiguous", "occurrenceTiming.event")]


@pytest.mark.parametrize("text", ["2026-11-20", "2026-11-20T09:00:00"])
def test_incomplete_times_are_local_with_a_warning(profile: Make, text: str) -> None:
    found = one(profile, delivery(occurrenceDateTime=text))
    assert found.occurred_at.utcoffset() is not None
    assert warnings(found) == ["occurred_at.date_only"]


@pytest.mark.parametrize(
    ("destination", "location", "warned"),
    [
        ({"identifier": {"value": "OR1"}, "reference": "Location/9", "display": "x"}, "OR1", []),
        ({"reference": "Location/OR1", "display": "x"}, "OR1", []),
        ({"reference": "https://ehr.example/fhir/Location/OR1/_history/3"}, "OR1", []),
        ({"reference": "#l"}, "LOC-1", []),
        ({"display": "Ward 3"}, "Ward 3", ["location.display"]),
        ({"reference": "#unnumbered"}, "Cellar", ["location.display"]),
        ({"reference": "urn:uuid:0000", "display": "Ward 3"}, "Ward 3", ["location.display"]),
    ],
)
def test_destinations(profile: Make, destination: dict[str, Any], location: str, warned: list[str]) -> None:
    places = [
        {"resourceType": "Location", "id": "l", "identifier": [{"value": "LOC-1"}], "name": "x"},
        {"resourceType": "Location", "id": "unnumbered", "name": "Cellar"},
    ]
    found = one(profile, delivery(destination=destination, contained=places))
    assert (found.location, warnings(found)) == (location, warned)


def test_codes_in_known_systems_name_the_item(profile: Make) -> None:
    codings = [
        {"system": "https://www.gs1.org/gtin", "code": "812345678901"},
        {"system": "urn:oid:2.16.840.1.113883.6.69", "code": "0409-6531-02"},
        {"system": "HOSP", "code": "A"},
        {"system": "http://snomed.info/sct", "code": "1"},
    ]
    found = one(profile, delivery(suppliedItem=supplied(itemCodeableConcept={"coding": codings})))
    assert [(name.scheme, name.value) for name in found.identifiers] == [
        ("gtin", "00812345678901"),
        ("ndc", "0409-6531-02"),
        ("internal", "A"),
    ]
    assert warnings(found) == ["item.coding_system"]


def test_a_code_without_a_system_is_the_hospitals_with_a_warning(profile: Make) -> None:
    concept = {"coding": [{"code": "BlueTubes"}], "text": "Tubes"}
    found = one(profile, delivery(suppliedItem=supplied(itemCodeableConcept=concept)))
    assert (found.identifiers, found.description) == ((Identifier("internal", "BlueTubes"),), "Tubes")
    assert warnings(found) == ["item.coding_system"]


def test_a_text_alone_names_no_item(profile: Make) -> None:
    found = faults(profile, delivery(suppliedItem=supplied(itemCodeableConcept={"text": "a stent"})))
    assert found == [("item.missing", "suppliedItem.itemCodeableConcept")]


def test_a_contained_device_marks_the_unit(profile: Make) -> None:
    carrier = {
        "deviceIdentifier": "00812345678901",
        "issuer": "http://hl7.org/fhir/NamingSystem/gs1-di",
        "carrierHRF": UDI,
    }
    found = one(
        profile,
        device(
            udiCarrier=[carrier],
            lotNumber="L1",
            serialNumber="S1",
            expirationDate="2028-06",
            identifier=[{"system": "HOSP", "value": "STENT-35"}, {"system": "http://asset.example", "value": "A-77"}],
            type={"coding": [{"system": "http://snomed.info/sct", "code": "1"}], "text": "stent"},
            modelNumber="M-5",
            deviceName=[{"name": "Coronary stent", "type": "user-friendly-name"}],
            patient={"reference": "Patient/900001"},
        ),
    )
    assert (found.lot, found.serial, found.expiry, found.udi) == ("L1", "S1", date(2028, 6, 30), UDI)
    assert [(name.scheme, name.value) for name in found.identifiers] == [
        ("gtin", "00812345678901"),
        ("internal", "STENT-35"),
        ("manufacturer", "M-5"),
    ]
    assert (found.description, found.warnings) == ("Coronary stent", ())
    assert "900001" not in repr(found)


def test_what_the_scanner_read_is_used_where_there_is_no_text(profile: Make) -> None:
    scanned = base64.b64encode(b"]d201008123456789011728063010L1\x1d21S1").decode()
    found = one(profile, device(udiCarrier=[{"carrierAIDC": scanned}]))
    assert (found.lot, found.serial, found.expiry) == ("L1", "S1", date(2028, 6, 30))


@pytest.mark.parametrize("scanned", ["****", "w6Q=", "A"])
def test_what_no_scanner_reads_is_refused(profile: Make, scanned: str) -> None:
    assert ("udi.invalid", "contained[0].udiCarrier[0].carrierAIDC") in faults(
        profile, device(udiCarrier=[{"carrierAIDC": scanned}])
    )


@pytest.mark.parametrize(
    ("content", "code"),
    [({"lotNumber": "L2"}, "lot"), ({"serialNumber": "S2"}, "serial"), ({"expirationDate": "2028-06-29"}, "expiry")],
)
def test_marks_that_disagree_are_refused(profile: Make, content: dict[str, Any], code: str) -> None:
    found = faults(profile, device(udiCarrier=[{"carrierHRF": UDI}], **content))
    assert found == [(f"{code}.conflict", f"contained[0].{next(iter(content))}")]


def test_two_carriers_of_different_devices_are_refused(profile: Make) -> None:
    carriers = [{"carrierHRF": "(01)00812345678901"}, {"carrierHRF": "(01)00812345678031"}]
    assert faults(profile, device(udiCarrier=carriers)) == [("gtin.conflict", "contained[0].udiCarrier[1].carrierHRF")]


def test_carriers_of_other_issuers_are_kept(profile: Make) -> None:
    hibc = "+H123PARTNO1234567890120/$$420020216LOT1"
    carrier = {"deviceIdentifier": "H123", "issuer": "http://hl7.org/fhir/NamingSystem/hibcc", "carrierHRF": hibc}
    found = one(profile, device(udiCarrier=[carrier], modelNumber="M-5"))
    assert (found.udi, found.lot, warnings(found)) == (hibc, None, ["udi.unread"])


def test_a_medication_with_its_batch(profile: Make) -> None:
    medication = {
        "resourceType": "Medication",
        "id": "m",
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/ndc", "code": "0409-6531-02"}], "text": "Vancomycin"},
        "batch": {"lotNumber": "B1", "expirationDate": "2027"},
    }
    item = supplied(itemReference={"reference": "#m"})
    found = one(profile, delivery(suppliedItem=item, contained=[medication]))
    assert (found.identifiers, found.lot) == ((Identifier("ndc", "0409-6531-02"),), "B1")
    assert (found.expiry, found.description) == (date(2027, 12, 31), "Vancomycin")


def test_a_reference_may_name_the_item_itself(profile: Make) -> None:
    reference = {"identifier": {"system": "HOSP", "value": "STENT-35"}, "display": "Stent"}
    found = one(profile, delivery(suppliedItem=supplied(itemReference=reference)))
    assert (found.identifiers, found.description) == ((Identifier("internal", "STENT-35"),), "Stent")


@pytest.mark.parametrize(
    ("reference", "code"), [("#x", "item.missing"), ("Device/7", "item.missing"), ("#s", "item.unsupported")]
)
def test_references_that_lead_nowhere_are_refused(profile: Make, reference: str, code: str) -> None:
    contained = [{"resourceType": "Substance", "id": "s"}]
    item = supplied(itemReference={"reference": reference})
    found = faults(profile, delivery(suppliedItem=item, contained=contained))
    assert code in [fault for fault, _ in found]


@pytest.mark.parametrize(
    ("reference", "case"),
    [
        ({"reference": "#e"}, "case-of-V-1"),
        ({"reference": "Encounter/V-2"}, "case-of-V-2"),
        ({"type": "Encounter", "identifier": {"value": "V-3"}}, "case-of-V-3"),
        ({"reference": "Patient/900001"}, None),
        ({"type": "Encounter", "display": "EXAMPLE"}, None),
    ],
)
def test_of_the_encounter_only_a_pseudonym_is_kept(profile: Make, reference: dict[str, Any], case: str | None) -> None:
    encounter = {"resourceType": "Encounter", "id": "e", "identifier": [{"value": "V-1"}]}
    if reference == {"reference": "#e"}:
        reference = reference | {"type": "Encounter"}
    extension = [{"url": "http://x", "valueReference": reference}, {"url": "http://y", "valueString": "x"}]
    found = one(profile, delivery(extension=extension, contained=[encounter], patient={"reference": "Patient/900001"}))
    assert found.case == case
    assert "900001" not in repr(found)
    assert "EXAMPLE" not in repr(found)


def test_too_many_repetitions_are_refused(profile: Make) -> None:
    assert ("structure.too_many", "identifier") in faults(profile, delivery(identifier=[{"value": "x"}] * 11))
    assert ("structure.too_many", "contained[0].udiCarrier") in faults(profile, device(udiCarrier=[{}] * 11))


def test_elements_of_the_wrong_type_are_named(profile: Make) -> None:
    resource = delivery(status=5, identifier="E-1", suppliedItem="stent", destination="OR1", contained="x")
    codes = faults(profile, resource)
    assert [where for code, where in codes if code == "structure.invalid"] == [
        "status",
        "identifier",
        "suppliedItem",
        "destination",
    ]


@pytest.mark.parametrize("body", [b"[]", b"5", b"{}", b'{"resourceType": 5}', b'{"resourceType": "no resource"}'])
def test_what_is_no_resource(profile: Make, body: bytes) -> None:
    with pytest.raises(Rejected) as caught:
        FHIR_R4.envelope(body)
    assert caught.value.code == "structure.invalid"


def test_other_resources_are_refused_by_name(profile: Make) -> None:
    assert faults(profile, {"resourceType": "Observation"}) == [("resource.unsupported", "Observation.resourceType")]


def test_the_envelope(profile: Make) -> None:
    resource = delivery(meta={"source": "urn:or", "lastUpdated": "2026-11-20T10:00:00Z", "versionId": "1"})
    envelope = FHIR_R4.envelope(encode(resource))
    assert (envelope.standard, envelope.message_type, envelope.sender) == ("fhir-r4", "SupplyDelivery", "urn:or")
    assert (envelope.control_id, envelope.version) == (None, None)
    resource["meta"]["lastUpdated"] = "2026-11-20T11:00:00Z"
    reordered = dict(reversed(resource.items()))
    assert FHIR_R4.envelope(json.dumps(reordered, indent=3).encode()) == envelope
    assert FHIR_R4.read(encode(resource), profile()).envelope == envelope
    resource["meta"]["versionId"] = "2"
    assert FHIR_R4.envelope(encode(resource)).fingerprint != envelope.fingerprint
