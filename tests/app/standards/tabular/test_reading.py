"""Columns told by options, bad rows, and rows that make one document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.errors import Rejected
from app.model.channel import Profile
from app.model.envelope import Reading
from app.model.item import Identifier
from app.standards.tabular.options import Column, TabularOptions
from app.standards.tabular.standard import TABULAR

Make = Callable[..., Profile]

REPORT = (
    Column("lines.location", "Where"),
    Column("lines.identifiers.gtin", "EAN", required=True),
    Column("lines.quantity.value", "Count"),
    Column("lines.quantity.unit", "Unit", default="Stk"),
    Column("lines.expiry", "Best", format="%d.%m.%y"),
    Column("lines.activity", "What", values={"C": "on_hand", "D": "wasted"}, default="C"),
    Column("currency", default="EUR"),
)
HEAD = "Where;EAN;Count;Unit;Best;What\n"


def read(make: Make, text: str, **options: Any) -> Reading:
    return TABULAR.read(text.encode(), make(options=TabularOptions(**options)))


def report(make: Make, rows: str, **options: Any) -> Reading:
    base = {"kind": "inventory_report", "columns": REPORT, "document_number": "N", "delimiter": ";"}
    return read(make, HEAD + rows, **(base | options))


def errors(reading: Reading) -> list[tuple[str, str]]:
    return [(issue.code, issue.where) for issue in reading.issues if issue.severity == "error"]


def test_a_map_of_columns(profile: Make) -> None:
    (document,) = report(profile, "OR1;4006381333931;7;;31.12.27;D\n", units={"Stk": "H87"}).documents
    (line,) = document.lines
    assert (document.number, document.currency, line.location, line.activity) == ("N", "EUR", "OR1", "wasted")
    assert line.identifiers == (Identifier("gtin", "04006381333931"),)
    assert (str(line.quantity.value), line.quantity.unit, line.quantity.common_unit) == ("7", "Stk", "H87")
    assert str(line.expiry) == "2027-12-31"


def test_bad_rows_are_told_with_their_lines_while_the_others_stand(profile: Make) -> None:
    rows = (
        "OR1;4006381333931;7;EA;;\n"
        "OR2;;3;EA;;\n"
        "OR3;4006381333931;x;EA;;\n"
        "OR4;4006381333931;1.500;EA;;\n"
        "OR5;4006381333931;2;EA;99.99.27;Z\n"
        "OR6;12;2;EA;;\n"
        "OR7;4006381333931;;EA;;\n"
        "OR8;4006381333931;1;EA;;;surplus\n"
        "OR9;4006381333931;9;EA;;\n"
    )
    reading = report(profile, rows)
    assert [line.location for line in reading.documents[0].lines] == ["OR1", "OR9"]
    assert errors(reading) == [
        ("gtin.missing", "line 3: EAN"),
        ("quantity.invalid", "line 4: Count"),
        ("quantity.ambiguous", "line 5: Count"),
        ("expiry.invalid", "line 6: Best"),
        ("activity.invalid", "line 6: What"),
        ("row.too_long", "line 9"),
        ("identifiers.missing", "line 7: EAN"),
        ("quantity.missing", "line 8: Count"),
    ]
    assert not any("surplus" in issue.text for issue in reading.issues)


def test_a_file_may_prove_its_decimal_mark_and_the_options_may_tell_it(profile: Make) -> None:
    rows = "OR1;4006381333931;1.500;EA;;\nOR2;4006381333931;{};EA;;\n"
    values = [
        [str(line.quantity.value) for line in report(profile, rows.format(other), **options).documents[0].lines]
        for other, options in [("0.25", {}), ("2,5", {}), ("7", {"decimal_mark": ","}), ("7", {"decimal_mark": "."})]
    ]
    assert values == [["1.500", "0.25"], ["1500", "2.5"], ["1500", "7"], ["1.500", "7"]]


ORDER = "PO Number,PO Date,PO Line,Vendor Part Number,Order Qty,UOM,Unit Price\n"


def test_a_bad_row_takes_its_order_with_it(profile: Make) -> None:
    body = ORDER + "P1,2026-11-20,1,A,1,EA,5.00\nP1,2026-11-20,2,B,many,EA,5.00\nP2,2026-11-20,1,A,1,EA,5.00\n"
    reading = read(profile, body)
    assert [document.number for document in reading.documents] == ["P2"]
    assert errors(reading) == [("quantity.invalid", "line 3: Order Qty"), ("document.incomplete", "line 2")]
    kept = read(profile, body, bad_rows="left_out")
    assert [(document.number, len(document.lines)) for document in kept.documents] == [("P1", 1), ("P2", 1)]


def test_rows_that_disagree_about_their_document_are_refused(profile: Make) -> None:
    reading = ORDER + "P1,2026-11-20,1,A,1,EA,5.00\nP1,2026-11-21,2,B,1,EA,5.00\n"
    with pytest.raises(Rejected) as caught:
        read(profile, reading)
    assert ("ordered_at.conflict", "line 3: PO Date") in [(issue.code, issue.where) for issue in caught.value.issues]


def test_blank_group_columns_may_mean_the_document_above(profile: Make) -> None:
    body = ORDER + "P1,2026-11-20,1,A,1,EA,5.00\n,,2,B,1,EA,5.00\nP2,2026-11-20,1,A,1,EA,5.00\n"
    found = read(profile, body, blank_as_above=True).documents
    assert [(document.number, len(document.lines)) for document in found] == [("P1", 2), ("P2", 1)]
    assert ("number.missing", "line 3: PO Number") in errors(read(profile, body))


def test_lists_within_a_document(profile: Make) -> None:
    columns = (
        Column("number", "code"),
        Column("sources.supplier.name", "vendor"),
        Column("sources.catalogue_number", "vendor_code"),
        Column("packs.1.unit", default="BX"),
        Column("packs.1.quantity", "per_box"),
        Column("identifiers.ndc", "ndc"),
        Column("identifiers.ndc.2", "ndc2"),
    )
    body = "code,vendor,vendor_code,per_box,ndc,ndc2\nA,Acme,1,10,N1,N2\nA,Beta,2,10,,\nB,Acme,3,,,\n"
    one, other = read(profile, body, kind="item", columns=columns).documents
    assert [(source.supplier.name, source.catalogue_number) for source in one.sources] == [("Acme", "1"), ("Beta", "2")]
    assert [(pack.unit, str(pack.quantity)) for pack in one.packs] == [("BX", "10")]
    assert [identifier.value for identifier in one.identifiers] == ["N1", "N2"]
    assert other.packs == ()


def test_converters(profile: Make) -> None:
    columns = (
        Column("number", position=1, converter="upper"),
        Column("charge_code", position=2, converter="digits"),
        Column("type", position=3, converter="first_word"),
        Column("model", position=4, converter="no_leading_zeros"),
        Column("price.amount", position=5, decimals=2),
    )
    (item,) = read(profile, "ab-1,(12) 34,Big box,00070,000125\n", kind="item", columns=columns).documents
    assert (item.number, item.charge_code, item.type, item.model, str(item.price.amount)) == (
        "AB-1", "1234", "Big", "70", "1.25",
    )  # fmt: skip


def test_fixed_width(profile: Make) -> None:
    columns = (
        Column("number", position=1, width=6, required=True),
        Column("lines.identifiers.internal", position=7, width=8),
        Column("lines.quantity.value", position=15, width=6, decimals=1),
        Column("needed_by", position=21, width=8),
    )
    body = "R00001SUT-30  00001520261201\nR00001GLV-M   00000120261201\n"
    (found,) = read(profile, body, kind="requisition", columns=columns, layout="fixed").documents
    assert [str(line.quantity.value) for line in found.lines] == ["1.5", "0.1"]
    assert (found.number, str(found.needed_by)) == ("R00001", "2026-12-01")


@pytest.mark.parametrize(
    "options",
    [
        {"columns": (Column("number", "a"),)},
        {"kind": "receipt"},
        {"kind": "invoice", "group_by": ("nonsense",)},
        {"kind": "item", "layout": "fixed", "columns": (Column("number", position=1),)},
        {"kind": "invoice", "columns": (Column("nonsense", "a"),)},
        {"kind": "invoice", "columns": (Column("lines.quantity", "a"),)},
        {"kind": "invoice", "columns": (Column("lines.identifiers.sku", "a"),)},
    ],
)
def test_options_that_lead_nowhere_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        TabularOptions(**options)


def test_headings_that_are_required_must_be_there_once(profile: Make) -> None:
    columns = (Column("number", "Code", required=True), Column("description", "Name"))
    for body, code in [("Name,x\na,b\n", "column.missing"), ("Code,Name,code\na,b,c\n", "column.duplicate")]:
        with pytest.raises(Rejected) as caught:
            read(profile, body, kind="item", columns=columns)
        assert caught.value.code == code


def test_a_catalogue_without_a_number_is_the_channels(profile: Make) -> None:
    reading = read(profile, "Supplier Item No,Contract Price,UOM\nA,1.25,EA\n")
    assert (reading.documents[0].number, reading.documents[0].action) == ("ward", "replace")
    assert [issue.code for issue in reading.issues] == ["number.missing"]


def test_a_report_without_a_number_gets_one_of_its_own(profile: Make) -> None:
    numbers = {
        read(profile, f"Location,Item,On Hand\nOR1,A,{count}\n").documents[0].number for count in ("1", "2", "2")
    }
    assert len(numbers) == 2


def test_strict_warnings_refuse_their_rows(profile: Make) -> None:
    body = "Location,Item,On Hand,UOM\nOR1,A,1,EA\nOR2,B,1,Schachterl\n"
    reading = read(profile, body, strict=("unit.unknown",))
    assert len(reading.documents[0].lines) == 1
    assert errors(reading) == [("unit.unknown", "line 3: UOM")]


def test_headings_alone_are_no_document(profile: Make) -> None:
    with pytest.raises(Rejected) as caught:
        read(profile, ORDER)
    assert caught.value.code == "row.missing"
