"""The wish to end, as SIGTERM and SIGINT express it: a flag that wakes whoever waits for something else.

Made by the relay's ``main`` and shared by its threads.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Sequence
from threading import Event


class Stop:
    """Set once; a pipe becomes readable at that moment, so that it can be waited for together with sockets."""

    def __init__(self) -> None:
        self._event = Event()
        self._read, self._write = os.pipe()

    def on_signals(self) -> None:
        """Let SIGTERM and SIGINT set it; in the main thread only."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self.set())

    def set(self) -> None:
        """Wake everybody who waits."""
        if not self._event.is_set():
            self._event.set()
            os.write(self._write, b".")

    def is_set(self) -> bool:
        """Whether it is time to end."""
        return self._event.is_set()

    def wait(self, seconds: float, *others: int) -> Sequence[int]:
        """Sleep until it is set, one of the other file descriptors is readable, or the time is over; which were."""
        readable, _, _ = select.select([self._read, *others], [], [], max(0.0, seconds))
        return [descriptor for descriptor in readable if descriptor != self._read]
