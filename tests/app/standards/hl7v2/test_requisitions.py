"""OMS^O05, OMN^O07 and ORM^O01 read as requisitions."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.errors import Misconfigured
from app.model.item import Identifier
from app.model.party import PartyIdentifier
from app.model.requisition import Requisition
from tests.app.standards.hl7v2.messages import Faults, Make, faults, oddities, read, segment

KIND = "OMS^O05^OMS_O05"


def orc(**changes: str) -> str:
    return segment("ORC", **({"f1": "NW", "f2": "R-1^EHR", "f9": "20261120102500"} | changes))


def rqd(**changes: str) -> str:
    return segment("RQD", **({"f1": "1", "f4": "TAPE-25^Tape", "f5": "2", "f6": "BX"} | changes))


def one(make: Make, *segments: str, **options: Any) -> Requisition:
    (document,) = read(make, KIND, *segments, **options).documents
    assert isinstance(document, Requisition)
    return document


def warned(document: Requisition) -> Faults:
    return [(issue.code, issue.where) for issue in document.warnings]


def test_the_least_a_sender_must_say(profile: Make) -> None:
    found = one(profile, orc(), rqd())
    (line,) = found.lines
    assert (found.number, found.action, found.priority) == ("R-1", "new", "routine")
    assert (line.number, line.quantity.value, line.quantity.unit, line.quantity.common_unit) == ("1", 2, "BX", "XBX")
    assert (line.identifiers, line.description) == ((Identifier("internal", "TAPE-25"),), "Tape")
    assert found.warnings == ()


@pytest.mark.parametrize("kind", ["OMS^O05", "OMN^O07^OMN_O07", "OMN^O07", "ORM^O01", "OMS", "ORM"])
def test_message_types(profile: Make, kind: str) -> None:
    reading = read(profile, kind, orc(), rqd())
    assert reading.mapping == {"OMS": "hl7v2.oms-o05/1", "OMN": "hl7v2.omn-o07/1", "ORM": "hl7v2.orm-o01/1"}[kind[:3]]
    assert [code for code, _ in oddities(reading)] == ([] if "^" in kind else ["event_code.missing"])


@pytest.mark.parametrize(
    ("control", "action", "line"),
    [("NW", "new", "add"), ("CA", "cancel", "cancel"), ("OC", "cancel", "cancel"), ("XO", "change", "change")],
)
def test_order_controls(profile: Make, control: str, action: str, line: str) -> None:
    found = one(profile, orc(f1=control), rqd())
    assert (found.action, found.lines[0].action) == (action, line)


def test_more_order_controls_by_option(profile: Make) -> None:
    assert faults(profile, KIND, orc(f1="ZZ"), rqd()) == [("order_control.unsupported", "ORC[1]-1")]
    assert one(profile, orc(f1="ZZ"), rqd(), order_controls={"ZZ": "cancel"}).action == "cancel"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"f2": "41"}, [("internal", "TAPE-25"), ("buyer", "41")]),
        ({"f2": "41", "f4": ""}, [("internal", "41")]),
        ({"f2": "41^Tape^L"}, [("internal", "TAPE-25"), ("buyer", "41")]),
        ({"f2": "TAPE-25"}, [("internal", "TAPE-25")]),
        ({"f3": "T25", "f4": ""}, [("supplier", "T25")]),
        (
            {"f3": "00812345678901^x^GTIN^0409-6531-02^x^NDC"},
            [("internal", "TAPE-25"), ("gtin", "00812345678901"), ("ndc", "0409-6531-02")],
        ),
        ({"f3": "9^x^HOSP", "f4": ""}, [("internal", "9")]),
    ],
)
def test_whose_number_it_is(profile: Make, changes: dict[str, str], expected: list[tuple[str, str]]) -> None:
    found = one(profile, orc(), rqd(**changes)).lines[0].identifiers
    assert [(identifier.scheme, identifier.value) for identifier in found] == expected


def test_an_unknown_coding_system_leaves_it_to_the_field(profile: Make) -> None:
    found = one(profile, orc(), rqd(f4="5500^x^SID"))
    assert found.lines[0].identifiers == (Identifier("internal", "5500"),)
    assert warned(found) == [("item.coding_system", "RQD[1]-4.3")]


def test_whose_number_a_field_holds_may_be_told_by_option(profile: Make) -> None:
    found = one(profile, orc(), rqd(f3="X", f4=""), item_schemes={"RQD-3": "manufacturer"})
    assert found.lines[0].identifiers == (Identifier("manufacturer", "X"),)


def test_words_alone_may_name_the_item(profile: Make) -> None:
    line = one(profile, orc(), rqd(f4="^Custom splint")).lines[0]
    assert (line.identifiers, line.description) == ((), "Custom splint")
    assert faults(profile, KIND, orc(), rqd(f4="")) == [("item.missing", "RQD[1]-2")]


@pytest.mark.parametrize("unit", ["Box", "^Box", "BX^Box", "box"])
def test_units_by_code_or_words(profile: Make, unit: str) -> None:
    assert one(profile, orc(), rqd(f6=unit)).lines[0].quantity.common_unit == "XBX"


def test_units_that_are_unknown_or_missing_are_warned_of(profile: Make) -> None:
    found = one(profile, orc(), rqd(f6="CA"))
    assert (found.lines[0].quantity.unit, found.lines[0].quantity.common_unit) == ("CA", None)
    assert warned(found) == [("unit.unknown", "RQD[1]-6")]
    assert warned(one(profile, orc(), rqd(f6=""))) == [("unit.missing", "RQD[1]-6")]
    assert one(profile, orc(), rqd(f6="CA"), units={"CA": "XCS"}).lines[0].quantity.common_unit == "XCS"


@pytest.mark.parametrize(
    ("quantity", "code"),
    [("", "missing"), ('""', "missing"), ("many", "invalid"), ("0", "invalid"), ("-1", "invalid"), ("1e2", "invalid")],
)
def test_quantities_that_are_none(profile: Make, quantity: str, code: str) -> None:
    assert faults(profile, KIND, orc(), rqd(f5=quantity)) == [(f"quantity.{code}", "RQD[1]-5")]


def test_orders_of_one_group_are_one_requisition(profile: Make) -> None:
    segments = [orc(f2="A-1", f4="G-1"), rqd(), orc(f2="A-2", f4="G-1"), rqd(f1="2", f4="TAPE-50")]
    found = one(profile, *segments)
    assert (found.number, [line.number for line in found.lines]) == ("G-1", ["1", "2"])
    documents = read(profile, KIND, *segments, requisition_by="order").documents
    assert [document.number for document in documents if isinstance(document, Requisition)] == ["A-1", "A-2"]


def test_orders_of_their_own_are_requisitions_of_their_own(profile: Make) -> None:
    reading = read(profile, KIND, orc(f2="A-1"), rqd(f6="CA"), orc(f2="A-2"), rqd())
    first, second = reading.documents
    assert (len(first.warnings), second.warnings) == (1, ())
    assert reading.issues == first.warnings


def test_line_numbers_that_repeat_give_way_to_the_orders(profile: Make) -> None:
    grouped = [orc(f2="A-1", f4="G"), rqd(), orc(f2="A-2", f4="G"), rqd(f4="TAPE-50")]
    assert [line.number for line in one(profile, *grouped).lines] == ["A-1", "A-2"]
    found = one(profile, orc(), rqd(), rqd(f4="TAPE-50"))
    assert [line.number for line in found.lines] == ["1", "2"]
    assert warned(found) == [("line.number", "RQD[1]-1"), ("line.number", "RQD[2]-1")]


def test_one_line_told_twice_is_refused(profile: Make) -> None:
    assert faults(profile, KIND, orc(), rqd(), rqd()) == [("line.duplicate", "RQD[2]-1")]


def test_a_line_without_a_number_takes_its_position(profile: Make) -> None:
    found = one(profile, orc(), rqd(f1=""))
    assert (found.lines[0].number, warned(found)) == ("1", [("line.missing", "RQD[1]-1")])


def test_mixed_orders_are_a_change(profile: Make) -> None:
    found = one(profile, orc(f4="G"), rqd(), orc(f1="CA", f2="R-2", f4="G"), rqd(f1="2"))
    assert (found.action, [line.action for line in found.lines]) == ("change", ["add", "cancel"])


def test_goods_of_one_requisition_go_to_one_place(profile: Make) -> None:
    segments = [orc(), rqd(f9="OR1"), rqd(f1="2", f9="WARD3")]
    assert faults(profile, KIND, *segments) == [("deliver_to.conflict", "RQD[2]-9")]
    assert one(profile, orc(), rqd(f9="^Ward 3")).deliver_to == "Ward 3"


def test_who_what_for_and_when(profile: Make) -> None:
    detail = rqd(f7="4400^Theatre", f8="61200", f9="ORSUP", f10="20261121")
    found = one(profile, orc(f10="4711^Nurse^A", f12="4712", f13="OR1^1", f17="CARD^x"), segment("TQ1", f9="S"), detail)
    assert (found.requester, found.department, found.deliver_to, found.priority) == ("4711", "CARD", "ORSUP", "stat")
    line = found.lines[0]
    assert (line.cost_centre, line.account, line.needed_by) == ("4400", "61200", date(2026, 11, 21))
    assert found.requested_at is not None
    assert found.requested_at.isoformat() == "2026-11-20T10:25:00+01:00"


@pytest.mark.parametrize(("timing", "priority"), [("^^^^^S", "stat"), ("^^^^^A", "urgent"), ("^^^^^R", "routine")])
def test_priorities_before_tq1(profile: Make, timing: str, priority: str) -> None:
    assert one(profile, orc(f7=timing), rqd()).priority == priority


def test_rq1_tells_price_maker_and_seller(profile: Make) -> None:
    rq1 = segment("RQ1", f1="24.90&USD", f2="DET", f3="444", f4="DST^Distributors^^06001^^DUNS", f5="T25", f7="Y")
    line = one(profile, orc(), rqd(), rq1).lines[0]
    assert line.price is not None
    assert (line.price.amount, line.price.currency, line.substitutes_allowed) == (Decimal("24.90"), "USD", True)
    assert line.supplier is not None
    assert line.supplier.identifiers == (PartyIdentifier("internal", "DST"), PartyIdentifier("duns", "06001"))
    assert {identifier.scheme for identifier in line.identifiers} == {"internal", "manufacturer", "supplier"}


def test_notes_of_the_patient_are_not_read(profile: Make) -> None:
    segments = ["NTE|1||For Monday", "PID|1||900001", "NTE|1||EXAMPLE PATIENT", orc(), rqd(), "NTE|1||Soft\\.br\\only"]
    found = one(profile, *segments)
    assert (found.note, found.lines[0].note) == ("For Monday", "Soft\nonly")
    assert "EXAMPLE" not in repr(found)


def test_own_segments_by_option(profile: Make) -> None:
    fields = {"ZQD-1": "serial", "ZQD-2": "lot", "ZQD-7": "case"}
    found = one(profile, orc(), rqd(), "ZQD|SN1|L1|||||LOG-7", fields=fields)
    assert (found.lines[0].serial, found.lines[0].lot, found.case) == ("SN1", "L1", "case-of-LOG-7")
    assert one(profile, orc(), rqd(), "ZQD|SN1|L1").lines[0].lot is None
    both = faults(profile, KIND, orc(), rqd(), "ZQD|SN1|L1", "ZQD|SN1|L2", fields=fields)
    assert both == [("lot.conflict", "ZQD[2]-2")]


@pytest.mark.parametrize("place", ["PID-5", "ZQD", "ZQD-0", "zqd-1", "NK1-2"])
def test_places_that_cannot_be(profile: Make, place: str) -> None:
    with pytest.raises(Misconfigured):
        one(profile, orc(), rqd(), fields={place: "lot"})


def test_hyphens_that_are_none_become_plain_ones(profile: Make) -> None:
    found = one(profile, orc(), rqd(f4="TAPE\u201125"))
    assert found.lines[0].identifiers == (Identifier("internal", "TAPE-25"),)
    assert warned(found) == [("item.hyphen", "RQD[1]-4")]


def test_what_is_asked_outside_of_an_order_is_refused(profile: Make) -> None:
    assert faults(profile, KIND, rqd()) == [("segment.missing", "RQD[1]")]
    assert faults(profile, KIND, orc()) == [("segment.missing", "RQD")]
    assert faults(profile, KIND, orc(f2=""), rqd()) == [("order.missing", "ORC[1]-2")]


def test_a_channel_may_be_strict(profile: Make) -> None:
    assert faults(profile, KIND, orc(), rqd(f6="CA"), strict=("unit.unknown",)) == [("unit.unknown", "RQD[1]-6")]
