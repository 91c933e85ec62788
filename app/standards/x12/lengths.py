"""The longest values that elements may have, release 004010; later ones allow the same or more.

Used by ``emit``: a number that is too long for its element is refused there, and a partner need not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.errors import Permanent

PRODUCT = 48
"""Characters of a product number (data element 234)."""
PAIRS: Mapping[str, int] = {"PO1": 6, "POC": 8, "IT1": 6, "LIN": 2, "SLN": 9, "ACK": 7}
"""From which element on qualifiers and product numbers take turns."""
LENGTHS: Mapping[str, Mapping[int, int]] = {
    "AMT": {2: 18},
    "BCH": {3: 22, 4: 30, 5: 8},
    "BEG": {3: 22, 4: 30},
    "BIG": {2: 22, 4: 22},
    "BPT": {2: 30},
    "BRA": {1: 30},
    "CUR": {2: 3},
    "IT1": {1: 20, 2: 10, 4: 17},
    "LIN": {1: 20},
    "MSG": {1: 264},
    "N1": {2: 60, 4: 80},
    "N2": {1: 60},
    "N3": {1: 55, 2: 55},
    "N4": {1: 30, 3: 15, 4: 3},
    "PER": {2: 60, 4: 80, 6: 80},
    "PID": {5: 80},
    "PO1": {1: 20, 2: 15, 4: 17},
    "POC": {1: 20, 3: 15, 6: 17},
    "QTY": {2: 15},
    "RCD": {1: 20},
    "REF": {2: 30, 3: 80},
    "RMR": {2: 30},
    "SAC": {2: 4, 4: 10, 5: 15, 15: 80},
    "TXI": {2: 18, 3: 10, 8: 9},
}
"""Characters by segment and element; of numbers the digits alone count."""
NEWER = "005010"
LONGER: Mapping[str, Mapping[int, int]] = {"REF": {2: 50}, "BPT": {2: 50}, "BRA": {1: 50}, "RMR": {2: 50}}
"""What release 005010 allows more of."""


def check(segment: Sequence[str], version: str) -> None:
    """Raises Permanent for a value that is too long for its element."""
    tag = segment[0]
    most = {**LENGTHS.get(tag, {}), **(LONGER.get(tag, {}) if version >= NEWER else {})}
    for place, allowed in most.items():
        if place < len(segment) and _length(segment[place]) > allowed:
            raise _too_long(tag, place, allowed)
    for place in range(PAIRS.get(tag, len(segment)) + 1, len(segment), 2):
        if len(segment[place]) > PRODUCT:
            raise _too_long(tag, place, PRODUCT)


def _length(value: str) -> int:
    """Sign and decimal point of a number do not count (X12.6, 3.5.1)."""
    bare = value.removeprefix("-").replace(".", "", 1)
    return len(bare) if bare.isdigit() else len(value)


def _too_long(tag: str, place: int, allowed: int) -> Permanent:
    text = f"{tag}-{place:02} has at most {allowed} characters in X12"
    return Permanent(text, code="document.not_carried", hint="Shorten the value where it comes from.")
