"""What X12 has no element for: notes and reasons in REF segments, pairs that name no item, items without a number.

Used by the mappings of receipts and inventory. Releases from 004010 on have no NTE in these sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap

from app.model.item import Identifier
from app.standards.x12 import details
from app.standards.x12.syntax import Segment
from app.standards.x12.values import Values

MUTUAL = "ZZ"
"""REF-01 of what two partners agreed on."""
NOTE, REASON = "NOTE", "REASON"
TAGS: Mapping[str, int] = {"REF": 3, "N9": 3, "MSG": 1, "NTE": 2}
"""Segments with a note, and the element it stands in."""
LENGTH = 80
"""Characters of REF-03."""


def read(segments: Sequence[Segment], values: Values) -> str | None:
    """The note in REF, MSG and NTE segments, a line each."""
    told = [s for s in segments if s.tag in TAGS and (s.tag not in {"REF", "N9"} or s.text(2) == NOTE)]
    found = (values.prose(segment, TAGS[segment.tag], "note") for segment in told)
    return details.joined((text for text in found if text), segments, values)


def write(text: str | None) -> Iterator[list[str]]:
    """A note as REF segments; a line that is too long is broken between words."""
    for line in text.split("\n") if text else ():
        yield from (["REF", MUTUAL, NOTE, part] for part in wrap(line, LENGTH))


def reason(segments: Iterable[Segment], values: Values) -> str | None:
    """A reason in a REF segment."""
    found = next((s for s in segments if s.tag == "REF" and s.text(2) == REASON), None)
    return values.text(found, 3, "reason")


def write_reason(text: str) -> Iterator[list[str]]:
    """A reason as a REF segment."""
    yield ["REF", MUTUAL, REASON, text]


def check_item(identifiers: Iterable[Identifier], description: str | None, segment: Segment, values: Values) -> None:
    """Warn of an item that is only described; one that is neither described nor numbered may be anything."""
    if any(True for _ in identifiers):
        return
    if description:
        values.findings.warn("item.missing", segment.place(2), "the item is only described")
    else:
        values.findings.reject("item.missing", segment.place(2), "the number of an item is required")


def number(segments: Iterable[Segment], values: Values, *qualifiers: str) -> str | None:
    """REF-02 of the first REF with one of the qualifiers, in their order."""
    by_code = {s.text(1): s for s in reversed([s for s in segments if s.tag == "REF"])}
    found = (values.text(by_code.get(code), 2, "reference") for code in qualifiers)
    return next((value for value in found if value), None)


def pair(segment: Segment | None, qualifier: str, values: Values, start: int = 2) -> str | None:
    """The number behind a product qualifier that names no item: ``PO`` an order, ``PL`` a line of one."""
    for place in range(start, len(segment.elements), 2) if segment else ():
        if segment and segment.text(place) == qualifier:
            return values.text(segment, place + 1, "reference")
    return None
