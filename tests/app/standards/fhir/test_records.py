"""Devices, definitions, stock items, organisations and locations read as records."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.model.item import Identifier
from app.model.item_record import ItemRecord, Pack
from app.model.party import Address, Contact, Party, PartyIdentifier
from app.model.registry_records import LocationRecord, SupplierRecord
from tests.app.standards.fhir.conftest import Faults, Reader, bundle, codes, concept

GS1 = "http://hl7.org/fhir/NamingSystem/gs1-di"
ADDRESS = {"line": ["Galapagosweg 91"], "city": "Den Burg", "postalCode": "9105 PZ", "country": "NLD"}
PHONE = {"system": "phone", "value": "022-655 2300"}


def record(read: Reader, content: Any, **options: Any) -> Any:
    (document,) = read(content, **options).documents
    return document


def test_a_device_is_one_piece_of_an_item(read: Reader) -> None:
    device = {
        "resourceType": "Device",
        "id": "7",
        "identifier": [{"system": "HOSP", "value": "STENT-35"}],
        "udiCarrier": [{"carrierHRF": "(01)00812345678901(17)280630(10)L1(21)S1"}],
        "status": "active",
        "manufacturer": "Acme",
        "modelNumber": "CS-35",
        "type": concept("14106009", "http://snomed.info/sct"),
        "patient": {"reference": "Patient/900001"},
    }
    found = record(read, device)
    assert isinstance(found, ItemRecord)
    assert (found.number, found.action, found.status, found.type) == ("STENT-35", "update", "active", "14106009")
    assert (found.lot, found.serial, found.expiry) == ("L1", "S1", date(2028, 6, 30))
    assert (found.manufacturer, found.model) == (Party(name="Acme"), "CS-35")
    assert "900001" not in repr(found)


@pytest.mark.parametrize("kind", ["Device", "Medication"])
def test_entered_in_error_deletes_the_record(read: Reader, kind: str) -> None:
    found = record(read, {"resourceType": kind, "id": "7", "status": "entered-in-error"})
    assert (found.number, found.action) == ("7", "delete")


def test_a_definition_of_r5_tells_its_packages(read: Reader) -> None:
    inner = {"type": {"text": "box"}, "count": 5, "udiDeviceIdentifier": [_carrier("10812345678908")]}
    definition = {
        "resourceType": "DeviceDefinition",
        "identifier": [{"value": "STENT-35"}],
        "udiDeviceIdentifier": [_carrier("00812345678901")],
        "partNumber": "CS-35-18",
        "manufacturer": {"display": "Acme"},
        "packaging": [{"type": {"text": "case"}, "count": 4, "packaging": [inner]}],
        "productionIdentifierInUDI": ["lot-number", "expiration-date"],
    }
    found = record(read, definition, r5=True)
    assert found.packs == (
        Pack("case", Decimal(20), "XCS"),
        Pack("box", Decimal(5), "XBX", "10812345678908"),
    )
    assert (found.lot_tracked, found.serial_tracked, found.expiry_tracked) == (True, None, True)
    assert found.identifiers == (Identifier("gtin", "00812345678901"), Identifier("manufacturer", "CS-35-18"))


def _carrier(value: str) -> dict[str, str]:
    return {"deviceIdentifier": value, "issuer": GS1, "jurisdiction": "https://www.fda.gov"}


def test_what_a_stock_item_holds_is_not_kept(read: Reader) -> None:
    item = {
        "resourceType": "InventoryItem",
        "id": "i",
        "status": "inactive",
        "code": [concept("IBU")],
        "baseUnit": concept("{tbl}", "http://unitsofmeasure.org"),
        "netContent": {"value": 30},
    }
    reading = read(item, r5=True)
    (found,) = reading.documents
    assert isinstance(found, ItemRecord)
    assert (found.base_unit, found.common_unit, found.status) == ("{tbl}", "U2", "inactive")
    assert codes(reading) == ["net_content.ignored"]


@pytest.mark.parametrize(
    ("content", "r5"),
    [
        ({"telecom": [PHONE], "address": [ADDRESS]}, False),
        ({"contact": [{"telecom": [PHONE], "address": ADDRESS}]}, True),
    ],
)
def test_an_organisation(read: Reader, content: Any, r5: bool) -> None:
    person = {"name": {"text": "Jones"}, "telecom": [{"system": "phone", "value": "1"}]}
    content["contact"] = [person, *content.get("contact", [])]
    numbers = [{"system": "https://www.gs1.org/gln", "value": "4012345000009"}, {"system": "urn:x", "value": "91654"}]
    organization = {"resourceType": "Organization", "identifier": numbers, "active": False, "name": "Burgers"} | content
    found = record(read, organization | {"partOf": {"reference": "Organization/f001"}}, r5=r5)
    assert isinstance(found, SupplierRecord)
    assert (found.number, found.status, found.part_of) == ("4012345000009", "inactive", "f001")
    assert found.party == Party(
        (PartyIdentifier("gln", "4012345000009"), PartyIdentifier("name", "91654")),
        "Burgers",
        Address(("Galapagosweg 91",), "Den Burg", None, "9105 PZ", "NLD"),
        Contact(phone="022-655 2300"),
    )


def test_the_channel_may_know_more_systems_of_parties(read: Reader) -> None:
    organization = {"resourceType": "Organization", "identifier": [{"system": "urn:x", "value": "91654"}]}
    found = record(read, organization, party_systems={"urn:x": "account"})
    assert found.party.identifiers == (PartyIdentifier("account", "91654"),)


def test_a_location(read: Reader) -> None:
    location = {
        "resourceType": "Location",
        "id": "2",
        "identifier": [{"value": "B1-S.F2.1.00"}],
        "status": "suspended",
        "name": "South Wing Neuro OR 1",
        "physicalType": concept("ro"),
        "partOf": {"reference": "Location/1"},
        "managingOrganization": {"reference": "Organization/f001"},
    }
    found = record(read, location)
    assert isinstance(found, LocationRecord)
    assert (found.number, found.name, found.status) == ("B1-S.F2.1.00", "South Wing Neuro OR 1", "inactive")
    assert (found.type, found.part_of, found.managed_by) == ("ro", "1", "f001")


def test_a_record_without_a_number_is_refused(faults: Faults) -> None:
    assert faults({"resourceType": "Location", "name": "Cellar"}) == [("number.missing", "Location.identifier")]


def test_records_of_a_search_are_read_but_not_what_it_brought_along(read: Reader) -> None:
    content = bundle("searchset", {"resourceType": "Location", "id": "1"}, {"resourceType": "Organization", "id": "2"})
    content["entry"][1]["search"] = {"mode": "include"}
    assert [document.document_kind for document in read(content).documents] == ["location"]


def test_two_records_with_one_number_are_refused(faults: Faults) -> None:
    twice = [{"resourceType": "Location", "identifier": [{"value": "OR1"}]}] * 2
    assert faults(bundle("collection", *twice)) == [
        ("number.duplicate", "Bundle.entry[0].resource.identifier"),
        ("number.duplicate", "Bundle.entry[1].resource.identifier"),
    ]
