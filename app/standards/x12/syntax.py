"""Bytes and segments: separators, envelopes and places of X12 (X12.5, X12.6).

Called by every module of the package. Real interchanges begin with a byte order mark, indent their segments, leave
their ISA unpadded, lose a terminator here and there and miscount; none of that hides what is said, so all of it is
only noted. Separators are always taken from the ISA segment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.errors import Issue, Rejected
from app.model.findings import Findings

MAX_SEGMENTS = 300_000
MAX_SETS = 10_000
MAX_ELEMENTS = 200
MAX_SEGMENT_LENGTH = 100_000

_START = re.compile(r"[\ufeff \t\r\n\x00]*ISA([^A-Za-z0-9 \t\r\n])")
_ENVELOPE_AHEAD = re.compile(r"(?:GS|TA1|IEA|ISA|ST)\Z")
_LINES = re.compile("[\r\n\x85]+")
_TAG = re.compile(r"[A-Z][A-Z0-9]{1,2}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
_GLUED = re.compile(r".+(?:QTY|CTT|PO1|LIN|SN1|IT1|N1|N3|N4|PID|DTM|REF|CTP|PO4|TDS|SAC|ACK|SE)\Z")
"""The end of an element that has swallowed the next segment together with its terminator."""
_MOST = {"REF": 4, "N1": 6, "N2": 2, "N3": 2, "N4": 7, "DTM": 6, "QTY": 4, "SN1": 8, "MSG": 3, "PER": 9, "CUR": 21}
"""The most elements of segments that are often the one before a lost terminator."""


@dataclass(frozen=True, slots=True)
class Separators:
    """How one interchange is written; ``component`` is empty where ISA-16 is missing."""

    element: str = "*"
    terminator: str = "~"
    component: str = ">"


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; elements count from 1 as in the standard. ``where`` is its place: ``ST[2]/PO1[3]``."""

    tag: str
    elements: tuple[str, ...]
    where: str
    component: str = ">"

    def text(self, number: int) -> str | None:
        """The element without blanks around it, None where it is empty."""
        if number > len(self.elements):
            return None
        return self.elements[number - 1].strip() or None

    def part(self, number: int, component: int = 1) -> str | None:
        """A component of a composite element."""
        value = self.text(number)
        if value is None or not self.component:
            return value if component == 1 else None
        parts = value.split(self.component)
        return (parts[component - 1].strip() or None) if component <= len(parts) else None

    def place(self, number: int) -> str:
        """Where a fault in the element is: ``ST[2]/PO1[3]-02``."""
        return f"{self.where}-{number:02}"


@dataclass(frozen=True, slots=True)
class TransactionSet:
    """The segments between one ST and its SE, without both."""

    code: str
    control: str
    where: str
    segments: tuple[Segment, ...]
    warnings: tuple[Issue, ...] = ()
    faults: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """One functional group: GS-01, -02, -03, -06 and -08, and its transaction sets."""

    functional_id: str
    sender: str
    receiver: str
    control: str
    version: str
    sets: tuple[TransactionSet, ...]


@dataclass(frozen=True, slots=True)
class Interchange:
    """One ISA to its IEA. ``header`` is the ISA with 16 elements, ``answers`` are the TA1 segments in it."""

    header: Segment
    separators: Separators
    groups: tuple[Group, ...]
    answers: tuple[Segment, ...] = ()
    warnings: tuple[Issue, ...] = ()

    @property
    def sets(self) -> list[tuple[Group, TransactionSet]]:
        """All transaction sets with their groups."""
        return [(group, one) for group in self.groups for one in group.sets]


