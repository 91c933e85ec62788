"""Our answers: 997, 999 and TA1, deterministic, with places, and readable by our own reader."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.errors import Rejected
from app.model.envelope import Receipt
from app.model.response import Response
from app.standards.x12.options import X12Options
from app.standards.x12.standard import X12_STANDARD
from tests.app.standards.x12.house import profile, wrapped

GOOD = ["850", "BEG*00*NE*PO-1**20261120", "PO1*1*2*CA*3.50**VC*A-1"]
BAD = ["850", "BEG*00*NE*PO-2**20261120", "PO1*1*two*CA*3.50**VC*A-1"]
MESSAGE = UUID(int=7)
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def receipt(body: bytes, **changes: Any) -> Receipt:
    """What intake says to a body."""
    envelope = None
    try:
        envelope = X12_STANDARD.envelope(body)
        issues, outcome = X12_STANDARD.read(body, profile()).issues, "accepted"
    except Rejected as error:
        issues, outcome = error.issues, "rejected"
    return replace(Receipt(outcome, MESSAGE, AT, envelope, tuple(issues)), **changes)  # type: ignore[arg-type]


def segments(body: bytes, **changes: Any) -> list[str]:
    answer = X12_STANDARD.acknowledge(receipt(body, **changes)).body.decode()
    return [line for line in answer.replace("\n", "").split("~") if line]


def tags(found: list[str]) -> list[str]:
    return [segment.split("*")[0] for segment in found]


def test_what_is_stored_is_accepted() -> None:
    found = segments(wrapped(GOOD))
    assert tags(found) == ["ISA", "GS", "ST", "AK1", "AK2", "AK5", "AK9", "SE", "GE", "IEA"]
    assert {"AK1*PO*42", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1", "SE*6*0001"} <= set(found)
    assert found[1].startswith("GS*FA*WARDLINE*123456789*")


def test_one_bad_set_of_two_is_refused_with_its_place() -> None:
    found = segments(wrapped(GOOD, BAD))
    assert {"AK5*A", "AK3*PO1*3**8", "AK4*2**6", "AK5*R*5", "AK9*P*2*2*1"} <= set(found)


def test_all_bad_is_refused() -> None:
    found = segments(wrapped(BAD))
    assert {"AK5*R*5", "AK9*R*1*1*0"} <= set(found)


def test_a_missing_segment_is_named() -> None:
    assert "AK3*BEG*2**3" in segments(wrapped(["850", "PO1*1*2*CA*3.50**VC*A-1"]))


def test_release_5010_is_answered_with_a_999() -> None:
    found = segments(wrapped(BAD, version="005010"))
    assert {"AK1*PO*42*005010", "IK3*PO1*3**8", "IK4*2**6", "IK5*R*5"} <= set(found)
    assert "ST*999*0001" in found


def test_a_partner_may_want_the_other_form() -> None:
    assert "ST*999*0001" in segments(wrapped(GOOD), options=X12Options(acknowledgement="999"))


@pytest.mark.parametrize(("asked", "wanted"), [("0", False), ("1", True)])
def test_a_ta1_is_sent_where_it_is_asked_for(asked: str, wanted: bool) -> None:
    found = segments(wrapped(GOOD, asked=asked))
    assert ("TA1*000000042*261120*1200*A*000" in found) == wanted
    assert "AK9*A*1*1*1" in found


def test_what_cannot_be_read_gets_a_ta1() -> None:
    found = segments(b"hello")
    assert tags(found) == ["ISA", "TA1", "IEA"]
    assert found[1].endswith("*R*022")


def test_a_control_number_used_for_something_else_is_told() -> None:
    found = segments(wrapped(GOOD), outcome="conflict")
    assert found[1].endswith("*R*025")


def test_a_segment_missing_within_a_level_is_named_at_its_position() -> None:
    found = segments(wrapped(["856", "BSN*00*A-1*20261120*1200", "HL*1**S", "HL*2*1*I", "LIN**VC*A"]))
    assert "AK3*SN1*5**3" in found


def test_a_set_whose_envelope_is_wrong_is_accepted_with_a_word_on_it() -> None:
    found = segments(wrapped(GOOD).replace(b"SE*4*0001", b"SE*9*0002"))
    assert {"AK5*E*3*4", "AK9*E*1*1*1"} <= set(found)


def test_a_set_that_is_not_read_is_told_so() -> None:
    assert {"AK2*850*0001", "AK5*A", "AK2*204*0002", "AK5*R*1", "AK9*P*2*2*1"} <= set(segments(wrapped(GOOD, ["204"])))


def test_what_could_not_be_stored_is_refused_without_a_fault() -> None:
    found = segments(wrapped(GOOD), outcome="unavailable")
    assert tags(found) == ["ISA", "TA1", "IEA"]
    assert found[1].endswith("*R*000")


def test_answers_are_not_answered() -> None:
    for body in (
        wrapped(["997", "AK1*PO*7", "AK9*A*1*1*1"]),
        wrapped(GOOD).split(b"GS*")[0] + b"TA1*7*261120*1200*A*000~IEA*0*000000042~",
    ):
        assert X12_STANDARD.acknowledge(receipt(body)).body == b""


def test_equal_receipts_get_equal_bytes() -> None:
    first = receipt(wrapped(GOOD, BAD))
    assert X12_STANDARD.acknowledge(first) == X12_STANDARD.acknowledge(replace(first, outcome="duplicate"))
    assert X12_STANDARD.acknowledge(first) != X12_STANDARD.acknowledge(replace(first, message_id=UUID(int=8)))


def test_our_own_reader_understands_the_answer() -> None:
    answer = X12_STANDARD.acknowledge(receipt(wrapped(GOOD, BAD))).body
    (response,) = X12_STANDARD.read(answer, profile()).documents
    assert isinstance(response, Response)
    assert (response.control_id, response.status) == ("42", "accepted_with_errors")
    assert [(part.control_id, part.status) for part in response.parts] == [("0001", "accepted"), ("0002", "rejected")]
    assert [fault.where for fault in response.parts[1].faults] == ["PO1 at 3", "PO1 at 3, element 2", "AK5"]
