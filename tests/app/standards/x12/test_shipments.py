"""856: shipment, orders, packs and items in a tree whose parents are often left out."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from app.errors import Rejected
from app.model.quantity import Quantity
from app.model.ship_notice import Package
from app.standards.x12.standard import X12_STANDARD
from tests.app.standards.x12.house import one, profile, read, told, wrapped

BSN = "BSN*00*ASN-1*20261120*1430"
ITEM = ["LIN**VC*ST-35", "SN1**3*EA"]


def test_a_ship_notice_is_read_with_everything_in_it() -> None:
    found = one(
        "856",
        BSN,
        "HL*1**S",
        "TD1*CTN*2****G*12.5*LB",
        "TD5*O*2*UPSN**UNITED PARCEL",
        "REF*BM*BOL-1",
        "REF*CN*1Z999",
        "DTM*011*20261120",
        "DTM*017*20261121",
        "N1*ST*General Hospital*UL*4012345000009",
        "HL*2*1*O",
        "PRF*PO-1",
        "HL*3*2*P",
        "MAN*GM*00003123456789012346",
        "HL*4*3*I",
        "LIN*10*VC*ST-35*LT*L2406A",
        "SN1**3*EA**5*EA",
        "DTM*036*20280630",
    )
    assert (found.number, found.orders, found.tracking) == ("ASN-1", ("PO-1",), ("1Z999",))
    assert found.noticed_at == datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
    assert (found.shipped_at, found.expected_at) == (date(2026, 11, 20), date(2026, 11, 21))
    assert (found.carrier, found.bill_of_lading, found.package_count) == ("UPSN", "BOL-1", 2)
    assert found.weight == Quantity(Decimal("12.5"), "LB", "LBR")
    assert found.packages == (Package("3", "003123456789012346"),)
    (line,) = found.lines
    assert (line.quantity.value, line.ordered.value, line.lot, line.expiry) == (3, 5, "L2406A", date(2028, 6, 30))
    assert (line.order_number, line.order_line, line.package) == ("PO-1", "10", "3")


@pytest.mark.parametrize("parents", [("", "1", "2", "3", "3", "1", "6"), ("",) * 7])
def test_items_belong_to_their_order_and_pack_with_and_without_parents(parents: tuple[str, ...]) -> None:
    levels = [[], ["PRF*PO-1"], [], ITEM, ITEM, ["PRF*PO-2"], ITEM]
    segments = [
        segment
        for number, (parent, kind, inside) in enumerate(zip(parents, "SOPIIOI", levels, strict=True), 1)
        for segment in (f"HL*{number}*{parent}*{kind}", *inside)
    ]
    lines = one("856", BSN, *segments).lines
    assert [(line.order_number, line.package) for line in lines] == [("PO-1", "3"), ("PO-1", "3"), ("PO-2", None)]


def test_an_item_may_name_its_order_itself() -> None:
    found = one("856", BSN, "HL*1**S", "HL*2*1*I", *ITEM, "PRF*PO-7****20")
    assert found.orders == ("PO-7",)
    assert (found.lines[0].order_number, found.lines[0].order_line) == ("PO-7", "20")


def test_a_pack_on_a_pallet_names_it() -> None:
    found = one("856", BSN, "HL*1**S", "HL*2*1*O", "HL*3*2*T", "HL*4*3*P", "MAN*CP*7946", "HL*5*4*I", *ITEM)
    assert found.packages == (Package("3"), Package("4", parent="3", tracking="7946"))


def test_as_many_serial_numbers_as_pieces_make_a_line_each() -> None:
    segments = ["LIN**VC*PACER", "SN1**2*EA", "REF*SE*S-1", "REF*SE*S-2"]
    lines = one("856", BSN, "HL*1**S", "HL*2*1*I", *segments).lines
    assert [(line.serial, line.quantity.value) for line in lines] == [("S-1", 1), ("S-2", 1)]


def test_several_lots_of_one_quantity_are_told_and_none_is_taken() -> None:
    found = one("856", BSN, "HL*1**S", "HL*2*1*I", *ITEM, "REF*LT*A", "REF*LT*B")
    assert (found.lines[0].lot, found.lines[0].quantity.value) == (None, 3)
    assert "lot.ambiguous" in [warning.code for warning in found.warnings]


@pytest.mark.parametrize(
    ("segments", "issue"),
    [
        (["HL*2*1*I", "LIN**VC*A"], ("error", "segment.missing", "ST[2]/HL[2]/SN1")),
        (["HL*2*1*I", "LIN**VC*A", "SN1***EA"], ("error", "quantity.missing", "ST[2]/SN1[1]-02")),
        (["HL*2*1*I", "SN1**1*EA"], ("error", "item.missing", "ST[2]/SN1[1]-02")),
        (["HL*2*9*I", *ITEM], ("warning", "level.parent", "ST[2]/HL[2]-02")),
        (["HL*1*1*I", *ITEM], ("warning", "level.duplicate", "ST[2]/HL[2]-01")),
        (["HL*2*1*Q"], ("warning", "level.unknown", "ST[2]/HL[2]-03")),
        (["TD1*CTN*many****G*heavy*LB"], ("warning", "weight.invalid", "ST[2]/TD1[1]-07")),
        (["HL*2*1*P", "MAN*GM*123"], ("warning", "sscc.invalid", "ST[2]/MAN[1]-02")),
    ],
)
def test_faults_and_oddities_have_their_places(segments: list[str], issue: tuple[str, str, str]) -> None:
    good = ["856", BSN, "HL*1**S", "HL*2*1*I", *ITEM]
    assert issue in told(read(good, ["856", BSN, "HL*1**S", *segments]))


def test_levels_without_end_are_refused_at_once() -> None:
    levels = [f"HL*{number}*{number - 1 or ''}*I" for number in range(1, 60_000)]
    begun = time.monotonic()
    with suppress(Rejected):
        X12_STANDARD.read(wrapped(["856", BSN, *levels]), profile())
    assert time.monotonic() - begun < 20
