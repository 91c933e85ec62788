"""810: read, written, and the same after both."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from app.errors import Permanent, Rejected
from app.model.invoice import Invoice, InvoiceLine
from app.model.item import Identifier
from app.model.party import Party
from app.model.price import Charge, Price, Tax
from app.model.quantity import Quantity
from app.standards.x12.items import KNOWN_SCHEMES
from app.standards.x12.standard import X12_STANDARD
from app.standards.x12.units import COMMON
from tests import strategies as some
from tests.app.standards.x12.house import INTERCHANGE, back, one, profile, read, told

BIG = "BIG*20261117*INV-1*20261103*PO-1***PR*00"
LINE = "IT1*1*2*CA*3.50**VC*A-1"
TOTAL = "TDS*700"

SAFE = some.BASIC_CHARACTERS
charges = some.several(
    st.builds(
        Charge,
        st.sampled_from(["allowance", "charge"]),
        some.amounts(),
        some.maybe(st.sampled_from(["D240", "C310"])),
        some.maybe(some.prose(SAFE)),
    ),
    most=2,
)


@st.composite
def taxes(draw: st.DrawFn) -> tuple[Tax, ...]:
    """Taxes whose amount, rate and base fit; a bare amount would be the sum of all."""
    found = []
    for scheme in draw(st.sets(st.sampled_from(["ST", "VA", "GS"]), max_size=2)):
        base, rate = draw(some.amounts()), draw(st.sampled_from([Decimal(8), Decimal("19.00")]))
        amount = (base * rate / 100).quantize(Decimal("0.01"))
        found.append(Tax(amount, rate, base, draw(some.maybe(st.just("S"))), scheme))
    return tuple(found)


@st.composite
def lines(draw: st.DrawFn, number: int) -> InvoiceLine:
    quantity = draw(some.maybe(some.quantities(COMMON)))
    unit = quantity.unit if quantity else None
    bases = [None, *([Quantity(Decimal(100), unit, COMMON[unit])] if unit else [])]
    return InvoiceLine(
        number=str(number),
        quantity=quantity,
        order_number=draw(some.maybe(some.codes())),
        order_line=draw(some.maybe(some.codes())),
        identifiers=draw(some.identifiers(KNOWN_SCHEMES)),
        description=draw(some.maybe(some.prose(SAFE))),
        price=draw(some.maybe(some.prices(bases=st.sampled_from(bases)))),
        net=draw(some.maybe(some.amounts())),
        taxes=draw(taxes()),
        charges=draw(charges),
        lot=draw(some.maybe(some.codes())),
        serial=draw(some.maybe(some.codes())),
        note=draw(some.maybe(some.prose(SAFE))),
    )


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    kind = draw(st.sampled_from(["invoice", "credit_note", "debit_note"]))
    whole, party = draw(charges), some.maybe(some.parties(["gln"]))
    return Invoice(
        number=draw(some.codes()),
        type=kind,
        lines=tuple(draw(lines(number)) for number in range(1, draw(st.integers(1, 3)) + 1)),
        action=draw(st.sampled_from(["new", "cancel", "change", "duplicate"])),
        issued_at=draw(some.days()),
        due_on=draw(some.maybe(some.days())),
        currency=draw(some.maybe(st.sampled_from(["USD", "CAD"]))),
        order_number=draw(some.maybe(some.codes())),
        ordered_at=draw(some.maybe(some.days())),
        corrects=draw(some.codes()) if kind != "invoice" else None,
        contract=draw(some.maybe(some.codes())),
        ship_notice=draw(some.maybe(some.codes())),
        seller=draw(party),
        buyer=draw(party),
        bill_to=draw(party),
        ship_to=draw(party),
        remit_to=draw(party),
        terms=draw(some.maybe(some.prose(SAFE))),
        note=draw(some.maybe(some.prose(SAFE))),
        charges=whole,
        taxes=draw(taxes()),
        net_total=None if whole else draw(some.maybe(some.amounts())),
        tax_total=draw(some.maybe(some.amounts())),
        total=draw(some.amounts()),
    )


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(invoices())
def test_written_and_read_it_is_the_same(invoice: Invoice) -> None:
    assert replace(back(invoice), warnings=()) == invoice


def test_totals_and_charges_have_two_implied_decimals() -> None:
    invoice = one("810", BIG, LINE, "TDS*36596", "SAC*C*D240***600*******06***FREIGHT", "SAC*A*C310***25")
    assert invoice.total == Decimal("365.96")
    assert invoice.charges == (
        Charge("charge", Decimal("6.00"), "D240", "FREIGHT"),
        Charge("allowance", Decimal("0.25"), "C310"),
    )


def test_a_point_in_a_total_is_taken_at_its_word_and_told() -> None:
    reading = read(["810", BIG, LINE, "TDS*7.00"])
    assert reading.documents[0].total == Decimal("7.00")
    assert ("warning", "total.decimals", "ST[1]/TDS[1]-01") in told(reading)


@pytest.mark.parametrize(
    ("code", "kind"), [("PR", "invoice"), ("DI", "invoice"), ("CR", "credit_note"), ("DR", "debit_note")]
)
def test_the_type_tells_the_direction(code: str, kind: str) -> None:
    assert one("810", BIG.replace("PR", code), LINE, TOTAL).type == kind


def test_an_unknown_type_is_an_invoice_with_a_warning_unless_it_is_agreed() -> None:
    sent = ["810", BIG.replace("PR", "N6"), LINE, TOTAL]
    reading = read(sent)
    assert reading.documents[0].type == "invoice"
    assert ("warning", "invoice_type.unknown", "ST[1]/BIG[1]-07") in told(reading)
    assert one(*sent, invoice_types={"N6": "credit_note"}).type == "credit_note"


def test_only_a_credit_corrects_an_invoice() -> None:
    sent = ["810", BIG, "REF*OI*INV-0", LINE, TOTAL]
    assert one(*sent).corrects is None
    assert one(sent[0], BIG.replace("PR", "CR"), *sent[2:]).corrects == "INV-0"


def test_a_ladder_of_terms_is_told_line_by_line() -> None:
    terms = ["ITD*01*3*2**10", "ITD*01*3*1*20261127*20", "ITD*05*3*****30"]
    invoice = one("810", BIG, *terms, LINE, TOTAL)
    assert invoice.terms == "2 % within 10 days\n1 % within 20 days or by 2026-11-27\nnet within 30 days"
    assert invoice.due_on is None


def test_the_only_day_named_is_the_due_day() -> None:
    assert one("810", BIG, "ITD*05*3****20261217*30", LINE, TOTAL).due_on == date(2026, 12, 17)
    reading = read(["810", BIG, "ITD*05*3****20261217", "ITD*05*3****20261218", LINE, TOTAL])
    assert reading.documents[0].due_on is None
    assert ("warning", "due_on.ambiguous", "ST[1]/ITD[1]-06") in told(reading)


def test_a_price_for_another_unit_keeps_its_basis() -> None:
    (line,) = one("810", BIG, "IT1*1*24*EA*96.00*CA*VN*OS-881", TOTAL, price_bases={"CA": "CA"}).lines
    assert line.quantity == Quantity(Decimal(24), "EA", "EA")
    assert line.price == Price(Decimal("96.00"), None, Quantity(Decimal(1), "CA", "XCS"))


def test_a_code_that_may_be_a_kind_of_price_is_not_taken_for_a_unit() -> None:
    reading = read(["810", BIG, "IT1*1*24*EA*96.00*CA*VN*OS-881", TOTAL])
    assert reading.documents[0].lines[0].price == Price(Decimal("96.00"))
    assert ("warning", "price.basis", "ST[1]/IT1[1]-05") in told(reading)


def test_a_price_below_the_line_stands_in_for_one_that_is_missing() -> None:
    (line,) = one("810", BIG, "IT1*1*2*CA***VN*OS-881", "CTP**UCP*4.00*48*EA", TOTAL).lines
    assert line.price == Price(Decimal("4.00"), None, Quantity(Decimal(1), "EA", "EA"))


def test_a_tax_told_as_a_charge_and_in_detail_counts_once() -> None:
    below = ["SAC*C*H850***1998", "TXI*ST*15.99*8*VD*CA***199.98", "TXI*FD*3.99*2*****199.98"]
    (line,) = one("810", BIG, LINE, *below, TOTAL).lines
    assert line.charges == ()
    assert [tax.amount for tax in line.taxes] == [Decimal("15.99"), Decimal("3.99")]


def test_a_tax_told_only_as_a_charge_is_a_tax() -> None:
    invoice = one("810", BIG, LINE, TOTAL, "SAC*C*H850***600")
    assert (invoice.taxes, invoice.tax_total, invoice.charges) == ((Tax(Decimal("6.00")),), Decimal("6.00"), ())


def test_a_rate_that_is_proven_to_be_a_fraction_becomes_per_cent() -> None:
    reading = read(["810", BIG, LINE, "TXI*ST*16.00*.08*****200.00", TOTAL])
    assert reading.documents[0].lines[0].taxes[0].rate == Decimal(8)
    assert ("warning", "tax.rate", "ST[1]/TXI[1]-03") in told(reading)


def test_lot_and_serial_come_from_pairs_and_references() -> None:
    (line,) = one("810", BIG, LINE + "*LT*L-1", "REF*SE*S-1", TOTAL).lines
    assert (line.lot, line.serial, line.identifiers) == ("L-1", "S-1", (Identifier("supplier", "A-1"),))


def test_lots_that_disagree_are_refused() -> None:
    with pytest.raises(Rejected) as caught:
        read(["810", BIG, LINE + "*LT*L-1", "REF*LT*L-2", TOTAL])
    assert [issue.code for issue in caught.value.issues] == ["lot.conflict"]


def test_the_line_of_the_order_is_named_or_agreed() -> None:
    assert one("810", BIG, LINE, "REF*LI*7", TOTAL).lines[0].order_line == "7"
    assert one("810", BIG, LINE, TOTAL).lines[0].order_line is None
    assert one("810", BIG, LINE, TOTAL, invoice_lines="order").lines[0].order_line == "1"


def test_the_place_that_all_lines_name_is_the_invoices() -> None:
    place = ["N1*ST*DOCK 2*92*D2"]
    assert one("810", BIG, LINE, *place, LINE.replace("*1*", "*2*", 1), *place, TOTAL).ship_to.name == "DOCK 2"
    reading = read(["810", BIG, LINE, *place, LINE.replace("*1*", "*2*", 1), "N1*ST*DOCK 3*92*D3", TOTAL])
    assert reading.documents[0].ship_to is None
    assert "ship_to.several" in [code for _, code, _ in told(reading)]


@pytest.mark.parametrize(
    ("segments", "place"),
    [
        ([BIG.replace("INV-1", ""), LINE, TOTAL], "ST[1]/BIG[1]-02"),
        ([LINE, TOTAL], "ST[1]/BIG"),
        ([BIG, LINE.replace("*2*", "*TWO*"), TOTAL], "ST[1]/IT1[1]-02"),
        ([BIG, LINE.replace("3.50", "3,50"), TOTAL], "ST[1]/IT1[1]-04"),
        ([BIG, LINE, "TDS*7O0"], "ST[1]/TDS[1]-01"),
    ],
)
def test_what_makes_it_ambiguous_is_refused_at_its_place(segments: list[str], place: str) -> None:
    with pytest.raises(Rejected) as caught:
        read(["810", *segments])
    assert [issue.where for issue in caught.value.issues] == [place]


def test_what_is_missing_is_told() -> None:
    reading = read(["810", BIG, "IT1*1***", "PID*F****SERVICE", "IT1*1*1**5", "CTT*3"])
    assert [(code, where) for _, code, where in told(reading)] == [
        ("total.missing", "ST[1]/TDS"),
        ("count.conflict", "ST[1]/CTT[1]-01"),
        ("quantity.missing", "ST[1]/IT1[1]-02"),
        ("price.missing", "ST[1]/IT1[1]-04"),
        ("unit.missing", "ST[1]/IT1[2]-03"),
        ("item.missing", "ST[1]/IT1[2]-06"),
        ("line.duplicate", "ST[1]/IT1[2]-01"),
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"issued_at": None},
        {"issued_at": datetime(2026, 11, 17, 8, tzinfo=UTC)},
        {"total": None},
        {"total": Decimal("1.005")},
        {"terms": "x" * 81},
        {"lines": (InvoiceLine("1", cost_centre="4711"),)},
        {"currency": "USD", "lines": (InvoiceLine("1", price=Price(Decimal(1), "EUR")),)},
    ],
)
def test_what_an_810_cannot_tell_is_not_written(change: dict[str, object]) -> None:
    invoice = Invoice("INV-1", issued_at=date(2026, 11, 17), total=Decimal(1), seller=Party(name="X"))
    with pytest.raises(Permanent) as caught:
        X12_STANDARD.write(replace(invoice, **change), profile(), INTERCHANGE)  # type: ignore[arg-type]
    assert caught.value.code == "document.not_carried"
