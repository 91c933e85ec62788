"""Interchanges: segments in their messages, groups and envelope, with counts and references checked.

Called by ``app.standards.edifact.standard``. Wrong counts are noted; a message that is cut off is refused, since what
was cut off may have been the rest of a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from app import ids
from app.errors import Issue, Rejected
from app.model.findings import Findings
from app.standards.edifact.character_sets import decode
from app.standards.edifact.syntax import Segment, Separators, Token, is_tag, separators_of, tokens

MAX_MESSAGES = 10_000
NOT_A_HEADER = Segment("UNB", (), "", 1, 0)
"""Stands for the header of an interchange that has none."""


@dataclass(frozen=True, slots=True)
class Message:
    """The segments between UNH and UNT, without both. ``identifier`` are the components of S009."""

    type: str
    identifier: tuple[str, ...]
    reference: str
    where: str
    segments: tuple[Segment, ...]
    warnings: tuple[Issue, ...] = ()
    faults: tuple[Issue, ...] = ()

    @property
    def version(self) -> str:
        """Directory and association code: ``D.96A EAN008``."""
        parts = (*self.identifier, *[""] * 5)
        return " ".join(part for part in (".".join(filter(None, parts[1:3])), parts[4]) if part)


@dataclass(frozen=True, slots=True)
class Interchange:
    """One UNB to its UNZ; ``fingerprint`` leaves out when it was prepared."""

    header: Segment
    separators: Separators
    messages: tuple[Message, ...]
    fingerprint: str
    warnings: tuple[Issue, ...] = ()


def parse(body: bytes) -> Interchange:
    """The whole interchange. Raises Rejected for what is none, and for more than one of them."""
    findings = Findings()
    separators, text = separators_of(decode(body, findings), findings)
    builder = _Builder(findings)
    for token in tokens(text, separators, findings):
        builder.take(token)
    return builder.interchange(separators)


@dataclass(slots=True)
class _Open:
    """A message while its segments are read."""

    head: list[list[str]]
    where: str
    findings: Findings = field(default_factory=Findings)
    counts: Counter[str] = field(default_factory=Counter)
    segments: list[Segment] = field(default_factory=list)
    size: int = 1

    def add(self, token: Token) -> None:
        self.size += 1
        tag = token.elements[0][0].strip().upper()
        self.counts[tag] += 1
        if not is_tag(tag):
            where = f"{self.where}/[{self.size}]"
            self.findings.warn("segment.invalid", where, "a segment tag of three characters is expected")
            return
        segment = Segment(tag, token.elements[1:], self.where, self.counts[tag], self.size)
        if not token.ended:
            text = "the segment does not end with its terminator; the line end was taken"
            self.findings.warn("terminator.missing", segment.where, text)
        self.segments.append(segment)

    def close(self, trailer: Sequence[Sequence[str]] | None, *, cut: bool = False) -> Message:
        """The message, its trailer compared with what was found."""
        identifier = tuple(part.strip() for part in _element(self.head, 2))
        reference, found = _text(self.head, 1), self.size + 1
        if cut:
            text = "the message is cut off: UNT and UNZ are required"
            self.findings.reject("message.cut_off", f"{self.where}/UNT", text)
        elif trailer is None:
            self.findings.warn("segment.missing", f"{self.where}/UNT", "the message does not end with UNT")
        else:
            if _text(trailer, 1) != str(found) and not _same_number(_text(trailer, 1), found):
                self.findings.warn("count.conflict", f"{self.where}/UNT-01", f"{found} segments were found")
            if _text(trailer, 2) != reference:
                self.findings.warn("control.conflict", f"{self.where}/UNT-02", "UNH-01 is expected here again")
        segments = tuple(self.segments)
        warnings, faults = self.findings.warnings, self.findings.errors
        return Message(identifier[0].upper(), identifier, reference, self.where, segments, warnings, faults)


class _Builder:
    """Puts segments into their envelopes."""

    def __init__(self, findings: Findings) -> None:
        self._findings = findings
        self._header = NOT_A_HEADER
        self._messages: list[Message] = []
        self._open: _Open | None = None
        self._groups: list[tuple[str, int]] = []
        self._ended = False
        self._raws: list[str] = []
        self._last_ended = True

    def take(self, token: Token) -> None:
        tag = token.elements[0][0].strip().upper()
        if self._ended or (tag == "UNB" and self._raws):
            raise Rejected([Issue("interchange.too_many", "UNB", "one interchange at a time is expected")])
        self._raws.append(token.raw if tag not in {"UNB", "UNG"} else repr(token.elements[:4] + token.elements[5:]))
        self._last_ended = token.ended
        if deed := self._DEEDS.get(tag):
            deed(self, token.elements)
        elif self._open is not None:
            self._open.add(token)
        else:
            where = f"after UNH[{len(self._messages)}]"
            self._findings.warn("segment.invalid", where, "a segment stands outside of any message")

    def interchange(self, separators: Separators) -> Interchange:
        """What was put together."""
        self._close(None, cut=not self._ended)
        if not self._ended:
            self._findings.warn("segment.missing", "UNZ", "the interchange does not end with UNZ")
        if not self._messages:
            raise Rejected([Issue("message.missing", "UNH", "an interchange holds at least one message")])
        if self._header is NOT_A_HEADER:
            self._findings.warn("segment.missing", "UNB", "the message stands outside of any interchange")
        fingerprint = ids.digest("\n".join(self._raws).encode("utf-8", "surrogatepass"))
        messages = tuple(self._messages)
        return Interchange(self._header, separators, messages, fingerprint, self._findings.warnings)

    def _unb(self, elements: list[list[str]]) -> None:
        self._header = Segment("UNB", elements[1:], "", 1, 0)

    def _ung(self, elements: list[list[str]]) -> None:
        self._close(None)
        self._groups.append((_text(elements, 5), len(self._messages)))

    def _une(self, elements: list[list[str]]) -> None:
        self._close(None)
        reference, before = self._groups[-1] if self._groups else ("", 0)
        where = f"UNE[{len(self._groups)}]"
        self._check(elements, where, len(self._messages) - before, reference)

    def _unh(self, elements: list[list[str]]) -> None:
        self._close(None)
        if len(self._messages) == MAX_MESSAGES:
            raise Rejected([Issue("message.too_many", "UNH", f"at most {MAX_MESSAGES} messages are allowed")])
        self._open = _Open(elements, f"UNH[{len(self._messages) + 1}]")

    def _unt(self, elements: list[list[str]]) -> None:
        self._close(elements)

    def _unz(self, elements: list[list[str]]) -> None:
        self._close(None)
        self._ended = True
        count = len(self._groups) if self._groups else len(self._messages)
        self._check(elements, "UNZ", count, self._header.text(5) or "")

    def _check(self, elements: list[list[str]], where: str, count: int, reference: str) -> None:
        if not _same_number(_text(elements, 1), count):
            self._findings.warn("count.conflict", f"{where}-01", f"{count} were found")
        if _text(elements, 2) != reference:
            self._findings.warn("control.conflict", f"{where}-02", "the reference of the header is expected here again")

    def _close(self, trailer: list[list[str]] | None, *, cut: bool = False) -> None:
        if self._open:
            self._messages.append(self._open.close(trailer, cut=cut))
            self._open = None

    _DEEDS = {"UNB": _unb, "UNG": _ung, "UNE": _une, "UNH": _unh, "UNT": _unt, "UNZ": _unz}


def _element(elements: Sequence[Sequence[str]], number: int) -> Sequence[str]:
    return elements[number] if number < len(elements) else ("",)


def _text(elements: Sequence[Sequence[str]], number: int) -> str:
    return _element(elements, number)[0].strip()


def _same_number(told: str, found: int) -> bool:
    return told.isascii() and told.isdigit() and told.lstrip("0") == str(found or "")
