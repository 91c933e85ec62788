"""Values to medians, percentiles and ratios; pure.

Ratios are taken round by round, between things measured moments apart, and then their median: what disturbs the
machine for a while disturbs both sides of a ratio alike. So the ratio shown need not be the quotient of two medians.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report: what was measured of a subject, and how it compares with another subject's.

    ``value`` is in ``unit``; ``values`` are the rounds or samples behind it. ``ratios`` are this subject's values over
    those of ``against``; where the samples of both are pooled there is but one.
    """

    figure: str
    subject: str
    unit: str
    value: float
    values: tuple[float, ...]
    against: str | None = None
    ratio: float | None = None
    ratios: tuple[float, ...] = ()


class Rounds:
    """The values of one figure's subjects, one a round."""

    def __init__(self, figure: str, unit: str) -> None:
        self._figure = figure
        self._unit = unit
        self._values: dict[str, list[float]] = defaultdict(list)

    def add(self, subject: str, value: float) -> None:
        """Enter the value of the subject's next round."""
        self._values[subject].append(value)

    def line(self, subject: str, against: str | None = None) -> Line:
        """The median of the subject's rounds, and of its ratios to ``against``."""
        values = tuple(self._values[subject])
        if against is None:
            return Line(self._figure, subject, self._unit, median(values), values)
        ratios = tuple(own / other for own, other in zip(values, self._values[against], strict=True))
        return Line(self._figure, subject, self._unit, median(values), values, against, median(ratios), ratios)


def pooled(
    figure: str, subject: str, percent: float, samples: Sequence[float], base: tuple[str, Sequence[float]] | None = None
) -> Line:
    """A percentile of latencies, in seconds, and its ratio to that of ``base`` (its name and samples)."""
    value = percentile(samples, percent)
    if base is None:
        return Line(figure, subject, "s", value, tuple(samples))
    ratio = value / percentile(base[1], percent)
    return Line(figure, subject, "s", value, tuple(samples), base[0], ratio, (ratio,))


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that so many percent of the values do not exceed, interpolated between neighbours."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    return below + (above - below) * (place % 1)
