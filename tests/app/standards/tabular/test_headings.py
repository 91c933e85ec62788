"""Files with usual headings are understood without any options, as long as their kind is clear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.errors import Rejected
from app.model.channel import Profile
from app.standards.tabular import kinds, paths
from app.standards.tabular.columns import normalised
from app.standards.tabular.headings import SYNONYMS
from app.standards.tabular.options import TabularOptions
from app.standards.tabular.standard import TABULAR

Make = Callable[..., Profile]

FILES: dict[str, str] = {
    "consumption": (
        "Usage ID,Used At,Item Number,Qty Used,UOM,Location,Lot Number,Expiration Date,Case Number\n"
        "U-1,2026-11-20 08:15,CATH-7,2,EA,OR1,L1,12/31/2027,V-1\n"
    ),
    "requisition": (
        "Requisition Number;Item No.;Description;Quantity;UOM;Deliver To;Needed By\n"
        "R-1;SUT-30;Suture;3;BX;WARD3;2026-12-01\n"
        "R-1;GLV-M;Gloves;10;BX;WARD3;2026-12-01\n"
        "R-2;GLV-L;Gloves;5;BX;WARD4;2026-12-02\n"
    ),
    "purchase_order": (
        "PO Number,PO Date,PO Line,Vendor Part Number,Description,Order Qty,UOM,Unit Price,Vendor Name,Ship To\n"
        "P00042,2026-11-20,1,VP-1,Stent,2,EA,1250.00,Acme Medical,General Hospital\n"
    ),
    "order_confirmation": (
        "PO Number,PO Line,Item Number,Qty Ordered,Qty Confirmed,UOM,Status,Promise Date,Unit Price\n"
        "P00042,1,VP-1,2,2,EA,Accepted,2026-11-25,1250.00\n"
        "P00042,2,VP-2,5,0,EA,Backordered,2026-12-25,10.00\n"
    ),
    "ship_notice": (
        "Packing Slip,Ship Date,PO Number,PO Line,Item Number,Qty Shipped,UOM,Lot,Expiry,Tracking Number,Carrier\n"
        "S-9,2026-11-21,P00042,1,VP-1,2,EA,L77,2028-01-31,1Z999,UPS\n"
    ),
    "goods_receipt": (
        "Receipt No,Receipt Date,PO Number,PO Line,Item Number,Qty Received,Qty Rejected,UOM,Reason\n"
        "GR-1,2026-11-22,P00042,1,STENT-3,2,0,EA,\n"
    ),
    "invoice": (
        "Invoice Number,Invoice Date,PO Number,Item Number,Qty,UOM,Unit Price,Line Total,Currency,Due Date\n"
        "I-77,2026-11-30,P00042,VP-1,2,EA,1250.00,2500.00,USD,2026-12-30\n"
    ),
    "item": (
        "Item Number,Description,Category,UOM,Manufacturer,Mfr Part Number,Lot Tracked,Active\n"
        "STENT-3,Stent 3 mm,Cardiology,EA,Acme,A-3,Y,TRUE\n"
    ),
    "price_list": (
        "Contract Number,Supplier Item No,Description,UOM,Contract Price,Effective Date,End Date,Min Qty\n"
        "C-1,VP-1,Stent,EA,1250.00,2026-01-01,2026-12-31,1\n"
    ),
    "inventory_report": (
        "Location,Item Number,Description,Lot,Expiry,Quantity On Hand,UOM\nOR1,STENT-3,Stent,L1,2028-01-31,7,EA\n"
    ),
    "supplier": "Vendor Number,Vendor Name,City,Country,GLN,Payment Terms\n4711,Acme,Boston,US,4012345000009,NET30\n",
    "location": "Location Number,Name,Location Type,Parent Location,City\nOR1,Operating Room 1,Room,Surgery,Boston\n",
    "remittance": (
        "Payment Number,Payment Date,Payment Amount,Invoice Number,Amount Paid,Currency\n"
        "PAY-1,2026-12-01,2500.00,I-77,2500.00,USD\n"
    ),
}


@pytest.mark.parametrize("kind", kinds.FIELDS)
def test_the_kind_is_told_by_the_headings(profile: Make, kind: str) -> None:
    reading = TABULAR.read(FILES[kind].encode(), profile())
    assert {document.document_kind for document in reading.documents} == {kind}
    assert reading.mapping == f"tabular.{kind}/1"
    assert [issue for issue in reading.issues if issue.severity == "error"] == []
    assert not [issue for issue in reading.issues if issue.code == "column.unknown"]


def one(profile: Make, kind: str) -> Any:
    return TABULAR.read(FILES[kind].encode(), profile()).documents[0]


def test_what_the_columns_say(profile: Make) -> None:
    used = one(profile, "consumption")
    assert (str(used.quantity.value), used.quantity.common_unit, used.lot, used.case) == (
        "2",
        "EA",
        "L1",
        "case-of-V-1",
    )
    assert used.occurred_at.isoformat() == "2026-11-20T08:15:00+01:00"
    asked = TABULAR.read(FILES["requisition"].encode(), profile()).documents
    assert [(found.number, [line.number for line in found.lines]) for found in asked] == [
        ("R-1", ["1", "2"]),
        ("R-2", ["1"]),
    ]
    confirmed = one(profile, "order_confirmation")
    assert (confirmed.status, [line.outcome for line in confirmed.lines]) == ("changed", ["accepted", "backordered"])
    assert [str(line.ordered.value) for line in confirmed.lines] == ["2", "5"]
    shipped = one(profile, "ship_notice")
    assert (shipped.tracking, shipped.lines[0].order_number, str(shipped.lines[0].expiry)) == (
        ("1Z999",), "P00042", "2028-01-31",
    )  # fmt: skip
    item = one(profile, "item")
    assert (item.status, item.lot_tracked, item.manufacturer.name, item.base_unit) == ("active", True, "Acme", "EA")


def test_a_kind_that_is_not_clear_is_refused_and_may_be_told(profile: Make) -> None:
    body = b"Item Number,Description,Unit Price\nA,x,1\n"
    with pytest.raises(Rejected) as caught:
        TABULAR.read(body, profile())
    assert caught.value.code == "kind.ambiguous"
    told = TABULAR.read(body, profile(options=TabularOptions(kind="item")))
    assert told.documents[0].document_kind == "item"


def test_titles_above_the_headings_are_skipped_and_said(profile: Make) -> None:
    body = b"Stock of the week,,\n" + FILES["inventory_report"].encode()
    reading = TABULAR.read(body, profile())
    assert len(reading.documents) == 1
    assert ("row.unread", "line 1") in [(issue.code, issue.where) for issue in reading.issues]


def test_columns_that_are_not_known_are_numbered_and_never_quoted(profile: Make) -> None:
    body = b"Patient Jane,Location,Item,On Hand,UOM\nx,OR1,A,1,EA\n"
    issues = TABULAR.read(body, profile()).issues
    (found,) = [issue for issue in issues if issue.code == "column.unknown"]
    assert found.text.endswith(": 1")
    assert "Jane" not in str(issues)


def test_what_is_in_parentheses_does_not_matter_where_nothing_knows_it(profile: Make) -> None:
    reading = TABULAR.read(b"Location (code),Item #,On Hand (EA),UOM\nOR1,A,1,EA\n", profile())
    assert reading.documents[0].lines[0].location == "OR1"


def test_every_target_is_a_field_and_every_thing_has_headings() -> None:
    for kind, fields in kinds.FIELDS.items():
        for thing, targets in fields.items():
            assert SYNONYMS[thing]
            for target in targets:
                assert paths.resolved(kind, target.partition("=")[0].rstrip("?"))
        assert {thing for group in kinds.NEEDS[kind] for thing in group} & set(fields)
    headings = [heading for found in SYNONYMS.values() for heading in found]
    assert [heading for heading in headings if normalised(heading) != heading] == []


def test_an_item_may_have_several_suppliers_whose_numbers_are_theirs(profile: Make) -> None:
    body = b"Item Number,Description,Category,Vendor,Vendor Item Number\nA,x,c,Acme,1\nA,x,c,Beta,2\nB,y,c,,7\n"
    several, other = TABULAR.read(body, profile()).documents
    assert [(source.supplier.name, source.catalogue_number) for source in several.sources] == [
        ("Acme", "1"),
        ("Beta", "2"),
    ]
    assert [identifier.scheme for identifier in several.identifiers] == ["internal"]
    assert [identifier.value for identifier in other.identifiers] == ["B", "7"]
    assert other.sources == ()
