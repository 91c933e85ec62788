"""The one error of this package; ``ops.dev.__main__`` prints it and ends with status 1.

It is apart from ``app.errors`` because this package must run before anything is installed.
"""

from __future__ import annotations


class DevError(Exception):
    """A development server could not be brought up, reached or taken down; ``hint`` says what to do about it."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
