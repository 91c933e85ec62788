"""How much may go to Odoo at once, so that it stays near the time it may take; asked by the posting stage.

Whoever is urgent waits for the call that is under way, never for a backlog, so calls must be short; and each call has
a price of its own, so they must not be shorter than that.
"""

from __future__ import annotations

from collections.abc import Mapping

WEIGHT = 0.3
"""How much the last time counts against those before it."""
LEAST = 10
"""Fewer at a time cost more than they win."""


class Pace:
    """Learns how long one item takes, lane by lane; ``most`` is a lane's limit, ``seconds`` what all may take together.

    ``each`` is how long one takes as long as nothing is known, in seconds.
    """

    def __init__(self, most: Mapping[str, int], seconds: float, each: float = 0.0) -> None:
        self._most = most
        self._seconds = seconds
        self._first = each
        self._each: dict[str, float] = {}

    def limit(self, lane: str) -> int:
        """How many items may go together the next time."""
        most, each = self._most[lane], self._each.get(lane, self._first)
        return most if each * most <= self._seconds else max(min(LEAST, most), int(self._seconds / each))

    def took(self, lane: str, items: int, seconds: float) -> None:
        """Note how long so many took.

        Few that took less than they might have show only how long one takes at most: what every call costs, however
        many go with it, is in it. A trickle would teach that items are dear, and a backlog then went in small pieces.
        """
        if items <= 0:
            return
        each, known = seconds / items, self._each.get(lane)
        few = items < self.limit(lane) and seconds < self._seconds
        if few and each >= (self._first if known is None else known):
            return
        self._each[lane] = each if known is None else known + WEIGHT * (each - known)
