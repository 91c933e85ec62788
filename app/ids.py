"""Identifiers, the clock, fingerprints and pseudonyms; the only place that reads the time or draws random numbers.

Called by everyone. Tests freeze the clock with ``time-machine``; nothing else in the house asks the system for it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any


class _Clock:
    """The system's clock, or one that was followed since; a simulation may let it run ahead."""

    ahead = timedelta(0)
    followed: tuple[datetime, float] | None = None


def now() -> datetime:
    """The current time, always with the zone UTC."""
    return _unhurried() + _Clock.ahead


def _unhurried() -> datetime:
    if _Clock.followed is None:
        return datetime.now(UTC)
    moment, at = _Clock.followed
    return moment + timedelta(seconds=time.monotonic() - at)


def follow(moment: datetime | None) -> timedelta:
    """Let this process go by another clock, which shows this moment now; how far the system's is ahead of it.

    From now on it does not matter to the process what becomes of the system's clock. None: go by the system's again.
    """
    _Clock.followed = None if moment is None else (moment, time.monotonic())
    return datetime.now(UTC) - (moment or datetime.now(UTC))


def run_ahead(by: timedelta) -> None:
    """Let the clock of this process run ahead, for the days of a simulation that nobody wants to wait for."""
    _Clock.ahead += by


class _Sequence:
    """UUIDs of version 7 that ascend within this process (RFC 9562, section 6.2, method 2)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._milliseconds = 0
        self._random = 0

    def next(self) -> uuid.UUID:
        milliseconds = time.time_ns() // 1_000_000 if _Clock.followed is None else int(_unhurried().timestamp() * 1000)
        with self._lock:
            if milliseconds > self._milliseconds:
                self._milliseconds, self._random = milliseconds, int.from_bytes(os.urandom(9), "big")
            else:
                self._random += 1 + int.from_bytes(os.urandom(4), "big")
            high, low = self._random >> 62, self._random & ((1 << 62) - 1)
            return uuid.UUID(int=self._milliseconds << 80 | 7 << 76 | (high & 0xFFF) << 64 | 2 << 62 | low)


_sequence = _Sequence()


def new_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, section 5.7): ordered by the millisecond and, within one process, strictly.

    The order matters: what is claimed in the order of its ids is claimed in the order it was made.
    """
    return _sequence.next()


def digest(data: bytes) -> str:
    """SHA-256 of the bytes, as 64 hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def canonical_json(value: Any) -> bytes:
    """JSON with sorted keys and no blanks, so that equal values have equal bytes; Decimals become strings."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode()


def keyed_digest(key: bytes, value: bytes) -> str:
    """HMAC-SHA-256 of the value: for API keys, which are random and need no slow password hash."""
    return hmac.new(key, value, hashlib.sha256).hexdigest()


def pseudonym(key: bytes, value: str) -> str:
    """A keyed stand-in for a case or encounter number: stable for one key, not reversible without it.

    It lets a case's documents be found together and never leaves who the patient is (80 bits, base 16).
    """
    return "case-" + keyed_digest(key, value.strip().encode())[:20]


def jitter() -> float:
    """A random factor between 0.5 and 1, which keeps retries of many items from falling on one moment."""
    return 0.5 + random.random() / 2
