"""Bytes and segments: separators, escapes, line ends and character sets of HL7 v2 (chapter 2).

Called by the mapping and the acknowledgement. Real messages end their segments with CR, LF or both and bring their
own separators; neither is assumed. Bytes that do not fit the declared character set are refused, never repaired.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from app import ids
from app.errors import Issue, Rejected
from app.model.findings import Findings

MAX_SEGMENTS = 100_000
"""A master file brings a handful of segments an item; what is asked of one message is asked by its reader."""
MAX_SEGMENT_LENGTH = 256 * 1024
MAX_FIELDS = 500

CHARACTER_SETS = {
    "": "utf-8",
    "ASCII": "ascii",
    "US-ASCII": "ascii",
    "ISO IR6": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UNICODE UTF8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    **{f"8859/{part}": f"iso8859-{part}" for part in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16)},
    **{f"WINDOWS-{page}": f"cp{page}" for page in range(1250, 1259)},
    **{f"CP{page}": f"cp{page}" for page in range(1250, 1259)},
    "GB 18030-2000": "gb18030",
    "BIG-5": "big5",
    "KS X 1001": "euc-kr",
    "SHIFT_JIS": "shift_jis",
}
"""HL7 table 0211 and common habits beyond it, with Python's names. Nothing declared is read as UTF-8, hence as ASCII
too. Bare UNICODE is left out: it does not tell how the characters are written."""
JAPANESE = {"ISO IR87": "iso2022_jp", "ISO IR159": "iso2022_jp_1"}
"""Sets that MSH-18 names behind ASCII and that its text switches to by escape sequences (ISO 2022)."""

_SEGMENT_END = re.compile("\r\n?|\n")
_SPELLED_END = re.compile(r"\s*<cr>\s*\Z", re.IGNORECASE)
"""A segment end written out, as in the standard's own examples, which find their way into test systems."""
_SPELLED_END_BYTES = re.compile(rb"\s*<cr>\s*\Z", re.IGNORECASE)
HEADERS = (b"MSH", b"FHS", b"BHS")
_NAME = re.compile("[A-Z][A-Z0-9]{2}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_NOISE = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n\x0b\x1c]*")
_LINE_BREAK = re.compile(r"\.(?:br|sp\d*|ce|fi|nf)")
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

    def written(self, text: str) -> str:
        """The text as it stands in a field, so that reading it gives the text back: nothing in it is lost."""
        if text == _NULL:
            return f'{self.escape}X22{self.escape}"'
        names = {self.field: "F", self.component: "S", self.repetition: "R", self.escape: "E", self.subcomponent: "T"}
        return "".join(self._written(character, names) for character in text)

    def _written(self, character: str, names: Mapping[str, str]) -> str:
        if character in names:
            return f"{self.escape}{names[character]}{self.escape}"
        if character == "\n":
            return f"{self.escape}.br{self.escape}"
        return f"{self.escape}X{ord(character):02X}{self.escape}" if _CONTROL.match(character) else character

    def formatted(self, text: str) -> str:
        """Text for people: its line breaks (data type FT) as newlines, highlighting left out, the rest unescaped."""
        if self.escape not in text:
            return text
        return _escape_sequence(self.escape).sub(self._formatting, text)

    def _formatting(self, match: re.Match[str]) -> str:
        if match[1] in {"H", "N"}:
            return ""
        return "\n" if _LINE_BREAK.fullmatch(match[1]) else self._replacement(match)

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


def _nth(value: str, separator: str, number: int) -> str:
    parts = value.split(separator, number)
    return parts[number - 1] if number <= len(parts) else ""


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
        value = self.fields[number - 1] if number <= len(self.fields) else ""
        if not value:
            return None
        # Most fields hold one plain value; nothing is split that need not be, since this is where the time goes.
        dialect = self.dialect
        if repetition > 1 or dialect.repetition in value:
            value = _nth(value, dialect.repetition, repetition)
        if component > 1 or dialect.component in value:
            value = _nth(value, dialect.component, component)
        if dialect.subcomponent in value:
            value = value.split(dialect.subcomponent, 1)[0]
        value = value.strip()
        return None if not value or value == _NULL else dialect.unescaped(value)

    def subcomponent(self, number: int, component: int, subcomponent: int) -> str | None:
        """A subcomponent of the first repetition, without escapes; None where it is empty or explicitly null."""
        first = (self.repetitions(number) or [""])[0].split(self.dialect.component)
        parts = first[component - 1].split(self.dialect.subcomponent) if component <= len(first) else []
        value = parts[subcomponent - 1].strip() if subcomponent <= len(parts) else ""
        return None if value in {"", _NULL} else self.dialect.unescaped(value)

    def prose(self, number: int, component: int = 1) -> str | None:
        """Text for people: every repetition a paragraph, its formatting (chapter 2.7.6) as line ends or left out."""
        values = (self._component(repetition, component) for repetition in self.repetitions(number))
        return "\n".join(self.dialect.formatted(value) for value in values if value not in {"", _NULL}) or None

    def _component(self, repetition: str, component: int) -> str:
        components = repetition.split(self.dialect.component)
        return components[component - 1].strip() if component <= len(components) else ""

    def place(self, number: int | None = None, component: int | None = None) -> str:
        """Where a fault is: ``FT1[2]-10``, ``FT1[2]-4.1``, ``MSH-10``."""
        name = self.name if self.name == "MSH" else f"{self.name}[{self.ordinal}]"
        field = "" if number is None else f"-{number}"
        return f"{name}{field}" if component is None else f"{name}{field}.{component}"


