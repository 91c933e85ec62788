"""GET /v1/completeness: source against ledger against Odoo, for a day; senders tell their own counts beside it.

A key sees and tells of the channels of its facilities.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from api import current, problems, schemas
from api.problems import Refused
from app import ids
from app.flows.completeness import Completeness, Statement

blueprint = Blueprint("completeness", __name__, url_prefix="/v1/completeness", description="Completeness of a day.")
totals = Blueprint("totals", __name__, url_prefix="/v1/control-totals", description="What senders count.")

CHANNEL = validate.Regexp(r"^[a-z0-9][a-z0-9-]{0,63}\Z")


class CompletenessQuery(Schema):
    """Which statement is asked for."""

    day = fields.Date(metadata={"description": "In each channel's own time zone; else yesterday."})
    channel = fields.String(validate=CHANNEL)


class DifferenceSchema(Schema):
    """Something that one side has and the next has not."""

    what = fields.String(metadata={"description": "Stable; may be matched by machines."})
    subject = fields.String()
    count = fields.Integer()
    text = fields.String(metadata={"description": "What to do."})
    command = fields.String(metadata={"description": "What recovers it; empty where only a person can."})


class StatementSchema(Schema):
    """One channel's day."""

    day = fields.Date()
    channel = fields.String()
    facility = fields.String()
    complete = fields.Boolean()
    source = fields.Integer(allow_none=True, metadata={"description": "The sender's own count; null: not told."})
    messages = fields.Dict(keys=fields.String(), values=fields.Integer())
    documents = fields.Dict(keys=fields.String(), values=fields.Integer())
    postings = fields.Dict(keys=fields.String(), values=fields.Integer())
    posted = fields.Integer(metadata={"description": "Documents whose effect should be in Odoo."})
    in_odoo = fields.Integer(allow_none=True, metadata={"description": "Those that are; null while Odoo is down."})
    differences = fields.List(fields.Nested(DifferenceSchema))


class StatementList(Schema):
    """The statements of a day, by channel."""

    statements = fields.List(fields.Nested(StatementSchema))


class ControlTotal(Schema):
    """What a sender counts of a day."""

    channel = fields.String(required=True, validate=CHANNEL)
    day = fields.Date(required=True)
    count = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, 2**31 - 1), metadata={"description": "Documents."}
    )


def _problem(blue: Blueprint, status: int) -> Any:
    return blue.alt_response(status, schema=schemas.ProblemSchema, content_type=problems.CONTENT_TYPE)


@blueprint.route("", methods=["GET"])
@blueprint.doc(operationId="getCompleteness")
@blueprint.arguments(CompletenessQuery, location="query", unknown=RAISE, error_status_code=400)
@blueprint.response(200, StatementList)
@_problem(blueprint, 400)
@_problem(blueprint, 401)
@_problem(blueprint, 403)
@_problem(blueprint, 429)
@_problem(blueprint, 503)
def state(query: Mapping[str, Any]) -> dict[str, Any]:
    """State a day: what the source counts, what the ledger has, what Odoo has, and each difference."""
    services = current.services()
    made = Completeness(services.ledger, services.erp, services.setup)
    day = query.get("day") or ids.now().date() - timedelta(days=1)
    principal = current.principal()
    statements = [one for one in made.of_day(day, query.get("channel")) if _sees(principal, one)]
    return {"statements": [_told(one) for one in statements]}


@totals.route("", methods=["POST"])
@totals.doc(operationId="tellControlTotal")
@totals.arguments(ControlTotal, unknown=RAISE, error_status_code=400)
@totals.response(204)
@_problem(totals, 400)
@_problem(totals, 401)
@_problem(totals, 403)
@_problem(totals, 404)
@_problem(totals, 415)
@_problem(totals, 429)
@_problem(totals, 503)
def tell(body: Mapping[str, Any]) -> None:
    """Tell how many documents were sent on a channel on a day; what is told later replaces it."""
    services, principal = current.services(), current.principal()
    channel = services.channels.get(body["channel"])
    if channel is None or not principal.may("messages:write", channel.facility):
        raise Refused(404, "channel.unknown", "there is no such channel")
    with services.ledger.transaction() as tx:
        actor = f"api:{principal.name}"[:128]
        services.ledger.completeness.tell(tx, channel.name, body["day"], body["count"], actor)


def _sees(principal: Any, statement: Statement) -> bool:
    return "*" in principal.facilities or statement.facility in principal.facilities


def _told(statement: Statement) -> dict[str, Any]:
    names = (
        "day", "channel", "facility", "source", "messages", "documents", "postings", "posted", "in_odoo", "differences",
    )  # fmt: skip
    return {name: getattr(statement, name) for name in names} | {"complete": statement.is_complete}
