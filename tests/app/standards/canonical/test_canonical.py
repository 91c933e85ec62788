"""Wardline's own JSON: objects, lists and lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app.errors import Issue, Rejected
from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.envelope import Reading, Receipt
from app.model.item import Identifier
from app.standards.canonical import syntax
from app.standards.canonical.standard import CANONICAL

Make = Callable[..., Profile]


def record(number: str = "E-1", **changes: Any) -> dict[str, Any]:
    return {
        "event_id": number,
        "kind": "use",
        "occurred_at": "2026-11-20T08:00:00+01:00",
        "identifiers": [{"scheme": "internal", "value": "SUTURE-30"}],
        "quantity": {"value": "2", "unit": "BX"},
        "location": "WARD3",
    } | changes


def read(make: Make, content: object) -> Reading:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return CANONICAL.read(body, make())


def one(make: Make, **changes: Any) -> Consumption:
    (document,) = read(make, record(**changes)).documents
    return document


def faults(make: Make, content: object) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as caught:
        read(make, content)
    return [(issue.code, issue.where) for issue in caught.value.issues]


def lines(*records: object) -> bytes:
    return "".join(json.dumps(entry) + "\n" for entry in records).encode()


def test_everything_a_sender_may_say(profile: Make) -> None:
    found = one(
        profile,
        kind="waste",
        description="dropped",
        udi="(01)00812345678901(17)280630(10)L1",
        serial="S1",
        department="SURG",
        cost_centre="4711",
        case_id=" V-1 ",
    )
    assert (found.kind, found.facility, found.location, found.description) == ("waste", "GEN", "WARD3", "dropped")
    assert (found.lot, found.serial, str(found.expiry), found.case) == ("L1", "S1", "2028-06-30", "case-of-V-1")
    assert (found.department, found.cost_centre, found.quantity.unit) == ("SURG", "4711", "BX")
    assert [name.scheme for name in found.identifiers] == ["gtin", "internal"]
    assert found.warnings == ()


def test_the_unit_is_the_channels_where_none_is_told(profile: Make) -> None:
    assert one(profile, quantity={"value": 2}).quantity.unit == "EA"


@pytest.mark.parametrize(
    "content",
    [
        record("A"),
        [record("A")],
        lines(record("A")),
        json.dumps(record("A"), indent=2).encode(),
        json.dumps(record("A"), indent=0).encode(),
        b"\n\n" + lines(record("A")),
    ],
)
def test_one_record_in_every_form(profile: Make, content: object) -> None:
    assert [document.event_id for document in read(profile, content).documents] == ["A"]


@pytest.mark.parametrize(
    "content",
    [
        [record("A"), record("B")],
        lines(record("A"), record("B")),
        lines(record("A")) + b"\r\n\n" + lines(record("B")),
        b"\xef\xbb\xbf" + lines(record("A"), record("B")),
    ],
)
def test_two_records_in_every_form(profile: Make, content: object) -> None:
    assert [document.event_id for document in read(profile, content).documents] == ["A", "B"]


def test_every_fault_is_told_with_its_line(profile: Make) -> None:
    content = lines(record("A", kind="eat"), record("B"), record("C", quantity={"value": "0"}, patient="x"))
    assert faults(profile, content) == [
        ("kind.invalid", "line 1: kind"),
        ("field.unknown", "line 3: patient"),
        ("quantity.invalid", "line 3: quantity.value"),
    ]


def test_faults_of_a_list_are_told_with_their_entry(profile: Make) -> None:
    content = [record("A"), record("B", identifiers=[{"scheme": "internal", "value": ""}])]
    assert faults(profile, content) == [("identifiers.missing", "entry 2: identifiers.0.value")]


def test_faults_of_a_single_object_are_told_with_their_field(profile: Make) -> None:
    assert faults(profile, record(occurred_at="2026-11-20T08:00:00")) == [("occurred_at.invalid", "occurred_at")]
    assert faults(profile, record(occurred_at="0001-01-01T00:00:00Z")) == [("occurred_at.invalid", "occurred_at")]


def test_lines_that_are_no_json_are_told_together(profile: Make) -> None:
    content = lines(record("A")) + b'{"a": \n{"b": NaN}\n'
    assert faults(profile, content) == [("json.invalid", "line 2"), ("json.number", "line 3")]


@pytest.mark.parametrize("content", [b"", b"  \n ", b"[]", b"null", b"5", b'"x"', b"[5]", b"[[]]", b"{", b"{}{}"])
def test_what_is_no_record(profile: Make, content: bytes) -> None:
    assert faults(profile, content)


def test_what_belongs_to_a_patient_is_not_even_named(profile: Make) -> None:
    found = faults(profile, record(**{"Doe John": 1, "patient": {"name": "Doe"}}))
    assert sorted(found) == [("field.unknown", "?"), ("field.unknown", "patient")]


def test_one_number_for_two_records_is_refused(profile: Make) -> None:
    assert faults(profile, lines(record("A"), record("B"), record("A"))) == [("event_id.duplicate", "line 3: event_id")]


def test_marks_that_disagree_are_refused(profile: Make) -> None:
    content = record(udi="(01)00812345678901(10)L1", lot="L2")
    assert faults(profile, content) == [("lot.conflict", "lot")]


def test_gtins_have_fourteen_digits(profile: Make) -> None:
    found = one(profile, identifiers=[{"scheme": "gtin", "value": "812345678901"}, {"scheme": "gtin", "value": "12"}])
    assert found.identifiers == (Identifier("gtin", "00812345678901"),)
    assert [issue.code for issue in found.warnings] == ["gtin.invalid"]
    assert faults(profile, record(identifiers=[{"scheme": "gtin", "value": "12"}])) == [
        ("identifiers.missing", "identifiers")
    ]


def test_a_reversal(profile: Make) -> None:
    assert one(profile, kind="reversal", reverses="E-0").reverses == "E-0"
    assert faults(profile, record(kind="reversal")) == [("reverses.missing", "reverses")]
    assert faults(profile, record(reverses="E-0")) == [("reverses.invalid", "reverses")]


def test_too_many_records_are_refused(profile: Make) -> None:
    assert faults(profile, b"{}\n" * (syntax.MAX_RECORDS + 1)) == [("record.too_many", "message")]
    assert faults(profile, b"[" + b"5," * syntax.MAX_RECORDS + b"5]") == [("record.too_many", "message")]


def test_the_envelope(profile: Make) -> None:
    envelope = CANONICAL.envelope(lines(record("A")))
    assert (envelope.standard, envelope.message_type, envelope.sender) == ("canonical", "consumption", "")
    assert envelope.control_id is None
    pretty = json.dumps(dict(reversed(record("A").items())), indent=4).encode()
    assert CANONICAL.envelope(pretty) == envelope
    assert read(profile, pretty).envelope == envelope
    assert CANONICAL.envelope(lines(record("B"))).fingerprint != envelope.fingerprint


def test_yes() -> None:
    odd = Issue("gtin.check_digit", "line 1: identifiers.0.value", "wrong", "warning")
    answer = CANONICAL.acknowledge(Receipt("accepted", UUID(int=7), issues=(odd,)))
    assert answer.content_type == "application/json"
    assert json.loads(answer.body) == {
        "id": str(UUID(int=7)),
        "state": "accepted",
        "issues": [{"code": odd.code, "where": odd.where, "text": "wrong", "severity": "warning"}],
    }


def test_no_is_a_problem_with_every_fault() -> None:
    faults = (Issue("kind.invalid", "line 1: kind", "x"), Issue("lot.invalid", "line 2: lot", "y"))
    answer = CANONICAL.acknowledge(Receipt("rejected", issues=faults))
    problem = json.loads(answer.body)
    assert answer.content_type == "application/problem+json"
    assert (problem["type"], problem["code"]) == ("urn:wardline:problem:rejected", "kind.invalid")
    assert problem["detail"] == "x (line 1: kind)"
    assert [issue["where"] for issue in problem["issues"]] == ["line 1: kind", "line 2: lot"]
    assert "status" not in problem
