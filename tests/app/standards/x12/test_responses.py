"""997, 999, TA1 and 824 received."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.errors import Rejected
from app.model.response import Response, ResponseFault, ResponsePart
from app.standards.x12.standard import X12_STANDARD
from tests.app.standards.x12.house import one, profile, read, told, wrapped


def test_an_acceptance_names_the_group() -> None:
    found = one("997", "AK1*PO*7", "AK2*850*0001", "AK5*A", "AK9*A*1*1*1")
    assert found == Response(
        "functional", "accepted", "7", message_type="PO", code="A", parts=(ResponsePart("0001", "accepted", "850"),)
    )


@pytest.mark.parametrize(("code", "prefix"), [("997", "AK"), ("999", "IK")])
def test_a_refusal_names_segment_and_element(code: str, prefix: str) -> None:
    found = one(
        code,
        "AK1*PO*7",
        "AK2*850*0001",
        f"{prefix}3*PO1*8**8",
        f"{prefix}4*3*355*7*XX",
        f"{prefix}5*R*5",
        "AK9*R*1*1*0*5",
    )
    assert (found.status, found.code, found.faults) == ("rejected", "R", (ResponseFault("5", "AK9"),))
    assert found.parts[0].faults == (
        ResponseFault("8", "PO1 at 8"),
        ResponseFault("7", "PO1 at 8, element 3"),
        ResponseFault("5", f"{prefix}5"),
    )


@pytest.mark.parametrize(("code", "status"), [("A", "accepted"), ("E", "accepted_with_errors"), ("R", "rejected")])
def test_the_worst_word_on_a_set_stands_where_none_is_said_of_the_group(code: str, status: str) -> None:
    found = one("997", "AK1*PO*7", "AK2*850*0001", "AK5*A", "AK2*850*0002", f"AK5*{code}")
    assert found.status == status
    assert [warning.code for warning in found.warnings] == ["segment.missing"]


@pytest.mark.parametrize(("code", "status"), [("A", "accepted"), ("E", "accepted_with_errors"), ("R", "rejected")])
def test_a_ta1_speaks_of_the_interchange(code: str, status: str) -> None:
    body = wrapped(["997"]).split(b"GS*")[0] + f"TA1*000000007*261120*1200*{code}*025~IEA*0*000000042~".encode()
    (found,) = X12_STANDARD.read(body, profile()).documents
    assert isinstance(found, Response)
    assert (found.control_id, found.status, found.message_type) == ("000000007", status, "ISA")
    assert found.responded_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
    assert found.faults == (ResponseFault("025", "ISA"),)


def test_an_application_advice_speaks_of_a_document() -> None:
    found = one(
        "824",
        "BGN*00*AA-1*20261120*1200",
        "N1*SE*MedSupply*1*123456789",
        "OTI*TR*PO*PO-1*****7*0001*850",
        "TED*024*UNKNOWN SHIP-TO*N1*5*4",
    )
    assert (found.level, found.status, found.number) == ("application", "rejected", "AA-1")
    assert (found.refers_to, found.control_id, found.message_type) == ("PO-1", "7", "850")
    assert found.faults == (ResponseFault("024", "N1 5 4", "UNKNOWN SHIP-TO"),)


@pytest.mark.parametrize(
    ("segments", "issue"),
    [
        (["AK9*A*1*1*1"], ("error", "segment.missing", "ST[2]/AK1")),
        (["AK1*PO*7", "AK9*Z*1*1*1"], ("error", "status.unknown", "ST[2]/AK9[1]-01")),
        (["AK1*PO*7", "AK2*850*1", "AK9*A*1*1*1"], ("warning", "segment.missing", "ST[2]/AK2[1]")),
    ],
)
def test_faults_and_oddities_have_their_places(segments: list[str], issue: tuple[str, str, str]) -> None:
    assert issue in told(read(["997", "AK1*PO*6", "AK9*A*1*1*1"], ["997", *segments]))


def test_an_unknown_word_alone_is_refused() -> None:
    with pytest.raises(Rejected):
        read(["997", "AK1*PO*7", "AK9*Z*1*1*1"])
