"""Every kind of document as canonical JSON, read and written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from app.errors import Permanent, Rejected
from app.model.channel import Channel, Profile
from app.model.consumption import Consumption
from app.model.documents import KINDS
from app.model.findings import MAX_ISSUES
from app.model.interchange import Interchange
from app.model.item import Identifier
from app.model.quantity import Quantity
from app.standards.canonical.options import CanonicalOptions
from app.standards.canonical.standard import CANONICAL
from tests.documents import documents

Make = Callable[..., Profile]
SENT = Interchange(7, datetime(2026, 11, 20, 12, tzinfo=UTC), "WARDLINE", "PARTNER")
PLAIN = Profile(Channel("partner", "canonical", "GEN"), lambda number: f"case-{number}")


def requisition(**changes: Any) -> dict[str, Any]:
    return {
        "document": "requisition",
        "number": "R-1",
        "lines": [
            {
                "number": "1",
                "quantity": {"value": "3", "unit": "BX"},
                "identifiers": [
                    {"scheme": "internal", "value": "SUT-30"},
                    {"scheme": "gtin", "value": "4006381333931"},
                ],
            }
        ],
    } | changes


NOTICE = {
    "document": "ship_notice",
    "number": "S-1",
    "lines": [{"quantity": {"value": "1", "unit": "EA"}, "udi": "(01)00812345678901(17)280630(10)L1"}],
}


def read(make: Make, *records: Any, **changes: Any) -> Any:
    body = "\n".join(json.dumps(record) for record in records).encode()
    return CANONICAL.read(body, make(**changes))


def faults(make: Make, *records: Any, **changes: Any) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as caught:
        read(make, *records, **changes)
    return [(issue.code, issue.where) for issue in caught.value.issues]


def test_a_requisition(profile: Make) -> None:
    reading = read(profile, requisition(case_id=" V-1 "))
    (document,) = reading.documents
    assert (reading.envelope.message_type, reading.mapping) == ("requisition", "canonical.requisition/1")
    assert document.lines[0].identifiers == (Identifier("internal", "SUT-30"), Identifier("gtin", "04006381333931"))
    assert (document.case, document.warnings) == ("case-of-V-1", ())


def test_a_sender_may_not_write_a_pseudonym_or_warnings(profile: Make) -> None:
    assert faults(profile, requisition(case="case-1", warnings=[])) == [
        ("field.unknown", "case"),
        ("field.unknown", "warnings"),
    ]
    assert faults(profile, NOTICE | {"case_id": "V-1"}) == [("field.unknown", "case_id")]


def test_what_is_marked_on_goods_is_read_from_their_udi(profile: Make) -> None:
    (line,) = read(profile, NOTICE).documents[0].lines
    assert (line.lot, str(line.expiry), line.identifiers) == (
        "L1",
        "2028-06-30",
        (Identifier("gtin", "00812345678901"),),
    )
    other = NOTICE | {"lines": [NOTICE["lines"][0] | {"lot": "L2"}]}
    assert faults(profile, other) == [("lot.conflict", "lines.0.lot")]


def test_kinds_may_be_mixed(profile: Make) -> None:
    reading = read(profile, requisition(), NOTICE)
    assert [document.document_kind for document in reading.documents] == ["requisition", "ship_notice"]
    assert (reading.envelope.message_type, reading.mapping) == ("mixed", "canonical.mixed/1")


def test_every_fault_is_told_with_its_place(profile: Make) -> None:
    lines = [
        {"quantity": {"value": "1,5"}, "number": "1"},
        {"number": "2", "quantity": {"value": "1"}, "identifiers": [{"scheme": "sku", "value": "A"}]},
        {"number": "3", "quantity": {"value": "1"}, "identifiers": [{"scheme": "gtin", "value": "12"}]},
    ]
    assert faults(profile, requisition(lines=lines[:1]), NOTICE | {"number": ""}, requisition(lines=lines[1:])) == [
        ("quantity.invalid", "line 1: lines.0.quantity.value"),
        ("number.missing", "line 2: number"),
        ("identifiers.invalid", "line 3: lines.0.identifiers.0.scheme"),
        ("identifiers.missing", "line 3: lines.0.identifiers"),
        ("identifiers.missing", "line 3: lines.1.identifiers"),
    ]


@pytest.mark.parametrize("document", ["order", "", 7, None, []])
def test_a_kind_that_is_none(profile: Make, document: Any) -> None:
    assert faults(profile, requisition(document=document)) == [("document.invalid", "document")]


def test_units_are_common_where_the_sender_or_the_options_say_so(profile: Make) -> None:
    told = requisition()
    told["lines"][0]["quantity"]["common_unit"] = "XBX"
    assert read(profile, told).documents[0].lines[0].quantity.common_unit == "XBX"
    options = CanonicalOptions(units={"BX": "XBX"})
    assert read(profile, requisition(), options=options).documents[0].lines[0].quantity.common_unit == "XBX"
    told["lines"][0]["quantity"]["common_unit"] = "BOX"
    assert [issue.code for issue in read(profile, told).issues] == ["common_unit.unknown"]
    assert faults(profile, told, options=CanonicalOptions(strict=("common_unit.unknown",))) == [
        ("common_unit.unknown", "lines.0.quantity.common_unit")
    ]


def test_a_hundred_faults_are_enough(profile: Make) -> None:
    assert len(faults(profile, *[{"document": "invoice"}] * 500)) == MAX_ISSUES


@pytest.mark.parametrize("kind", KINDS)
def test_every_document_of_every_kind_comes_back(kind: str) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(documents(kind))
    def check(document: Any) -> None:
        written = CANONICAL.write(document, PLAIN, SENT)
        (found,) = CANONICAL.read(written.body, PLAIN).documents
        assert replace(found, warnings=()) == document
        assert (written.message_type, written.control_id) == (kind, "7")

    check()


USE = Consumption(
    "E-1",
    "use",
    datetime(2026, 11, 20, 8, tzinfo=UTC),
    (Identifier("internal", "A"),),
    Quantity(Decimal("0.000000001"), "EA"),
    "GEN",
    "OR1",
)


def test_what_is_ours_stays_at_home() -> None:
    written = CANONICAL.write(replace(USE, case="case-1"), PLAIN, SENT)
    assert json.loads(written.body) == {
        "document": "consumption",
        "event_id": "E-1",
        "kind": "use",
        "occurred_at": "2026-11-20T08:00:00+00:00",
        "identifiers": [{"scheme": "internal", "value": "A"}],
        "quantity": {"value": "0.000000001", "unit": "EA"},
        "location": "OR1",
    }


@pytest.mark.parametrize("document", [replace(USE, facility="LAB"), replace(USE, quantity=Quantity(Decimal(1)))])
def test_what_would_be_read_as_something_else_is_not_written(document: Consumption) -> None:
    with pytest.raises(Permanent) as caught:
        CANONICAL.write(document, PLAIN, SENT)
    assert caught.value.code == "document.not_carried"
