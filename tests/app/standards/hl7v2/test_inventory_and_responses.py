"""INU^U05 read as an inventory report; ACK, ORS, ORN and MFK read as responses."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.model.inventory_report import InventoryReport
from app.model.response import Response, ResponseFault
from tests.app.standards.hl7v2.messages import Make, faults, oddities, read, segment


def report(make: Make, *segments: str) -> InventoryReport:
    (document,) = read(make, "INU^U05", *segments).documents
    assert isinstance(document, InventoryReport)
    return document


def inv(**changes: str) -> str:
    return segment(
        "INV", **({"f1": "REAG-1^Reagent", "f8": "640", "f11": "mL", "f12": "202701", "f16": "L5"} | changes)
    )


def test_what_there_is_and_what_was_used(profile: Make) -> None:
    found = report(profile, "EQU|AN7^LAB|20261120", inv(f10="360"))
    assert (found.number, found.location, found.type, found.reported_at) == (
        "M-1",
        "AN7",
        "snapshot",
        date(2026, 11, 20),
    )
    there, used = found.lines
    assert (there.activity, there.quantity.value, there.quantity.common_unit) == ("on_hand", 640, "MLT")
    assert (used.activity, used.quantity.value) == ("consumed", 360)
    assert (there.lot, there.expiry, there.description) == ("L5", date(2027, 1, 31), "Reagent")


def test_available_stands_in_for_current(profile: Make) -> None:
    assert report(profile, inv(f8="", f9="7")).lines[0].quantity.value == 7


def test_what_cannot_be_counted(profile: Make) -> None:
    reading = read(profile, "INU^U05", inv(), inv(f8="", f1="STATE"))
    assert oddities(reading) == [("quantity.missing", "INV[2]")]
    assert faults(profile, "INU^U05", "EQU|AN7") == [("segment.missing", "INV")]
    assert faults(profile, "INU^U05", inv(f8="lots")) == [("quantity.invalid", "INV[1]-8")]
    assert faults(profile, "INU^U05", inv(f1="")) == [("item.missing", "INV[1]-1")]


def response(make: Make, kind: str, *segments: str, **_: Any) -> Response:
    (document,) = read(make, kind, *segments).documents
    assert isinstance(document, Response)
    return document


@pytest.mark.parametrize(
    ("code", "level", "status"),
    [
        ("AA", "application", "accepted"),
        ("AE", "application", "rejected"),
        ("AR", "application", "rejected"),
        ("CA", "functional", "received"),
        ("CE", "functional", "rejected"),
        ("CR", "functional", "rejected"),
    ],
)
def test_acknowledgement_codes(profile: Make, code: str, level: str, status: str) -> None:
    found = response(profile, "ACK^O05^ACK", f"MSA|{code}|4711")
    assert (found.level, found.status, found.control_id, found.number) == (level, status, "4711", "M-1")
    assert found.message_type == "OMS^O05"


@pytest.mark.parametrize(
    ("kind", "answered"),
    [("ACK", None), ("ORN^O08", "OMN^O07"), ("MFK^M16", "MFN^M16"), ("ORR^O02", "ORM^O01"), ("ACK^S28", None)],
)
def test_what_is_answered(profile: Make, kind: str, answered: str | None) -> None:
    assert response(profile, kind, "MSA|AA|1").message_type == answered


def test_faults_since_2_5(profile: Make) -> None:
    found = response(profile, "ACK", "MSA|AE|1", "ERR||RQD^2^5^1^1|102^Data type error|E|X1^Own|||Say how many")
    assert found.faults == (ResponseFault("X1", "RQD[2]-5.1", "Say how many"),)


def test_faults_before_2_5(profile: Make) -> None:
    found = response(profile, "ACK", "MSA|AE|1|Bad", "ERR|RQD^2^5^102&Data type error~MSH^^10^101")
    assert [(fault.code, fault.where) for fault in found.faults] == [("102", "RQD[2]-5"), ("101", "MSH[1]-10")]
    assert (found.faults[0].text, found.text) == ("Data type error", "Bad")


def test_what_is_said_of_orders(profile: Make) -> None:
    found = response(profile, "ORS^O06", "MSA|AA|1", "ORC|OK|R-1-1|PR-9|R-1", "ORC|UA|R-1-2||R-1", "ORC|SC|R-1-3")
    assert [(part.control_id, part.status) for part in found.parts] == [
        ("R-1-1", "accepted"),
        ("R-1-2", "rejected"),
        ("R-1-3", "in_process"),
    ]
    assert (found.status, found.refers_to, found.refers_to_kind) == ("accepted_with_errors", "R-1", "requisition")


def test_what_is_said_of_records(profile: Make) -> None:
    found = response(profile, "MFK^M16", "MSA|AA|1", "MFA|MAD|7||S|A", "MFA|MAD|8||U^Unknown|B")
    assert [(part.control_id, part.status, len(part.faults)) for part in found.parts] == [
        ("7", "accepted", 0),
        ("8", "rejected", 1),
    ]
    assert found.parts[1].faults[0] == ResponseFault("U", "B", "Unknown")


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        ([], ("segment.missing", "MSA")),
        (["MSA|XX|1"], ("acknowledgement.unsupported", "MSA[1]-1")),
        (["MSA||1"], ("acknowledgement.missing", "MSA[1]-1")),
        (["MSA|AA"], ("control_id.missing", "MSA[1]-2")),
    ],
)
def test_answers_that_say_nothing(profile: Make, segments: list[str], expected: tuple[str, str]) -> None:
    assert faults(profile, "ACK", *segments) == [expected]
