"""SupplyDelivery read as goods receipt and as ship notice, where the channel says that deliveries bring goods."""

from __future__ import annotations

from typing import Any

import pytest

from app.model.goods_receipt import GoodsReceipt
from app.model.party import Party, PartyIdentifier
from app.model.ship_notice import ShipNotice
from tests.app.standards.fhir.conftest import Faults, Reader, bundle, concept

PGN = {"coding": [{"code": "PGN"}]}


def delivery(line: str | None = None, **changes: Any) -> dict[str, Any]:
    identifiers = [{"value": "W1", "type": PGN}] + ([{"value": line}] if line else [])
    return {
        "resourceType": "SupplyDelivery",
        "identifier": identifiers,
        "status": "completed",
        "suppliedItem": {"quantity": {"value": 40, "unit": "BX"}, "itemCodeableConcept": concept("GLOVE-M")},
        "occurrenceDateTime": "2026-11-20T09:00:00Z",
        "supplier": {"display": "Vendor1"},
        "destination": {"identifier": {"value": "DOCK1"}},
    } | changes


def test_a_completed_delivery_is_a_goods_receipt(read: Reader) -> None:
    based_on = [{"reference": "SupplyRequest/r"}]
    asked = {"resourceType": "SupplyRequest", "id": "r", "identifier": [{"value": "PO-1"}]}
    content = bundle("transaction", asked, delivery("1", basedOn=based_on), delivery("2"))
    (found,) = read(content, delivery_means="receipt").documents
    assert isinstance(found, GoodsReceipt)
    assert (found.number, found.location, found.seller) == ("W1", "DOCK1", Party(name="Vendor1"))
    assert [(line.number, line.order_number) for line in found.lines] == [("1", "PO-1"), ("2", None)]


def test_one_in_progress_is_a_ship_notice(read: Reader) -> None:
    (found,) = read(delivery(status="in-progress"), delivery_means="receipt").documents
    assert isinstance(found, ShipNotice)
    assert found.ship_to == Party((PartyIdentifier("internal", "DOCK1"),))
    assert found.shipped_at is not None


def test_every_item_of_r5_is_a_line(read: Reader) -> None:
    items = [{"quantity": {"value": n, "unit": "EA"}, "itemCodeableConcept": concept("A")} for n in (1, 2)]
    (found,) = read(delivery("7", suppliedItem=items), r5=True, delivery_means="receipt").documents
    assert isinstance(found, GoodsReceipt)
    assert [(line.number, str(line.received.value)) for line in found.lines] == [("7", "1"), ("7.1", "2")]


def test_entered_in_error_voids_it(read: Reader) -> None:
    (found,) = read(delivery(status="entered-in-error"), delivery_means="receipt").documents
    assert isinstance(found, GoodsReceipt)
    assert found.action == "cancel"


def test_of_who_received_it_a_number_is_kept_and_no_name(read: Reader) -> None:
    receiver = [{"reference": "Practitioner/4711", "display": "Jones"}]
    (found,) = read(delivery(receiver=receiver), delivery_means="receipt").documents
    assert isinstance(found, GoodsReceipt)
    assert found.received_by == "4711"
    assert "Jones" not in repr(found)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"status": "abandoned"}, ("status.unsupported", "SupplyDelivery.status")),
        ({"status": None}, ("status.missing", "SupplyDelivery.status")),
        (
            {"suppliedItem": {"itemCodeableConcept": concept("A")}},
            ("quantity.missing", "SupplyDelivery.suppliedItem.quantity.value"),
        ),
        (
            {"suppliedItem": {"quantity": {"value": 1, "unit": "EA"}}},
            ("item.missing", "SupplyDelivery.suppliedItem.item[x]"),
        ),
    ],
)
def test_what_is_ambiguous_is_refused(faults: Faults, changes: Any, fault: tuple[str, str]) -> None:
    assert faults(delivery(**changes), delivery_means="receipt") == [fault]


def test_lines_of_different_states_are_no_document(faults: Faults) -> None:
    content = bundle("transaction", delivery("1"), delivery("2", status="in-progress"))
    assert faults(content, delivery_means="receipt") == [("status.conflict", "Bundle.entry[1].resource.status")]
