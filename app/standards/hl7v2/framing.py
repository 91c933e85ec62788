"""Frames of the Minimal Lower Layer Protocol (HL7 v3 Transport Specification: MLLP, release 1), without any I/O.

Used by ``workers.mllp`` and ``app.partners.mllp``. A frame is 0x0B, the content, 0x1C 0x0D; between frames nothing is
meant.
"""

from __future__ import annotations

from dataclasses import dataclass

START = b"\x0b"
END = b"\x1c\x0d"


BEGINNING = 4096
"""Bytes that are kept of a frame that is too large: enough for the header that its answer repeats."""


@dataclass(frozen=True, slots=True)
class TooLarge:
    """Stands for a frame that was longer than is taken; but for its beginning, its content was not kept."""

    beginning: bytes = b""


class Deframer:
    """Finds frames in the bytes of one connection; never holds more than ``limit`` bytes and what was fed last."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._begun = False
        self._discarding = False
        self._beginning = b""
        self._searched = 0

    @property
    def begun(self) -> bool:
        """Whether a frame has begun and not ended yet."""
        return self._begun

    def feed(self, data: bytes) -> None:
        """Take bytes as they came; ask ``next`` until it has nothing more."""
        self._buffer += data

    def next(self) -> bytes | TooLarge | None:
        """The content of the next whole frame, or None where more bytes are needed."""
        if not self._begun and not self._begin():
            return None
        end = self._buffer.find(END, self._searched)
        if end < 0:
            self._wait()
            return None
        content = self._buffer[:end]
        del self._buffer[: end + len(END)]
        too_large = self._discarding
        self._begun, self._discarding, self._searched = False, False, 0
        if too_large:
            return TooLarge(self._beginning)
        content = content[content.rfind(START) + 1 :]
        return TooLarge(bytes(content[:BEGINNING])) if len(content) > self._limit else bytes(content)

    def _begin(self) -> bool:
        start = self._buffer.find(START)
        if start < 0:
            self._buffer.clear()
            return False
        del self._buffer[: start + 1]
        self._begun = True
        return True

    def _wait(self) -> None:
        """Keep what may become a whole frame.

        A second start inside a frame begins it anew: its sender gave up the one before, which nobody will finish.
        """
        if not self._discarding and (start := self._buffer.rfind(START, self._searched)) >= 0:
            del self._buffer[: start + 1]
        if not self._discarding and len(self._buffer) > self._limit + 1:
            self._discarding = True
            self._beginning = bytes(self._buffer[:BEGINNING])
        if self._discarding:
            del self._buffer[:-1]
        self._searched = max(0, len(self._buffer) - 1)
