"""Separators, escapes, line ends and character sets of HL7 v2."""

from __future__ import annotations

import pytest

from app.errors import Rejected
from app.standards.hl7v2 import syntax
from app.standards.hl7v2.syntax import Dialect

HEADER = rb"MSH|^~\&|A|B|C|D|20261120||DFT^P03|1|P|2.5"


def refusal(body: bytes) -> tuple[str, str]:
    with pytest.raises(Rejected) as caught:
        syntax.parse(body)
    (issue,) = caught.value.issues
    return issue.code, issue.where


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r\n"])
def test_segments_end_with_cr_or_lf_or_both(end: bytes) -> None:
    message = syntax.parse(end.join([HEADER, b"EVN|P03", b"FT1|1", b"FT1|2", b""]))
    assert [(segment.name, segment.ordinal) for segment in message.segments] == [
        ("MSH", 1),
        ("EVN", 1),
        ("FT1", 1),
        ("FT1", 2),
    ]


def test_fields_of_msh_count_as_in_the_standard() -> None:
    header = syntax.parse(HEADER).header
    assert (header.field(1), header.field(2), header.text(3), header.text(9, 2), header.text(10)) == (
        "|",
        "^~\\&",
        "A",
        "P03",
        "1",
    )
    assert header.field(99) == ""
    assert header.text(99) is None


def test_separators_are_the_messages_own() -> None:
    message = syntax.parse(rb"MSH@~&#\@A@B@C@D@20261120@@DFT~P03@1@P@2.5" + b"\rFT1@a&b~2@x\\y")
    assert message.header.text(9, 2) == "P03"
    assert message.segments[1].repetitions(1) == ["a", "b~2"]
    assert message.segments[1].text(1, 2, 2) == "2"
    assert message.segments[1].text(2) == "x"


def test_a_fifth_encoding_character_is_allowed() -> None:
    assert syntax.parse(rb"MSH|^~\&#|A").header.text(3) == "A"


@pytest.mark.parametrize(
    "start",
    [
        b"MSH",
        b"MSH|",
        b"MSH|^~",
        b"MSH|^~\\",
        b"MSH|^~\\|A",
        b"MSH|^^~&|",
        b"MSH|||||",
        b"MSHA^~\\&A",
        b"MSH|^~\\&#!|A",
    ],
)
def test_separators_that_cannot_be(start: bytes) -> None:
    assert refusal(start) == ("separators.invalid", "MSH-2")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"\F\\S\\T\\R\\E" + "\\", "|^&~\\"),
        (r"a\X41\b", "aAb"),
        (r"\X4142\ ", "AB"),
        (r"\XC3A4" + "\\", "ä"),
        (r"\XFF" + "\\", r"\XFF" + "\\"),
        (r"\X4G" + "\\", r"\X4G" + "\\"),
        (r"\H\bold\N" + "\\", r"\H\bold\N" + "\\"),
        (r"\.br" + "\\", r"\.br" + "\\"),
        (r"\Z1" + "\\", r"\Z1" + "\\"),
        ("alone\\", "alone\\"),
        ("\\", "\\"),
    ],
)
def test_escapes(written: str, meant: str) -> None:
    segment = syntax.parse(HEADER + b"\rNTE|" + written.encode()).segments[1]
    assert segment.text(1) == meant


def test_what_is_escaped_is_unescaped_again() -> None:
    dialect = Dialect("!", "*", "%", "#", "$")
    text = r"a!b*c%d#e$f \ | ^"
    assert dialect.unescaped(dialect.escaped(text)) == text
    assert "!" not in dialect.escaped(text)


@pytest.mark.parametrize("nothing", ["", " ", '""', ' "" '])
def test_empty_and_null_are_nothing(nothing: str) -> None:
    segment = syntax.parse(HEADER + f"\rFT1|{nothing}^x|{nothing}".encode()).segments[1]
    assert segment.text(1) is None
    assert segment.text(1, 2) == "x"
    assert segment.text(2) is None
    assert segment.repetitions(2) == []


