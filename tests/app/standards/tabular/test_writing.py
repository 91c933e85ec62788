"""Documents as files, read back exactly; result files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import Issue, Permanent
from app.model.channel import Channel, Profile
from app.model.documents import KINDS
from app.model.envelope import Receipt
from app.model.interchange import Interchange
from app.model.inventory_report import InventoryLine, InventoryReport
from app.model.item import Identifier
from app.model.item_record import ItemRecord
from app.model.quantity import Quantity
from app.standards import writing
from app.standards.tabular.options import Column, TabularOptions
from app.standards.tabular.standard import TABULAR
from tests import strategies
from tests.documents import documents

Make = Callable[..., Profile]
SENT = Interchange(7, datetime(2026, 11, 20, 12, tzinfo=UTC), "WARDLINE", "PARTNER")
PLAIN = Profile(Channel("partner", "tabular", "GEN"), lambda number: f"case-{number}")

COLUMNS = (
    Column("number", "Zaehlung", required=True),
    Column("type", default="snapshot"),
    Column("reported_at", "Zeit", format="%d.%m.%Y %H:%M:%S"),
    Column("lines.number", "Pos"),
    Column("lines.location", "Ort"),
    Column("lines.identifiers.internal", "Artikel"),
    Column("lines.identifiers.gtin", "EAN"),
    Column("lines.quantity.value", "Menge"),
    Column("lines.quantity.unit", "Einheit"),
    Column("lines.activity", "Art", values={"B": "on_hand", "V": "consumed"}),
    Column("lines.expiry", "Verfall", format="%d.%m.%Y"),
    Column("lines.lot", "Charge"),
)
UNITS = {"EA": "EA", "BX": "XBX", "Rolle 5 m": None}
LINES = st.builds(
    InventoryLine,
    quantity=strategies.quantities(UNITS, strategies.amounts(places=3)),
    activity=st.sampled_from(["on_hand", "consumed"]),
    number=strategies.codes(),
    location=strategies.maybe(strategies.codes(strategies.CODE_CHARACTERS + "=+@'")),
    identifiers=strategies.identifiers(("internal", "gtin")),
    expiry=strategies.maybe(strategies.days()),
    lot=strategies.maybe(strategies.codes("=+-@'A1")),
)
REPORTS = st.builds(
    InventoryReport,
    number=strategies.codes(),
    lines=strategies.several(LINES, 1),
    reported_at=strategies.maybe(strategies.moments()),
)


def options(**changes: Any) -> TabularOptions:
    return TabularOptions(kind="inventory_report", columns=COLUMNS, delimiter=";", decimal_mark=",", **changes)


def there_and_back(document: Any, profile: Profile) -> Any:
    written = TABULAR.write(document, profile, SENT)
    assert (written.content_type, written.message_type, written.control_id) == ("text/csv", document.document_kind, "7")
    (found,) = TABULAR.read(written.body, profile).documents
    return replace(found, warnings=())


@pytest.mark.parametrize("kind", KINDS)
def test_every_document_of_every_kind_comes_back(kind: str) -> None:
    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(documents(kind))
    def check(document: Any) -> None:
        assert there_and_back(document, PLAIN) == document

    check()


@settings(max_examples=60, deadline=None)
@given(REPORTS, st.sampled_from(["", "utf-16", "latin-1"]), st.sampled_from([",", "."]))
def test_a_partners_columns_come_back(report: InventoryReport, encoding: Any, mark: Any) -> None:
    chosen = replace(options(encoding=encoding), decimal_mark=mark)
    profile = Profile(replace(PLAIN.channel, options=chosen), PLAIN.pseudonym)
    assert there_and_back(report, profile) == report


@settings(max_examples=30, deadline=None)
@given(REPORTS)
def test_numbers_with_two_meanings_are_not_written(report: InventoryReport) -> None:
    chosen = replace(options(), decimal_mark="")
    profile = Profile(replace(PLAIN.channel, options=chosen), PLAIN.pseudonym)
    assert there_and_back(report, profile) == report


REPORT = InventoryReport(
    "N-1",
    (
        InventoryLine(
            Quantity(Decimal("2.50"), "EA", "EA"),
            location="=OR1",
            identifiers=(Identifier("internal", "A"),),
            lot="-7",
            expiry=date(2027, 1, 31),
            number="1",
        ),
    ),
)


def test_the_partners_form_is_written(profile: Make) -> None:
    body = TABULAR.write(REPORT, profile(options=options()), SENT).body
    assert body == (
        b"Zaehlung;Zeit;Pos;Ort;Artikel;EAN;Menge;Einheit;Art;Verfall;Charge\r\n"
        b"N-1;;1;'=OR1;A;;2,50;EA;B;31.01.2027;'-7\r\n"
    )


def test_our_own_form_is_written(profile: Make) -> None:
    body = TABULAR.write(REPORT, profile(), SENT).body
    assert body.splitlines() == [
        (
            b"document,number,type,lines.quantity.value,lines.quantity.unit,lines.quantity.common_unit,lines.activity,"
            b"lines.number,lines.location,lines.identifiers.internal,lines.lot,lines.expiry"
        ),
        b"inventory_report,N-1,snapshot,2.50,EA,EA,on_hand,1,'=OR1,A,'-7,2027-01-31",
    ]


def test_fixed_width_comes_back(profile: Make) -> None:
    columns = (
        Column("number", position=1, width=8),
        Column("description", position=12, width=20),
        Column("price.amount", position=32, width=10, decimals=2),
    )
    chosen = profile(options=TabularOptions(kind="item", columns=columns, layout="fixed"))
    item = ItemRecord("A-1", description="Stent 3 mm")
    assert TABULAR.write(item, chosen, SENT).body == b"A-1        Stent 3 mm                    \r\n"
    assert there_and_back(item, chosen) == item
    with pytest.raises(Permanent):
        TABULAR.write(ItemRecord("A-123456789"), chosen, SENT)


@pytest.mark.parametrize(
    "document",
    [
        replace(REPORT, lines=(replace(REPORT.lines[0], serial="S"),)),
        replace(REPORT, lines=(replace(REPORT.lines[0], identifiers=(Identifier("ndc", "1"),)),)),
        replace(REPORT, type="difference"),
        replace(REPORT, reported_at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ItemRecord("A-1"),
    ],
)
def test_what_has_no_column_and_matters_is_refused(profile: Make, document: Any) -> None:
    with pytest.raises(Permanent) as caught:
        TABULAR.write(document, profile(options=options()), SENT)
    assert caught.value.code == "document.not_carried"


def test_what_does_not_matter_may_be_left_out(profile: Make) -> None:
    report = replace(REPORT, note="counted twice")
    assert writing.write(TABULAR, report, profile(options=options()), SENT).body


def test_characters_that_the_file_cannot_hold_are_refused(profile: Make) -> None:
    report = replace(REPORT, lines=(replace(REPORT.lines[0], location="\u0141"),))
    with pytest.raises(Permanent):
        TABULAR.write(report, profile(options=options(encoding="latin-1")), SENT)


def test_a_result_file() -> None:
    issues = (
        Issue("quantity.invalid", "line 7: Qty", "a number is expected"),
        Issue("column.unknown", "line 1", "not read: 3", "warning"),
        Issue("table.odd", "message", "=odd"),
    )
    first = TABULAR.acknowledge(Receipt("accepted", UUID(int=7), issues=issues))
    assert first.content_type == "text/csv"
    assert first.body.decode().split("\r\n") == [
        "row,code,message",
        f",accepted,{UUID(int=7)}",
        "7,quantity.invalid,Qty: a number is expected",
        "1,column.unknown,warning: not read: 3",
        ",table.odd,message: =odd",
        "",
    ]
    assert TABULAR.acknowledge(Receipt("duplicate", UUID(int=7), issues=issues)) == first
    assert TABULAR.acknowledge(Receipt("rejected", issues=issues)).body.startswith(
        b"row,code,message\r\n,rejected,\r\n"
    )
