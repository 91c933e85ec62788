"""A limit on how long one message may be read, for a reader that does not come to an end keeps its worker for ever.

Used by ``app.flows.translation``. Where the reader runs outside of the main thread nothing can stop it, and there is no
limit; workers read in their main thread.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from app.errors import Permanent

AGAIN = 1.0
"""Seconds until a reader that swallowed the error is told again."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """What is done within must end in so many seconds; raises Permanent where it does not."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def over(*_: object) -> None:
        raise Permanent(f"reading it takes longer than {seconds:.0f} s", code="reading.too_long")

    begun = time.monotonic()
    before = signal.signal(signal.SIGALRM, over)
    left, every = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if left:  # somebody else's alarm, such as a test's
            signal.setitimer(signal.ITIMER_REAL, max(0.001, left - (time.monotonic() - begun)), every)