def test_only_the_first_subcomponent_is_text() -> None:
    assert syntax.parse(HEADER + b"\rFT1|a&b").segments[1].text(1) == "a"


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("", "utf-8"),
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "latin-1"),
        ("8859/15", "iso8859-15"),
        ("8859/5", "iso8859-5"),
        ("8859/1~ISO IR87", "latin-1"),
        ("unicode utf-8", "utf-8"),
        ("ISO-8859-1", "latin-1"),
    ],
)
def test_character_sets(declared: str, encoding: str) -> None:
    text = "Ж" if encoding == "iso8859-5" else "ä"
    body = HEADER.decode() + f"||||||{declared}\rNTE|{text}"
    assert syntax.parse(body.encode(encoding)).segments[1].text(1) == text


@pytest.mark.parametrize("declared", ["UNICODE UTF-32", "ISO IR87", "UNICODE", "UNICODE UTF-16", "8859/99", "nonsense"])
def test_unknown_character_sets_are_refused_though_the_header_is_read(declared: str) -> None:
    body = HEADER + b"||||||" + declared.encode() + b"\rFT1|1"
    assert refusal(body) == ("character_set.unsupported", "MSH-18")
    assert syntax.header(syntax.header_line(body)).text(10) == "1"


@pytest.mark.parametrize("declared", ["", "ASCII", "UNICODE UTF-8"])
def test_bytes_outside_of_the_character_set_are_refused(declared: str) -> None:
    assert refusal(HEADER + b"||||||" + declared.encode() + b"\rNTE|\xe4") == ("character_set.invalid", "MSH-18")


@pytest.mark.parametrize("character", [b"\x00", b"\x01", b"\x1b", b"\x7f", b"\xc2\x85", b"\x0c"])
def test_control_characters_are_refused(character: bytes) -> None:
    assert refusal(HEADER + b"\rNTE|a" + character + b"b") == ("character.invalid", "segment 2")


def test_remains_of_the_frame_and_a_byte_order_mark_do_not_matter() -> None:
    for body in (b"\x0b" + HEADER + b"\r\x1c\r", b"\xef\xbb\xbf" + HEADER, b"\r\n" + HEADER + b"\r\n\r\n"):
        assert syntax.parse(body).header.text(10) == "1"
        assert syntax.fingerprint(body) == syntax.fingerprint(HEADER)


def test_lower_case_names_of_segments_are_understood() -> None:
    assert syntax.parse(HEADER + b"\rpid|1").first("PID") is not None


@pytest.mark.parametrize(
    ("body", "code", "where"),
    [
        (b"", "segment.missing", "MSH"),
        (b"EVN|P03\rMSH|^~\\&|A", "segment.missing", "MSH"),
        (b"FHS|^~\\&|A\r" + HEADER, "segment.missing", "MSH"),
        (HEADER + b"\r" + HEADER, "segment.invalid", "MSH"),
        (HEADER + b"\r|x", "segment.invalid", "segment 2"),
        (HEADER + b"\rthis is no segment", "segment.invalid", "segment 2"),
        (HEADER + b"\rFT12|x", "segment.invalid", "segment 2"),
        (HEADER + b"\rF", "segment.invalid", "segment 2"),
        (HEADER + b"\rFT1" + b"|" * (syntax.MAX_FIELDS + 1), "field.too_many", "segment 2"),
        (HEADER + b"\rNTE|" + b"x" * syntax.MAX_SEGMENT_LENGTH, "segment.too_long", "segment 2"),
        (b"MSH|^~\\&|" + b"x" * syntax.MAX_SEGMENT_LENGTH, "segment.too_long", "segment 1"),
        (HEADER + b"\rNTE" * syntax.MAX_SEGMENTS, "segment.too_many", "message"),
    ],
)
def test_what_is_not_one_message(body: bytes, code: str, where: str) -> None:
    assert refusal(body) == (code, where)


