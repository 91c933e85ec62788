"""Bytes and segments: separators, escapes, line ends and character sets of HL7 v2 (chapter 2).

Called by the mapping and the acknowledgement. Real messages end their segments with CR, LF or both and bring their
own separators; neither is assumed. Bytes that do not fit the declared character set are refused, never repaired.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from app import ids
from app.errors import Issue, Rejected

MAX_SEGMENTS = 5_000
MAX_SEGMENT_LENGTH = 256 * 1024
MAX_FIELDS = 500

CHARACTER_SETS = {
    "": "utf-8",
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 15)},
}
"""HL7 table 0211, as far as it is met, with Python's names. Nothing declared is read as UTF-8, which includes ASCII."""

_SEGMENT_END = re.compile("\r\n?|\n")
_NAME = re.compile("[A-Z][A-Z0-9]{2}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_FRAME = b"\x0b\x1c"
_NULL = '""'


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one message is written: its separators (MSH-1, MSH-2) and its character set as Python calls it.

    ``encoding`` is None where the declared character set (MSH-18) is not one of CHARACTER_SETS.
    """

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    encoding: str | None = "utf-8"

    def escaped(self, text: str) -> str:
        """The text with separators escaped and line ends turned to blanks, to be put into a field."""
        names = {self.field: "F", self.component: "S", self.repetition: "R", self.escape: "E", self.subcomponent: "T"}
        return "".join(
            f"{self.escape}{names[character]}{self.escape}" if character in names else character
            for character in " ".join(text.split())
        )

    def unescaped(self, text: str) -> str:
        r"""The text with ``\F\ \S\ \T\ \R\ \E\`` and ``\Xdd..\`` replaced; other sequences stay (chapter 2.7)."""
        if self.escape not in text:
            return text
        return _escape_sequence(self.escape).sub(self._replacement, text)

    def _replacement(self, match: re.Match[str]) -> str:
        code = match[1]
        single = {"F": self.field, "S": self.component, "R": self.repetition, "E": self.escape, "T": self.subcomponent}
        if code in single:
            return single[code]
        try:
            return bytes.fromhex(code[1:]).decode(self.encoding or "ascii") if code.startswith("X") else match[0]
        except ValueError:
            return match[0]


@lru_cache(maxsize=16)
def _escape_sequence(escape: str) -> re.Pattern[str]:
    mark = re.escape(escape)
    return re.compile(f"{mark}([^{mark}]{{1,200}}){mark}")


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment; fields, components and repetitions count from 1 as in the standard.

    ``ordinal`` tells the first FT1 of a message from the second.
    """

    name: str
    ordinal: int
    fields: tuple[str, ...]
    dialect: Dialect

    def field(self, number: int) -> str:
        """The field as it is written, empty where the segment is shorter."""
        return self.fields[number - 1] if number <= len(self.fields) else ""

    def repetitions(self, number: int) -> list[str]:
        """The repetitions of a field as they are written; none where it is empty or explicitly null."""
        found = self.field(number)
        return [] if found.strip() in {"", _NULL} else found.split(self.dialect.repetition)

    def text(self, number: int, component: int = 1, repetition: int = 1) -> str | None:
        """A component's first subcomponent without escapes; None where it is empty or explicitly null."""
        repetitions = self.repetitions(number)
        if repetition > len(repetitions):
            return None
        components = repetitions[repetition - 1].split(self.dialect.component)
        if component > len(components):
            return None
        value = components[component - 1].split(self.dialect.subcomponent)[0].strip()
        return None if value in {"", _NULL} else self.dialect.unescaped(value)

    def place(self, number: int | None = None, component: int | None = None) -> str:
        """Where a fault is: ``FT1[2]-10``, ``FT1[2]-4.1``, ``MSH-10``."""
        name = self.name if self.name == "MSH" else f"{self.name}[{self.ordinal}]"
        field = "" if number is None else f"-{number}"
        return f"{name}{field}" if component is None else f"{name}{field}.{component}"


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its segments in their order, the first one MSH."""

    segments: tuple[Segment, ...]

    @property
    def header(self) -> Segment:
        """The MSH segment."""
        return self.segments[0]

    def first(self, name: str) -> Segment | None:
        """The first segment of that name."""
        return next((segment for segment in self.segments if segment.name == name), None)


def header_line(body: bytes) -> bytes:
    """The bytes of the MSH segment. Raises Rejected where the body does not begin with one."""
    line = re.split(rb"[\r\n]", _unframed(body)[: MAX_SEGMENT_LENGTH + 1], maxsplit=1)[0]
    if not line.startswith(b"MSH"):
        raise _rejected("segment.missing", "MSH", "a message begins with an MSH segment")
    return line


def header(line: bytes) -> Segment:
    """The MSH segment alone, for the envelope and the answer. Raises Rejected where it cannot be read.

    A character set we do not know does not matter here as long as the header itself is ASCII.
    """
    dialect = _dialect(line)
    _check_line(line.decode("latin-1"), 1, dialect)
    return _segment(_decoded(line, dialect.encoding or "ascii"), 1, dialect)


def parse(body: bytes) -> Message:
    """All segments of one message. Raises Rejected, naming the segment, for anything that is not one message."""
    dialect = _dialect(header_line(body))
    if dialect.encoding is None:
        raise _rejected("character_set.unsupported", "MSH-18", "ASCII, 8859/1 to 8859/15 or UNICODE UTF-8 is expected")
    lines = [line for line in _SEGMENT_END.split(_decoded(_unframed(body), dialect.encoding)) if line.strip()]
    if len(lines) > MAX_SEGMENTS:
        raise _rejected("segment.too_many", "message", f"at most {MAX_SEGMENTS} segments are allowed")
    ordinals: Counter[str] = Counter()
    segments = []
    for number, line in enumerate(lines, 1):
        _check_line(line, number, dialect)
        name = line.lstrip()[:3].upper()
        ordinals[name] += 1
        segments.append(_segment(line, ordinals[name], dialect))
    if ordinals["MSH"] > 1:
        raise _rejected("segment.invalid", "MSH", "one message at a time is expected")
    return Message(tuple(segments))


def fingerprint(body: bytes) -> str:
    """A digest that is equal for two sendings of one message: line ends and time of sending (MSH-7) do not count."""
    content = re.sub(rb"(?:\r\n?|\n)+", b"\r", _unframed(body)).strip(b"\r")
    line, end, rest = content.partition(b"\r")
    fields = line.split(line[3:4])
    if len(fields) > 6:
        fields[6] = b""
    return ids.digest(line[3:4].join(fields) + end + rest)


def _unframed(body: bytes) -> bytes:
    """The body without a byte order mark and without what a transport may have left of its MLLP frame."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n" + _FRAME).rstrip(b" \t\r\n" + _FRAME)


