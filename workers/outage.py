"""Something the relay needs is away: said once, tried again at growing intervals, said once when it is back."""

from __future__ import annotations

import time
from dataclasses import dataclass

import structlog

from app.errors import WardlineError

log = structlog.get_logger()

FIRST_SECONDS = 0.05
LONGEST_SECONDS = 5.0


@dataclass(slots=True)
class Outage:
    """The outage of one thing, by its name in logs (``broker``, ``ledger``); there may be none at the moment."""

    what: str
    _pause: float = 0.0
    _until: float = 0.0

    def failed(self, error: WardlineError) -> None:
        """Note a failure; the first one of an outage is logged."""
        if not self._pause:
            cause = type(error.__cause__).__name__ if error.__cause__ else None
            told = {"error_code": error.code, "message": error.message, "hint": error.hint, "cause": cause}
            log.error("outage.begun", what=self.what, **told)
        self._pause = min(max(2 * self._pause, FIRST_SECONDS), LONGEST_SECONDS)
        self._until = time.monotonic() + self._pause

    def ended(self) -> None:
        """Note a success; the first one after an outage is logged."""
        if self._pause:
            log.info("outage.ended", what=self.what)
            self._pause = self._until = 0.0

    @property
    def left(self) -> float:
        """Seconds until it makes sense to try again; 0 means now."""
        return max(0.0, self._until - time.monotonic())
