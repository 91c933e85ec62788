"""Identifiers, the clock, fingerprints and pseudonyms; the only place that reads the time or draws random numbers.

Called by everyone. Tests freeze the clock with ``time-machine``; nothing else in the house asks the system for it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import random
import time
import uuid
from datetime import UTC, datetime
from typing import Any


def now() -> datetime:
    """The current time, always with the zone UTC."""
    return datetime.now(UTC)


def new_id() -> uuid.UUID:
    """A UUID of version 7 (RFC 9562, section 5.7): unique, and ordered by the millisecond it was made in."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


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
