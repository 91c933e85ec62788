"""846 read; 852 and 867 written, read, and the same after both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from app.errors import Permanent, Rejected
from app.model.inventory_report import InventoryLine, InventoryReport
from app.model.price import Price
from app.model.quantity import Quantity
from app.standards.x12 import activities, resales
from app.standards.x12.items import KNOWN_SCHEMES
from app.standards.x12.standard import X12_STANDARD
from app.standards.x12.stock import LEVELS
from app.standards.x12.units import COMMON
from tests import strategies as some
from tests.app.standards.x12.house import INTERCHANGE, back, one, profile, read, told

BIA = "BIA*00*DD*INV-1*20261118*0600"
LIN = "LIN*1*VC*NG-1"
SAFE = some.BASIC_CHARACTERS
code = some.maybe(some.codes())


@st.composite
def lines(draw: st.DrawFn, kinds: list[str], **more: Any) -> InventoryLine:
    quantity = draw(some.quantities(COMMON))
    bases = [None, *([] if quantity.unit == "EA" else [Quantity(Decimal(1), "EA", "EA")])]
    line = st.builds(
        InventoryLine,
        quantity=st.just(quantity),
        activity=st.sampled_from(kinds),
        number=code,
        identifiers=some.identifiers(KNOWN_SCHEMES),
        lot=code,
        serial=code,
        price=some.maybe(some.prices(bases=st.sampled_from(bases))),
        order_number=code,
        **more,
    )
    return draw(line)


@st.composite
def stock_reports(draw: st.DrawFn) -> InventoryReport:
    """What an 852 carries: the lines without a place come first, and a line has one day."""
    snapshot = draw(st.booleans())
    kinds = [kind for kind in activities.WRITTEN if (kind in LEVELS) == snapshot]
    dates = draw(st.sampled_from([{"expiry": some.maybe(some.days())}, {"counted_at": some.maybe(some.days())}]))
    plain = draw(some.several(lines(kinds, **dates), least=1))
    placed = draw(some.several(lines(kinds, location=some.codes(), **dates)))
    period = draw(some.maybe(st.tuples(some.days(), some.days())))
    return InventoryReport(
        number=draw(some.codes()),
        lines=plain + placed,
        type="snapshot" if snapshot else "difference",
        reported_at=draw(some.days() | some.moments(offsets=(0,))),
        period_from=period[0] if period else None,
        period_to=period[1] if period else None,
        location=draw(code),
        reporter=draw(some.maybe(some.parties(["gln"]))),
        recipient=draw(some.maybe(some.parties(["gln"]))),
        supplier=draw(some.maybe(some.parties(["duns"]))),
        note=draw(some.maybe(some.prose(SAFE))),
    )


movement_reports = st.builds(
    InventoryReport,
    number=some.codes(),
    lines=some.several(
        lines(
            list(resales.WRITTEN),
            location=code,
            description=some.maybe(some.prose(SAFE)),
            expiry=some.maybe(some.days()),
            counted_at=some.maybe(some.days() | some.moments(offsets=(0,))),
            note=some.maybe(some.prose(SAFE)),
        )
    ),
    type=st.just("difference"),
    reported_at=some.days() | some.moments(offsets=(0,)),
    period_from=some.maybe(some.days()),
    period_to=some.maybe(some.days()),
    location=code,
    currency=some.maybe(st.just("USD")),
    reporter=some.maybe(some.parties(["gln"])),
    recipient=some.maybe(some.parties(["gln"])),
    supplier=some.maybe(some.parties(["duns"])),
    note=some.maybe(some.prose(SAFE)),
)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stock_reports())
def test_an_852_written_and_read_is_the_same(report: InventoryReport) -> None:
    assert replace(back(report, inventory_message="852"), warnings=()) == report


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(movement_reports)
def test_an_867_written_and_read_is_the_same(report: InventoryReport) -> None:
    assert replace(back(report), warnings=()) == report


@pytest.mark.parametrize(
    ("kind", "agreed", "expected"),
    [
        ("snapshot", "by_type", "852"),
        ("difference", "by_type", "867"),
        ("snapshot", "867", "867"),
        ("difference", "852", "852"),
    ],
)
def test_stock_is_an_852_and_movements_an_867_unless_agreed(kind: Any, agreed: str, expected: str) -> None:
    report = InventoryReport("R-1", type=kind, reported_at=date(2026, 11, 18))
    written = X12_STANDARD.write(report, profile(inventory_message=agreed), INTERCHANGE)
    assert written.message_type == expected


def test_each_quantity_of_an_846_is_a_line() -> None:
    report = one("846", BIA, LIN, "CTP**CON*14.25*1*BX", "QTY*33*1480*BX", "QTY*63*600*BX", "N1*WH*DALLAS*92*D1")
    found = [(line.activity, line.quantity.value, line.location) for line in report.lines]
    assert found == [("on_hand", 1480, None), ("on_order", 600, "D1")]
    assert report.lines[0].price == Price(Decimal("14.25"))
    assert report.type == "snapshot"


def test_places_that_make_the_total_stand_for_it() -> None:
    places = ["SCH*5*CA*WH*SEATTLE*097*20261118", "SCH*7*CA*WH*SPOKANE*097*20261118"]
    report = one("846", BIA, LIN, "QTY*33*12*CA", *places)
    assert [(line.location, line.quantity.value) for line in report.lines] == [("SEATTLE", 5), ("SPOKANE", 7)]


def test_places_that_do_not_are_left_out_and_told() -> None:
    reading = read(["846", BIA, LIN, "QTY*33*13*CA", "SCH*5*CA*WH*SEATTLE", "SCH*40*CA***018*20261230"])
    assert [line.quantity.value for line in reading.documents[0].lines] == [13]
    assert told(reading) == [
        ("warning", "schedule.unread", "ST[1]/SCH[2]"),
        ("warning", "quantity.conflict", "ST[1]/QTY[1]-02"),
    ]


def test_an_unknown_kind_of_quantity_is_another_one_unless_it_is_agreed() -> None:
    sent = ["846", BIA, LIN, "QTY*QH*5*EA"]
    assert one(*sent).lines[0].activity == "other"
    assert one(*sent, activities={"QH": "wasted"}).lines[0].activity == "wasted"


def test_an_852_tells_the_place_of_the_lines_that_follow() -> None:
    sent = ["XQ*G*950613", "N1*RL**92*D1", "LIN**VP*P96A", "ZA*QA*10*EA", "ZA*QP*6*EA", "N1*RL**92*D2", "LIN**VP*P99A"]
    reading = read(["852", *sent, "ZA*QS*4*EA", "CTT*2"])
    report = reading.documents[0]
    assert isinstance(report, InventoryReport)
    assert [(line.location, line.activity, line.quantity.value) for line in report.lines] == [
        ("D1", "on_hand", 10),
        ("D1", "on_order", 6),
        ("D2", "consumed", 4),
    ]
    assert (report.type, report.reported_at, report.number) == ("difference", date(1995, 6, 13), "0001")
    assert told(reading) == [("warning", "inventory_report.missing", "ST[1]/N9")]


def test_an_852_tells_quantities_by_place_in_pairs() -> None:
    report = one("852", "XQ*H*20261101*20261107", "N9*TN*R-1", LIN, "ZA*QS", "SDQ*EA*92*OR1*3*OR2*4")
    assert [(line.location, line.quantity) for line in report.lines] == [
        ("OR1", Quantity(Decimal(3), "EA", "EA")),
        ("OR2", Quantity(Decimal(4), "EA", "EA")),
    ]
    assert (report.period_from, report.period_to) == (date(2026, 11, 1), date(2026, 11, 7))


def test_an_867_tells_what_was_sold_at_the_price_of_the_contract() -> None:
    detail = ["PTD*SS", "N1*ST*SOUTHEAST*21*89KGH1140", "REF*PO*PO-1", "QTY*32*15*BX", "LIN**MG*1000"]
    report = one("867", "BPT*00*DM-1*20261118*SS", "DTM*090*20261101", *detail, "UIT*BX*18.25*CT", "UIT*BX*22.25*CA")
    (line,) = report.lines
    assert (line.activity, line.location, line.order_number) == ("consumed", "89KGH1140", "PO-1")
    assert line.price == Price(Decimal("18.25"))
    assert (report.type, report.period_from) == ("difference", date(2026, 11, 1))


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (["846", LIN, "QTY*33*1*EA"], "segment.missing"),
        (["846", BIA.replace("INV-1", ""), LIN, "QTY*33*1*EA"], "inventory_report.missing"),
        (["846", BIA.replace("*00*", "*01*"), LIN, "QTY*33*1*EA"], "purpose.unsupported"),
        (["846", BIA, LIN, "QTY*33**EA"], "quantity.missing"),
        (["846", BIA, "LIN*1", "QTY*33*1*EA"], "item.missing"),
        (["852", LIN, "ZA*QA*1*EA"], "segment.missing"),
        (["852", "XQ*H*20261118", LIN, "ZA*QA*ONE*EA"], "quantity.invalid"),
        (["852", "XQ*H*20261118", LIN, "ZA*QA", "SDQ*EA*92*OR1"], "quantity.missing"),
        (["867", "PTD*SS", "QTY*32*1*EA", LIN], "segment.missing"),
        (["867", "BPT*00*DM-1*20261118", "PTD*SU", "QTY*32*50"], "item.missing"),
        (["867", "BPT*01*DM-1*20261118", "PTD*SS", "QTY*32*1*EA", LIN], "purpose.unsupported"),
    ],
)
def test_what_makes_it_ambiguous_is_refused(sent: list[str], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(sent)
    assert [issue.code for issue in caught.value.issues] == [code]


ONE = Quantity(Decimal(1), "EA", "EA")


@pytest.mark.parametrize(
    ("agreed", "change"),
    [
        ("852", {"currency": "USD"}),
        ("852", {"reported_at": None}),
        ("852", {"period_from": date(2026, 11, 1)}),
        ("852", {"period_from": datetime(2026, 11, 1, tzinfo=UTC), "period_to": date(2026, 11, 2)}),
        ("852", {"lines": (InventoryLine(ONE, "wasted"),)}),
        ("852", {"lines": (InventoryLine(ONE, note="dropped"),)}),
        ("852", {"lines": (InventoryLine(ONE, location="A"), InventoryLine(ONE))}),
        ("852", {"lines": (InventoryLine(ONE, price=Price(Decimal(1), "USD")),)}),
        ("852", {"lines": (InventoryLine(ONE, price=Price(Decimal(1), None, Quantity(Decimal(100), "EA"))),)}),
        ("867", {"reported_at": None}),
        ("867", {"lines": (InventoryLine(ONE, "wasted"),)}),
        ("867", {"lines": (InventoryLine(ONE, price=Price(Decimal(1), "USD")),)}),
    ],
)
def test_what_a_report_cannot_tell_is_not_written(agreed: str, change: dict[str, Any]) -> None:
    report = InventoryReport("R-1", reported_at=date(2026, 11, 18))
    with pytest.raises(Permanent) as caught:
        X12_STANDARD.write(replace(report, **change), profile(inventory_message=agreed), INTERCHANGE)
    assert caught.value.code == "document.not_carried"


def test_a_code_that_is_agreed_is_written_and_read() -> None:
    report = InventoryReport("R-1", (InventoryLine(ONE, "wasted"),), "difference", date(2026, 11, 18))
    report = replace(
        report, lines=(replace(report.lines[0], identifiers=one("846", BIA, LIN, "QTY*33*1*EA").lines[0].identifiers),)
    )
    assert back(report, activities={"QH": "wasted"}) == report
