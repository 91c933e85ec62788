"""Whether this worker is to end: said by its parent process, seen by its children at once.

Said by ``workers.signals`` when SIGTERM came; asked by ``workers.task`` before each set of work, so that a worker under
load is gone when the set it has in hand is done, rather than when there is nothing left to do.
"""

from __future__ import annotations

import mmap


class Ending:
    """A wish that is shared with every process made by a fork since."""

    def __init__(self) -> None:
        self._said = mmap.mmap(-1, 1)

    def say(self) -> None:
        """Let nobody begin another set."""
        self._said[0] = 1

    def is_said(self) -> bool:
        """Whether the worker is to end."""
        return self._said[0] == 1


ENDING = Ending()
"""This worker's, made before its children are."""
