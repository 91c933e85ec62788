"""Header fields for browsers that come across the API; ``api.create_app`` adds them to every answer."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, request

FIELDS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def harden(response: Response) -> Response:
    """Nothing is sniffed, framed, kept or loaded from elsewhere; no other origin may read anything (no CORS)."""
    response.headers.update(FIELDS)
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
