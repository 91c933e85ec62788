"""How many requests each API key may make, and how that is told (RateLimit header fields, IETF draft 10).

``api.create_app`` installs it after authentication; public routes are not counted.
"""

from __future__ import annotations

from flask import Flask, Response, g
from flask_limiter import Limiter
from limits import parse_many
from limits.errors import StorageError

from api import current
from app import ids
from app.errors import Misconfigured
from app.settings import Settings

_IMPATIENT = {"socket_connect_timeout": 1, "socket_timeout": 1}


def install(app: Flask, settings: Settings) -> None:
    """Count requests by key. Where the shared storage is out of reach, each process counts on its own meanwhile."""
    try:
        parse_many(settings.rate_limit)
    except ValueError as error:
        raise Misconfigured(f"WARDLINE_RATE_LIMIT: {settings.rate_limit!r} is no rate like 1200/minute") from error
    redis = settings.rate_limit_storage.startswith("redis")
    limiter = Limiter(
        lambda: current.principal().prefix,
        application_limits=[settings.rate_limit],
        in_memory_fallback=[settings.rate_limit],
        key_prefix="wardline",
        storage_uri=settings.rate_limit_storage,
        storage_options={"wrap_exceptions": True, **(_IMPATIENT if redis else {})},
        strategy="sliding-window-counter",
    )
    limiter.request_filter(lambda: "principal" not in g)
    limiter.init_app(app)
    app.after_request(lambda response: _announce(limiter, response))


def _announce(limiter: Limiter, response: Response) -> Response:
    """Tell what is left, and when to come again if nothing is."""
    if not (limit := limiter.current_limit):
        return response
    try:
        seconds = max(1, limit.reset_at - int(ids.now().timestamp()))
        remaining = limit.remaining
    except StorageError:
        return response
    response.headers["RateLimit-Policy"] = f'"key";q={limit.limit.amount};w={limit.limit.get_expiry()}'
    response.headers["RateLimit"] = f'"key";r={remaining};t={seconds}'
    if limit.breached:
        response.headers["Retry-After"] = str(seconds)
    return response
