"""Orders in a message: every ORC with what hangs on it, and what its order control code means.

Called by the readers of requisitions, depletions and dispensing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from app.model.findings import Findings
from app.standards.hl7v2 import codes
from app.standards.hl7v2.options import Hl7Options
from app.standards.hl7v2.positions import PATIENT
from app.standards.hl7v2.syntax import Segment

CONTROLS: Mapping[str, str] = {
    "NW": "new",
    "SN": "new",
    "RE": "new",
    "CA": "cancel",
    "OC": "cancel",
    "DC": "cancel",
    "OD": "cancel",
    "CR": "cancel",
    "XO": "change",
    "RP": "change",
}
"""What orderers and those who report on orders mean by their order control codes (table 0119)."""

MAX_ITEMS = 10_000
MAX_HEAD = 50
"""Segments between an order and its first detail; they belong to each of its details."""
_OUTSIDE = PATIENT | {"MSH", "PV1", "EVN", "SFT", "UAC", "ARV"}


@dataclass(frozen=True, slots=True)
class OrderedItem:
    """One detail segment (RQD, RXD, RXA) with its ORC and all segments that belong to it, itself included."""

    order: Segment
    detail: Segment
    group: tuple[Segment, ...]

    def all(self, name: str) -> list[Segment]:
        """The segments of that name."""
        return [segment for segment in self.group if segment.name == name]

    def first(self, name: str) -> Segment | None:
        """The first segment of that name."""
        return next(iter(self.all(name)), None)


def items(segments: Sequence[Segment], detail: str, findings: Findings) -> list[OrderedItem]:
    """The details of the message; one without an order, or too many, or none at all, leave a fault."""
    if sum(segment.name == detail for segment in segments) > MAX_ITEMS:
        findings.reject("segment.too_many", detail, f"at most {MAX_ITEMS} {detail} segments are allowed")
        return []
    found = list(_items(segments, detail, findings))
    if not found and not findings.errors:
        findings.reject("segment.missing", detail, f"at least one {detail} segment is expected")
    return found


def _items(segments: Sequence[Segment], detail: str, findings: Findings) -> Iterator[OrderedItem]:
    for block in _blocks(segments):
        starts = [place for place, segment in enumerate(block) if segment.name == detail]
        if block[0].name != "ORC":
            for start in starts:
                findings.reject("segment.missing", block[start].place(), "an ORC segment is expected before it")
            continue
        if starts and starts[0] > MAX_HEAD:
            findings.reject("segment.too_many", block[0].place(), f"at most {MAX_HEAD} segments before {detail}")
            continue
        for start, end in pairwise([*starts, len(block)]):
            yield OrderedItem(block[0], block[start], (*block[: starts[0]], *block[start:end]))


def _blocks(segments: Iterable[Segment]) -> Iterator[list[Segment]]:
    """The segments from one ORC to the next; header and patient end a block, so that their notes stay theirs."""
    block: list[Segment] = []
    for segment in segments:
        if segment.name == "ORC" or segment.name in _OUTSIDE:
            if block:
                yield block
            block = []
        if segment.name not in _OUTSIDE:
            block.append(segment)
    if block:
        yield block


def control(order: Segment, options: Hl7Options, findings: Findings) -> str | None:
    """What the order control code says: new, change or cancel."""
    where = order.place(1)
    code = findings.text("order_control", order.text(1), where, required=True)
    if code is None:
        return None
    known = {**CONTROLS, **options.order_controls}
    if meaning := known.get(code.upper()):
        return meaning
    findings.reject("order_control.unsupported", where, f"one of {', '.join(sorted(known))} is expected")
    return None


def number(order: Segment, fields: tuple[int, ...], findings: Findings) -> str | None:
    """The order's number: the first of the fields that holds one."""
    for field in fields:
        if order.text(field):
            return codes.code(findings, "order", order, field)
    findings.reject("order.missing", order.place(2 if 2 in fields else fields[0]), "an order number is required")
    return None
