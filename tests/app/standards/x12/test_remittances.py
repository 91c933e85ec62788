"""820: written, read, and the same after both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from app.errors import Permanent, Rejected
from app.model.remittance import Remittance, RemittanceLine
from app.standards.x12.standard import X12_STANDARD
from tests import strategies as some
from tests.app.standards.x12.house import INTERCHANGE, back, one, profile, read, told

HEAD = ["BPR*I*100.00*C*ACH*CTX*01*053000219*DA*2000014804300*******20261120", "TRN*1*PAY-1"]
SAFE = some.BASIC_CHARACTERS

lines = st.builds(
    RemittanceLine,
    invoice=some.codes(),
    paid=some.amounts(),
    type=st.sampled_from(["invoice", "credit_note"]),
    invoiced=some.maybe(some.amounts()),
    discount=some.maybe(some.amounts()),
    order_number=some.maybe(some.codes()),
    note=some.maybe(some.prose(SAFE)),
)
remittances = st.builds(
    Remittance,
    number=some.codes(),
    amount=some.amounts(),
    lines=some.several(lines),
    paid_at=some.maybe(some.days()),
    currency=some.maybe(st.sampled_from(["USD", "CAD"])),
    method=some.maybe(st.sampled_from(["ACH", "CHK", "FWT"])),
    payer=some.maybe(some.parties(["gln"])),
    payee=some.maybe(some.parties(["account"])),
    note=some.maybe(some.prose(SAFE)),
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(remittances)
def test_written_and_read_it_is_the_same(remittance: Remittance) -> None:
    assert replace(back(remittance), warnings=()) == remittance


def test_adjustments_count_where_they_stand_alone_and_never_twice() -> None:
    adjustment = ["ENT*1", "ADX*-10.00*ZZ*CM*CM-1"]
    paid = ["RMR*IV*INV-1*PI*110.00*112.00*2.00", "ADX*-2.00*01", "REF*PO*PO-1"]
    reading = read(["820", *HEAD, *adjustment, *paid])
    (remittance,) = reading.documents
    assert isinstance(remittance, Remittance)
    assert [(line.type, line.invoice, line.paid, line.order_number) for line in remittance.lines] == [
        ("credit_note", "CM-1", Decimal("-10.00"), None),
        ("invoice", "INV-1", Decimal("110.00"), "PO-1"),
    ]
    assert told(reading) == []


def test_nothing_of_the_banks_is_kept() -> None:
    assert "2000014804300" not in repr(one("820", *HEAD))


def test_items_that_make_another_sum_are_told() -> None:
    reading = read(["820", *HEAD, "ENT*1", "RMR*ZZ*INV-1**90.00"])
    assert told(reading) == [
        ("warning", "reference.unknown", "ST[1]/RMR[1]-01"),
        ("warning", "amount.conflict", "ST[1]/BPR[1]-02"),
    ]


def test_a_day_in_the_header_stands_in_for_the_one_of_the_payment() -> None:
    assert one("820", "BPR*I*0*C*CHK", HEAD[1], "DTM*020*20261121").paid_at == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("segments", "code"),
    [
        ([HEAD[1]], "segment.missing"),
        ([HEAD[0]], "segment.missing"),
        ([HEAD[0].replace("100.00", "MUCH"), HEAD[1]], "amount.invalid"),
        ([*HEAD, "ENT*1", "RMR*IV*INV-1"], "paid.missing"),
        ([*HEAD, "ENT*1", "RMR*IV***90"], "invoice.missing"),
        ([*HEAD, "ENT*1*2J*EI*1", "RMR*IK*1**90"], "message_type.unsupported"),
    ],
)
def test_what_makes_it_ambiguous_is_refused(segments: list[str], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(["820", *segments])
    assert code in [issue.code for issue in caught.value.issues]


def test_a_time_of_payment_has_no_place() -> None:
    remittance = Remittance("PAY-1", Decimal(1), paid_at=datetime(2026, 11, 20, 8, tzinfo=UTC))
    with pytest.raises(Permanent) as caught:
        X12_STANDARD.write(remittance, profile(), INTERCHANGE)
    assert caught.value.code == "document.not_carried"
