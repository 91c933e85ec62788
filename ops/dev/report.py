"""What the developer sees while servers come up: one line per phase on standard error, with the time it took.

Standard output stays free for ``env``, so that a shell can evaluate it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(subject: str, text: str, seconds: float | None = None) -> None:
    """Print one line, in one write because services come up side by side."""
    took = "" if seconds is None else f"{seconds:6.1f} s"
    sys.stderr.write(f"{subject:<10} {text:<44} {took}".rstrip() + "\n")
    sys.stderr.flush()


@contextmanager
def timed(subject: str, text: str) -> Iterator[None]:
    """Say ``text`` with its duration when the block has gone well; an error speaks for itself."""
    start = time.monotonic()
    yield
    say(subject, text, time.monotonic() - start)
