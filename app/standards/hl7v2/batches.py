"""Files of several messages: FHS, BHS, BTS and FTS around them, or one message after the other (chapter 2.10.3).

Called by ``app.standards.hl7v2.standard``. Every message is read for itself: one that cannot be understood is named
with its place (``MSH[2]/FT1[1]-10``) while the others stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.errors import Issue, Rejected
from app.model.channel import Profile
from app.model.documents import Document
from app.model.findings import Findings
from app.standards.hl7v2 import messages, syntax

MAX_MESSAGES = 20_000
_SEGMENTS = re.compile(rb"[\r\n\x1c\x0b]+")
_ENVELOPE = (b"FHS", b"BHS", b"BTS", b"FTS")
_LATER_MESSAGE = re.compile(rb"[\r\n\x1c\x0b][ \t]*MSH[^A-Za-z0-9\s]")


@dataclass(slots=True)
class Batch:
    """A file taken apart: the line that wraps it first, and the bytes of its messages.

    ``declared`` are the trailers, each with its place and what was counted before it.
    """

    header: bytes
    messages: list[bytes] = field(default_factory=list)
    declared: list[tuple[str, bytes, int]] = field(default_factory=list)
    opened: dict[bytes, bool] = field(default_factory=dict)
    stray: int = 0

    def message(self, lines: list[bytes]) -> None:
        """Take a message. Raises Rejected where there are too many."""
        self.messages.append(b"\r".join(lines) + b"\r")
        if len(self.messages) > MAX_MESSAGES:
            raise Rejected([Issue("message.too_many", "message", f"at most {MAX_MESSAGES} messages are allowed")])

    @property
    def unclosed(self) -> list[str]:
        """The trailers that are not there."""
        return [{b"FHS": "FTS", b"BHS": "BTS"}[name] for name, is_open in self.opened.items() if is_open]


def is_batch(body: bytes) -> bool:
    """Whether the body is more than one message, or wrapped as if it were."""
    line = syntax.first_line(body)
    if line.startswith(_ENVELOPE[:2]):
        return True
    return line.startswith(b"MSH") and _LATER_MESSAGE.search(body, body.find(b"MSH") + 1) is not None


def split(body: bytes) -> Batch:
    """The messages of the file. Raises Rejected where there are too many."""
    splitter = _Splitter(Batch(syntax.first_line(body)))
    for raw in _SEGMENTS.split(body.removeprefix(b"\xef\xbb\xbf")):
        if line := raw.lstrip(b" \t"):
            splitter.take(line)
    splitter.close()
    return splitter.batch


class _Splitter:
    """Goes through a file line by line."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self._lines: list[bytes] = []
        self._counts: Counter[bytes] = Counter()
        self._ordinals: Counter[bytes] = Counter()

    def take(self, line: bytes) -> None:
        name = line[:3].upper()
        if name == b"MSH":
            self.close()
            self._lines = [line]
            self._counts[b"BHS"] += 1
        elif name in _ENVELOPE:
            self.close()
            self._open(name) if name in _ENVELOPE[:2] else self._shut(name, line)
        elif self._lines:
            self._lines.append(line)
        else:
            self.batch.stray += 1

    def close(self) -> None:
        if self._lines:
            self.batch.message(self._lines)
        self._lines = []

    def _open(self, name: bytes) -> None:
        self.batch.opened[name] = True
        self._counts[name] = 0

    def _shut(self, name: bytes, line: bytes) -> None:
        opener = b"BHS" if name == b"BTS" else b"FHS"
        self._ordinals[name] += 1
        self.batch.opened[opener] = False
        self.batch.declared.append((f"{name.decode()}[{self._ordinals[name]}]-1", line, self._counts[opener]))
        self._counts[opener] = 0
        self._counts[b"FHS"] += name == b"BTS"


def read(body: bytes, profile: Profile) -> tuple[tuple[Document, ...], str, tuple[Issue, ...]]:
    """The documents of all messages, the mapping, and what was found. Raises Rejected where none was understood."""
    batch, findings = split(body), Findings()
    _check_wrapping(batch, findings)
    documents: list[Document] = []
    mappings, seen = set(), set()
    for ordinal, one in enumerate(batch.messages, 1):
        if (fingerprint := syntax.fingerprint(one)) in seen:
            findings.warn("message.duplicate", f"MSH[{ordinal}]", "the file holds this message twice; it is read once")
            continue
        seen.add(fingerprint)
        try:
            found, mapping = _read_one(one, profile, ordinal, findings)
        except Rejected as error:
            findings.add(_placed(error.issues, ordinal))
        else:
            documents += found
            mappings.add(mapping)
    if not mappings:
        findings.settle()
        raise Rejected([Issue("message.missing", "message", "at least one message is expected")])
    mapping = mappings.pop() if len(mappings) == 1 else "hl7v2.mixed/1"
    return tuple(documents), mapping, (*findings.errors, *findings.warnings)


def _read_one(body: bytes, profile: Profile, ordinal: int, findings: Findings) -> tuple[list[Document], str]:
    own = Findings()
    message, documents, mapping = messages.read(body, profile, own)
    parties = [message.header.text(number, 1) or message.header.text(number, 2) or "" for number in (3, 4)]
    senders = profile.channel.senders
    if senders and any(parties) and "|".join(parties) not in senders:
        raise Rejected([Issue("sender.unknown", "MSH-3", "the sender may not use this channel")])
    findings.add(_placed((*own.errors, *own.warnings), ordinal))
    return [replace(one, warnings=tuple(_placed(one.warnings, ordinal))) for one in documents], mapping


def _placed(issues: tuple[Issue, ...], ordinal: int) -> Iterator[Issue]:
    for issue in issues:
        inner = issue.where.removeprefix("MSH")
        where = f"MSH[{ordinal}]{inner}" if inner.startswith("-") else f"MSH[{ordinal}]/{issue.where}"
        yield replace(issue, where=where)


def _check_wrapping(batch: Batch, findings: Findings) -> None:
    """Counts that do not fit, trailers that are not there, and segments between messages are oddities."""
    for place, line, counted in batch.declared:
        fields = line.split(line[3:4]) if len(line) > 3 else []
        declared = fields[1].strip() if len(fields) > 1 else b""
        if declared and declared != str(counted).encode():
            what = "messages" if place.startswith("BTS") else "batches"
            findings.warn("batch.count", place, f"the number of {what} does not fit; {counted} were found")
    for name in batch.unclosed:
        findings.warn("batch.trailer_missing", name, f"a {name} segment is expected at the end")
    if batch.stray:
        findings.warn("segment.stray", "message", "segments outside of any message were left out")


def headers(body: bytes) -> bytes:
    """The wrapping header and the MSH of every message, for the answer."""
    batch = split(body)
    return b"\r".join([batch.header, *(one.split(b"\r", 1)[0] for one in batch.messages)])
