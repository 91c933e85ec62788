"""Frames out of bytes, however the network cut them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.standards.hl7v2.framing import END, START, Deframer, TooLarge

LIMIT = 100


def frame(content: bytes) -> bytes:
    return START + content + END


def taken(*pieces: bytes) -> list[bytes | None]:
    """The contents found; None stands for a frame that was too large."""
    deframer, found = Deframer(LIMIT), []
    for piece in pieces:
        deframer.feed(piece)
        while (content := deframer.next()) is not None:
            found.append(None if isinstance(content, TooLarge) else content)
    return found


def test_frames_that_came_together_are_taken_apart() -> None:
    assert taken(frame(b"one") + frame(b"") + frame(b"two\rlines")) == [b"one", b"", b"two\rlines"]


def test_what_is_between_frames_is_skipped() -> None:
    assert taken(b"\r\njunk" + frame(b"one") + b"\n\x1c\r" + frame(b"two") + b"junk") == [b"one", b"two"]


def test_the_end_of_a_frame_needs_both_its_bytes() -> None:
    assert taken(START + b"one\x1cmore\r\x1c\x1c\r") == [b"one\x1cmore\r\x1c"]


def test_half_a_frame_is_no_frame() -> None:
    assert taken(START + b"half") == []
    assert taken(START + b"half\x1c") == []


@pytest.mark.parametrize("cut", [1, 3, 5, 6])
def test_a_frame_that_begins_anew_forgets_what_was_given_up(cut: int) -> None:
    both = START + b"half" + frame(b"whole")
    assert taken(both) == [b"whole"]
    assert taken(both[:cut], both[cut:]) == [b"whole"]


def test_the_largest_frame_is_taken_and_a_larger_one_is_not() -> None:
    assert taken(frame(b"x" * LIMIT)) == [b"x" * LIMIT]
    assert taken(frame(b"x" * (LIMIT + 1)) + frame(b"next")) == [None, b"next"]


def test_a_frame_that_is_too_large_is_not_kept_in_memory() -> None:
    deframer = Deframer(LIMIT)
    deframer.feed(START)
    for _ in range(10_000):
        deframer.feed(b"x" * 1000)
        assert deframer.next() is None
        assert len(deframer._buffer) <= LIMIT + 1000
    deframer.feed(END + frame(b"next"))
    assert isinstance(deframer.next(), TooLarge)
    assert deframer.next() == b"next"


CONTENTS = st.lists(st.binary(max_size=LIMIT + 20).filter(lambda content: START not in content and END not in content))


@given(contents=CONTENTS, cuts=st.lists(st.integers(0, 2000)))
def test_it_does_not_matter_where_the_network_cuts(contents: list[bytes], cuts: list[int]) -> None:
    stream = b"junk".join(map(frame, contents))
    places = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [stream[start:end] for start, end in pairwise(places)]
    assert taken(*pieces) == [None if len(content) > LIMIT else content for content in contents]
