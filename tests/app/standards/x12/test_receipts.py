"""861: written, read, and the same after both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from app.errors import Permanent, Rejected
from app.model.goods_receipt import GoodsReceipt, GoodsReceiptLine
from app.model.quantity import Quantity
from app.standards.x12.items import KNOWN_SCHEMES
from app.standards.x12.standard import X12_STANDARD
from app.standards.x12.units import COMMON
from tests import strategies as some
from tests.app.standards.x12.house import INTERCHANGE, back, one, profile, read, told

BRA = "BRA*GR-1*20261118*00*1"
LINE = ["RCD*1*10*BX", "LIN**VC*NG-1"]
SAFE = some.BASIC_CHARACTERS


def lines(number: int) -> st.SearchStrategy[GoodsReceiptLine]:
    quantity = some.quantities(COMMON)
    code = some.maybe(some.codes())
    return st.builds(
        lambda line, reason: replace(line, reason=reason if line.rejected else None),
        st.builds(
            GoodsReceiptLine,
            number=st.just(str(number)),
            received=quantity,
            order_number=code,
            order_line=code,
            ship_notice_line=code,
            identifiers=some.identifiers(KNOWN_SCHEMES),
            description=some.maybe(some.prose(SAFE)),
            rejected=some.maybe(quantity),
            short=some.maybe(quantity),
            over=some.maybe(quantity),
            lot=code,
            serial=code,
            expiry=some.maybe(some.days()),
            sscc=some.maybe(some.ssccs()),
            note=some.maybe(some.prose(SAFE)),
        ),
        st.sampled_from([None, "01", "04", "DAMAGED"]),
    )


receipts = st.builds(
    GoodsReceipt,
    number=some.codes(),
    lines=st.tuples(lines(1), lines(2)),
    action=st.sampled_from(["new", "cancel", "change", "duplicate"]),
    received_at=some.maybe(some.days() | some.moments(offsets=(0,))),
    noticed_at=some.days() | some.moments(offsets=(0,)),
    order_number=some.maybe(some.codes()),
    ship_notice=some.maybe(some.codes()),
    received_by=some.maybe(some.codes()),
    location=some.maybe(some.codes()),
    buyer=some.maybe(some.parties(["gln"])),
    seller=some.maybe(some.parties(["duns"])),
    ship_to=some.maybe(some.parties(["account"])),
    note=some.maybe(some.prose(SAFE)),
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(receipts)
def test_written_and_read_it_is_the_same(receipt: GoodsReceipt) -> None:
    assert replace(back(receipt), warnings=()) == receipt


def test_what_is_in_question_stands_beside_what_was_received() -> None:
    (line,) = one("861", BRA, "RCD*1*10*BX***2*BX*01*1*BX*02*3*BX*03", LINE[1]).lines
    assert line.received == Quantity(Decimal(10), "BX", "XBX")
    assert (line.rejected.value, line.short.value, line.over.value, line.reason) == (2, 1, 3, "01")


def test_what_goes_back_is_rejected_and_what_is_good_in_no_question() -> None:
    (line,) = one("861", BRA, "RCD*1*10*BX*2*BX*8*BX*07", LINE[1]).lines
    assert (line.rejected, line.short, line.over) == (Quantity(Decimal(2), "BX", "XBX"), None, None)


def test_several_quantities_of_one_kind_and_unknown_conditions_are_told() -> None:
    reading = read(["861", BRA, "RCD*1*10*BX***2*BX*01*1*BX*04*1*BX*77", LINE[1]])
    assert reading.documents[0].lines[0].rejected.value == 2
    assert told(reading) == [
        ("warning", "condition.several", "ST[1]/RCD[1]-09"),
        ("warning", "condition.unknown", "ST[1]/RCD[1]-14"),
    ]


def test_lot_expiry_and_the_numbered_container_belong_to_the_line() -> None:
    below = [LINE[1] + "*LT*L-1", "DTM*036*20290430", "PRF*PO-7", "MAN*GM*00006141410000000016"]
    (line,) = one("861", BRA, LINE[0], *below).lines
    assert (line.lot, line.expiry, line.order_number) == ("L-1", date(2029, 4, 30), "PO-7")
    assert line.sscc == "006141410000000016"


@pytest.mark.parametrize(
    ("segments", "code"),
    [
        (LINE, "segment.missing"),
        ([BRA.replace("GR-1", ""), *LINE], "receipt.missing"),
        ([BRA, "RCD*1**BX", LINE[1]], "quantity.missing"),
        ([BRA, LINE[0]], "item.missing"),
    ],
)
def test_what_makes_it_ambiguous_is_refused(segments: list[str], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(["861", *segments])
    assert [issue.code for issue in caught.value.issues] == [code]


@pytest.mark.parametrize(
    "change",
    [
        {"noticed_at": None},
        {"noticed_at": datetime(2026, 11, 18, 8, 0, 0, 5, tzinfo=UTC)},
        {"lines": (GoodsReceiptLine("1", Quantity(Decimal(-1), "EA")),)},
    ],
)
def test_what_an_861_cannot_tell_is_not_written(change: dict[str, Any]) -> None:
    receipt = GoodsReceipt("GR-1", noticed_at=date(2026, 11, 18))
    with pytest.raises(Permanent) as caught:
        X12_STANDARD.write(replace(receipt, **change), profile(), INTERCHANGE)
    assert caught.value.code == "document.not_carried"
