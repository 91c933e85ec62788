"""DFT^P03 and P11 read as consumption."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.errors import Rejected
from app.model.channel import Profile
from app.model.consumption import Consumption
from app.model.envelope import Reading
from app.model.item import Identifier
from app.standards.hl7v2.standard import HL7V2

Make = Callable[..., Profile]


def segment(name: str, **fields: str) -> str:
    """A segment from its fields: ``f10="2"`` is field 10."""
    values = {int(field[1:]): value for field, value in fields.items()}
    return "|".join([name, *(values.get(number, "") for number in range(1, max(values) + 1))])


def ft1(**changes: str) -> str:
    base = {"f1": "1", "f2": "T-1", "f4": "20261120093000+0100", "f6": "CG", "f7": "STENT-35", "f10": "1", "f16": "OR1"}
    return segment("FT1", **(base | changes))


def message(*segments: str, header: str = r"MSH|^~\&|CATH|GEN|W|GEN|20261120||DFT^P03|M-1|P|2.8") -> bytes:
    return "\r".join([header, *segments]).encode()


def read(make: Make, *segments: str, **channel: Any) -> Reading:
    return HL7V2.read(message(*segments), make(**channel))


def one(make: Make, *segments: str, **channel: Any) -> Consumption:
    (document,) = read(make, *segments, **channel).documents
    return document


def faults(make: Make, *segments: str) -> list[tuple[str, str]]:
    with pytest.raises(Rejected) as caught:
        read(make, *segments)
    return [(issue.code, issue.where) for issue in caught.value.issues]


def warnings(consumption: Consumption) -> list[tuple[str, str]]:
    return [(issue.code, issue.where) for issue in consumption.warnings]


def test_the_least_a_sender_must_say(profile: Make) -> None:
    found = one(profile, ft1())
    assert (found.event_id, found.kind, found.location, found.facility) == ("T-1", "use", "OR1", "GEN")
    assert (found.identifiers, str(found.quantity.value), found.quantity.unit) == (
        (Identifier("internal", "STENT-35"),),
        "1",
        "EA",
    )
    assert found.occurred_at.isoformat() == "2026-11-20T09:30:00+01:00"
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("f4", "occurred_at.missing"),
        ("f6", "transaction_type.missing"),
        ("f7", "item.missing"),
        ("f10", "quantity.missing"),
        ("f16", "location.missing"),
    ],
)
@pytest.mark.parametrize("nothing", ["", '""', "  ", "\xa0", "\xa0^X"])
def test_what_must_be_said(profile: Make, field: str, code: str, nothing: str) -> None:
    assert faults(profile, ft1(**{field: nothing})) == [(code, f"FT1[1]-{field[1:]}")]


def test_all_faults_of_all_transactions_are_told_at_once(profile: Make) -> None:
    assert faults(profile, ft1(f10="x"), ft1(f2="T-2", f6="PY", f4="2026")) == [
        ("quantity.invalid", "FT1[1]-10"),
        ("occurred_at.ambiguous", "FT1[2]-4"),
        ("transaction_type.unsupported", "FT1[2]-6"),
    ]


def test_a_message_without_transactions_is_refused(profile: Make) -> None:
    assert faults(profile, "EVN|P03") == [("segment.missing", "FT1")]


@pytest.mark.parametrize(
    ("kind", "quantity", "expected"),
    [("CG", "2", "use"), ("cg", "2", "use"), ("CG", "-2", "return"), ("CD", "2", "return")],
)
def test_the_direction(profile: Make, kind: str, quantity: str, expected: str) -> None:
    found = one(profile, ft1(f6=kind, f10=quantity))
    assert (found.kind, found.quantity.value, found.reverses) == (expected, Decimal(2), None)


def test_a_negative_credit_is_a_return_with_a_warning(profile: Make) -> None:
    found = one(profile, ft1(f6="CD", f10="-2"))
    assert (found.kind, found.quantity.value, warnings(found)) == ("return", 2, [("quantity.negative", "FT1[1]-10")])


@pytest.mark.parametrize("kind", ["AJ", "PY", "CO", "XX"])
def test_other_transaction_types_are_not_guessed_at(profile: Make, kind: str) -> None:
    assert faults(profile, ft1(f6=kind)) == [("transaction_type.unsupported", "FT1[1]-6")]


@pytest.mark.parametrize("quantity", ["0", "-0.00", "1e3", "NaN", "one", "1_0", "9999999999999", "0.0000000001"])
def test_quantities_that_are_none(profile: Make, quantity: str) -> None:
    assert faults(profile, ft1(f10=quantity)) == [("quantity.invalid", "FT1[1]-10")]


def test_quantities_are_exact_and_get_the_channels_unit(profile: Make) -> None:
    found = one(profile, ft1(f10="+0.250"), default_unit="PCE")
    assert (str(found.quantity.value), found.quantity.unit) == ("0.250", "PCE")


def test_a_range_of_time_means_its_start(profile: Make) -> None:
    assert one(profile, ft1(f4="20261120093000+0100^20261120113000+0100")).occurred_at.hour == 9


def test_a_day_means_its_start_where_the_sender_is(profile: Make) -> None:
    found = one(profile, ft1(f4="20260720"))
    assert found.occurred_at.isoformat() == "2026-07-20T00:00:00+02:00"
    assert warnings(found) == [("occurred_at.date_only", "FT1[1]-4")]


def test_hyphens_in_times_are_a_warning(profile: Make) -> None:
    assert warnings(one(profile, ft1(f4="2026-11-20T09:30:00"))) == [("occurred_at.format", "FT1[1]-4")]


def test_without_a_number_of_its_own_an_event_takes_the_messages(profile: Make) -> None:
    found = read(profile, ft1(f2="", f1="7"), ft1(f2="", f1="")).documents
    assert [consumption.event_id for consumption in found] == ["M-1-7", "M-1-2"]
    assert warnings(found[0]) == [("event.missing", "FT1[1]-2")]


@pytest.mark.parametrize("number", ["\xa0", "\xa0^X"])
def test_a_number_of_unusual_blanks_is_none(profile: Make, number: str) -> None:
    assert one(profile, ft1(f2=number)).event_id == "M-1-1"


def test_blanks_that_come_in_through_escapes_are_nothing(profile: Make) -> None:
    assert faults(profile, ft1(f2=r"\X20\\X20\ ", f16=r"\X20\ ".strip())) == [
        ("event.missing", "FT1[1]-2"),
        ("location.missing", "FT1[1]-16.1"),
    ]


def test_one_number_for_two_transactions_is_refused(profile: Make) -> None:
    assert faults(profile, ft1(), ft1(f1="2")) == [("event.duplicate", "FT1[1]-2"), ("event.duplicate", "FT1[2]-2")]
    assert faults(profile, ft1(f2=""), ft1(f2="")) == [("event.duplicate", "FT1[1]-1"), ("event.duplicate", "FT1[2]-1")]


def test_the_location_is_the_point_of_care(profile: Make) -> None:
    visit = segment("PV1", f2="I", f3="WARD3^12^B^GEN")
    assert one(profile, visit, ft1(f16="OR1^2^1^GEN")).location == "OR1"
    assert one(profile, visit, ft1(f16="")).location == "WARD3"
    assert one(profile, visit, ft1(f16="^2^1^GEN")).location == "WARD3"
    assert faults(profile, segment("PV1", f3="^12"), ft1(f16="^2")) == [("location.missing", "FT1[1]-16")]


def test_department_and_description(profile: Make) -> None:
    found = one(profile, ft1(f7=r"STENT-35^Stent 3.5 mm \T\ balloon", f13="CARD^Cardiology"))
    assert (found.department, found.description) == ("CARD", "Stent 3.5 mm & balloon")


def test_the_item_by_all_its_names(profile: Make) -> None:
    found = one(
        profile,
        ft1(f7="A^x^HOSP", f25="B^x^99LOC", f29="0409-6531-02", f34="812345678901^x^GTIN", f35="M-5"),
    )
    assert [(identifier.scheme, identifier.value) for identifier in found.identifiers] == [
        ("internal", "A"),
        ("gtin", "00812345678901"),
        ("ndc", "0409-6531-02"),
        ("internal", "B"),
        ("manufacturer", "M-5"),
    ]


def test_a_name_told_twice_is_one_name(profile: Make) -> None:
    assert one(profile, ft1(f7="A^x^L", f34="A")).identifiers == (Identifier("internal", "A"),)


def test_a_procedure_code_is_no_item(profile: Make) -> None:
    found = one(profile, ft1(f25="92928^PCI^C4"))
    assert found.identifiers == (Identifier("internal", "STENT-35"),)
    assert found.warnings == ()


def test_an_unknown_coding_system_names_no_item(profile: Make) -> None:
    assert faults(profile, ft1(f7="80053^Panel^C4")) == [("item.missing", "FT1[1]-7")]
    found = one(profile, ft1(f7="80053^Panel^C4", f34="STENT-35"))
    assert warnings(found) == [("item.coding_system", "FT1[1]-7.3")]


def test_the_channel_knows_coding_systems(profile: Make) -> None:
    found = one(profile, ft1(f7="9^x^VENDOR"), identifier_systems={"VENDOR": "supplier"})
    assert found.identifiers == (Identifier("supplier", "9"),)


def test_a_wrong_check_digit_is_a_warning(profile: Make) -> None:
    found = one(profile, ft1(f7="00812345678903^x^GTIN"))
    assert (found.identifiers, warnings(found)) == (
        (Identifier("gtin", "00812345678903"),),
        [("gtin.check_digit", "FT1[1]-7")],
    )


def test_prt_marks_the_unit(profile: Make) -> None:
    prt = segment("PRT", f2="AD", f16="00812345678901^^2.51.1.1^ISO", f18="20280630", f19="L1", f20="S1")
    found = one(profile, ft1(), prt)
    assert (found.lot, found.serial, found.expiry, found.udi) == ("L1", "S1", date(2028, 6, 30), None)
    assert found.identifiers[0] == Identifier("gtin", "00812345678901")


@pytest.mark.parametrize(("name", "field"), [("PRT", "f10"), ("PRT", "f22"), ("DEV", "f2"), ("DEV", "f3")])
def test_the_udi_marks_the_unit(profile: Make, name: str, field: str) -> None:
    udi = "(01)00812345678901(17)280630(10)L1(21)S1"
    found = one(profile, ft1(), segment(name, **{field: f"RFID-7~{udi}^^2.16.840.1.113883.3.3719^ISO"}))
    assert (found.lot, found.serial, found.expiry, found.udi) == ("L1", "S1", date(2028, 6, 30), udi)


def test_dev_marks_the_unit(profile: Make) -> None:
    dev = segment("DEV", f1="AD", f2="ASSET-9", f9="00812345678901", f10="L1", f11="S1", f13="202806")
    found = one(profile, ft1(), dev)
    assert (found.lot, found.serial, found.expiry, found.udi) == ("L1", "S1", date(2028, 6, 30), None)


def test_marks_stay_with_their_transaction(profile: Make) -> None:
    first, second = read(
        profile,
        ft1(),
        segment("ZPA", f1="x"),
        segment("PRT", f19="L1"),
        ft1(f2="T-2"),
        segment("NTE", f3="text"),
        segment("PRT", f19="L2"),
        segment("PR1", f1="1"),
        segment("PRT", f19="L3"),
    ).documents
    assert (first.lot, second.lot) == ("L1", "L2")


def test_marks_that_disagree_are_refused(profile: Make) -> None:
    assert faults(profile, ft1(), segment("PRT", f19="L1"), segment("DEV", f10="L2")) == [("lot.conflict", "DEV[1]-10")]


def test_a_participation_taken_back_marks_nothing(profile: Make) -> None:
    assert one(profile, ft1(), segment("PRT", f2="DE", f19="L1")).lot is None


def test_too_many_devices_and_carriers_are_refused(profile: Make) -> None:
    assert faults(profile, ft1(), *[segment("PRT", f19="L1")] * 21) == [("device.too_many", "FT1[1]")]
    assert faults(profile, ft1(), segment("PRT", f10="~".join("x" * 6))) == [("udi.too_many", "PRT[1]-10")]


def test_an_expiry_that_is_no_date_is_refused(profile: Make) -> None:
    assert faults(profile, ft1(), segment("PRT", f18="soon")) == [("expiry.invalid", "PRT[1]-18")]


def test_device_identifiers_of_others_than_gs1_are_no_gtins(profile: Make) -> None:
    found = one(profile, ft1(), segment("PRT", f16="H123PARTNO1^^1.0.15961.10.816^ISO"))
    assert found.identifiers == (Identifier("internal", "STENT-35"),)
    assert found.warnings == ()


def test_a_group_separator_may_come_escaped(profile: Make) -> None:
    found = one(profile, ft1(), segment("PRT", f10="010081234567890110L1" + r"\X1D\21S1"))
    assert (found.lot, found.serial) == ("L1", "S1")


@pytest.mark.parametrize("field", ["f2", "f7", "f13", "f16"])
def test_control_characters_do_not_come_in_through_escapes(profile: Make, field: str) -> None:
    (fault,) = faults(profile, ft1(**{field: r"A\X00\B"}))[:1]
    assert fault[0].endswith(".invalid")


def test_what_is_too_long_is_refused(profile: Make) -> None:
    assert faults(profile, ft1(f2="x" * 201)) == [("event.too_long", "FT1[1]-2")]


def test_a_credit_that_names_its_charge_is_a_reversal(profile: Make) -> None:
    found = one(profile, ft1(f2="T-9", f6="CD", f31="T-1"))
    assert (found.kind, found.reverses, found.event_id) == ("reversal", "T-1", "T-9")


def test_a_set_id_names_a_charge_of_the_same_message(profile: Make) -> None:
    charge, credit = read(profile, ft1(f1="1", f2="T-1"), ft1(f1="2", f2="T-2", f6="CD", f31="1")).documents
    assert (charge.kind, credit.kind, credit.reverses) == ("use", "reversal", "T-1")


def test_a_negative_charge_that_names_a_charge_is_a_reversal(profile: Make) -> None:
    assert one(profile, ft1(f2="T-9", f10="-1", f31="T-1")).kind == "reversal"


@pytest.mark.parametrize("reference", ["5", "T-1", "1"])
def test_a_reference_to_nothing_or_to_itself_is_refused(profile: Make, reference: str) -> None:
    assert faults(profile, ft1(f6="CD", f31=reference)) == [("reverses.unknown", "FT1[1]-31")]


def test_a_reference_that_could_mean_two_is_refused(profile: Make) -> None:
    segments = [ft1(f1="1", f2="2"), ft1(f1="2", f2="1"), ft1(f1="3", f2="T-3", f6="CD", f31="1")]
    assert faults(profile, *segments) == [("reverses.ambiguous", "FT1[3]-31")]
    assert faults(profile, ft1(f6="CD", f31="A-1~A-2")) == [("reverses.ambiguous", "FT1[1]-31")]


def test_a_charge_refers_to_nothing(profile: Make) -> None:
    found = one(profile, ft1(f31="T-0"))
    assert (found.kind, found.reverses, warnings(found)) == ("use", None, [("reverses.ignored", "FT1[1]-31")])


def test_of_the_patient_only_a_pseudonym_is_kept(profile: Make) -> None:
    patient = segment("PID", f3="900001", f5="EXAMPLE^PATIENT", f7="19700101", f18="ACC-1")
    visit = segment("PV1", f2="I", f7="DOC^EXAMPLE", f19="V-1")
    with_visit, without = one(profile, patient, visit, ft1()), one(profile, patient, ft1())
    assert (with_visit.case, without.case, one(profile, ft1()).case) == ("case-of-V-1", "case-of-ACC-1", None)
    for secret in ("EXAMPLE", "900001", "1970", "DOC"):
        assert secret not in repr(with_visit)


@pytest.mark.parametrize(
    ("header", "code", "where"),
    [
        (r"MSH|^~\&|A|B|C|D|1||ADT^A01|M|P|2.5", "message_type.unsupported", "MSH-9.1"),
        (r"MSH|^~\&|A|B|C|D|1|||M|P|2.5", "message_type.unsupported", "MSH-9.1"),
        (r"MSH|^~\&|A|B|C|D|1||DFT^P12|M|P|2.5", "event_code.unsupported", "MSH-9.2"),
        (r"MSH|^~\&|A|B|C|D|1||DFT|M|P|2.5", "event_code.unsupported", "MSH-9.2"),
        (r"MSH|^~\&|A|B|C|D|1||DFT^P03|M|P|2.2", "version.unsupported", "MSH-12"),
        (r"MSH|^~\&|A|B|C|D|1||DFT^P03|M|P|3.0", "version.unsupported", "MSH-12"),
        (r"MSH|^~\&|A|B|C|D|1||DFT^P03||P|2.5", "control_id.missing", "MSH-10"),
        (r"MSH|^~\&|A|B|C|D|1||DFT^P03|" + "x" * 201 + "|P|2.5", "control_id.too_long", "MSH-10"),
        (r"MSH|^~\&|" + "x" * 201 + "|B|C|D|1||DFT^P03|M|P|2.5", "sender.too_long", "MSH-3"),
    ],
)
def test_headers_that_are_refused(profile: Make, header: str, code: str, where: str) -> None:
    with pytest.raises(Rejected) as caught:
        HL7V2.read(message(ft1(), header=header), profile())
    assert [(issue.code, issue.where) for issue in caught.value.issues] == [(code, where)]


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8.2", "2.9", "2.9.1"])
def test_versions_that_are_read(profile: Make, version: str) -> None:
    header = rf"MSH|^~\&|A|B|C|D|1||DFT^P03^DFT_P03|M|D|{version}"
    assert HL7V2.read(message(ft1(), header=header), profile()).envelope.version == version


def test_a_missing_version_is_a_warning(profile: Make) -> None:
    reading = HL7V2.read(message(ft1(), header=r"MSH|^~\&|A|B|C|D|1||DFT^P03|M|P"), profile())
    assert [(issue.code, issue.where) for issue in reading.issues] == [("version.missing", "MSH-12")]


def test_the_envelope(profile: Make) -> None:
    body = message(ft1())
    envelope = HL7V2.envelope(body)
    assert (envelope.standard, envelope.message_type, envelope.sender) == ("hl7v2", "DFT^P03", "CATH|GEN")
    assert (envelope.control_id, envelope.version) == ("M-1", "2.8")
    assert HL7V2.read(body, profile()).envelope == envelope
    assert HL7V2.envelope(body.replace(b"|20261120||DFT", b"|20261121||DFT")).fingerprint == envelope.fingerprint


@pytest.mark.parametrize(("parties", "sender"), [("|", ""), ("A|", "A|"), ("^1.2.3^ISO|B^4.5^ISO", "1.2.3|B")])
def test_senders(parties: str, sender: str) -> None:
    assert HL7V2.envelope(message(header=rf"MSH|^~\&|{parties}|C|D|1||DFT^P03|M|P|2.5")).sender == sender


def test_the_envelope_fits_the_ledger_whatever_was_sent() -> None:
    header = rf"MSH|^~\&|{'x' * 999}|{'y' * 999}|C|D|1||{'z' * 99}^{'z' * 99}|{'i' * 999}|P|{'9' * 99}"
    envelope = HL7V2.envelope(message(header=header))
    assert len(envelope.sender) <= 200
    assert len(envelope.message_type) <= 64
    assert len(envelope.control_id or "") <= 200
    assert len(envelope.version or "") <= 16


def test_warnings_are_told_for_the_message_too(profile: Make) -> None:
    reading = read(profile, ft1(f4="20261120"))
    assert reading.issues == reading.documents[0].warnings
    assert reading.mapping == "hl7v2.dft-p03/1"
