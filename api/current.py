"""What every view stands on: the services of the process, and who calls under which trace.

``api.create_app`` puts the services in, ``api.auth`` the principal, ``api.tracing`` the trace.
"""

from __future__ import annotations

from flask import Flask, current_app, g

from app.ledger.keys import Principal
from app.services import Services

_NAME = "wardline"


def keep(app: Flask, services: Services) -> None:
    """Let the views of ``app`` work with these services."""
    app.extensions[_NAME] = services


def services() -> Services:
    """The services of this process."""
    kept: Services = current_app.extensions[_NAME]
    return kept


def principal() -> Principal:
    """Who is calling."""
    known: Principal = g.principal
    return known


def trace_id() -> str:
    """The correlation id of this request: 32 hexadecimal digits."""
    known: str = g.trace_id
    return known
