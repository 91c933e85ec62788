"""Bytes and segments: service characters, wrapped lines, and places (ISO 9735, syntax versions 1 to 4).

Called by every module of the package; ``app.standards.edifact.interchanges`` puts the segments into their messages.
Real interchanges come with byte order marks, without UNA, indented, wrapped at column 80, and with terminators lost;
none of that hides what is said as long as nothing is guessed about the insides of a value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.errors import Issue, Rejected
from app.model.findings import Findings

MAX_SEGMENTS = 300_000
MAX_SEGMENT_LENGTH = 20_000
MIN_WIDTH = 40
"""Lines shorter than this are segments, not columns of a wrapped file."""

_NOISE = " \t\r\n\ufeff\x00"
_UNA = re.compile(r"UNA(.)(.)(.)(.)(.)(.)", re.DOTALL)
_START = re.compile(r"UN[BGH]([^A-Za-z0-9\s])")
_TAG = re.compile(r"[A-Z][A-Z0-9]{2}")
_LEVEL_B = "\x1d"
"""The element separator of level B where no UNA is sent: information separators in place of punctuation."""
_PLACEHOLDERS = "\ufdd0\ufdd1\ufdd2\ufdd3\ufdd4"
"""Noncharacters that stand for released service characters while a text is split."""
REPEATED = frozenset({"PIA", "COM", "GIN"})
"""Segments whose last data element may be repeated (syntax version 4), which means what further elements mean."""


class Separators(NamedTuple):
    """The service characters of an interchange; ``release`` and ``repetition`` are empty where there are none."""

    component: str = ":"
    element: str = "+"
    decimal: str = "."
    release: str = "?"
    repetition: str = ""
    terminator: str = "'"


class Segment(NamedTuple):
    """One segment. ``message`` is the place of its message, ``position`` counts from UNH as 1 (0096 of UCS)."""

    tag: str
    elements: Sequence[Sequence[str]]
    message: str
    occurrence: int
    position: int

    def text(self, element: int, component: int = 1) -> str | None:
        """A component without blanks around it, None where it is empty; both count from 1."""
        if element > len(self.elements):
            return None
        components = self.elements[element - 1]
        return (components[component - 1].strip() or None) if component <= len(components) else None

    def count(self, element: int) -> int:
        """How many components the element has."""
        return len(self.elements[element - 1]) if element <= len(self.elements) else 0

    @property
    def where(self) -> str:
        """The segment's place: ``UNH[2]/QTY[3]``."""
        return f"{self.message}/{self.tag}[{self.occurrence}]" if self.message else self.tag

    def place(self, element: int, component: int = 1) -> str:
        """The place of a component: ``UNH[2]/QTY[3]-01.2``; of an element that has only one: ``UNH[2]/BGM[1]-02``."""
        inner = f".{component}" if component > 1 or self.count(element) > 1 else ""
        return f"{self.where}-{element:02}{inner}"


@dataclass(frozen=True, slots=True)
class Token:
    """A segment as it was found; ``raw`` is its text, ``ended`` whether its terminator was there."""

    raw: str
    elements: list[list[str]]
    ended: bool = True


def separators_of(text: str, findings: Findings) -> tuple[Separators, str]:
    """The service characters, and the text after UNA, unwrapped. Raises Rejected where no interchange begins."""
    text = _unwrapped(text.lstrip(_NOISE).replace("\r\n", "\n").replace("\r", "\n"))
    if una := _UNA.match(text):
        found = Separators(una[1], una[2], una[3], una[4].strip(), una[5].strip(), una[6])
        text = text[una.end() :].lstrip(_NOISE)
        used = [one for one in (found.component, found.element, found.release, found.terminator) if one]
        if len(set(used)) != len(used) or any(one.isalnum() for one in used):
            raise _rejected("separators.invalid", "UNA", "UNA names different service characters")
        if found.decimal not in ".,":
            findings.warn("separators.invalid", "UNA", "the decimal mark is a comma or a point")
            found = found._replace(decimal=".")
    else:
        found = _default(text)
    start = _START.match(text)
    if not start or start[1] != found.element:
        raise _rejected("segment.missing", "UNB", "an interchange begins with UNA, UNB or, without them, UNH")
    return found, text


