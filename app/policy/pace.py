"""How much may go to Odoo in one visit, so that a visit stays near the time it may take; asked by the posting stage.

Whoever is urgent waits for the call that is under way, never for a backlog, so calls must be short; and each call has
a price of its own, so they must not be shorter than that.
"""

from __future__ import annotations

from collections.abc import Mapping

WEIGHT = 0.3
"""How much the last visit counts against those before it."""
LEAST = 10
"""Fewer at a time cost more than they win."""


class Pace:
    """Learns how long one item takes, lane by lane; ``most`` is a lane's limit, ``seconds`` what a visit may take."""

    def __init__(self, most: Mapping[str, int], seconds: float) -> None:
        self._most = most
        self._seconds = seconds
        self._each: dict[str, float] = {}

    def limit(self, lane: str) -> int:
        """How many items may be claimed for the next visit."""
        most, each = self._most[lane], self._each.get(lane, 0.0)
        return most if each * most <= self._seconds else max(min(LEAST, most), int(self._seconds / each))

    def took(self, lane: str, items: int, seconds: float) -> None:
        """Note how long a visit took."""
        if items > 0:
            each, known = seconds / items, self._each.get(lane)
            self._each[lane] = each if known is None else known + WEIGHT * (each - known)
