"""Interchanges written: ISA, GS, ST and their trailers around the segments of one document, with right counts.

Used by the writing side of the package.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from app.errors import Permanent
from app.model.interchange import Interchange, Written
from app.standards.x12 import lengths
from app.standards.x12.options import X12Options
from app.standards.x12.syntax import Separators, join

CONTENT_TYPE = "application/edi-x12"
GROUPS = {
    "850": "PO",
    "860": "PC",
    "855": "PR",
    "865": "CA",
    "856": "SH",
    "810": "IN",
    "832": "SC",
    "846": "IB",
    "852": "PD",
    "867": "PT",
    "820": "RA",
    "861": "RC",
    "824": "AG",
    "997": "FA",
    "999": "FA",
}
"""Functional identifier codes (data element 479) by transaction set."""
PROSE_AT = {
    "PID": (5,),
    "MSG": (1,),
    "NTE": (2,),
    "N1": (2,),
    "N2": (1,),
    "N3": (1, 2),
    "N4": (1, 2),
    "PER": (2,),
    "SAC": (15,),
    "ITD": (12,),
    "BCT": (9, 10),
    "REF": (3,),
    "N9": (3,),
}
"""Elements that hold text for people: a separator in one becomes a blank. X12 has no way to escape one."""


def write(code: str, segments: Iterable[Sequence[str]], options: X12Options, interchange: Interchange) -> Written:
    """One transaction set as an interchange of its own. Raises Permanent for what does not fit."""
    separators = Separators(options.element_separator, options.segment_terminator, options.component_separator)
    body = [_clean(list(segment), separators) for segment in segments]
    for segment in body:
        lengths.check(segment, options.version)
    inside = [["ST", code, "0001"], *body, ["SE", str(len(body) + 2), "0001"]]
    control = f"{interchange.control_number:09d}"
    group = str(interchange.control_number)
    wrapped = [
        _isa(options, interchange, control, separators),
        ["GS", GROUPS[code], *_group_addresses(interchange), *_group_time(interchange, options, group)],
        *inside,
        ["GE", "1", group],
        ["IEA", "1", control],
    ]
    return Written(CONTENT_TYPE, join(wrapped, separators), code, control)


def address(value: str) -> tuple[str, str]:
    """Qualifier and number of an address such as ``14:4012345000009``; without a qualifier it is mutually defined."""
    qualifier, colon, number = value.partition(":")
    return (qualifier, number) if colon else ("ZZ", value)


def _isa(options: X12Options, interchange: Interchange, control: str, separators: Separators) -> list[str]:
    sender, receiver = address(interchange.sender), address(interchange.receiver)
    if any(len(qualifier) != 2 or not 1 <= len(number) <= 15 for qualifier, number in (sender, receiver)):
        text = "an X12 address is a qualifier of two characters, a colon, and at most 15 characters"
        raise Permanent(text, code="document.not_carried")
    newer = options.version >= "00402"
    return [
        "ISA", "00", " " * 10, "00", " " * 10, sender[0], f"{sender[1]:<15}", receiver[0], f"{receiver[1]:<15}",
        f"{interchange.sent_at:%y%m%d}", f"{interchange.sent_at:%H%M}", "^" if newer else "U", options.version[:5],
        control, "0", "T" if interchange.test else "P", separators.component,
    ]  # fmt: skip


def _group_addresses(interchange: Interchange) -> list[str]:
    return [address(interchange.sender)[1], address(interchange.receiver)[1]]


def _group_time(interchange: Interchange, options: X12Options, group: str) -> list[str]:
    return [f"{interchange.sent_at:%Y%m%d}", f"{interchange.sent_at:%H%M}", group, "X", options.version]


def _clean(segment: list[str], separators: Separators) -> list[str]:
    bad = (separators.element, separators.terminator, separators.component, "\r", "\n")
    for place, value in enumerate(segment):
        if not any(mark in value for mark in bad):
            continue
        if place not in PROSE_AT.get(segment[0], ()):
            text = f"{segment[0]}-{place:02} would hold a separator"
            raise Permanent(text, code="document.not_carried", hint="Choose other separators in the options.")
        segment[place] = "".join(" " if character in bad else character for character in value)
    return segment
