"""Envelopes, acknowledgements, and the strictness of what is written."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from app.errors import Issue, Permanent, Rejected
from app.model.envelope import Receipt
from app.model.interchange import Interchange
from app.model.item import Identifier
from app.model.party import Address, Party
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.model.response import Response
from app.standards.edifact import times
from app.standards.edifact.standard import EDIFACT
from tests.app.standards.edifact.messages import interchange, profile, read

SENDING = Interchange(7, datetime(2026, 11, 20, 12, tzinfo=UTC), "14:4399901000018", "MEDHANDEL", test=True)
BODY = interchange("ORDERS", "BGM+220+PO-1+9", "LIN+1++4012345000016:EN", "QTY+21:12:PCE", "QTY+21:X:PCE")
LINE = PurchaseOrderLine("1", Quantity(Decimal(12), "PCE", "H87"), (Identifier("supplier", "NG-1"),))
ORDER = PurchaseOrder("PO-1", (LINE,), ordered_at=date(2026, 11, 20))


def answer(body: bytes, outcome: str = "accepted", issues: tuple[Issue, ...] = ()) -> list[str]:
    receipt = Receipt(outcome, UUID(int=7), SENDING.sent_at, EDIFACT.envelope(body), issues)  # type: ignore[arg-type]
    found = EDIFACT.acknowledge(receipt)
    assert found == EDIFACT.acknowledge(receipt)
    return found.body.decode().split("'")


def written(document: PurchaseOrder | Response, **options: object) -> str:
    return EDIFACT.write(document, profile(**options), SENDING).body.decode("latin-1")


def test_the_envelope() -> None:
    found = EDIFACT.envelope(BODY)
    assert (found.sender, found.control_id, found.message_type) == ("14:4012345500004", "7001", "ORDERS")
    assert found.version == "D.96A EAN008"


def test_an_interchange_of_several_kinds_is_mixed() -> None:
    body = interchange("ORDERS", "BGM+220+PO-1+9").decode()
    other = body[body.index("UNH") : body.index("UNZ")].replace("ORDERS", "INVOIC")
    assert EDIFACT.envelope(body.replace("UNZ", other + "UNZ").encode()).message_type == "mixed"


def test_all_is_well() -> None:
    found = answer(BODY)
    assert found[1:5] == [
        "UNB+UNOC:3+4399901000011:14+4012345500004:14+261120:1200+00000000000007",
        "UNH+1+CONTRL:D:3:UN",
        "UCI+7001+4012345500004:14+4399901000011:14+7",
        "UNT+3+1",
    ]


def test_nothing_is_answered_where_nobody_asks() -> None:
    quiet = BODY.replace(b"++++1'", b"'")
    assert answer(quiet) == [""]
    assert answer(quiet, "rejected")[3].endswith("+4+18")
    assert answer(interchange("CONTRL", "UCI+7+A+B+9"), "rejected") == [""]


def test_the_negative_answer_names_the_place() -> None:
    with pytest.raises(Rejected) as caught:
        read(BODY)
    found = answer(BODY, "rejected", caught.value.issues)
    assert found[3:9] == [
        "UCI+7001+4012345500004:14+4399901000011:14+4+18",
        "UCM+1+ORDERS:D:96A:UN:EAN008+4",
        "UCS+5",
        "UCD+12+2:2",
        "UNT+6+1",
        "UNZ+1+00000000000007",
    ]


@pytest.mark.parametrize(
    ("outcome", "issue", "end"),
    [
        ("conflict", None, "+4+26"),
        ("unavailable", None, "+4+18"),
        ("rejected", Issue("character_set.unsupported", "UNB-01", ""), "+4+2+UNB+2"),
        ("rejected", Issue("something.else", "nowhere", ""), "+4+18"),
        ("accepted", Issue("quantity.invalid", "UNH[1]/QTY[2]-01.2", ""), "+7"),
    ],
)
def test_outcomes(outcome: str, issue: Issue | None, end: str) -> None:
    assert answer(BODY, outcome, (issue,) if issue else ())[3].endswith(end)


def test_our_answers_can_be_read_by_ourselves() -> None:
    issues = (Issue("quantity.invalid", "UNH[1]/QTY[2]-01.2", ""), Issue("segment.missing", "UNH[1]/BGM", ""))
    body = "'".join(answer(BODY, "accepted", issues)).encode()
    (found,) = read(body).documents
    assert isinstance(found, Response)
    assert (found.status, found.control_id) == ("accepted_with_errors", "7001")
    told = [(one.code, one.where) for one in found.parts[0].faults]
    assert told == [("13", None), ("12", "segment 5 element 01.2")]


def test_what_is_written_by_default() -> None:
    found = written(ORDER).split("'")
    assert found[0] == "UNA:+.? "
    assert found[1] == "UNB+UNOC:3+4399901000018:14+MEDHANDEL+261120:1300+7++++1++1"
    assert found[2] == "UNH+1+ORDERS:D:01B:UN:EAN010"
    assert found[-3:] == ["UNT+9+1", "UNZ+1+7", ""]


def test_options_of_writing() -> None:
    found = written(
        ORDER,
        directory="D.96A",
        character_set="UNOY",
        lines=True,
        ask_acknowledgement=False,
        message_versions={"ORDERS": "D:93A:UN:EAN007"},
    )
    assert found.startswith("UNA:+.? '\r\nUNB+UNOY:4+4399901000018:14+MEDHANDEL+20261120:1300+7++++++1'\r\n")
    assert "UNH+1+ORDERS:D:93A:UN:EAN007'\r\n" in found


def test_prose_is_written_in_the_partners_characters_and_codes_never_change() -> None:
    order = replace(ORDER, note="Größe „M“ zu 5 €, Łódź 漢")
    assert 'Größe "M" zu 5 EUR, Lódz ??' in written(order)
    with pytest.raises(Permanent):
        written(replace(ORDER, contract="Ł-1"))


@pytest.mark.parametrize(
    "document",
    [
        replace(ORDER, type="bill_only"),
        replace(ORDER, number="X" * 36),
        replace(ORDER, lines=(replace(LINE, number="1234567"),)),
        replace(ORDER, lines=(replace(LINE, action="cancel"),)),
        replace(ORDER, lines=(replace(LINE, quantity=Quantity(Decimal("1.5"), "CA", "XCS")),)),
        replace(ORDER, ordered_at=datetime(2026, 11, 20, 12, 0, 0, 5, tzinfo=UTC)),
        replace(ORDER, buyer=Party((), "Name", Address(("x",) * 5))),
        Response("application", "accepted", control_id="7"),
    ],
    ids=["type", "number", "line", "action", "unit", "time", "address", "response"],
)
def test_what_has_no_place_is_refused(document: PurchaseOrder | Response) -> None:
    with pytest.raises(Permanent) as caught:
        written(document)
    assert caught.value.code == "document.not_carried"


def test_an_agreed_code_makes_a_place() -> None:
    order = replace(ORDER, type="bill_only")
    body = written(order, order_types={"bill_only": "22E"}).encode("latin-1")
    assert "BGM+22E+PO-1+9" in body.decode()
    (found,) = EDIFACT.read(body, profile(order_types={"bill_only": "22E"})).documents
    assert found == order


def test_the_hour_that_comes_twice_keeps_its_offset() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert times.write(datetime(2026, 10, 25, 0, 30, tzinfo=UTC), berlin) == ["202610250030UTC", "303"]
    assert times.write(datetime(2026, 10, 25, 3, 30, tzinfo=UTC), berlin) == ["202610250430", "203"]
