"""ACK in the message's own dialect."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from app.errors import Issue
from app.model.envelope import Outcome, Receipt
from app.standards.hl7v2 import acknowledgement
from app.standards.hl7v2.standard import HL7V2

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
    header = HEADER.replace(b"8859/1", b"GB 18030-2000") % b"2.5"
    assert answer("rejected", QUANTITY, header=header)[0].endswith("|T|2.5")


def test_a_message_without_a_version_is_answered_in_the_default_one() -> None:
    assert answer("accepted", header=rb"MSH|^~\&|A|B|C|D|1||DFT^P03|M|P")[0].split("|")[11] == "2.5.1"


def test_the_control_id_is_echoed_as_it_was_written() -> None:
    assert answer("accepted", header=rb"MSH|^~\&|A|B|C|D|1||DFT^P03|M\T\1|P|2.5")[1] == r"MSA|AA|M\T\1"


def test_without_a_message_id_the_fingerprint_numbers_the_answer() -> None:
    envelope = HL7V2.envelope(HEADER % b"2.5")
    body = HL7V2.acknowledge(Receipt("rejected", None, None, envelope, (QUANTITY,))).body
    assert body.split(b"|")[9].decode() == envelope.fingerprint[:20]
