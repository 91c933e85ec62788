"""The correlation id of each request: the sender's own where it sends one (W3C Trace Context), else a new one.

``api.create_app`` runs ``begin`` before everything else, ``finish`` after it, and ``forget`` when all is done.
"""

from __future__ import annotations

import re

import structlog
from flask import Response, g, request

from app import ids

_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?!0{32})(?P<trace_id>[0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?P<more>-.*)?"
)


def begin() -> None:
    """Take over the sender's ``traceparent``, or begin a trace where it is missing or malformed (section 3.2.2)."""
    sent = request.headers.get("traceparent", "").strip()
    match = _TRACEPARENT.fullmatch(sent)
    if match and not (match["version"] == "00" and match["more"]):
        g.trace_id, g.traceparent = match["trace_id"], sent
    else:
        g.trace_id = ids.new_id().hex
        g.traceparent = f"00-{g.trace_id}-{ids.new_id().hex[16:]}-00"
    structlog.contextvars.bind_contextvars(trace_id=g.trace_id)


def finish(response: Response) -> Response:
    """Tell the sender which trace its request belongs to."""
    response.headers["X-Request-Id"] = g.trace_id
    response.headers["traceparent"] = g.traceparent
    return response


def forget(_error: BaseException | None = None) -> None:
    """Take the trace off the thread, which will serve other requests."""
    structlog.contextvars.unbind_contextvars("trace_id")
