"""InventoryReport read as inventory report."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.model.envelope import Reading
from app.model.inventory_report import InventoryReport
from app.model.item import Identifier
from app.standards.fhir import inventory
from tests.app.standards.fhir.conftest import Faults, Reader, codes, concept

PACK = {
    "resourceType": "InventoryItem",
    "id": "p",
    "code": [concept("IBU")],
    "status": "active",
    "instance": {
        "identifier": [
            {"type": {"coding": [{"code": "FMD_BARCODE"}]}, "value": "01050991510150511078241PC\x1d17280530211HX"},
            {"type": {"coding": [{"code": "SNO"}]}, "value": "1HX"},
        ],
        "lotNumber": "78241PC",
        "expiry": "2028-05-30",
        "subject": {"reference": "Patient/900001"},
    },
}


def item(value: object = 12, **told: Any) -> dict[str, Any]:
    return {"quantity": {"value": value, "unit": "EA"}, "item": {"concept": concept("GLOVE-M")}} | told


def report(*items: Any, **changes: Any) -> dict[str, Any]:
    listing = {"location": {"identifier": {"value": "PHARM"}}, "item": list(items or [item()])}
    return {
        "resourceType": "InventoryReport",
        "identifier": [{"value": "CNT-1"}],
        "status": "active",
        "countType": "snapshot",
        "reportedDateTime": "2026-11-20T10:30:00Z",
        "inventoryListing": [listing],
    } | changes


def one(reading: Reading) -> InventoryReport:
    (document,) = reading.documents
    assert isinstance(document, InventoryReport)
    return document


def test_a_count(read: Reader) -> None:
    reading = read(report(item(), item(0)), r5=True)
    found = one(reading)
    assert (found.number, found.type, codes(reading)) == ("CNT-1", "snapshot", [])
    assert [(str(line.quantity.value), line.activity, line.location) for line in found.lines] == [
        ("12", "on_hand", "PHARM"),
        ("0", "on_hand", "PHARM"),
    ]


def test_a_contained_item_tells_lot_and_serial_number(read: Reader) -> None:
    found = one(read(report(item(item={"reference": {"reference": "#p"}}), contained=[PACK]), r5=True))
    (line,) = found.lines
    assert (line.lot, line.serial, line.expiry) == ("78241PC", "1HX", date(2028, 5, 30))
    assert line.identifiers == (Identifier("gtin", "05099151015051"), Identifier("internal", "IBU"))
    assert "900001" not in repr(found)


@pytest.mark.parametrize(
    ("operation", "activity", "warned"),
    [
        (concept("addition"), "received", []),
        (concept("subtraction"), "consumed", []),
        ({"text": "recount"}, "adjusted", ["operation.unknown"]),
        (None, "adjusted", ["operation.unknown"]),
    ],
)
def test_differences(read: Reader, operation: Any, activity: str, warned: list[str]) -> None:
    reading = read(report(item(-3), countType="difference", operationType=operation), r5=True)
    (line,) = one(reading).lines
    assert (one(reading).type, line.activity, str(line.quantity.value)) == ("difference", activity, "-3")
    assert codes(reading) == warned


@pytest.mark.parametrize("status", ["requested", "entered-in-error", "bogus"])
def test_what_is_no_report_is_refused(faults: Faults, status: str) -> None:
    assert faults(report(status=status), r5=True) == [("status.unsupported", "InventoryReport.status")]


def test_an_empty_or_unfinished_report_is_odd(read: Reader) -> None:
    reading = read(report(status="draft", inventoryListing=[]), r5=True)
    assert (one(reading).lines, codes(reading)) == ((), ["status.draft", "lines.missing"])


def test_a_circle_of_references_ends(read: Reader) -> None:
    circle = PACK | {"productReference": {"reference": "#p"}}
    assert one(read(report(item(item={"reference": {"reference": "#p"}}), contained=[circle]), r5=True)).lines


def test_too_many_items_are_refused(faults: Faults) -> None:
    listings = report(*[item()] * inventory.MAX_ITEMS)["inventoryListing"] + report()["inventoryListing"]
    assert faults(report(inventoryListing=listings), r5=True) == [
        ("structure.too_many", "InventoryReport.inventoryListing[1].item[0]")
    ]


@pytest.mark.parametrize(
    ("reporter", "name"),
    [
        ({"reference": "Device/robot", "display": "Robot"}, "Robot"),
        ({"reference": "Practitioner/4711", "display": "Jones"}, None),
    ],
)
def test_a_reporter_who_is_a_person_has_no_name(read: Reader, reporter: Any, name: str | None) -> None:
    found = one(read(report(reporter=reporter), r5=True)).reporter
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize("reporter", [{"display": "Jones"}, {"reference": "Patient/900001"}])
def test_a_reporter_who_may_be_anybody_is_left_out(read: Reader, reporter: Any) -> None:
    assert one(read(report(reporter=reporter), r5=True)).reporter is None


def test_r4_has_no_inventory_report(faults: Faults) -> None:
    assert faults(report()) == [("resource.unsupported", "InventoryReport.resourceType")]
