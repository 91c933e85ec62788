"""ACK in the message's own dialect."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from app.errors import Issue
from app.model.envelope import Outcome, Receipt
from app.standards.hl7v2 import acknowledgement
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.standard import HL7V2
from tests.app.standards.hl7v2.messages import message

MESSAGE_ID = UUID("01938c5e-0000-7000-8000-0123456789ab")
RECEIVED_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
QUANTITY = Issue("quantity.invalid", "FT1[2]-10", "a number | is expected")
HEADER = rb"MSH|^~\&|CATH|GEN|WARDLINE|GROUP|20261120||DFT^P03|M-1|T|%s||||||8859/1"


def answer(outcome: Outcome, *issues: Issue, header: bytes = HEADER % b"2.5.1", retryable: bool = False) -> list[str]:
    receipt = Receipt(outcome, MESSAGE_ID, RECEIVED_AT, HL7V2.envelope(header), issues, retryable)
    acknowledgement = HL7V2.acknowledge(receipt)
    assert acknowledgement.content_type == "application/hl7-v2"
    assert acknowledgement.body.endswith(b"\r")
    return acknowledgement.body.decode("latin-1").split("\r")[:-1]


def test_yes() -> None:
    assert answer("accepted") == [
        r"MSH|^~\&|WARDLINE|GROUP|CATH|GEN|20261120120000+0000||ACK^P03^ACK|700080000123456789ab|T|2.5.1||||||8859/1",
        "MSA|AA|M-1",
    ]


def test_a_duplicate_gets_the_same_answer() -> None:
    assert answer("duplicate") == answer("accepted")


def test_yes_holds_no_warnings() -> None:
    assert answer("accepted", Issue("gtin.check_digit", "FT1[1]-7", "x", "warning")) == answer("accepted")


def test_no_names_the_place_the_condition_and_our_code() -> None:
    assert answer("rejected", QUANTITY)[1:] == [
        "MSA|AE|M-1",
        r"ERR||FT1^2^10|102^Data type error^HL70357|E|quantity.invalid^^L|||a number \F\ is expected (FT1[2]-10)",
    ]


def test_every_fault_has_its_segment() -> None:
    issues = [QUANTITY, Issue("item.missing", "FT1[1]-7.1", "x"), Issue("gtin.invalid", "segment 9", "y", "warning")]
    segments = answer("rejected", *issues)[2:]
    assert [segment.split("|")[2:5] for segment in segments] == [
        ["FT1^2^10", "102^Data type error^HL70357", "E"],
        ["FT1^1^7^1^1", "101^Required field missing^HL70357", "E"],
        ["", "102^Data type error^HL70357", "W"],
    ]


@pytest.mark.parametrize("version", [b"2.3", b"2.3.1", b"2.4"])
def test_before_2_5_the_text_is_in_msa_and_the_places_in_err_1(version: bytes) -> None:
    assert answer("rejected", QUANTITY, Issue("item.missing", "FT1[1]", "x"), header=HEADER % version)[1:] == [
        r"MSA|AE|M-1|FT1[2]-10: a number \F\ is expected",
        "ERR|FT1^2^10^102&Data type error&HL70357~FT1^1^^101&Required field missing&HL70357",
    ]


def test_the_answer_is_in_the_messages_own_dialect() -> None:
    header = b"MSH!*%#$!CATH!GEN!W\xe4rd!GEN!20261120!!DFT*P03!M-1!P!2.3!!!!!!8859/1"
    issue = Issue("quantity.invalid", "FT1[2]-10", "what! a * number")
    assert answer("rejected", issue, header=header) == [
        "MSH!*%#$!Wärd!GEN!CATH!GEN!20261120120000+0000!!ACK*P03!700080000123456789ab!P!2.3!!!!!!8859/1",
        "MSA!AE!M-1!FT1[2]-10: what#F# a #S# number",
        "ERR!FT1*2*10*102$Data type error$HL70357",
    ]


@pytest.mark.parametrize(
    ("code", "expected", "condition"),
    [
        ("message_type.unsupported", "AR", "200"),
        ("event_code.unsupported", "AR", "201"),
        ("version.unsupported", "AR", "203"),
        ("transaction_type.unsupported", "AE", "103"),
        ("control_id.missing", "AE", "101"),
        ("segment.missing", "AE", "100"),
        ("event.duplicate", "AE", "205"),
        ("reverses.unknown", "AE", "204"),
        ("event.too_long", "AE", "104"),
        ("what.ever", "AE", "207"),
    ],
)
def test_conditions(code: str, expected: str, condition: str) -> None:
    _, msa, err = answer("rejected", Issue(code, "MSH-9", "x"))
    assert (msa.split("|")[1], err.split("|")[3].split("^")[0]) == (expected, condition)


def test_a_used_key_is_the_senders_fault() -> None:
    _, msa, err = answer("conflict", Issue("key_conflict", "message", "x"))
    assert (msa, err.split("|")[3]) == ("MSA|AE|M-1", "205^Duplicate key identifier^HL70357")


def test_what_may_be_sent_again_is_ar() -> None:
    assert answer("unavailable", Issue("unavailable", "message", "later"))[1] == "MSA|AR|M-1"
    assert answer("rejected", QUANTITY, retryable=True)[1] == "MSA|AR|M-1"


def test_without_a_header_there_is_still_an_answer() -> None:
    issue = Issue("segment.missing", "MSH", "an MSH segment is expected")
    body = HL7V2.acknowledge(Receipt("rejected", issues=(issue,))).body
    assert body.decode().split("\r") == [
        r"MSH|^~\&|||||||ACK|UNREADABLE|P|2.5.1",
        "MSA|AE",
        "ERR||MSH^1|100^Segment sequence error^HL70357|E|segment.missing^^L|||an MSH segment is expected (MSH)",
        "",
    ]
    assert b"MSA|AR\r" in HL7V2.acknowledge(Receipt("rejected", issues=(issue,), retryable=True)).body
    assert b"MSA|AR\r" in HL7V2.acknowledge(Receipt("unavailable")).body


def test_without_issues_there_is_still_an_error() -> None:
    assert answer("unavailable")[2].split("|")[3] == "207^Application internal error^HL70357"


def test_a_flood_of_faults_is_cut() -> None:
    issues = [Issue("item.missing", f"FT1[{number}]-7", "x") for number in range(1, 101)]
    assert len(answer("rejected", *issues)) == 2 + acknowledgement.MAX_ERRORS


def test_a_message_of_an_unknown_character_set_is_answered_without_one() -> None:
    header = HEADER.replace(b"8859/1", b"UNICODE UTF-32") % b"2.5"
    assert answer("rejected", QUANTITY, header=header)[0].endswith("|T|2.5")


def test_a_message_without_a_version_is_answered_in_the_default_one() -> None:
    assert answer("accepted", header=rb"MSH|^~\&|A|B|C|D|1||DFT^P03|M|P")[0].split("|")[11] == "2.5.1"


def test_the_control_id_is_echoed_as_it_was_written() -> None:
    assert answer("accepted", header=rb"MSH|^~\&|A|B|C|D|1||DFT^P03|M\T\1|P|2.5")[1] == r"MSA|AA|M\T\1"


def test_without_a_message_id_the_fingerprint_numbers_the_answer() -> None:
    envelope = HL7V2.envelope(HEADER % b"2.5")
    body = HL7V2.acknowledge(Receipt("rejected", None, None, envelope, (QUANTITY,))).body
    assert body.split(b"|")[9].decode() == envelope.fingerprint[:20]


def answers_to(
    kind: str,
    wanted: str,
    *segments: str,
    outcome: Outcome = "accepted",
    issues: tuple[Issue, ...] = (),
    **options: Any,
) -> list[list[str]]:
    """The messages that answer, each as its segments."""
    body = message(kind, *segments, rest=f"|||{wanted}" if wanted else "")
    receipt = Receipt(outcome, MESSAGE_ID, RECEIVED_AT, HL7V2.envelope(body), issues, options=Hl7Options(**options))
    found = HL7V2.acknowledge(receipt)
    return [one.decode().split("\r")[:-1] for one in (found.body, *found.more) if one]


def codes(found: list[list[str]]) -> list[str]:
    return [segments[1].split("|")[1] for segments in found]


@pytest.mark.parametrize(
    ("wanted", "yes", "no"),
    [
        ("", ["AA"], ["AE"]),
        ("AL|AL", ["CA", "AA"], ["CE"]),
        ("AL|NE", ["CA"], ["CE"]),
        ("NE|AL", ["AA"], ["AE"]),
        ("ER|ER", [], ["CE"]),
        ("SU|SU", ["CA", "AA"], []),
        ("NE|NE", [], []),
        ("AL|", ["CA"], ["CE"]),
        ("|ER", [], ["AE"]),
        ('""|""', ["AA"], ["AE"]),
    ],
)
def test_modes(wanted: str, yes: list[str], no: list[str]) -> None:
    assert codes(answers_to("DFT^P03", wanted)) == yes
    assert codes(answers_to("DFT^P03", wanted, outcome="rejected", issues=(QUANTITY,))) == no


def test_what_is_not_taken_is_rejected_at_the_door() -> None:
    unsupported = Issue("message_type.unsupported", "MSH-9.1", "x")
    assert codes(answers_to("ADT^A01", "AL|AL", outcome="rejected", issues=(unsupported,))) == ["CR"]


def test_a_channel_may_keep_to_the_original_mode() -> None:
    assert codes(answers_to("DFT^P03", "AL|AL", acknowledgement_mode="original")) == ["AA"]


def test_enhanced_answers_have_numbers_of_their_own_and_want_no_answer() -> None:
    commit, application = answers_to("OMS^O05", "AL|AL", "ORC|NW|R-1", "RQD|1|||TAPE|1|RL")
    headers = [one[0].split("|") for one in (commit, application)]
    assert [header[8] for header in headers] == ["ACK^O05^ACK", "ORS^O06^ORS_O06"]
    assert headers[0][9] != headers[1][9]
    assert [header[14:16] for header in headers] == [["NE", "NE"], ["NE", "NE"]]
    assert commit[1:] == ["MSA|CA|M-1"]
    assert application[1:] == ["MSA|AA|M-1", "ORC|OK|R-1", "RQD|1|||TAPE|1|RL"]


@pytest.mark.parametrize("kind", ["ACK^O05", "ACK", "MCF"])
@pytest.mark.parametrize("wanted", ["", "AL|AL"])
def test_acknowledgements_are_not_acknowledged(kind: str, wanted: str) -> None:
    assert answers_to(kind, wanted, "MSA|AA|1") == []


@pytest.mark.parametrize("kind", ["ORS^O06", "ORN^O08", "MFK^M16"])
def test_answers_get_at_most_a_commit(kind: str) -> None:
    assert answers_to(kind, "", "MSA|AA|1") == []
    assert codes(answers_to(kind, "AL|AL", "MSA|AA|1")) == ["CA"]


@pytest.mark.parametrize(
    ("kind", "answered"),
    [
        ("OMS^O05", "ORS^O06^ORS_O06"),
        ("OMN^O07", "ORN^O08^ORN_O08"),
        ("ORM^O01", "ORR^O02^ORR_O02"),
        ("RDS^O13", "ACK^O13^ACK"),
        ("INU^U05", "ACK^U05^ACK"),
    ],
)
def test_types_of_answers(kind: str, answered: str) -> None:
    order = ["ORC|NW|R-1", "RQD|1|||TAPE|1|RL"]
    assert answers_to(kind, "", *order)[0][0].split("|")[8] == answered
    assert answers_to(kind, "", *order, typed_answers=False)[0][0].split("|")[8].startswith("ACK^")


def test_orders_are_answered_one_by_one() -> None:
    orders = ["ORC|NW|R-1^EHR||G-1|x", "RQD|1|||TAPE|1|RL", "RQ1|1.20", "ORC|CA|R-2", "RQD|2|||TAPE|1|RL"]
    assert answers_to("OMS^O05", "", *orders)[0][2:] == ["ORC|OK|R-1^EHR||G-1", "RQD|1|||TAPE|1|RL", "RQ1|1.20"]
    refused = answers_to("OMS^O05", "", *orders, outcome="rejected", issues=(QUANTITY,))[0]
    assert [segment for segment in refused if segment.startswith("ORC")] == ["ORC|UA|R-1^EHR||G-1", "ORC|UC|R-2"]


RECORDS = ["MFE|MAD|1||A|CWE", "ITM|A|x", "MFE|MUP|2||B|CWE"]
SECOND = Issue("item.missing", "MFE[2]/ITM[1]-1", "a | is expected")


@pytest.mark.parametrize(("level", "told"), [("AL", "SU"), ("SU", "S"), ("ER", "U"), ("NE", ""), ("", "U")])
def test_records_are_answered_as_the_file_asks(level: str, told: str) -> None:
    (found,) = answers_to("MFN^M16", "", f"MFI|INV||UPD|||{level}", *RECORDS, issues=(SECOND,))
    assert found[0].split("|")[8] == "MFK^M16^MFK_M01"
    assert found[1:3] == ["MSA|AA|M-1", f"MFI|INV||UPD|||{level}".rstrip("|")]
    assert "".join(segment.split("|")[4][0] for segment in found[3:]) == told


def test_records_are_told_with_their_keys_and_faults() -> None:
    (found,) = answers_to("MFN^M16", "", "MFI|INV||UPD||AL", *RECORDS, issues=(SECOND,))
    at = "20261120120000+0000"
    assert found[3:] == [f"MFA|MAD|1|{at}|S|A|CWE", rf"MFA|MUP|2|{at}|U^a \F\ is expected|B|CWE"]


def test_a_refused_master_file_has_no_good_record() -> None:
    issues = (Issue("x.invalid", "MSH-9", "x"),)
    (found,) = answers_to("MFN^M16", "", "MFI|INV||UPD|||AL", *RECORDS, outcome="rejected", issues=issues)
    assert [segment.split("|")[4][0] for segment in found if segment.startswith("MFA")] == ["U", "U"]


def test_places_within_records_and_files_become_locations() -> None:
    assert answer("rejected", SECOND)[2].startswith("ERR||ITM^1^1|")
