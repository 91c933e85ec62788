"""Bytes to segments: service characters, character sets, wrapped lines, counts, and hostile input."""

from __future__ import annotations

import time

import pytest

from app.errors import Rejected
from app.standards.edifact.interchanges import parse
from tests.app.standards.edifact.messages import codes, document, interchange, read

ORDER = ("BGM+220+PO-1+9", "FTX+AAI+++Grüße", "LIN+1++4012345000016:EN", "QTY+21:12:PCE", "UNS+S", "CNT+2:1")


def rejected(body: bytes) -> list[str]:
    with pytest.raises(Rejected) as caught:
        read(body)
    return [f"{issue.code} at {issue.where}" for issue in caught.value.issues]


def test_segments_know_their_places() -> None:
    (message,) = parse(interchange("ORDERS", *ORDER)).messages
    quantity = message.segments[3]
    assert (quantity.where, quantity.position) == ("UNH[1]/QTY[1]", 5)
    assert quantity.place(1, 2) == "UNH[1]/QTY[1]-01.2"
    assert message.segments[0].place(2) == "UNH[1]/BGM[1]-02"
    assert (message.version, message.type) == ("D.96A EAN008", "ORDERS")


@pytest.mark.parametrize(
    ("una", "written"),
    [
        ("UNA:+.? '", "FTX+AAI+++a?+b?:c?'d??e"),
        ("UNA=*,? ~", "FTX*AAI***a+b:c'd??e"),
        ("UNA:+.! |", "FTX+AAI+++a!+b!:c'd?e"),
        ("", "FTX+AAI+++a?+b?:c?'d??e"),
    ],
)
def test_service_characters_come_from_una(una: str, written: str) -> None:
    body = interchange("ORDERS", *ORDER, una=una).decode()
    element, component, end = (una[4], una[3], una[8]) if una else ("+", ":", "'")
    table = str.maketrans({"+": element, ":": component, "'": end})
    head, rest = (body[:9], body[9:]) if una else ("", body)
    text = head + rest.translate(table).replace("FTX+AAI+++Grüße".translate(table), written)
    assert document(text.encode()).note == "a+b:c'd?e"


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: body.replace(b"\n", b"\r\n"),
        lambda body: body.replace(b"\n", b"\n\t  "),
        lambda body: body.replace(b"\n", b""),
        lambda body: b"\n\n" + body + b"\n\x00",
    ],
)
def test_noise_changes_nothing(change: object) -> None:
    body = interchange("ORDERS", *ORDER, charset="UNOY:4")
    other = change(body)  # type: ignore[operator]
    assert document(other) == document(body)
    assert read(other).envelope.fingerprint == read(body).envelope.fingerprint


def test_the_time_of_preparation_is_no_part_of_the_fingerprint() -> None:
    body = interchange("ORDERS", *ORDER, charset="UNOY:4")
    assert parse(body.replace(b"261118:0915", b"261119:1200")).fingerprint == parse(body).fingerprint
    assert parse(body.replace(b"21:12", b"21:13")).fingerprint != parse(body).fingerprint


def test_wrapped_at_column_80() -> None:
    body = interchange("ORDERS", *ORDER, charset="UNOY:4").replace(b"\n", b"").decode()
    wrapped = "\r\n".join(body[place : place + 80] for place in range(0, len(body), 80))
    assert document(wrapped.encode()) == document(body.encode())


def test_a_line_end_within_a_number_is_never_joined() -> None:
    body = interchange("ORDERS", *ORDER).replace(b"QTY+21:12:PCE", b"QTY+21:1\n2:PCE")
    assert rejected(body) == ["quantity.invalid at UNH[1]/QTY[1]-01.2"]


def test_a_lost_terminator_is_found_at_the_line_end() -> None:
    body = interchange("ORDERS", *ORDER).replace(b"PCE'\n", b"PCE\n")
    assert document(body).lines[0].quantity.value == 12
    assert "terminator.missing at UNH[1]/QTY[1]" in codes(body)


@pytest.mark.parametrize(
    ("declared", "encoding", "conflict"),
    [
        ("UNOC:3", "latin-1", False),
        ("UNOC:3", "utf-8", True),
        ("UNOL:4", "iso8859-15", False),
        ("UNOA:2", "latin-1", True),
        ("UNOB", "utf-8", True),
        ("UNOY:4", "utf-8", False),
        ("UNOW:4", "utf-8", False),
        ("IATB:1", "latin-1", True),
    ],
)
def test_character_sets(declared: str, encoding: str, conflict: bool) -> None:
    body = interchange("ORDERS", *ORDER, charset=declared).decode().encode(encoding)
    assert document(body).note == "Grüße"
    assert ("character_set.conflict at UNB-01" in codes(body)) is conflict


def test_cyrillic_and_windows() -> None:
    cyrillic = interchange("ORDERS", *ORDER, charset="UNOE:3").decode().replace("Grüße", "Привет").encode("iso8859-5")
    assert document(cyrillic).note == "Привет"
    windows = interchange("ORDERS", *ORDER).decode().replace("Grüße", "Größe „M“").encode("cp1252")
    assert document(windows).note == "Größe „M“"