def test_the_longest_that_is_read() -> None:
    body = HEADER + b"\rNTE|" + b"x" * (syntax.MAX_SEGMENT_LENGTH - 4) + b"\rFT1" + b"|" * syntax.MAX_FIELDS
    assert len(syntax.parse(body).segments) == 3


def test_the_fingerprint_does_not_see_line_ends_or_the_time_of_sending() -> None:
    body = HEADER + b"\rFT1|1\r"
    same = [body.replace(b"\r", b"\r\n"), body.replace(b"\r", b"\n"), body.replace(b"|20261120|", b"|20261121|")]
    assert {syntax.fingerprint(sending) for sending in same} == {syntax.fingerprint(body)}


def test_the_fingerprint_sees_everything_else() -> None:
    body = HEADER + b"\rFT1|1|20261120\r"
    others = [body.replace(b"|1|P|", b"|2|P|"), body.replace(b"FT1|1|20261120", b"FT1|1|20261121"), body + b"NTE|1\r"]
    assert len({syntax.fingerprint(sending) for sending in [body, *others]}) == 4


def test_places() -> None:
    first, second = syntax.parse(HEADER + b"\rFT1|1\rFT1|2").segments[1:]
    assert (first.place(), second.place(4), second.place(4, 1)) == ("FT1[1]", "FT1[2]-4", "FT1[2]-4.1")
    assert syntax.parse(HEADER).header.place(10) == "MSH-10"


@pytest.mark.parametrize(
    ("declared", "encoding", "text"),
    [
        ("GB 18030-2000", "gb18030", "注射器"),
        ("BIG-5", "big5", "注射器"),
        ("KS X 1001", "euc-kr", "주사기"),
        ("WINDOWS-1252", "cp1252", "Größe 5 €"),
        ("ISO8859-15", "iso8859-15", "5 €"),
        ("8859/16", "iso8859-16", "ț"),
        ("UTF8", "utf-8", "ä"),
        ("~ISO IR87", "iso2022_jp", "注射器"),
        ("ASCII~ISO IR87", "iso2022_jp", "注射器"),
    ],
)
def test_more_character_sets(declared: str, encoding: str, text: str) -> None:
    body = HEADER.decode() + f"||||||{declared}\rNTE|{text}"
    assert syntax.parse(body.encode(encoding)).segments[1].text(1) == text


def test_a_channel_may_know_the_character_set_of_messages_that_name_none() -> None:
    body = HEADER + b"\rNTE|\xe4"
    assert syntax.parse(body, "8859/1").segments[1].text(1) == "ä"
    assert syntax.parse(HEADER + b"||||||UNICODE UTF-8\rNTE|\xc3\xa4", "8859/1").segments[1].text(1) == "ä"


def test_segment_ends_that_are_written_out() -> None:
    message = syntax.parse(HEADER + b"|...<cr>\nFT1|1|x <CR>\nNTE|a<cr>b")
    assert (message.header.text(13), message.segments[1].text(2), message.segments[2].text(1)) == ("...", "x", "a<cr>b")
    assert [(issue.code, issue.where) for issue in message.oddities] == [("segment.spelled_end", "segment 1")]


def test_formatted_text_and_its_repetitions() -> None:
    segment = syntax.parse(HEADER + b"\rNTE|1||a\\.br\\b\\H\\c\\N\\~d\\T\\e").segments[1]
    assert segment.prose(3) == "a\nbc\nd&e"
    assert segment.prose(9) is None


@pytest.mark.parametrize("text", ["a|b^c~d\\e&f", "two\nlines", '""', "\x1d21S1", "plain"])
def test_what_is_written_reads_back(text: str) -> None:
    segment = syntax.parse(HEADER + b"\rNTE|" + Dialect().written(text).encode()).segments[1]
    assert (segment.prose(1) if "\n" in text else segment.text(1)) == text