def _default(text: str) -> Separators:
    if text[3:4] == _LEVEL_B:
        return Separators("\x1f", _LEVEL_B, ".", "", "", "\x1c")
    return Separators()


def tokens(text: str, separators: Separators, findings: Findings) -> Iterator[Token]:
    """Every segment of a text. Raises Rejected where it is out of bounds."""
    text = _protected(text, separators, findings)
    if text.count(separators.terminator) > MAX_SEGMENTS:
        raise _rejected("segment.too_many", "UNB", f"at most {MAX_SEGMENTS} segments are allowed")
    *parts, rest = text.split(separators.terminator)
    lost = re.compile(rf"\n\s*(?=[A-Z][A-Z0-9]{{2}}{re.escape(separators.element)})")
    for part in parts:
        yield from _pieces(part, separators, lost, ended=True)
    yield from _pieces(rest, separators, lost, ended=separators.terminator == "\n")


def _pieces(part: str, separators: Separators, lost: re.Pattern[str], *, ended: bool) -> Iterator[Token]:
    part = part.strip(_NOISE)
    if not part:
        return
    if len(part) > MAX_SEGMENT_LENGTH:
        raise _rejected("segment.too_long", part[:3] if _TAG.match(part) else "segment", "the segment is too long")
    if "\n" in part:
        *unended, part = lost.split(part)
        for piece in unended:
            yield _token(piece, separators, ended=False)
    yield _token(part, separators, ended=ended)


def _token(raw: str, separators: Separators, *, ended: bool) -> Token:
    component = separators.component
    elements = [element.split(component) for element in raw.split(separators.element)]
    if separators.repetition and separators.repetition in raw and raw[:3] in REPEATED:
        repeated = raw.replace(separators.repetition, separators.element)
        elements = [element.split(component) for element in repeated.split(separators.element)]
    if any(mark in raw for mark in _PLACEHOLDERS):
        back = str.maketrans(dict(zip(_PLACEHOLDERS, _released(separators), strict=True)))
        elements = [[value.translate(back) for value in element] for element in elements]
    return Token(raw, elements, ended)


def _released(separators: Separators) -> list[str]:
    return [
        separators.component,
        separators.element,
        separators.terminator,
        separators.release,
        separators.repetition or "*",
    ]


def _protected(text: str, separators: Separators, findings: Findings) -> str:
    """The text with every released character out of the way of splitting."""
    if any(mark in text for mark in _PLACEHOLDERS):
        raise _rejected("character.invalid", "UNB", "characters of the declared set are expected")
    if not separators.release or separators.release not in text:
        return text
    table = dict(zip(_released(separators), _PLACEHOLDERS, strict=True))
    pieces = re.split(rf"{re.escape(separators.release)}(.)", text, flags=re.DOTALL)
    if any(found not in table for found in pieces[1::2]):
        findings.warn("release.invalid", "UNB", "the release character stands before a character that needs none")
    pieces[1::2] = [table.get(found, found) for found in pieces[1::2]]
    return "".join(pieces)


def _unwrapped(text: str) -> str:
    """The text without the line ends of a file that was cut into lines of one width."""
    lines = text.strip("\n").split("\n")
    if len(lines) < 2 or (text.startswith("UNA") and text[8:9] == "\n"):
        return text
    width = len(lines[0])
    wrapped = width >= MIN_WIDTH and all(len(line) == width for line in lines[:-1]) and len(lines[-1]) <= width
    return "".join(lines) if wrapped else text


def is_tag(value: str) -> bool:
    """Whether the text is a segment tag."""
    return _TAG.fullmatch(value) is not None


def _rejected(code: str, where: str, text: str) -> Rejected:
    return Rejected([Issue(code, where, text)])