@pytest.mark.parametrize("declared", ["UNOX:3", "KECA:3", "UNOZ:4"])
def test_an_unknown_character_set_is_a_fault(declared: str) -> None:
    assert rejected(interchange("ORDERS", *ORDER, charset=declared)) == ["character_set.unsupported at UNB-01"]


def test_bytes_outside_of_the_declared_set_are_a_fault() -> None:
    body = interchange("ORDERS", *ORDER, charset="UNOY:4").decode().encode("latin-1")
    assert rejected(body) == ["character_set.invalid at UNB-01"]
    assert rejected(interchange("ORDERS", *ORDER).decode().encode("utf-16")) == ["character_set.unsupported at UNB-01"]


def test_wrong_counts_and_references_are_noted() -> None:
    body = interchange("ORDERS", *ORDER).replace(b"UNT+8+1", b"UNT+9+2").replace(b"UNZ+1+7001", b"UNZ+3+7002")
    assert set(codes(body)) >= {
        "count.conflict at UNH[1]/UNT-01",
        "control.conflict at UNH[1]/UNT-02",
        "count.conflict at UNZ-01",
        "control.conflict at UNZ-02",
    }


def test_groups_are_counted() -> None:
    body = interchange("ORDERS", *ORDER, charset="UNOY:4")
    grouped = body.replace(b"UNH+1", b"UNG+ORDERS+A+B+261118:0915+5+UN+D:96A'\nUNH+1").replace(b"UNZ", b"UNE+1+5'\nUNZ")
    assert codes(grouped) == []
    assert document(grouped).number == "PO-1"
    assert codes(grouped.replace(b"UNE+1+5", b"UNE+2+6")) == [
        "count.conflict at UNE[1]-01",
        "control.conflict at UNE[1]-02",
    ]


def test_a_message_without_an_envelope_is_read() -> None:
    body = b"".join(line + b"\n" for line in interchange("ORDERS", *ORDER).splitlines()[2:-1])
    found = read(body)
    assert (found.envelope.sender, found.envelope.control_id) == ("", None)
    assert "segment.missing at UNB" in codes(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "segment.missing at UNB"),
        (b"NB+UNOB:1+A+B'UNH+1+ORDERS:D:96A:UN'", "segment.missing at UNB"),
        (b"UNA++++++UNB+UNOC:3", "separators.invalid at UNA"),
        (b"UNB+UNOC:3+A+B+261118:0915+1'UNZ+0+1'", "message.missing at UNH"),
        (interchange("ORDERS", *ORDER) * 2, "interchange.too_many at UNB"),
        (interchange("ORDERS", *ORDER).split(b"UNS")[0], "message.cut_off at UNH[1]/UNT"),
        (interchange("ORDERS", *ORDER).replace(b"PO-1", b"\xef\xb7\x90"), "character.invalid at UNB"),
    ],
)
def test_what_is_no_interchange(body: bytes, expected: str) -> None:
    assert rejected(body) == [expected]


def test_repetitions_of_version_4() -> None:
    body = interchange("ORDERS", *ORDER[:3], "PIA+5+A-1:SA*B-1:MF", *ORDER[3:], una="UNA:+.?*'", charset="UNOY:4")
    assert [one.value for one in document(body).lines[0].identifiers] == ["04012345000016", "A-1", "B-1"]


HEAD = b"UNB+UNOC:3+A+B+261118:0915+1'UNH+1+ORDERS:D:96A:UN'BGM+220+1+9'"
TAIL = b"UNT+1+1'UNZ+1+1'"


@pytest.mark.parametrize(
    "body",
    [
        b"UNB+UNOC:3" + b"'" * 5_000_000,
        HEAD + b"+" * 5_000_000,
        HEAD + b":" * 5_000_000,
        HEAD + b"?" * 5_000_000,
        HEAD + b"\n" * 5_000_000,
        HEAD + b"QTY+21:1'" * 1_000_000,
        HEAD + b"LIN+1'" * 60_000 + TAIL,
        HEAD + b"LIN+1++A:SA'QTY+21:1'" + b"QTY+21:1'" * 100_000 + TAIL,
        HEAD + b"LIN+1++A:SA'QTY+21:1'" + b"PIA+5" + b"+X:SA" * 3_000 + b"'" + TAIL,
        HEAD + b"NAD+BY'" * 50_000 + TAIL,
        b"UNA" + b"\n" * 10_000_000,
        (HEAD + b"FTX\n") * 50_000,
    ],
    ids=["'", "+", ":", "?", "lines", "segments", "LIN", "QTY", "PIA", "NAD", "UNA", "unended"],
)  # fmt: skip
def test_hostile_input_ends_soon(body: bytes) -> None:
    begun = time.process_time()
    try:
        read(body)
    except Rejected as error:
        assert len(error.issues) <= 500  # noqa: PT017 - either outcome will do
    assert time.process_time() - begun < 12
