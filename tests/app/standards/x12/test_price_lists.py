"""832 read: contracts, tiers, packs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.errors import Rejected
from app.model.item import Identifier
from app.model.item_record import Pack
from app.model.price import Price
from app.model.price_list import PriceBreak, PriceList
from app.model.quantity import Quantity
from tests.app.standards.x12.house import one, read, told

BCT = "BCT*PC*CT21000*3******PRICES*05"
LIN = "LIN*1*VC*1000*UK*50614141000048"
CASE = Quantity(Decimal(1), "CA", "XCS")
PACKS = ["SLN*1*1*I*1*CA****UK*50614141000048", "SLN*1*2*I*4*BX", "SLN*1*3*I*20*EA****UK*00614141000043"]


def line(*segments: str, **options: Any) -> Any:
    return one("832", BCT, LIN, *segments, **options).lines[0]


def test_a_contract_with_its_parties_and_days() -> None:
    header = ["REF*BC*MS7895", "CUR*SE*USD", "DTM*092*20270101", "DTM*093*20271231", "N1*MF*MAKER*21*08KUG8732"]
    found = one("832", BCT, *header, "N1*BG*GROUP*UL*0860001234561", LIN, "CTP**CON*65*1*CA")
    assert isinstance(found, PriceList)
    assert (found.number, found.revision, found.name, found.contract) == ("CT21000", "3", "PRICES", "MS7895")
    assert (found.currency, found.valid_from, found.valid_to) == ("USD", date(2027, 1, 1), date(2027, 12, 31))
    assert found.seller
    assert found.seller.identifiers[0].scheme == "hin"
    assert found.buyer
    assert found.buyer.identifiers[0].scheme == "gln"


@pytest.mark.parametrize(
    ("code", "whole", "each"),
    [
        ("00", "replace", "add"),
        ("05", "replace", "add"),
        ("02", "add", "add"),
        ("03", "delete", "delete"),
        ("04", "change", "change"),
    ],
)
def test_the_purpose_is_the_action_of_list_and_lines(code: str, whole: str, each: str) -> None:
    found = one("832", BCT[:-2] + code, LIN, "CTP**CON*65*1*CA")
    assert (found.action, found.lines[0].action) == (whole, each)


def test_an_unknown_purpose_replaces_nothing() -> None:
    reading = read(["832", BCT[:-2] + "99", LIN, "CTP**CON*65*1*CA"])
    assert reading.documents[0].action == "add"
    assert told(reading) == [("warning", "purpose.unknown", "ST[1]/BCT[1]-10")]


@pytest.mark.parametrize(("code", "action"), [("002", "delete"), ("003", "add"), ("001", "change")])
def test_a_line_may_have_an_action_of_its_own(code: str, action: str) -> None:
    assert line(f"G53*{code}", "CTP**CON*65*1*CA").action == action


def test_tiers_are_breaks_and_none_of_them_is_the_price_unless_it_is_ours() -> None:
    tiers = ["CTP*BG*C01*65*1*CA", "DTM*007*20270301", "CTP*BG*C02*62.20*1*CA"]
    reading = read(["832", BCT, LIN, *tiers])
    (found,) = reading.documents[0].lines
    assert found.price is None
    assert found.breaks == (
        PriceBreak(Price(Decimal(65), None, CASE), None, "C01", date(2027, 3, 1)),
        PriceBreak(Price(Decimal("62.20"), None, CASE), None, "C02"),
    )
    assert told(reading) == [("warning", "price.ambiguous", "ST[1]/LIN[1]")]
    assert line(*tiers, price_classes=("C02",)).price == Price(Decimal("62.20"), None, CASE)


def test_a_class_of_trade_is_told_where_there_are_several() -> None:
    assert [one.price_class for one in line("CTP*BG*C01*65*1*CA", "CTP*DI*C01*66*1*CA").breaks] == ["BG:C01", "DI:C01"]


def test_a_quantity_is_where_the_price_begins_unless_it_is_agreed_to_be_its_basis() -> None:
    ladder = ["CTP**CON*14.25*1*CA", "CTP**CON*13.80*50*CA"]
    found = line(*ladder)
    assert found.price == Price(Decimal("14.25"), None, CASE)
    assert [one.minimum for one in found.breaks] == [None, 50]
    basis = line("CTP**CON*98.00*100*EA", price_quantity="basis").price
    assert basis == Price(Decimal("98.00"), None, Quantity(Decimal(100), "EA", "EA"))


def test_a_price_for_several_is_told_by_its_own_element() -> None:
    found = line("CTP**CON*98.00**EA******100").price
    assert found == Price(Decimal("98.00"), None, Quantity(Decimal(100), "EA", "EA"))


@pytest.mark.parametrize(
    ("choice", "factors"), [("unknown", [None, None, 1]), ("nested", [80, 20, 1]), ("flat", [20, 5, 1])]
)
def test_packs_have_a_factor_where_it_is_proven(choice: str, factors: list[int | None]) -> None:
    assert [pack.quantity for pack in line("CTP**CON*65*1*CA", *PACKS, packs=choice).packs] == factors


def test_two_levels_leave_no_doubt() -> None:
    packs = line("CTP**CON*65*1*CA", PACKS[0], PACKS[2]).packs
    assert packs == (
        Pack("CA", Decimal(20), "XCS", "50614141000048", default=True),
        Pack("EA", Decimal(1), "EA", "00614141000043"),
    )


def test_a_physical_pack_counts_only_where_its_unit_is_told() -> None:
    assert line("CTP**CON*65*1*CA", "PO4*20*1*EA").packs == (
        Pack("CA", Decimal(20), "XCS", default=True),
        Pack("EA", Decimal(1), "EA"),
    )
    assert line("CTP**CON*65*1*CA", "PO4*20*500*ML").packs == ()


def test_the_maker_is_named_and_no_number_of_the_item() -> None:
    found = one("832", BCT, "LIN*1*VP*A-1*MF*MAKER INC", "CTP**CON*65").lines[0]
    assert found.identifiers == (Identifier("supplier", "A-1"),)
    assert found.manufacturer.name == "MAKER INC"


def test_what_may_be_ordered_and_when_it_comes() -> None:
    found = line("CTP**CON*65*1*CA", "CTB*OR**57*6", "LDT*AF*2*WK", "DTM*007*20270101")
    assert (found.minimum, found.lead_days, found.unit, found.valid_from) == (6, 14, "CA", date(2027, 1, 1))


def test_what_is_odd_is_told() -> None:
    prices = ["CTP**CON*8.1*1*CA*SEL*.9", "CTP**RES**1*CA", "CTP**MSR*9*1*BX", "LDT*AF*2*MO"]
    assert told(read(["832", BCT, LIN, *prices, "LIN*2*VC*2"])) == [
        ("warning", "price.multiplier", "ST[1]/CTP[1]-07"),
        ("warning", "price.missing", "ST[1]/CTP[2]-03"),
        ("warning", "unit.ambiguous", "ST[1]/CTP[1]-05"),
        ("warning", "lead_time.unit", "ST[1]/LDT[1]-03"),
        ("warning", "price.missing", "ST[1]/LIN[2]"),
    ]


@pytest.mark.parametrize(
    ("segments", "code"),
    [
        ([LIN, "CTP**CON*65"], "segment.missing"),
        ([BCT.replace("CT21000", ""), LIN, "CTP**CON*65"], "price_list.missing"),
        ([BCT, "LIN*1", "CTP**CON*65"], "item.missing"),
        ([BCT, LIN, "CTP**CON*6,5"], "price.invalid"),
    ],
)
def test_what_makes_it_ambiguous_is_refused(segments: list[str], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(["832", *segments])
    assert [issue.code for issue in caught.value.issues] == [code]
