"""855 and 865: what a supplier says to an order, line by line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.model.item import Identifier
from app.model.quantity import Quantity
from tests.app.standards.x12.house import one, read, told

BAK = "BAK*00*AC*PO-1*20261119****SO-7*20261120"
LINE = "PO1*10*5*CA*98.00**VC*ST-35"


def test_a_confirmation_is_read_with_everything_in_it() -> None:
    found = one(
        "855",
        "BAK*00*AD*PO-1*20261119*2***SO-7*20261120",
        "CUR*SE*USD",
        "REF*AG*OC-9001",
        "DTM*068*20261122",
        "N1*SE*MedSupply*1*123456789",
        LINE,
        "PID*F****CORONARY STENT",
        "ACK*IA*5*CA*017*20261124",
        "CTT*1",
        "AMT*TT*490",
    )
    assert (found.order_number, found.order_revision, found.supplier_order_number) == ("PO-1", "2", "SO-7")
    assert (found.status, found.number, found.currency, found.total) == ("accepted", "OC-9001", "USD", Decimal(490))
    assert (found.confirmed_at, found.ship_on) == (date(2026, 11, 20), date(2026, 11, 22))
    (line,) = found.lines
    assert (line.outcome, line.order_line, line.deliver_on) == ("accepted", "10", date(2026, 11, 24))
    assert line.ordered == line.quantity == Quantity(Decimal(5), "CA", "XCS")
    assert (line.price.amount, line.description, line.reason) == (Decimal("98.00"), "CORONARY STENT", None)


def test_a_line_that_is_split_comes_more_than_once() -> None:
    found = one("855", BAK, LINE, "ACK*IA*3*CA*068*20261122", "ACK*IB*2*CA*017*20261201")
    assert found.status == "changed"
    assert [(line.outcome, line.quantity.value, line.order_line) for line in found.lines] == [
        ("accepted", 3, "10"),
        ("backordered", 2, "10"),
    ]
    assert [(line.ship_on, line.deliver_on) for line in found.lines] == [
        (date(2026, 11, 22), None),
        (None, date(2026, 12, 1)),
    ]


def test_the_parts_of_a_line_are_not_taken_for_the_line() -> None:
    (line,) = one("855", BAK, LINE, "ACK*IA*5*CA", "SLN*1**I*3*EA***VC*PART-1", "ACK*IR*3*EA").lines
    assert (line.outcome, line.quantity.value) == ("accepted", 5)


def test_a_substitute_is_told_beside_what_was_ordered() -> None:
    (line,) = one("855", BAK, LINE, "ACK*IS*5*CA****VC*ST-36*UK*00312345678906").lines
    assert line.outcome == "substituted"
    assert line.identifiers == (Identifier("supplier", "ST-35"),)
    assert line.substitute == (Identifier("supplier", "ST-36"), Identifier("gtin", "00312345678906"))


@pytest.mark.parametrize(
    ("code", "outcome", "reason"),
    [
        ("IA", "accepted", None),
        ("IB", "backordered", None),
        ("IH", "on_hold", None),
        ("IR", "rejected", None),
        ("R2", "rejected", "R2"),
        ("ID", "rejected", "ID"),
        ("IP", "changed", "IP"),
        ("IQ", "changed", "IQ"),
        ("DR", "changed", "DR"),
    ],
)
def test_what_becomes_of_a_line_and_why(code: str, outcome: str, reason: str | None) -> None:
    (line,) = one("855", BAK, LINE, f"ACK*{code}*5*CA").lines
    assert (line.outcome, line.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("code", "status", "outcome", "quantity"),
    [
        ("AC", "accepted", "accepted", 5),
        ("AD", "accepted", "accepted", 5),
        ("AK", "accepted", "accepted", 5),
        ("AE", "changed", "changed", None),
        ("AH", "received", "on_hold", None),
        ("RJ", "rejected", "rejected", None),
    ],
)
def test_a_line_without_a_word_of_its_own_takes_what_is_said_of_the_order(
    code: str, status: str, outcome: str, quantity: int | None
) -> None:
    found = one("855", BAK.replace("AC", code), LINE)
    (line,) = found.lines
    assert (found.status, line.outcome) == (status, outcome)
    assert (line.quantity.value if line.quantity else None) == quantity


def test_the_lines_tell_what_an_order_as_a_whole_has_become() -> None:
    assert one("855", BAK, LINE, "ACK*IA*5*CA").status == "accepted"
    assert one("855", BAK, LINE, "ACK*IB*5*CA").status == "backordered"
    assert one("855", BAK, LINE, "ACK*IA*5*CA", "PO1*20*1*EA***VC*X", "ACK*IR*1*EA").status == "changed"


def test_an_unknown_status_waits_for_a_person_and_a_partner_may_explain_his() -> None:
    sets = ["855", BAK, LINE, "ACK*QX*5*CA"]
    assert ("warning", "outcome.unknown", "ST[1]/ACK[1]-01") in told(read(sets))
    assert (one(*sets).lines[0].outcome, one(*sets).lines[0].reason) == ("on_hold", "QX")
    assert one(*sets, line_outcomes={"QX": "rejected"}).lines[0].outcome == "rejected"


@pytest.mark.parametrize(
    ("segments", "issue"),
    [
        ([LINE, "ACK*IA*five*CA"], ("error", "quantity.invalid", "ST[2]/ACK[1]-02")),
        (["PO1*10*5*CA*98.00"], ("error", "item.missing", "ST[2]/PO1[1]-06")),
        ([LINE, "CTT*4"], ("warning", "count.conflict", "ST[2]/CTT[1]-01")),
        ([LINE, "ACK*IS*5*CA"], ("warning", "substitute.missing", "ST[2]/ACK[1]-07")),
        ([LINE, "ACK*IA*5*ZQ"], ("warning", "unit.unknown", "ST[2]/ACK[1]-03")),
    ],
)
def test_faults_and_oddities_have_their_places(segments: list[str], issue: tuple[str, str, str]) -> None:
    assert issue in told(read(["855", BAK, LINE], ["855", BAK, *segments]))


def test_an_answer_to_a_change_tells_which_change() -> None:
    found = one("865", "BCA*00*AC*PO-1**3*20261119*20261120**20261121", "POC*10*QI*5**EA*9**VC*A", "ACK*IQ*4*EA")
    assert (found.order_revision, found.ordered_at, found.confirmed_at) == ("3", date(2026, 11, 19), date(2026, 11, 21))
    assert (found.lines[0].outcome, found.lines[0].ordered.value, found.lines[0].quantity.value) == ("changed", 5, 4)


def test_an_answer_without_a_beginning_is_refused() -> None:
    assert ("error", "segment.missing", "ST[2]/BCA") in told(read(["855", BAK, LINE], ["865", "POC*1*QI*1**EA***VC*A"]))
