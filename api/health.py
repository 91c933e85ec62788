"""Whether this process lives, whether it can work, and its figures; open to anybody, so it tells no details.

Asked by the orchestrator, the load balancer and Prometheus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa
from flask import Blueprint, Response, jsonify

from api import current
from app import telemetry
from app.errors import Unavailable
from app.ledger import schema
from app.ledger.database import Database

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def live() -> Response:
    """The process answers; depends on nothing else, so that a sick database does not get every process killed."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def ready() -> tuple[Response, int]:
    """Messages can be taken in: the database is in reach and its schema is ours; 503 where not."""
    database = current.services().ledger.database
    checks = {name: _passes(check, database) for name, check in CHECKS.items()}
    well = all(checks.values())
    told = {name: "ok" if passed else "fail" for name, passed in checks.items()}
    return jsonify(status="ok" if well else "fail", checks=told), 200 if well else 503


@blueprint.get("/metrics")
def metrics() -> Response:
    """The metrics in Prometheus' text format."""
    body, content_type = telemetry.exposition()
    return Response(body, content_type=content_type)


def _reachable(database: Database) -> bool:
    with database.reading() as tx:
        return tx.scalar(sa.select(1)) == 1


CHECKS: Mapping[str, Callable[[Database], bool]] = {"database": _reachable, "migrations": schema.serves}


def _passes(check: Callable[[Database], bool], database: Database) -> bool:
    try:
        return check(database)
    except Unavailable:
        return False
