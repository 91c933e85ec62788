"""What each message means: quantities, units, prices, dates and identifiers, and what is refused."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from app.errors import Rejected
from app.model.item import Identifier
from app.model.price import Price
from app.model.quantity import Quantity
from tests.app.standards.edifact.messages import codes, document, interchange, read

LINE = ("LIN+1++4012345000016:EN", "QTY+21:12:PCE")


def order(*segments: str, una: str = "UNA:+.? '") -> bytes:
    return interchange("ORDERS", "BGM+220+PO-1+9", *segments, una=una)


def line(*segments: str, una: str = "UNA:+.? '") -> bytes:
    return order(*LINE, *segments, una=una)


def rejected(body: bytes, **options: object) -> list[str]:
    with pytest.raises(Rejected) as caught:
        read(body, **options)
    return [f"{issue.code} at {issue.where}" for issue in caught.value.issues]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("261118:101", date(2026, 11, 18)),
        ("700101:101", date(1970, 1, 1)),
        ("20261118:102", date(2026, 11, 18)),
        ("181126:2", date(2026, 11, 18)),
        ("202611181530:203", datetime(2026, 11, 18, 14, 30, tzinfo=UTC)),
        ("20260718153045:204", datetime(2026, 7, 18, 13, 30, 45, tzinfo=UTC)),
        ("202611181530EST:303", datetime(2026, 11, 18, 20, 30, tzinfo=UTC)),
        ("20261118153000?+05:304", datetime(2026, 11, 18, 15, 30, tzinfo=timezone(timedelta(hours=5)))),
        ("202611181530-0330:205", datetime(2026, 11, 18, 19, 0, tzinfo=UTC)),
        ("2026111820261120:718", date(2026, 11, 18)),
    ],
)
def test_dates_in_their_formats(told: str, expected: object) -> None:
    body = order(f"DTM+137:{told}", *LINE)
    assert document(body).ordered_at == expected
    assert codes(body) == []


@pytest.mark.parametrize(
    ("told", "expected", "code"),
    [
        ("20261118", date(2026, 11, 18), "date.format"),
        ("202611181530:102", date(2026, 11, 18), "date.format"),
        ("20261118:203", date(2026, 11, 18), "date.format"),
        ("20261318:102", None, "date.invalid"),
        ("261118", None, "date.invalid"),
        ("20261118:718", None, "date.invalid"),
        ("202611181530QQQ:303", None, "date.invalid"),
        ("SOON:102", None, "date.invalid"),
    ],
)
def test_odd_dates_are_noted_and_never_guessed(told: str, expected: object, code: str) -> None:
    body = order(f"DTM+137:{told}", *LINE)
    assert document(body).ordered_at == expected
    assert [one.split(" ")[0] for one in codes(body)] == [code]


def test_a_period_is_a_window_of_delivery() -> None:
    found = document(order("DTM+2:2026112320261127:718", *LINE, "DTM+64:20261124:102", "DTM+63:20261125:102"))
    assert (found.deliver_on, found.deliver_not_after) == (date(2026, 11, 23), date(2026, 11, 27))
    assert (found.lines[0].deliver_on, found.lines[0].deliver_not_after) == (date(2026, 11, 24), date(2026, 11, 25))


@pytest.mark.parametrize(
    ("una", "told", "expected"),
    [
        ("UNA:+.? '", "12.50", "12.50"),
        ("UNA:+,? '", "12,50", "12.50"),
        ("UNA:+,? '", "12.50", "12.50"),
        ("", "0,125", "0.125"),
        ("UNA:+,? '", "1234,5", "1234.5"),
        ("UNA:+.? '", "1.000", "1.000"),
        ("UNA:+.? '", "-3", "-3"),
        ("UNA:+.? '", ".5", ".5"),
    ],
)
def test_numbers_and_their_decimal_mark(una: str, told: str, expected: str) -> None:
    body = order(LINE[0], f"QTY+21:{told}:PCE", una=una)
    assert document(body).lines[0].quantity.value == Decimal(expected)


@pytest.mark.parametrize("told", ["1,000", "12,500", "1.000,5", "1.000.000", "1E3", "12A", "1 2", "٣", "9" * 13])
def test_numbers_that_could_mean_something_else_are_refused(told: str) -> None:
    (fault,) = rejected(order(LINE[0], f"QTY+21:{told}:PCE"))
    assert fault.startswith(("quantity.ambiguous at UNH[1]/QTY[1]-01.2", "quantity.invalid at UNH[1]/QTY[1]-01.2"))


def test_the_partner_may_say_what_its_decimal_mark_is() -> None:
    body = order(LINE[0], "QTY+21:1,000:PCE")
    assert document(body, decimal_mark=",").lines[0].quantity.value == Decimal("1.000")


def test_units() -> None:
    assert document(line()).lines[0].quantity == Quantity(Decimal(12), "PCE", "H87")
    unknown = order(LINE[0], "QTY+21:12:CS")
    assert document(unknown).lines[0].quantity == Quantity(Decimal(12), "CS")
    assert codes(unknown) == ["unit.unknown at UNH[1]/QTY[1]-01.3"]
    assert document(unknown, units={"CS": "XCS"}).lines[0].quantity == Quantity(Decimal(12), "CS", "XCS")
    assert document(line("QTY+59:10")).lines[0].quantity.pack_factor == 10


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("AAA:14.58", Price(Decimal("14.58"))),
        ("AAA:98.50:::100:PCE", Price(Decimal("98.50"), None, Quantity(Decimal(100), "PCE", "H87"))),
        ("AAA:2.10:CT:AAE::KGM", Price(Decimal("2.10"), None, Quantity(Decimal(1), "KGM", "KGM"))),
        ("AAA:98.50:::100", Price(Decimal("98.50"), None, Quantity(Decimal(100)))),
    ],
)
def test_prices_and_what_they_are_for(told: str, expected: Price) -> None:
    assert document(line("PRI+AAB:99", f"PRI+{told}")).lines[0].price == expected


def test_a_gross_price_is_said_to_be_one() -> None:
    assert codes(line("PRI+AAB:99")) == ["price.gross at UNH[1]/PRI[1]-01.1"]
    assert document(line("PRI+AAA:14", "PRI+AAB:99"), prices=("AAB", "AAA")).lines[0].price == Price(Decimal(99))


@pytest.mark.parametrize(
    ("segments", "fault"),
    [
        (("QTY+21:13:PCE",), "quantity.conflict at UNH[1]/QTY[2]-01.2"),
        (("PRI+AAA:1", "PRI+AAA:2"), "price.conflict at UNH[1]/PRI[2]-01.2"),
        (("PRI+AAA:1:::0:PCE",), "price_basis.invalid at UNH[1]/PRI[1]-01.5"),
        (("PRI+AAA",), "price.missing at UNH[1]/PRI[1]-01.2"),
        (("LIN+2", "QTY+21:1"), "item.missing at UNH[1]/LIN[2]-03"),
        (("LIN+2++4711:SA",), "quantity.missing at UNH[1]/LIN[2]"),
    ],
)
def test_what_makes_a_line_ambiguous_is_refused(segments: tuple[str, ...], fault: str) -> None:
    assert rejected(line(*segments)) == [fault]


def test_identifiers() -> None:
    pia = "PIA+1+NG-1:SA+100:IN+M-9:MF+42132203:TST+LOT9:NB"
    found = document(line(pia, "PIA+1+SN-1:SN+RED:CL", "PIA+1+777:ZZZ:INT:ZZZ")).lines[0]
    assert found.identifiers == (
        Identifier("gtin", "04012345000016"),
        Identifier("supplier", "NG-1"),
        Identifier("buyer", "100"),
        Identifier("manufacturer", "M-9"),
        Identifier("unspsc", "42132203"),
        Identifier("internal", "777"),
    )
    assert (found.lot, found.serial) == ("LOT9", "SN-1")


def test_types_and_trust_are_the_partners() -> None:
    body = order("LIN+1++4711:Z9", "PIA+1+NG-1:SA", "QTY+21:1")
    assert codes(body) == ["item.qualifier at UNH[1]/LIN[1]-03.2"]
    assert document(body, item_types={"Z9": "buyer"}).lines[0].identifiers[0] == Identifier("buyer", "4711")
    found = document(body, item_types={"Z9": "buyer"}, identifier_priority=("supplier",))
    assert [one.scheme for one in found.lines[0].identifiers] == ["supplier", "buyer"]


def test_a_number_without_a_type_is_a_gtin_only_by_its_check_digit() -> None:
    right, wrong = order("LIN+1++4012345000016", "QTY+21:1"), order("LIN+1++4012345000017", "QTY+21:1")
    assert document(right).lines[0].identifiers == (Identifier("gtin", "04012345000016"),)
    assert codes(right) == ["item.qualifier at UNH[1]/LIN[1]-03.2"]
    assert rejected(wrong) == ["item.missing at UNH[1]/LIN[1]-03"]


def test_parties() -> None:
    nad = "NAD+BY+4399901000018::9++Klinikum:Musterstadt+Am Klinikum 1:Haus 2+Musterstadt++12345+DE"
    buyer = document(order(nad, "RFF+VA:DE1", "RFF+API:123456789:16", "CTA+OC+:Einkauf", "COM+030:TE", *LINE)).buyer
    assert [(one.scheme, one.value) for one in buyer.identifiers] == [
        ("gln", "4399901000018"),
        ("vat", "DE1"),
        ("duns", "123456789"),
    ]
    assert (buyer.name, buyer.address.lines) == ("Klinikum Musterstadt", ("Am Klinikum 1", "Haus 2"))
    assert (buyer.contact.name, buyer.contact.phone) == ("Einkauf", "030")
    unknown = order("NAD+SU+77::XX", *LINE)
    assert codes(unknown) == ["party.qualifier at UNH[1]/NAD[1]-02.3"]
    assert document(unknown, party_agencies={"XX": "duns"}).seller.identifiers[0].scheme == "duns"


def test_what_belongs_to_a_group_is_not_taken_for_the_line() -> None:
    body = line("LOC+7+OP1", "QTY+11:5", "LOC+7+OP2", "QTY+11:7", "ALC+A", "QTY+1:99", "MOA+8:3")
    assert document(body).lines[0].quantity.value == 12
    assert codes(body) == ["delivery.unsupported at UNH[1]/QTY[2]"]


RESPONSE = ("BGM+231+AB-1+{}", "RFF+ON:PO-1", "LIN+1+{}+4012345000016:SRV")


def response(function: str, action: str, *segments: str) -> bytes:
    return interchange(
        "ORDRSP", *(one.format(code) for one, code in zip(RESPONSE, (function, "", action), strict=True)), *segments
    )


@pytest.mark.parametrize(
    ("function", "action", "status", "outcome"),
    [
        ("29", "", "accepted", "accepted"),
        ("27", "", "rejected", "rejected"),
        ("9", "5", "accepted", "accepted"),
        ("4", "3", "changed", "changed"),
        ("9", "7", "rejected", "rejected"),
        ("29", "7", "changed", "rejected"),
        ("9", "", "received", "on_hold"),
        ("9", "4", "received", "on_hold"),
        ("9++AP", "", "accepted", "accepted"),
    ],
)
def test_answers_to_orders(function: str, action: str, status: str, outcome: str) -> None:
    function = function.replace("++", "+")
    found = document(response(function, action, "QTY+21:5:PCE"))
    assert (found.status, found.lines[0].outcome, found.order_number) == (status, outcome, "PO-1")
    confirmed = found.lines[0].quantity
    assert (confirmed is not None) is (outcome in {"accepted", "changed"})


def test_a_backordered_part_is_a_line_of_its_own() -> None:
    found = document(response("4", "3", "QTY+21:10:PCE", "QTY+113:6:PCE", "QTY+83:4:PCE")).lines
    told = [(one.outcome, one.ordered.value, one.quantity.value) for one in found]
    assert told == [("changed", 10, 6), ("backordered", 10, 4)]
    part = document(response("4", "3", "QTY+21:10:PCE", "QTY+83:4:PCE")).lines
    assert [one.quantity.value if one.quantity else None for one in part] == [None, 4]
    (whole,) = document(response("4", "3", "QTY+21:10:PCE", "QTY+83:10:PCE")).lines
    assert (whole.outcome, whole.quantity.value) == ("backordered", 10)


def test_a_substitute_is_told_either_way() -> None:
    by = document(response("4", "3", "PIA+3+4012345000023:SRV", "QTY+21:1")).lines[0]
    instead = document(response("4", "3", "PIA+4+4012345000023:SRV", "QTY+21:1")).lines[0]
    old, new = Identifier("gtin", "04012345000016"), Identifier("gtin", "04012345000023")
    assert (by.outcome, by.identifiers, by.substitute) == ("substituted", (old,), (new,))
    assert (instead.outcome, instead.identifiers, instead.substitute) == ("substituted", (new,), (old,))


def test_an_answer_names_its_order() -> None:
    lines = ("LIN+1+5+4012345000016:SRV", "RFF+ON:PO-1:3", "QTY+21:1")
    found = document(interchange("ORDRSP", "BGM+231+AB-1+29", *lines))
    assert (found.order_number, found.lines[0].order_line) == ("PO-1", "3")
    assert rejected(interchange("ORDRSP", "BGM+231+AB-1+29", lines[0])) == ["order.missing at UNH[1]/RFF"]


NOTICE = ("BGM+351+LS-1+9", "RFF+ON:PO-1", "CPS+1", "CPS+2+1", "PAC+1++201::9", "PCI+33E", "GIN+BJ+340123450000000017")
SENT = ("LIN+1++4012345000016:SRV", "QTY+12:5:PCE")


def notice(*segments: str) -> bytes:
    return interchange("DESADV", *NOTICE, *SENT, *segments)


def test_packages() -> None:
    found = document(notice())
    (package,) = found.packages
    assert (package.id, package.sscc, package.type, package.parent) == ("2", "340123450000000017", "201", None)
    assert found.lines[0].package == "2"


def test_several_marks_in_one_level() -> None:
    found = document(interchange("DESADV", *NOTICE[:-1], "GIN+BJ+340123450000000017+00340123450000000024", *SENT))
    assert [(one.id, one.sscc[-2:]) for one in found.packages] == [("2.1", "17"), ("2.2", "24")]
    assert found.lines[0].package is None


def test_lots_with_their_quantities_are_lines_of_their_own() -> None:
    lots = ("PCI+17", "QTY+12:3:PCE", "GIN+BX+L1", "DTM+36:202806:610", "PCI+17", "QTY+12:2:PCE", "GIN+BX+L2")
    found = document(notice(*lots)).lines
    assert [(one.lot, one.quantity.value, one.expiry) for one in found] == [
        ("L1", 3, date(2028, 6, 30)),
        ("L2", 2, None),
    ]


@pytest.mark.parametrize(
    ("marks", "code"),
    [
        (("GIN+BX+L1+L2",), "lot.ambiguous"),
        (("PCI+17", "QTY+12:3", "GIN+BX+L1", "PCI+17", "QTY+12:3", "GIN+BX+L2"), "lot.ambiguous"),
        (("GIN+BN+S1+S2",), "serial.ambiguous"),
        (("GIN+BN+S1:S5",), "range.unsupported"),
    ],
)
def test_marks_that_cannot_be_shared_out_are_left_out(marks: tuple[str, ...], code: str) -> None:
    (found,) = document(notice(*marks)).lines
    assert (found.quantity.value, found.lot, found.serial) == (5, None, None)
    assert [one.split(" ")[0] for one in codes(notice(*marks))] == [code]


def test_as_many_serial_numbers_as_units() -> None:
    found = document(notice("QTY+83:7:PCE", "GIN+BN+S1+S2+S3", "GIN+BN+S4+S5")).lines
    assert [(one.serial, one.quantity.value) for one in found] == [(f"S{n}", 1) for n in range(1, 6)]
    assert [one.outstanding.value if one.outstanding else None for one in found] == [7, None, None, None, None]


INVOICED = ("LIN+1++4012345000016:SRV", "QTY+47:2:PCE", "PRI+AAA:14.25")


@pytest.mark.parametrize(("name", "kind"), [("380", "invoice"), ("381", "credit_note"), ("383", "debit_note")])
def test_kinds_of_invoices(name: str, kind: str) -> None:
    assert document(interchange("INVOIC", f"BGM+{name}+RE-1+9", *INVOICED)).type == kind


def test_a_pro_forma_invoice_is_no_claim() -> None:
    assert rejected(interchange("INVOIC", "BGM+325+RE-1+9", *INVOICED)) == ["invoice_type.unknown at UNH[1]/BGM[1]-01"]


def test_sums_after_the_lines_are_not_charged_twice() -> None:
    head = ("BGM+380+RE-1+9", "ALC+C++++FC", "MOA+8:12.50", *INVOICED, "UNS+S", "MOA+77:41", "MOA+125:28.50")
    found = document(interchange("INVOIC", *head, "ALC+C++++FC", "MOA+131:12.50"))
    assert [(one.kind, one.amount) for one in found.charges] == [("charge", Decimal("12.50"))]
    assert (found.total, found.net_total) == (41, Decimal("28.50"))


def test_the_due_date_is_not_that_of_the_discount() -> None:
    terms = ("PAT+22", "DTM+12:20261201:102", "PAT+1", "DTM+13:20261224:102")
    assert document(interchange("INVOIC", "BGM+380+RE-1+9", *terms, *INVOICED)).due_on == date(2026, 12, 24)


def test_a_price_list_with_tiers_and_packages() -> None:
    lines = (
        "LIN+1+1+4012345000016:SRV",
        "PRI+AAA:14.25:::1:XBX",
        "PRI+AAA:13.80:::1:XBX",
        "RNG+4+XBX:50:199",
        "LIN+2+1+4012345100013:SRV",
        "PAC+++CT",
        "LIN+3+1+4012345000016:SRV+1:2",
        "QTY+45E:10",
        "LIN+4+1+4012345200010:SRV",
        "PAC+++PX",
        "LIN+5+1+4012345100013:SRV+1:4",
        "QTY+45E:12",
    )
    found = document(interchange("PRICAT", "BGM+9+KAT-1+5", *lines))
    first, second, third = found.lines
    assert (found.action, first.price.amount, first.unit) == ("replace", Decimal("14.25"), "XBX")
    assert [(one.minimum, one.price.amount) for one in first.breaks] == [(50, Decimal("13.80"))]
    assert (second.packs[0].quantity, third.packs[0].quantity) == (10, 120)


def test_a_receipt() -> None:
    lines = ("LIN+1++4012345000016:SRV", "QTY+194:8:PCE", "QTY+195:2:PCE", "QVR+-3:12+CP+PC", "QVR+1:21+AC")
    found = document(interchange("RECADV", "BGM+632+WE-1+9", *lines)).lines[0]
    assert (found.received.value, found.rejected.value, found.short.value, found.over.value) == (10, 2, 3, 1)
    assert found.reason == "PC"


def test_a_receipt_without_lines() -> None:
    assert document(interchange("RECADV", "BGM+632+WE-1+9", "CPS+1")).lines == ()


def test_syntax_reports() -> None:
    uci = "UCI+7+4399901000018:14+WARD:ZZ+{}"
    accepted = document(interchange("CONTRL", uci.format("7"), version="D:3:UN"))
    assert (accepted.status, accepted.control_id, accepted.level) == ("accepted", "7", "functional")
    assert accepted.sender.identifiers[0].value == "ZZ:WARD"
    assert document(interchange("CONTRL", uci.format("8"))).status == "received"
    refused = document(interchange("CONTRL", uci.format("4+29+UNT+2")))
    assert (refused.status, refused.code, refused.faults[0].where) == ("rejected", "29", "UNT-01")
    mixed = document(interchange("CONTRL", uci.format("7"), "UCM+1+ORDERS:D:96A:UN+4", "UCS+6", "UCD+12+2:3"))
    assert mixed.status == "accepted_with_errors"
    assert [(one.code, one.where) for one in mixed.parts[0].faults] == [("12", "segment 6 element 01.3")]


@pytest.mark.parametrize(
    ("bgm", "errors", "status"),
    [
        ("BGM+313+A+27", ("ERC+12",), "rejected"),
        ("BGM+312+A+29", (), "accepted"),
        ("BGM+312+A+29", ("ERC+12",), "accepted_with_errors"),
        ("BGM+27+A+9", ("ERC+1",), "on_hold"),
        ("BGM+27+A+9", (), "received"),
        ("BGM+12+A+9+RE", (), "rejected"),
    ],
)
def test_application_errors(bgm: str, errors: tuple[str, ...], status: str) -> None:
    found = document(interchange("APERAK", bgm, "RFF+ON:PO-1", *errors))
    assert (found.status, found.refers_to, found.refers_to_kind) == (status, "PO-1", "purchase_order")
    assert len(found.faults) == len(errors)


def test_a_change_names_its_order() -> None:
    body = interchange("ORDCHG", "BGM+230+PO-1/2+4", "RFF+ON:PO-1::2", "LIN+1+2", "LIN+2+3+4711:SA", "QTY+21:3")
    found = document(body)
    assert (found.number, found.revision, found.action) == ("PO-1", "2", "change")
    assert [(one.action, one.quantity.value) for one in found.lines] == [("cancel", 0), ("change", 3)]
    assert codes(body) == ["quantity.missing at UNH[1]/LIN[1]"]


def test_a_bad_message_does_not_spoil_the_others() -> None:
    body = line().decode()
    second = body[body.index("UNH") : body.index("UNZ")].replace("21:12", "21:X").replace("+1'", "+2'")
    found = read((body.replace("UNZ+1", second + "UNZ+2")).replace("UNH+1+ORDERS:D", "UNH+1+ORDERS:D").encode())
    assert [one.number for one in found.documents] == ["PO-1"]  # type: ignore[union-attr]
    assert [one.where for one in found.issues if one.severity == "error"] == ["UNH[2]/QTY[1]-01.2"]
    assert found.mapping == "edifact.ORDERS/1"


def test_strictness_is_the_partners() -> None:
    body = line("CNT+2:9")
    assert codes(body) == ["count.conflict at UNH[1]/CNT[1]-01.2"]
    assert rejected(body, strict=("count.conflict",)) == codes(body)
    assert rejected(body.replace(b"UNZ+1", b"UNZ+2"), strict=("count.conflict",)) == ["count.conflict at UNZ-01"]


def test_unsupported_messages_name_those_that_are_read() -> None:
    with pytest.raises(Rejected) as caught:
        read(interchange("INVRPT", "BGM+35+LB-1+9"))
    (issue,) = caught.value.issues
    assert (issue.code, issue.where) == ("message.unsupported", "UNH[1]-02.1")
    assert "ORDRSP" in issue.text


def test_faults_never_quote_what_was_found() -> None:
    with pytest.raises(Rejected) as caught:
        read(order("LIN+1++4711:SA", "QTY+21:SECRET"))
    assert "SECRET" not in str(caught.value.issues)