def decode(body: bytes, findings: Findings) -> str:
    """The text. X12 declares no character set: UTF-8 where it is, else Latin-1, the extended set's usual form."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("latin-1")
        findings.warn("character_set.assumed", "ISA", "the bytes are not UTF-8 and were read as ISO 8859-1")
    text = text.rstrip("\x00\x1a \t\r\n")
    if _CONTROL.search(text):
        # Separators may be control characters (1C to 1F are the standard's own suggestion); they are no content.
        allowed = set(re.findall(r"[\x1c-\x1f]", text))
        if any(found not in allowed for found in _CONTROL.findall(text)):
            raise Rejected([Issue("character.invalid", "ISA", "control characters are not allowed")])
    return text


def header(text: str, findings: Findings) -> tuple[Segment, Separators, str]:
    """The ISA, the separators it shows, and the text after it. Raises Rejected where there is no ISA to be read."""
    start = _START.match(text)
    if not start:
        raise Rejected([Issue("segment.missing", "ISA", "an interchange begins with an ISA segment")])
    mark, text = start[1], text[start.end() - 4 :]
    pieces = text[:2_000].split(mark, 17)
    if len(pieces) < 17:
        raise Rejected([Issue("segment.invalid", "ISA", "an ISA segment has 16 elements")])
    tail = pieces[16]
    ahead = _ENVELOPE_AHEAD.search(tail)
    ending = tail[: ahead.start()] if ahead else tail
    end = len(mark.join(pieces[:16])) + 1 + len(ending)
    component, terminator = _ending(ending, mark, text[end:], findings)
    elements = (*pieces[1:16], component)
    lengths = (2, 10, 2, 10, 2, 15, 2, 15, 6, 4, 1, 5, 9, 1, 1)
    if any(len(value) != length for value, length in zip(elements, lengths, strict=False)):
        findings.warn("segment.length", "ISA", "the elements of an ISA have fixed lengths")
    return Segment("ISA", elements, "ISA", component), Separators(mark, terminator, component), text[end:]


def _ending(ending: str, mark: str, rest: str, findings: Findings) -> tuple[str, str]:
    """ISA-16 and the segment terminator out of what stands between ISA-15 and the next segment."""
    marks = re.sub("[ \t\r\n\x85]", "", ending)
    lines = "\n" if _LINES.search(ending) else ""
    if len(marks) >= 2:
        return marks[0], marks[1]
    if len(marks) == 1:
        # One sign alone is the terminator where segments end with it, else ISA-16 before a line end.
        if re.search(rf"{re.escape(marks)}\s*(?:ST|SE|GE|IEA|TA1){re.escape(mark)}", rest) or not lines:
            findings.warn("segment.length", "ISA-16", "the component separator is missing")
            return "", marks
        return marks, lines
    if not lines:
        raise Rejected([Issue("separators.invalid", "ISA-16", "a segment terminator after ISA-16 is expected")])
    findings.warn("segment.length", "ISA-16", "the component separator is missing")
    return "", lines


def parse(body: bytes) -> Interchange:
    """The whole interchange. Raises Rejected for what is none, and for more than one of them."""
    findings = Findings()
    isa, separators, rest = header(decode(body, findings), findings)
    return _assembled(isa, separators, _segments(rest, separators), findings)


def _segments(text: str, separators: Separators) -> Iterator[tuple[list[str], bool]]:
    """Every segment as tag and elements, and whether its terminator was missing."""
    lines = separators.terminator == "\n"
    parts: Iterable[str] = _LINES.split(text) if lines else text.split(separators.terminator)
    begins = re.compile(rf"[\r\n\x85]+\s*(?=[A-Z][A-Z0-9]{{1,2}}{re.escape(separators.element)})")
    count = 0
    for part in parts:
        if not (segment := part.strip(" \t\r\n\x85\ufeff\x00")):
            continue
        pieces = [segment] if lines else begins.split(segment)
        for place, piece in enumerate(pieces):
            count += 1
            if count > MAX_SEGMENTS:
                raise Rejected([Issue("segment.too_many", "ISA", f"at most {MAX_SEGMENTS} segments are allowed")])
            if len(piece) > MAX_SEGMENT_LENGTH or piece.count(separators.element) > MAX_ELEMENTS:
                raise Rejected([Issue("segment.too_long", f"segment {count + 1}", "the segment is too long")])
            yield [element.strip("\r\n\x85") for element in piece.split(separators.element)], place < len(pieces) - 1


@dataclass(slots=True)
class _Open:
    """A transaction set while its segments are read."""

    code: str
    control: str
    where: str
    findings: Findings = field(default_factory=Findings)
    counts: Counter[str] = field(default_factory=Counter)
    segments: list[Segment] = field(default_factory=list)
    suspects: list[str] = field(default_factory=list)

    def add(self, elements: list[str], component: str) -> None:
        tag = elements[0].strip().upper()
        self.counts[tag] += 1
        where = f"{self.where}/{tag}[{self.counts[tag]}]"
        if not _TAG.fullmatch(tag):
            self.findings.warn(
                "segment.invalid", f"{self.where}/[{len(self.segments) + 2}]", "a segment id is expected"
            )
            return
        if any(_GLUED.match(element) for element in elements[1:-1]):
            self.suspects.append(where)
            if len(elements) - 1 > _MOST.get(tag, MAX_ELEMENTS):
                self.lost(where)
        self.segments.append(Segment(tag, tuple(elements[1:]), where, component))

    def lost(self, where: str) -> None:
        """Refuse the set: what was swallowed may have been a quantity."""
        text = "a segment terminator is missing here, and the segment after it is lost in an element"
        self.findings.reject("terminator.missing", where, text)

    def close(self, trailer: list[str] | None) -> TransactionSet:
        """The set; a count that shows a lost segment where one seems to be swallowed makes its content uncertain."""
        counted = (trailer[1].strip() if len(trailer) > 1 else "") if trailer else ""
        found = len(self.segments) + 2
        if trailer is None:
            self.findings.warn("segment.missing", f"{self.where}/SE", "the transaction set does not end with SE")
        elif not counted.isdigit() or int(counted) != found:
            self.findings.warn("count.conflict", f"{self.where}/SE-01", f"{found} segments were found")
            for where in self.suspects if counted.isdigit() and int(counted) > found else ():
                self.lost(where)
        if trailer and (trailer[2].strip() if len(trailer) > 2 else "") != self.control:
            self.findings.warn("control.conflict", f"{self.where}/SE-02", "ST-02 is expected here again")
        return TransactionSet(
            self.code, self.control, self.where, tuple(self.segments), self.findings.warnings, self.findings.errors
        )


def _assembled(
    isa: Segment, separators: Separators, segments: Iterator[tuple[list[str], bool]], findings: Findings
) -> Interchange:
    builder = _Builder(separators.component, findings)
    for elements, unterminated in segments:
        builder.take(elements)
        if unterminated:
            builder.warn_unterminated()
    return Interchange(isa, separators, builder.groups(), tuple(builder.answers), findings.warnings)


class _Builder:
    """Puts segments into their envelopes."""

    def __init__(self, component: str, findings: Findings) -> None:
        self.answers: list[Segment] = []
        self._component = component
        self._findings = findings
        self._groups: list[tuple[list[str], list[TransactionSet]]] = []
        self._open: _Open | None = None
        self._sets = 0
        self._ended = False

    def take(self, elements: list[str]) -> None:
        tag = elements[0].strip().upper()
        if self._ended or tag == "ISA":
            raise Rejected([
                Issue("segment.invalid", "IEA", "one interchange at a time is expected; send each on its own")
            ])
        deed = getattr(self, f"_{tag.lower()}", None) if tag in {"GS", "GE", "ST", "SE", "IEA", "TA1"} else None
        if deed:
            deed(elements)
        elif self._open is None:
            where = f"{tag} after ST[{self._sets}]" if self._sets else tag
            self._findings.warn("segment.invalid", where[:40], "a segment stands outside of any transaction set")
        else:
            self._open.add(elements, self._component)

    def warn_unterminated(self) -> None:
        where = self._open.segments[-1].where if self._open and self._open.segments else "ISA"
        findings = self._open.findings if self._open else self._findings
        findings.warn(
            "terminator.missing", where, "the segment does not end with its terminator; the line end was taken"
        )

    def groups(self) -> tuple[Group, ...]:
        """What was put together."""
        self._close(None)
        if not self._ended:
            self._findings.warn("segment.missing", "IEA", "the interchange does not end with IEA")
        made = []
        for gs, sets in self._groups:
            values = [value.strip() for value in gs] + [""] * 9
            made.append(Group(values[1], values[2], values[3], values[6], values[8], tuple(sets)))
        return tuple(made)

    def _gs(self, elements: list[str]) -> None:
        self._close(None)
        self._groups.append((elements, []))

    def _ge(self, elements: list[str]) -> None:
        self._close(None)
        sets = len(self._groups[-1][1]) if self._groups else 0
        if len(elements) < 2 or elements[1].strip() != str(sets):
            self._findings.warn("count.conflict", f"GE[{len(self._groups)}]-01", f"{sets} transaction sets were found")

    def _st(self, elements: list[str]) -> None:
        self._close(None)
        if not self._groups:
            self._findings.warn("segment.missing", "GS", "a transaction set stands outside of any group")
            self._groups.append((["GS"], []))
        self._sets += 1
        if self._sets > MAX_SETS:
            raise Rejected([Issue("message.too_many", "ST", f"at most {MAX_SETS} transaction sets are allowed")])
        values = [value.strip() for value in elements] + ["", ""]
        self._open = _Open(values[1], values[2], f"ST[{self._sets}]")

    def _se(self, elements: list[str]) -> None:
        self._close(elements)

    def _iea(self, elements: list[str]) -> None:
        self._close(None)
        if len(elements) < 2 or elements[1].strip() != str(len(self._groups)):
            self._findings.warn("count.conflict", "IEA-01", f"{len(self._groups)} groups were found")
        self._ended = True

    def _ta1(self, elements: list[str]) -> None:
        self.answers.append(Segment("TA1", tuple(elements[1:]), f"TA1[{len(self.answers) + 1}]", self._component))

    def _close(self, trailer: list[str] | None) -> None:
        if self._open:
            self._groups[-1][1].append(self._open.close(trailer))
            self._open = None


def join(segments: Iterable[Iterable[str]], separators: Separators = Separators()) -> bytes:
    """Segments as bytes: trailing empty elements are left out, every segment stands on a line of its own."""
    lines = (separators.element.join(segment).rstrip(separators.element) for segment in segments)
    ending = separators.terminator if separators.terminator == "\n" else f"{separators.terminator}\n"
    return "".join(f"{line}{ending}" for line in lines).encode()
