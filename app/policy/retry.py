"""When failed work is tried again, and when it is given up; asked by the stages.

Delays live in the ledger, never in the broker: the pause doubles from ``base`` to ``cap`` with jitter, and what has
failed for longer than ``horizon`` becomes a dead letter. Only time spent trying counts: what waited for a day because
everything was down has all its patience left.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app import ids
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Retry:
    """Pauses between attempts, and how long is tried."""

    base: timedelta
    cap: timedelta
    horizon: timedelta

    @classmethod
    def of(cls, settings: Settings) -> Retry:
        """The policy that the settings describe."""
        return cls(
            timedelta(seconds=settings.retry_base_seconds),
            timedelta(seconds=settings.retry_cap_seconds),
            timedelta(hours=settings.retry_horizon_hours),
        )

    def next_attempt(self, attempts: int, since: datetime, at: datetime) -> datetime | None:
        """When to try again after ``attempts`` attempts of work that came up ``since``; None: give up."""
        if at - since >= self.horizon and self._tried_for(attempts) >= self.horizon:
            return None
        return at + self._pause(attempts) * ids.jitter()

    def _tried_for(self, attempts: int) -> timedelta:
        """How long so many attempts take at the most."""
        return sum((self._pause(attempt) for attempt in range(1, attempts)), timedelta(0))

    def _pause(self, attempts: int) -> timedelta:
        doubled: timedelta = self.base * 2 ** max(0, min(attempts - 1, 30))
        return min(doubled, self.cap)