@dataclass(frozen=True, slots=True)
class Message:
    """A message: its segments in their order, the first one MSH, and what is odd about how it is written."""

    segments: tuple[Segment, ...]
    oddities: tuple[Issue, ...] = ()
    firsts: Mapping[str, Segment] = field(default_factory=dict)
    """The first segment of each name."""

    @property
    def header(self) -> Segment:
        """The MSH segment."""
        return self.segments[0]

    def first(self, name: str) -> Segment | None:
        """The first segment of that name."""
        return self.firsts.get(name)


def header_line(body: bytes) -> bytes:
    """The bytes of the MSH segment. Raises Rejected where the body does not begin with one."""
    line = first_line(body)
    if not line.startswith(b"MSH"):
        raise _rejected("segment.missing", "MSH", "a message begins with an MSH segment")
    return line


def first_line(body: bytes) -> bytes:
    """The bytes of the first segment, whatever it is."""
    line = re.split(rb"[\r\n]", _beginning(body), maxsplit=1)[0]
    return _SPELLED_END_BYTES.sub(b"", line)


def header(line: bytes) -> Segment:
    """The MSH segment alone, for the envelope and the answer. Raises Rejected where it cannot be read.

    A character set we do not know does not matter here as long as the header itself is ASCII.
    """
    dialect = _dialect(line)
    _check_line(line.decode("latin-1"), 1, dialect)
    return _segment(_decoded(line, dialect.encoding or "ascii"), 1, dialect)


def parse(body: bytes, undeclared: str = "") -> Message:
    """All segments of one message. Raises Rejected, naming the segment, for anything that is not one message.

    ``undeclared`` is the character set (table 0211) of a message that names none.
    """
    dialect = _dialect(header_line(body), undeclared)
    if dialect.encoding is None:
        raise _rejected("character_set.unsupported", "MSH-18", "ASCII, 8859/1 to 8859/15 or UNICODE UTF-8 is expected")
    lines = [line for line in _SEGMENT_END.split(_decoded(_unframed(body), dialect.encoding)) if line.strip()]
    if len(lines) > MAX_SEGMENTS:
        raise _rejected("segment.too_many", "message", f"at most {MAX_SEGMENTS} segments are allowed")
    oddities = Findings()
    lines = [_ended(line, number, oddities) for number, line in enumerate(lines, 1)]
    segments = tuple(_segments(lines, dialect))
    if any(segment.name == "MSH" for segment in segments[1:]):
        raise _rejected("segment.invalid", "MSH", "one message at a time is expected")
    return Message(segments, oddities.warnings, {segment.name: segment for segment in reversed(segments)})


def _segments(lines: list[str], dialect: Dialect) -> Iterator[Segment]:
    ordinals: Counter[str] = Counter()
    for number, line in enumerate(lines, 1):
        _check_line(line, number, dialect)
        name = line.lstrip()[:3].upper()
        ordinals[name] += 1
        yield _segment(line, ordinals[name], dialect)


def _ended(line: str, number: int, oddities: Findings) -> str:
    if not line.rstrip().endswith(">") or not (found := _SPELLED_END.search(line)):
        return line
    if not oddities.warnings:
        oddities.warn("segment.spelled_end", f"segment {number}", "a segment end is a carriage return, not its name")
    return line[: found.start()]


def excerpt(lines: bytes) -> list[Segment]:
    """Segments that were taken out of a message for its answer, the header first; those that are odd are left out."""
    first, *rest = lines.split(b"\r")
    dialect = _dialect(first)
    found = []
    for ordinal, line in enumerate(rest, 1):
        text = line.decode(dialect.encoding or "ascii", "ignore")
        found.append(_segment(_SPELLED_END.sub("", text), ordinal, dialect))
    return found


def fingerprint(body: bytes) -> str:
    """A digest that is equal for two sendings of one message: line ends and times of sending (MSH-7) do not count."""
    content = re.sub(rb"(?:\r\n?|\n)+", b"\r", _unframed(body)).strip(b"\r")
    first, *rest = content.split(b"\r")
    lines = [_unstamped(first), *(_unstamped(line) if line.startswith(HEADERS) else line for line in rest)]
    return ids.digest(b"\r".join(lines))


def _unstamped(line: bytes) -> bytes:
    fields = line.split(line[3:4]) if len(line) > 3 else [line]
    if len(fields) > 6:
        fields[6] = b""
    return line[3:4].join(fields)


def _unframed(body: bytes) -> bytes:
    """The body without a byte order mark and without what a transport may have left of its MLLP frame."""
    return body.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n" + _FRAME).rstrip(b" \t\r\n" + _FRAME)


def _beginning(body: bytes) -> bytes:
    """The first bytes of the body, as many as a segment may have; the rest is not copied."""
    start = _NOISE.match(body)
    assert start
    return body[start.end() : start.end() + MAX_SEGMENT_LENGTH + 1].rstrip(b" \t\r\n" + _FRAME)


def _dialect(line: bytes, undeclared: str = "") -> Dialect:
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
    declared = (fields[17] if len(fields) > 17 else "").split(encoding_characters[1])
    component, repetition, escape, subcomponent = list(encoding_characters[:4])
    return Dialect(mark, component, repetition, escape, subcomponent, _encoding(declared, undeclared))


def _encoding(declared: list[str], undeclared: str) -> str | None:
    """Python's name of the character set; of several the first one counts, unless it is switched by escapes."""
    names = [name.strip().upper().removeprefix("ISO-").replace("ISO8859", "8859") for name in declared]
    names = [name.replace("8859-", "8859/") for name in names]
    if CHARACTER_SETS.get(names[0]) in {"ascii", "utf-8"}:
        for name in names[1:]:
            if name in JAPANESE:
                return JAPANESE[name]
    return CHARACTER_SETS.get(names[0] or undeclared.upper())


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
