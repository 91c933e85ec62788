"""Files of several messages, and the answers to them."""

from __future__ import annotations

import pytest

from app.errors import Issue, Rejected
from app.model.envelope import Outcome, Receipt
from app.standards.hl7v2 import batches
from app.standards.hl7v2.standard import HL7V2
from tests.app.standards.hl7v2.messages import Make, message, oddities

BHS = r"BHS|^~\&|CAB|GEN|W|GEN|20261120||||B-1"
FHS = r"FHS|^~\&|CAB|GEN|W|GEN|20261120||usage.hl7||F-1"


def dft(number: int, quantity: str = "1", rest: str = "") -> str:
    event = f"FT1|1|E-{number}||20261120101500||CG|GLOVE|||{quantity}||||||WARD3"
    return message("DFT^P03", event, rest=rest).decode().replace("|M-1|", f"|M-{number}|")


def file(*parts: str, end: str = "\r") -> bytes:
    return (end.join(parts) + end).replace("\r", end).encode()


def numbers(make: Make, body: bytes) -> list[str]:
    return [document.event_id for document in HL7V2.read(body, make()).documents]  # type: ignore[union-attr]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
@pytest.mark.parametrize(
    "parts",
    [
        [FHS, BHS, dft(1), dft(2), "BTS|2", "FTS|1"],
        [BHS, dft(1), dft(2), "BTS|2"],
        [dft(1), dft(2)],
        [FHS, BHS, dft(1), "BTS|1", BHS, dft(2), "BTS|1", "FTS|2"],
    ],
)
def test_every_message_is_read(profile: Make, parts: list[str], end: str) -> None:
    body = file(*parts, end=end)
    assert numbers(profile, body) == ["E-1", "E-2"]
    reading = HL7V2.read(body, profile())
    assert (reading.issues, reading.mapping) == ((), "hl7v2.dft-p03/1")


def test_messages_may_still_be_framed(profile: Make) -> None:
    body = b"".join(b"\x0b" + dft(number).encode() + b"\r\x1c\r" for number in (1, 2))
    assert numbers(profile, body) == ["E-1", "E-2"]


def test_the_envelope_is_the_files() -> None:
    body = file(FHS, BHS, dft(1), "BTS|1", "FTS|1")
    envelope = HL7V2.envelope(body)
    assert (envelope.message_type, envelope.sender, envelope.control_id) == ("FHS", "CAB|GEN", "F-1")
    assert HL7V2.envelope(body.replace(b"20261120|", b"20261121|")).fingerprint == envelope.fingerprint
    bare = HL7V2.envelope(file(dft(1), dft(2)))
    assert (bare.message_type, bare.sender, bare.control_id) == ("MSH", "APP|GEN", None)


def test_a_message_that_is_wrong_does_not_stop_the_others(profile: Make) -> None:
    body = file(BHS, dft(1), dft(2, "many"), message("ADT^A01").decode(), dft(3), "BTS|4")
    reading = HL7V2.read(body, profile())
    assert [(issue.severity, issue.code, issue.where) for issue in reading.issues] == [
        ("error", "quantity.invalid", "MSH[2]/FT1[1]-10"),
        ("error", "message_type.unsupported", "MSH[3]-9.1"),
    ]
    assert len(reading.documents) == 2


def test_places_of_warnings_name_the_message(profile: Make) -> None:
    reading = HL7V2.read(file(dft(1), dft(2).replace("20261120101500|", "20261120|")), profile())
    assert oddities(reading) == [("occurred_at.date_only", "MSH[2]/FT1[1]-4")]
    assert reading.documents[1].warnings == reading.issues


