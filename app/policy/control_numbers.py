"""Numbers that are missing from what should be an unbroken sequence; pure, asked by the completeness statement."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

_NUMBERED = re.compile(r"(.*?)(\d{1,18})\Z", re.DOTALL)
DENSE = 0.5
"""A sequence of which less than this is there is none: its numbers were not given one after the other."""
LEAST = 5


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that did not come, from ``first`` to ``last``, both inclusive, as the sender writes them."""

    first: str
    last: str
    count: int


def gaps(control_ids: Iterable[str]) -> list[Gap]:
    """The gaps within sequential control ids: what they have before their digits tells one sequence from another.

    What is before the first or after the last that came cannot be seen.
    """
    sequences: dict[str, dict[int, str]] = defaultdict(dict)
    for control_id in control_ids:
        if found := _NUMBERED.fullmatch(control_id):
            sequences[found[1]][int(found[2])] = found[2]
    return [gap for prefix, numbers in sorted(sequences.items()) for gap in _between(prefix, numbers)]


def _between(prefix: str, numbers: dict[int, str]) -> Iterable[Gap]:
    ordered = sorted(numbers)
    span = ordered[-1] - ordered[0] + 1
    if len(ordered) < LEAST or len(ordered) < DENSE * span:
        return
    for before, after in pairwise(ordered):
        if after - before > 1:
            width = len(numbers[before])
            first, last = (f"{prefix}{number:0{width}d}" for number in (before + 1, after - 1))
            yield Gap(first, last, after - before - 1)
