"""Medians, percentiles and ratios."""

from __future__ import annotations

import pytest

from ops.bench.measures import Rounds, percentile, pooled


def test_ratios_are_taken_round_by_round() -> None:
    rounds = Rounds("figure", "events/s")
    for own, other in ((10.0, 5.0), (30.0, 10.0), (8.0, 2.0)):
        rounds.add("ours", own)
        rounds.add("theirs", other)
    line = rounds.line("ours", "theirs")
    assert (line.value, line.ratio, line.ratios) == (10.0, 3.0, (2.0, 3.0, 4.0))
    assert rounds.line("theirs").ratio is None


def test_sides_with_different_rounds_are_not_compared() -> None:
    rounds = Rounds("figure", "events/s")
    rounds.add("ours", 1.0)
    rounds.add("ours", 2.0)
    rounds.add("theirs", 1.0)
    with pytest.raises(ValueError, match="zip"):
        rounds.line("ours", "theirs")


@pytest.mark.parametrize(("percent", "value"), [(0, 1.0), (50, 2.5), (100, 4.0), (25, 1.75)])
def test_percentiles_lie_between_neighbours(percent: float, value: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], percent) == value


def test_pooled_samples_compare_the_same_percentile() -> None:
    line = pooled("figure", "busy", 50, [2.0, 4.0], ("idle", [1.0, 2.0]))
    assert (line.value, line.against, line.ratio) == (3.0, "idle", 2.0)