def test_kinds_may_be_mixed(profile: Make) -> None:
    order = message("OMS^O05", "ORC|NW|R-1", "RQD|1|||TAPE|1|RL").decode()
    reading = HL7V2.read(file(BHS, dft(1), order, "BTS|2"), profile())
    assert [document.document_kind for document in reading.documents] == ["consumption", "requisition"]
    assert reading.mapping == "hl7v2.mixed/1"


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([BHS, dft(1), "BTS|7"], [("batch.count", "BTS[1]-1")]),
        ([FHS, BHS, dft(1), "BTS|1", "FTS|3"], [("batch.count", "FTS[1]-1")]),
        ([BHS, dft(1)], [("batch.trailer_missing", "BTS")]),
        ([FHS, BHS, dft(1), "BTS"], [("batch.trailer_missing", "FTS")]),
        ([BHS, "NTE|1||x", dft(1), "BTS|1"], [("segment.stray", "message")]),
        ([BHS, dft(1), dft(1), "BTS|2"], [("message.duplicate", "MSH[2]")]),
    ],
)
def test_oddities_of_files(profile: Make, parts: list[str], expected: list[tuple[str, str]]) -> None:
    assert oddities(HL7V2.read(file(*parts), profile())) == expected


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([BHS, "BTS|0"], [("message.missing", "message")]),
        ([BHS, dft(1, "x"), "BTS|1"], [("quantity.invalid", "MSH[1]/FT1[1]-10")]),
    ],
)
def test_files_without_a_good_message(profile: Make, parts: list[str], expected: list[tuple[str, str]]) -> None:
    with pytest.raises(Rejected) as caught:
        HL7V2.read(file(*parts), profile())
    assert [(issue.code, issue.where) for issue in caught.value.issues] == expected


def test_a_file_may_not_bring_messages_of_others(profile: Make) -> None:
    stranger = dft(2).replace("|APP|GEN|", "|STRANGER|GEN|")
    reading = HL7V2.read(file(BHS, dft(1), stranger, "BTS|2"), profile(senders=("APP|GEN", "CAB|GEN")))
    assert [(issue.code, issue.where) for issue in reading.issues] == [("sender.unknown", "MSH[2]-3")]


def test_too_many_messages_are_refused() -> None:
    with pytest.raises(Rejected) as caught:
        batches.split(file(*["MSH|^~\\&|A"] * (batches.MAX_MESSAGES + 1)))
    assert caught.value.issues[0].code == "message.too_many"


def answer(body: bytes, *issues: Issue, outcome: Outcome = "accepted") -> list[str]:
    receipt = Receipt(outcome, envelope=HL7V2.envelope(body), issues=issues)
    return HL7V2.acknowledge(receipt).body.decode().split("\r")[:-1]


def names(segments: list[str]) -> list[str]:
    return ["|".join(segment.split("|")[:3]) if segment.startswith("MSA") else segment[:3] for segment in segments]


def test_every_message_is_answered() -> None:
    body = file(FHS, BHS, dft(1), dft(2), "BTS|2", "FTS|1")
    wrong = Issue("quantity.invalid", "MSH[2]/FT1[1]-10", "x")
    found = answer(body, wrong)
    assert names(found) == ["FHS", "BHS", "MSH", "MSA|AA|M-1", "MSH", "MSA|AE|M-2", "ERR", "BTS", "FTS"]
    assert found[0].split("|")[2:4] == ["W", "GEN"]
    assert found[0].endswith("|F-1")
    assert found[6].startswith("ERR||FT1^1^10|")
    assert found[-2:] == ["BTS|2", "FTS|1"]
    assert len({segment.split("|")[9] for segment in found if segment.startswith("MSH")}) == 2


def test_a_file_that_could_not_be_stored_is_answered_message_by_message() -> None:
    later = Issue("unavailable", "message", "later")
    found = answer(file(BHS, dft(1), dft(2), "BTS|2"), later, outcome="unavailable")
    assert [name for name in names(found) if name.startswith("MSA")] == ["MSA|AR|M-1", "MSA|AR|M-2"]


def test_messages_that_want_no_answer_get_none() -> None:
    assert answer(file(BHS, dft(1, rest="|||NE|NE"), "BTS|1")) == []
    found = answer(file(BHS, dft(1, rest="|||NE|NE"), dft(2, rest="|||AL|NE"), "BTS|2"))
    assert names(found) == ["BHS", "MSH", "MSA|CA|M-2", "BTS"]
    assert answer(file(BHS, message("ACK", "MSA|AA|1").decode(), "BTS|1")) == []
