"""How long a visit to Odoo goes on, and how large each of its calls may be.

Made by the posting stage for each claim; asked by ``app.flows.delivery`` before every call.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.policy.pace import Pace


@dataclass(slots=True)
class Visit:
    """A visit of one lane, until a moment of the monotonic clock; ``outranked`` tells whether somebody urgent waits."""

    lane: str
    pace: Pace
    until: float
    outranked: Callable[[], bool]
    calls: int = 0

    def goes_on(self) -> bool:
        """Whether there may be one more call; there is always a first one, so that every visit brings something."""
        return not self.calls or (time.monotonic() < self.until and not self.outranked())

    def room(self) -> int:
        """How many lines the next call may have."""
        return self.pace.limit(self.lane)

    @contextmanager
    def call(self, lines: int = 0) -> Iterator[None]:
        """What happens within is a call; of how many lines it was, if of any, teaches the pace."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.calls += 1
            self.pace.took(self.lane, lines, time.monotonic() - begun)
