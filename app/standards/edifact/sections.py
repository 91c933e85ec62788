"""Sections of a message and the segment groups in them, found by what may follow what.

Used by every mapping of the package. Which segments belong to a group is data: a quantity after an allowance is the
allowance's, a reference after a party is the party's. Nothing depends on the order of the groups.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.standards.edifact.syntax import Segment

MEMBERS: Mapping[str, frozenset[str]] = {
    "RFF": frozenset({"DTM"}),
    "NAD": frozenset({"LOC", "FII", "RFF", "DOC", "CTA", "COM"}),
    "CTA": frozenset({"COM"}),
    "TAX": frozenset({"MOA", "LOC"}),
    "CUX": frozenset({"PCD", "DTM"}),
    "PAT": frozenset({"DTM", "PCD", "MOA", "PAI", "FII"}),
    "TDT": frozenset({"LOC", "DTM", "TSR", "RFF", "SEL"}),
    "TOD": frozenset({"LOC"}),
    "PAC": frozenset({"MEA", "QTY", "DTM", "RFF", "PCI", "GIN", "QVR"}),
    "PCI": frozenset({"DTM", "MEA", "QTY", "GIN", "RFF", "QVR", "GIR"}),
    "ALC": frozenset({"ALI", "QTY", "PCD", "MOA", "RTE", "TAX", "RNG", "DTM"}),
    "PRI": frozenset({"CUX", "APR", "RNG", "DTM"}),
    "LOC": frozenset({"QTY", "DTM", "PCD"}),
    "SCC": frozenset({"FTX", "RFF", "QTY", "DTM"}),
    "ERC": frozenset({"FTX", "RFF"}),
    "QVR": frozenset(),
}
"""The segments that belong to the one that begins a group, as far as they follow it without another between them."""
REFERENCE_DATES = frozenset({"171", "4"})
"""Dates that are a reference's own; any other one after a reference is the document's or the line's."""


@dataclass(frozen=True, slots=True)
class Group:
    """The first segment of a group and those that belong to it."""

    head: Segment
    members: list[Segment]

    def first(self, tag: str, *codes: str) -> Segment | None:
        """The first member of that tag; with ``codes``, of one of those qualifiers."""
        return next(self.all(tag, *codes), None)

    def all(self, tag: str, *codes: str) -> Iterator[Segment]:
        """Every member of that tag; with ``codes``, of one of those qualifiers."""
        return (s for s in self.members if s.tag == tag and (not codes or s.text(1) in codes))


class Section:
    """A header, a line or a summary: its groups by the tag of their first segment."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._groups: dict[str, list[Group]] = {}
        self._coded: dict[tuple[str, str | None], Group] = {}
        open_, allowed = None, _NOTHING
        for segment in segments:
            if open_ is not None and segment.tag in allowed and _stays(open_.head, segment):
                open_.members.append(segment)
                continue
            open_, allowed = Group(segment, []), MEMBERS.get(segment.tag, _NOTHING)
            self._groups.setdefault(segment.tag, []).append(open_)
            self._coded.setdefault((segment.tag, segment.text(1)), open_)

    def groups(self, tag: str, *codes: str) -> list[Group]:
        """Every group that begins with the tag; with ``codes`` those of them with one of the qualifiers."""
        found = self._groups.get(tag, [])
        return [group for group in found if group.head.text(1) in codes] if codes else found

    def all(self, tag: str, *codes: str) -> list[Segment]:
        """The first segments of those groups."""
        return [group.head for group in self.groups(tag, *codes)]

    def best(self, tag: str, *codes: str) -> Group | None:
        """The group with the first of the qualifiers that there is one for; ``codes`` are in the order of trust."""
        if tag not in self._groups:
            return None
        coded = self._coded
        return next((coded[tag, code] for code in codes if (tag, code) in coded), None)

    def segment(self, tag: str, *codes: str) -> Segment | None:
        """The first segment of ``best``; without ``codes`` the first of that tag."""
        if not codes:
            groups = self._groups.get(tag)
            return groups[0].head if groups else None
        found = self.best(tag, *codes)
        return found.head if found else None


_NOTHING: frozenset[str] = frozenset()


def _stays(head: Segment, segment: Segment) -> bool:
    return head.tag != "RFF" or segment.text(1) in REFERENCE_DATES


def split(
    segments: Sequence[Segment], start: str = "LIN", end: str = "UNS"
) -> tuple[list[Segment], list[list[Segment]], list[Segment]]:
    """Header, lines and summary: each line begins with ``start``, the summary with the last ``end``."""
    header: list[Segment] = []
    lines: list[list[Segment]] = []
    summary: list[Segment] = []
    ended = False
    for segment in segments:
        if segment.tag == end:
            ended = bool(lines) or ended
        elif segment.tag == start:
            lines.append([segment])
            ended = False
        elif ended:
            summary.append(segment)
        else:
            (lines[-1] if lines else header).append(segment)
    return header, lines, summary
