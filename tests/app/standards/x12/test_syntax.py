"""Separators and envelopes as partners really write them."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from app.errors import Rejected
from app.standards.x12 import syntax
from tests.app.standards.x12.house import wrapped

PO = ["850", "BEG*00*NE*PO-1**20261120", "PO1*1*2*CA*3.50**VC*A-1", "CTT*1"]


def codes(found: syntax.Interchange) -> list[str]:
    return [issue.code for issue in found.warnings] + [
        i.code for _, one in found.sets for i in one.warnings + one.faults
    ]


def tags(found: syntax.Interchange) -> list[str]:
    return [segment.tag for _, one in found.sets for segment in one.segments]


def other(body: bytes, element: str, terminator: str, component: str) -> bytes:
    """The same interchange with other separators."""
    table = {ord("*"): element, ord("~"): terminator, ord(">"): component}
    return body.decode().translate(table).encode()


@pytest.mark.parametrize(
    ("element", "terminator", "component"),
    [
        ("*", "~", ">"),
        ("|", "~", ">"),
        ("^", "~", ">"),
        ("~", "*", ">"),
        ("*", "\x85", ">"),
        ("*", "\\", ":"),
        ("*", "|", "~"),
        ("\x1d", "\x1e", "\x1f"),
    ],
)
def test_separators_are_taken_from_the_interchange(element: str, terminator: str, component: str) -> None:
    found = syntax.parse(other(wrapped(PO), element, terminator, component))
    assert found.separators == syntax.Separators(element, "\n" if terminator == "\x85" else terminator, component)
    assert tags(found) == ["BEG", "PO1", "CTT"]
    assert codes(found) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"\xef\xbb\xbf" + body,
        lambda body: b"\r\n  " + body,
        lambda body: body.replace(b"~\n", b"~"),
        lambda body: body.replace(b"~\n", b"~\r\n    "),
        lambda body: body.replace(b"~\n", b"\n"),
        lambda body: body.replace(b"~\n", b"\r\n"),
        lambda body: body + b"\r\n\x00",
    ],
)
def test_noise_around_segments_is_no_content(change) -> None:
    found = syntax.parse(change(wrapped(PO)))
    assert tags(found) == ["BEG", "PO1", "CTT"]
    assert codes(found) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"SE*5*", b"SE*7*", "count.conflict"),
        (b"SE*5*0001", b"SE*5*0002", "control.conflict"),
        (b"SE*5*0001~\n", b"", "segment.missing"),
        (b"GE*1*", b"GE*3*", "count.conflict"),
        (b"IEA*1*000000042~\n", b"", "segment.missing"),
        (b"*P*>~", b"*P*~", "segment.length"),
        (b"123456789      ", b"123456789", "segment.length"),
        (b"20261120~\nPO1", b"20261120\nPO1", "terminator.missing"),
    ],
)
def test_what_is_odd_is_noted_and_the_segments_are_there(old: bytes, new: bytes, code: str) -> None:
    body = wrapped(PO)
    assert old in body
    found = syntax.parse(body.replace(old, new, 1))
    assert code in codes(found)
    assert tags(found) == ["BEG", "PO1", "CTT"]


def test_a_segment_lost_in_an_element_makes_its_set_uncertain() -> None:
    body = wrapped(["850", "BEG*00*NE*PO-1**20261120", "REF*ZZ*X~\nPO1*1*2*EA", "PO1*2*5*EA"])
    found = syntax.parse(body.replace(b"X~\nPO1", b"XPO1").replace(b"SE*5", b"SE*6"))
    assert [fault.code for _, one in found.sets for fault in one.faults] == ["terminator.missing"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ISA",
        b"GS*PO*A*B~",
        b"ISA*00*00~",
        b"ISA" + b"*" * 5000,
        wrapped(PO) + wrapped(PO),
        wrapped(PO).replace(b"IEA*1*000000042~\n", b"") + wrapped(PO),
        wrapped(*[["850"]] * 10_001),
        b"\x00\x01\x02",
        b"ISA*\x07" + b"*a" * 20,
    ],
)
def test_what_is_no_interchange_is_refused(body: bytes) -> None:
    with pytest.raises(Rejected):
        syntax.parse(body)


def test_bytes_that_are_no_utf_8_are_read_as_latin_1_and_told() -> None:
    found = syntax.parse(wrapped([*PO, "MSG*M\u00fcller"]).replace("ü".encode(), b"\xfc"))
    assert found.sets[0][1].segments[-1].text(1) == "Müller"
    assert "character_set.assumed" in codes(found)


def test_places_count_from_one_within_their_set() -> None:
    found = syntax.parse(wrapped(PO, [*PO, "PO1*2*1*EA"]))
    segment = [one for _, one in found.sets][1].segments[-1]
    assert segment.place(2) == "ST[2]/PO1[2]-02"


@pytest.mark.parametrize("filler", [b"*" * 3_000_000, b"~" * 3_000_000, b"PO1*1~" * 400_000, b"\n" * 3_000_000])
def test_hostile_bodies_are_done_with_quickly(filler: bytes) -> None:
    body = wrapped(PO).replace(b"CTT*1~\n", filler)
    begun = time.monotonic()
    with suppress(Rejected):
        syntax.parse(body)
    assert time.monotonic() - begun < 20


def test_join_leaves_out_empty_elements_at_the_end() -> None:
    assert syntax.join([["PO1", "1", "", "EA", "", ""], ["CTT", "1"]]) == b"PO1*1**EA~\nCTT*1~\n"