def _dialect(line: bytes) -> Dialect:
    """The separators and the character set, read from the bytes, since they tell how the bytes are to be read."""
    mark = line[3:4].decode("latin-1")
    fields = line.decode("latin-1").split(mark) if mark else [""]
    encoding_characters = fields[1] if len(fields) > 1 else ""
    separators = mark + encoding_characters
    if not (
        len(encoding_characters) in {4, 5}
        and len(set(separators)) == len(separators)
        and all("!" <= character <= "~" and not character.isalnum() for character in separators)
    ):
        raise _rejected("separators.invalid", "MSH-2", "four or five different encoding characters are expected")
    declared = fields[17] if len(fields) > 17 else ""
    name = declared.split(encoding_characters[1])[0].strip().upper().removeprefix("ISO-").replace("8859-", "8859/")
    component, repetition, escape, subcomponent = list(encoding_characters[:4])
    return Dialect(mark, component, repetition, escape, subcomponent, CHARACTER_SETS.get(name))


def _decoded(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        raise _rejected("character_set.invalid", "MSH-18", "the bytes are not in the declared character set") from None
    if found := _CONTROL.search(text):
        segment = 1 + len(_SEGMENT_END.findall(text, 0, found.start()))
        raise _rejected("character.invalid", f"segment {segment}", "control characters are not allowed")
    return text


def _check_line(line: str, number: int, dialect: Dialect) -> None:
    """A line that is no segment is often the rest of a text with a line end in it, so nothing of it is quoted."""
    where = f"segment {number}"
    if len(line) > MAX_SEGMENT_LENGTH:
        raise _rejected("segment.too_long", where, f"at most {MAX_SEGMENT_LENGTH} characters are allowed")
    if not _NAME.fullmatch(line.lstrip().split(dialect.field, 1)[0].rstrip().upper()):
        raise _rejected("segment.invalid", where, "a segment begins with its name of three characters")
    if line.count(dialect.field) > MAX_FIELDS:
        raise _rejected("field.too_many", where, f"at most {MAX_FIELDS} fields are allowed")


def _segment(line: str, ordinal: int, dialect: Dialect) -> Segment:
    name, *fields = line.lstrip().split(dialect.field)
    if ordinal == 1 and name == "MSH":
        fields.insert(0, dialect.field)
    return Segment(name.rstrip().upper(), ordinal, tuple(fields), dialect)


def _rejected(code: str, where: str, text: str) -> Rejected:
    return Rejected([Issue(code, where, text)])
