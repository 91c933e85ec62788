"""How many requests each API key may make, and how that is told (RateLimit header fields, IETF draft 10).

``api.create_app`` installs it after authentication; public routes are not counted.
"""

from __future__ import annotations

import time

from flask import Flask, Response, g
from limits import RateLimitItem, WindowStats, parse_many
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import RateLimiter, SlidingWindowCounterRateLimiter
from werkzeug.exceptions import TooManyRequests

from api import current
from app import ids
from app.errors import Misconfigured
from app.settings import Settings

AWAY_SECONDS = 10.0
"""How long a shared storage that did not answer is left alone."""

_IMPATIENT = {"socket_connect_timeout": 1, "socket_timeout": 1}
_PREFIX = "wardline"


def install(app: Flask, settings: Settings) -> None:
    """Count requests by key. Raises Misconfigured where the setting is no rate."""
    limits = _Limits(settings)
    app.before_request(limits.count)
    app.after_request(limits.announce)


class _Limits:
    """Counts in the shared storage; where that is out of reach, each process counts on its own meanwhile."""

    def __init__(self, settings: Settings) -> None:
        try:
            self._items = tuple(parse_many(settings.rate_limit))
        except ValueError as error:
            raise Misconfigured(f"WARDLINE_RATE_LIMIT: {settings.rate_limit!r} is no rate like 1200/minute") from error
        options = _IMPATIENT if settings.rate_limit_storage.startswith("redis") else {}
        self._shared = _counting(settings.rate_limit_storage, options)
        self._own = _counting("memory://", {})
        self._away_until = 0.0

    def count(self) -> None:
        """Raises TooManyRequests where the key has made as many requests as it may."""
        if "principal" not in g:
            return
        key = current.principal().prefix
        try:
            self._hit(self._counter(), key)
        except StorageError:
            self._away_until = time.monotonic() + AWAY_SECONDS
            self._hit(self._own, key)

    def announce(self, response: Response) -> Response:
        """Tell what is left, and when to come again if nothing is."""
        if "limit" not in g:
            return response
        item, window = g.limit
        seconds = max(1, int(window.reset_time) - int(ids.now().timestamp()))
        response.headers["RateLimit-Policy"] = f'"key";q={item.amount};w={item.get_expiry()}'
        response.headers["RateLimit"] = f'"key";r={window.remaining};t={seconds}'
        if response.status_code == TooManyRequests.code:
            response.headers["Retry-After"] = str(seconds)
        return response

    def _counter(self) -> RateLimiter:
        return self._own if time.monotonic() < self._away_until else self._shared

    def _hit(self, counter: RateLimiter, key: str) -> None:
        """Count the request; the tightest of the limits is what the sender is told."""
        allowed = all(counter.hit(item, _PREFIX, key) for item in self._items)
        g.limit = min(((item, counter.get_window_stats(item, _PREFIX, key)) for item in self._items), key=_left)
        if not allowed:
            raise TooManyRequests


def _counting(address: str, options: dict[str, int]) -> RateLimiter:
    storage = storage_from_string(address, wrap_exceptions=True, **options)
    assert isinstance(storage, Storage)
    return SlidingWindowCounterRateLimiter(storage)


def _left(limit: tuple[RateLimitItem, WindowStats]) -> int:
    return limit[1].remaining
