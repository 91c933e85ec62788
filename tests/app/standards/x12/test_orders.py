"""850 and 860: read, written, and the same after both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, assume, given, settings

from app.errors import Permanent, Rejected
from app.model.item import Identifier
from app.model.party import Party, PartyIdentifier
from app.model.price import Charge, Price, Tax
from app.model.purchase_order import PurchaseOrder, PurchaseOrderLine
from app.model.quantity import Quantity
from app.standards.x12 import bases
from app.standards.x12.items import KNOWN_SCHEMES
from app.standards.x12.standard import X12_STANDARD
from app.standards.x12.units import COMMON
from tests import strategies as some
from tests.app.standards.x12.house import INTERCHANGE, back, one, profile, read, told

BEG = "BEG*00*NE*PO-1**20261120"
LINE = "PO1*1*2*CA*3.50**VC*A-1"

SAFE = some.BASIC_CHARACTERS
marks = some.maybe(some.codes())


def line_charges() -> st.SearchStrategy[tuple[Charge, ...]]:
    charge = st.builds(
        Charge,
        st.sampled_from(["allowance", "charge"]),
        some.amounts(),
        some.maybe(st.sampled_from(["D240", "C310"])),
        some.maybe(some.prose(SAFE)),
    )
    return some.several(charge, most=2)


def line_taxes() -> st.SearchStrategy[tuple[Tax, ...]]:
    tax = st.builds(
        Tax,
        some.amounts(),
        some.maybe(some.amounts(most="25")),
        some.maybe(some.amounts()),
        some.maybe(st.just("S")),
        st.sampled_from(["ST", "VA"]),
    )
    return some.several(tax, most=2)


@st.composite
def line_prices(draw: st.DrawFn, unit: str) -> Price | None:
    bases = [None, Quantity(Decimal(100), unit, COMMON[unit]), Quantity(Decimal(1000), unit, COMMON[unit])]
    bases += [] if unit == "EA" else [Quantity(Decimal(1), "EA", "EA")]
    return draw(some.maybe(some.prices(bases=st.sampled_from(bases))))


@st.composite
def order_lines(draw: st.DrawFn, number: str, actions: tuple[str, ...]) -> PurchaseOrderLine:
    quantity = draw(some.quantities(COMMON, some.amounts(places=3)))
    return PurchaseOrderLine(
        number=number,
        quantity=quantity,
        identifiers=draw(some.identifiers(KNOWN_SCHEMES)),
        description=draw(some.maybe(some.prose(SAFE))),
        action=draw(st.sampled_from(actions)),
        price=draw(line_prices(quantity.unit or "EA")),
        net=draw(some.maybe(some.amounts())),
        deliver_on=draw(some.maybe(some.days() | some.moments())),
        lot=draw(marks),
        serial=draw(marks),
        cost_centre=draw(marks),
        account=draw(marks),
        requisition=draw(marks),
        taxes=draw(line_taxes()),
        charges=draw(line_charges()),
        note=draw(some.maybe(some.prose(SAFE))),
        deliver_not_after=draw(some.maybe(some.days())),
    )


@st.composite
def purchase_orders(draw: st.DrawFn) -> PurchaseOrder:
    action = draw(st.sampled_from(["new", "duplicate", "change", "cancel"]))
    change = action in {"change", "cancel"}
    party = some.maybe(some.parties(["gln", "duns", "hin", "account", "vat", "network"], SAFE, contacts=True))
    numbers = draw(some.several(some.codes(some.DIGITS, 6), least=1))
    return PurchaseOrder(
        number=draw(some.codes()),
        lines=tuple(
            draw(order_lines(number, ("add", "change", "cancel") if change else ("add",))) for number in numbers
        ),
        action=action,
        type=draw(st.sampled_from(["standard", "blanket", "release", "consignment", "rush"])),
        revision=draw(some.maybe(some.codes(most=8))),
        ordered_at=draw(some.maybe(some.days() | some.moments())),
        currency=draw(some.maybe(st.sampled_from(["USD", "EUR"]))),
        buyer=draw(party),
        seller=draw(party),
        ship_to=draw(party),
        bill_to=draw(party),
        deliver_on=draw(some.maybe(some.days())),
        deliver_not_after=draw(some.maybe(some.days())),
        contract=draw(marks),
        requisition=draw(marks),
        terms=draw(some.maybe(some.prose(SAFE))),
        note=draw(some.maybe(some.prose(SAFE))),
        charges=draw(line_charges()),
        taxes=draw(line_taxes()),
        total=draw(some.maybe(some.amounts())),
    )


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(purchase_orders(), st.sampled_from(["004010", "005010"]))
def test_an_order_is_the_same_after_writing_and_reading(order: PurchaseOrder, version: str) -> None:
    assume("'NULL'" not in repr(order))  # what some systems write for nothing is read as nothing
    assert replace(back(order, version=version), warnings=()) == order


def test_an_order_is_read_with_everything_in_it() -> None:
    order = one(
        "850",
        "BEG*00*CN*PO-1**20261120",
        "CUR*BY*USD",
        "REF*CT*C-9",
        "DTM*002*20261201",
        "N1*BY*General Hospital*UL*4012345000009",
        "N3*1 Main Street*Dock 4",
        "N4*Boston*MA*02115*US",
        "PER*OC*Purchasing*TE*6175550100*EM*po@hospital.example",
        "N1*ST*Cath Lab Store*92*GEN-01",
        "PO1*10*2*CA*98.00*HP*VC*ST-35*UK*00312345678906*LT*L2406A",
        "PID*F****CORONARY STENT 3.5 MM",
        "DTM*002*20261130",
        "CTT*1",
        "AMT*TT*196",
    )
    assert (order.number, order.type, order.currency, order.contract) == ("PO-1", "consignment", "USD", "C-9")
    assert order.buyer == Party(
        (PartyIdentifier("gln", "4012345000009"),), "General Hospital", order.buyer.address, order.buyer.contact
    )
    assert order.buyer.address.lines == ("1 Main Street", "Dock 4")
    assert order.buyer.contact.email == "po@hospital.example"
    assert order.ship_to.identifiers == (PartyIdentifier("account", "GEN-01"),)
    (line,) = order.lines
    assert line.quantity == Quantity(Decimal(2), "CA", "XCS")
    assert line.price == Price(Decimal("98.00"), None, Quantity(Decimal(100), "CA", "XCS"))
    assert line.identifiers == (Identifier("supplier", "ST-35"), Identifier("gtin", "00312345678906"))
    assert (line.lot, line.description, line.deliver_on) == ("L2406A", "CORONARY STENT 3.5 MM", date(2026, 11, 30))
    assert order.total == Decimal(196)


@pytest.mark.parametrize(
    ("segment", "issue"),
    [
        ("PO1*1**CA*3.50**VC*A-1", ("error", "quantity.missing", "ST[2]/PO1[1]-02")),
        ("PO1*1*two*CA*3.50**VC*A-1", ("error", "quantity.invalid", "ST[2]/PO1[1]-02")),
        ("PO1*1*2*CA*3,50**VC*A-1", ("error", "price.invalid", "ST[2]/PO1[1]-04")),
        ("PO1*1*2*CA*3.50", ("error", "item.missing", "ST[2]/PO1[1]-06")),
        ("PO1*1*2*ZQ*3.50**VC*A-1", ("warning", "unit.unknown", "ST[2]/PO1[1]-03")),
        ("PO1**2*CA*3.50**VC*A-1", ("warning", "line.missing", "ST[2]/PO1[1]-01")),
        ("PO1*1*2*CA*3.50*QQ*VC*A-1", ("warning", "price.basis", "ST[2]/PO1[1]-05")),
        ("PO1*1*2*CA*3.50**UK*123*VC*A-1", ("warning", "gtin.invalid", "ST[2]/PO1[1]-07")),
    ],
)
def test_what_is_ambiguous_is_refused_and_what_is_odd_is_told(segment: str, issue: tuple[str, str, str]) -> None:
    good = ["850", BEG, LINE]
    assert issue in told(read(good, ["850", BEG, segment]))


def test_one_bad_set_does_not_spoil_the_others_but_alone_it_is_refused() -> None:
    bad = ["850", BEG, "PO1*1*x*EA**VC*1"]
    assert [document.number for document in read(["850", BEG, LINE], bad).documents] == ["PO-1"]
    with pytest.raises(Rejected):
        read(bad)


def test_an_unknown_unit_is_kept_and_not_guessed() -> None:
    assert one("850", BEG, "PO1*1*2*ZQ*1**VC*A").lines[0].quantity == Quantity(Decimal(2), "ZQ")


@pytest.mark.parametrize(
    ("unit", "code", "basis"),
    [
        ("CA", "CA", None),
        ("BX", "CT", None),
        ("BX", "NT", None),
        ("BX", "UM", None),
        ("EA", "TE", None),
        ("BX", "TE", Quantity(Decimal(1), "EA", "EA")),
        ("BX", "WE", Quantity(Decimal(1), "EA", "EA")),
        ("BX", "ST", None),
        ("EA", "PD", Quantity(Decimal(1), "DZ", "DZN")),
        ("EA", "TC", Quantity(Decimal(100), "EA", "EA")),
        ("EA", "TM", Quantity(Decimal(1000), "EA", "EA")),
        ("EA", "BX", Quantity(Decimal(1), "BX", "XBX")),
    ],
)
def test_what_a_price_is_for(unit: str, code: str, basis: Quantity | None) -> None:
    order = one("850", BEG, f"PO1*1*2*{unit}*3.50*{code}*VC*A")
    assert order.lines[0].price == Price(Decimal("3.50"), None, basis)
    assert order.warnings == ()


@pytest.mark.parametrize("code", ["CA", "PK", "PT"])
def test_a_code_for_a_kind_of_price_is_not_taken_for_a_unit(code: str) -> None:
    order = one("850", BEG, f"PO1*1*2*EA*3.50*{code}*VC*A")
    assert order.lines[0].price == Price(Decimal("3.50"))
    assert [warning.code for warning in order.warnings] == ["price.basis"]


def test_what_is_no_name_of_the_item_is_not_taken_for_one() -> None:
    order = one("850", BEG, "PO1*1*2*EA*3.50**VC*A-1*VE*BLUE*B8*L-1*BN*S-1*UN*42132203*UN*1-2*UX*+A1")
    (line,) = order.lines
    assert line.identifiers == (
        Identifier("supplier", "A-1"),
        Identifier("unspsc", "42132203"),
        Identifier("hibc", "+A1"),
    )
    assert (line.lot, line.serial) == ("L-1", "S-1")
    assert [warning.code for warning in order.warnings] == ["item.qualifier"]


def test_the_parts_of_a_line_are_not_taken_for_the_line() -> None:
    parts = ["SLN*1**I*3*EA***VC*PART-1", "PID*F****Drape", "REF*LT*PART-LOT", "SAC*C*D240***900", "DTM*002*20270101"]
    order = one("850", BEG, LINE, "PID*F****Kit", *parts, "AMT*1*7.00")
    (line,) = order.lines
    assert (line.description, line.lot, line.charges, line.deliver_on, line.net) == ("Kit", None, (), None, 7)
    assert [warning.code for warning in order.warnings] == ["part.unsupported"]


def test_a_partners_own_codes_come_first() -> None:
    order = one(
        "850",
        "BEG*00*X9*PO-1**20261120",
        "PO1*1*2*ZQ*5*Q1*Z9*A-1",
        units={"ZQ": "XBX"},
        item_qualifiers={"Z9": "manufacturer"},
        price_bases={"Q1": "10"},
        order_types={"X9": "bill_only"},
    )
    (line,) = order.lines
    assert order.type == "bill_only"
    assert line.quantity.common_unit == "XBX"
    assert line.identifiers == (Identifier("manufacturer", "A-1"),)
    assert line.price.basis == Quantity(Decimal(10), "ZQ", "XBX")


def test_two_digit_years_and_times_with_a_zone() -> None:
    assert one("850", "BEG*00*NE*PO-1**261120", LINE).ordered_at == date(2026, 11, 20)
    moment = one("850", BEG, "DTM*004*20261120*0815*ES", LINE).ordered_at
    assert moment == datetime(2026, 11, 20, 13, 15, tzinfo=UTC)


def test_a_cancelled_line_needs_no_quantity() -> None:
    order = one("860", "BCH*04*SA*PO-1***20261120", "POC*1*DI******IN*59123")
    assert (order.action, order.lines[0].action, order.lines[0].quantity.value) == ("change", "cancel", 0)


ORDER = PurchaseOrder(
    "PO-1", (PurchaseOrderLine("1", Quantity(Decimal(1), "EA", "EA"), (Identifier("supplier", "A"),)),)
)


@pytest.mark.parametrize(
    "order",
    [
        replace(ORDER, number="PO*1"),
        replace(ORDER, number="P" * 23),
        replace(ORDER, contract="C" * 31),
        replace(ORDER, lines=(replace(ORDER.lines[0], number="1" * 21),)),
        replace(ORDER, lines=(replace(ORDER.lines[0], identifiers=(Identifier("supplier", "A" * 49),)),)),
        replace(ORDER, type="bill_only"),
        replace(ORDER, charges=(Charge("charge", Decimal("0.001")),)),
        replace(ORDER, lines=(replace(ORDER.lines[0], price=Price(Decimal(1), "EUR")),)),
        replace(ORDER, lines=(replace(ORDER.lines[0], price=Price(Decimal(1), None, Quantity(Decimal(7), "EA"))),)),
    ],
)
def test_what_x12_has_no_place_for_is_not_written(order: PurchaseOrder) -> None:
    with pytest.raises(Permanent) as caught:
        X12_STANDARD.write(order, profile(), INTERCHANGE)
    assert caught.value.code == "document.not_carried"


def test_the_envelope_is_padded_and_counted() -> None:
    written = X12_STANDARD.write(ORDER, profile(), INTERCHANGE)
    lines = written.body.decode().split("~\n")
    assert (written.message_type, written.control_id, len(lines[0])) == ("850", "000000007", 105)
    assert lines[1] == "GS*PO*WARDLINE*123456789*20261120*1200*7*X*004010"
    assert lines[-4:] == ["SE*5*0001", "GE*1*7", "IEA*1*000000007", ""]


def test_separators_in_texts_for_people_become_blanks() -> None:
    line = replace(ORDER.lines[0], description="20% off * today~")
    assert back(replace(ORDER, lines=(line,))).lines[0].description == "20% off   today"


LONG = "Cardiac catheterization laboratory of the university teaching hospital, stores on the third floor"


def test_long_texts_for_people_are_continued_between_words() -> None:
    line = replace(ORDER.lines[0], description=LONG, note=" ".join([LONG] * 4))
    written = X12_STANDARD.write(replace(ORDER, lines=(line,), buyer=Party(name=LONG)), profile(), INTERCHANGE)
    segments = [segment.split("*") for segment in written.body.decode().split("~\n")]
    assert [len(one) for one in segments if one[0] == "N2"] == [2]
    assert all(len(one[5]) <= 80 for one in segments if one[0] == "PID")
    (found,) = X12_STANDARD.read(written.body, profile()).documents
    assert isinstance(found, PurchaseOrder)
    assert found.buyer == Party(name=LONG)
    assert " ".join((found.lines[0].description or "").split()) == LONG
    assert " ".join((found.lines[0].note or "").split()) == line.note


def test_every_number_of_a_party_is_told() -> None:
    numbers = (
        PartyIdentifier("vat", "DE1"),
        PartyIdentifier("gln", "4012345000009"),
        PartyIdentifier("network", "AN1"),
    )
    written = X12_STANDARD.write(replace(ORDER, seller=Party(numbers)), profile(), INTERCHANGE).body.decode()
    assert "N1*SE**UL*4012345000009~\nREF*VX*DE1~\nREF*ZZ*AN1*network~" in written
    (found,) = X12_STANDARD.read(written.encode(), profile()).documents
    assert isinstance(found, PurchaseOrder)
    assert found.seller
    assert set(found.seller.identifiers) == set(numbers)


@pytest.mark.parametrize(
    ("segments", "place", "warned"),
    [
        (["N1*ST*Store*92*1", LINE, "N1*ST*Store*92*1"], "1", False),
        (["N1*ST*Store*92*1", LINE, "N1*ST*Other*92*2"], "1", True),
        ([LINE, "N1*ST*Other*92*2"], "2", False),
        ([LINE, "N1*ST*Other*92*2", "PO1*2*1*EA***VC*B"], None, True),
    ],
)
def test_a_line_with_a_place_of_its_own_is_told(segments: list[str], place: str | None, warned: bool) -> None:
    order = one("850", BEG, *segments)
    assert (order.ship_to.identifiers[0].value if order.ship_to else None) == place
    assert ("ship_to.unsupported" in [warning.code for warning in order.warnings]) == warned


def test_one_delivery_of_a_line_is_its_day_and_several_are_told() -> None:
    order = one("850", BEG, LINE, "SCH*2*CA***002*20261201", "PO1*2*5*CA***VC*B", "SCH*2*CA***002*20261201", "SCH*3*CA")
    assert [line.deliver_on for line in order.lines] == [date(2026, 12, 1), None]
    assert [warning.where for warning in order.warnings] == ["ST[1]/SCH[3]"]


def test_several_marks_of_one_quantity_are_told_and_none_is_taken() -> None:
    order = one("850", BEG, LINE, "REF*LT*A", "REF*SE*1", "REF*SE*2")
    assert (order.lines[0].lot, order.lines[0].serial) == ("A", None)
    assert [warning.code for warning in order.warnings] == ["serial.ambiguous"]


def test_a_release_and_a_change_have_their_numbers() -> None:
    assert one("850", "BEG*00*RL*PO-1*R-3*20261120", LINE).revision == "R-3"
    assert one("860", "BCH*04*SA*PO-1*R-3*2*20261120", "POC*1*CA*2**EA***VC*A").revision == "2"


@pytest.mark.parametrize("unit", ["EA", "BX", "DZ"])
@pytest.mark.parametrize(
    "basis",
    [Quantity(Decimal(10)), Quantity(Decimal(100_000)), Quantity(Decimal(1), "DZ"), Quantity(Decimal(100), "FT")],
)
def test_a_price_is_written_for_what_it_is_read_for(unit: str, basis: Quantity) -> None:
    told = basis if basis.unit else replace(basis, unit=unit)
    code = bases.code_of(told, unit)
    assert code
    assert bases.basis_of(code, unit, None) == (None if told == Quantity(Decimal(1), unit) else told)
