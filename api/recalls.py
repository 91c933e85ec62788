"""POST /v1/recalls: one lot, serial number or UDI found everywhere and held; GET lists the recalls, lift ends one.

A recall concerns every site, so that only keys for all facilities may use it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from api import current, openapi, problems, schemas
from api.problems import Refused
from app.flows.recall import Recalling

blueprint = Blueprint("recalls", __name__, url_prefix="/v1/recalls", description="Recalls.")


def _told(longest: int, description: str, **more: Any) -> fields.String:
    # PostgreSQL takes every character but this one.
    checks = [validate.Length(0, longest), validate.ContainsNoneOf("\x00")]
    return fields.String(validate=checks, metadata={"description": description}, **more)


class RecallRequest(Schema):
    """What is recalled, and what is to be done about it."""

    number = fields.String(
        required=True,
        validate=[validate.Length(1, 300), validate.ContainsNoneOf("\x00"), validate.Regexp(r".*\S")],
        metadata={"description": "A lot, a serial number or a UDI."},
    )
    item = _told(64, "The item's internal reference; empty: any item with this lot.", load_default="")
    reason = _told(2000, "Why it is recalled.", load_default="")
    hold = fields.Boolean(load_default=False, metadata={"description": "Open the recall: hold what is in flight."})


class SeenSchema(Schema):
    """A document that names the lot."""

    document_id = fields.UUID()
    message_id = fields.UUID()
    kind = fields.String()
    state = fields.String()
    facility = fields.String()
    occurred_at = fields.AwareDateTime()
    item = fields.String()
    quantity = fields.Decimal(as_string=True, allow_none=True)
    where = fields.String(metadata={"description": "The location, or the order of a notice."})
    case = fields.String(metadata={"description": "The pseudonym of the case."})


class LotSchema(Schema):
    """What a place holds of the lot."""

    item = fields.String()
    location = fields.String()
    lot = fields.String()
    quantity = fields.Decimal(as_string=True)
    reserved = fields.Decimal(as_string=True)
    unit = fields.String()


class RecallSchema(Schema):
    """A recall."""

    id = fields.UUID()
    number = fields.String()
    item = fields.String()
    reason = fields.String()
    opened_at = fields.AwareDateTime()
    opened_by = fields.String()
    lifted_at = fields.AwareDateTime(allow_none=True)
    lifted_by = fields.String(allow_none=True)


class SweepSchema(Schema):
    """Everything that is known of the lot."""

    number = fields.String()
    item = fields.String()
    recall = fields.Nested(RecallSchema, allow_none=True)
    held = fields.Integer(allow_none=True, metadata={"description": "Documents that are held for the recall."})
    in_flight = fields.List(fields.Nested(SeenSchema))
    stock = fields.List(fields.Nested(LotSchema))
    stock_as_of = fields.AwareDateTime(allow_none=True, metadata={"description": "Older than now while Odoo is down."})
    shipped = fields.List(fields.Nested(SeenSchema))
    received = fields.List(fields.Nested(SeenSchema))
    consumed = fields.List(fields.Nested(SeenSchema))
    unread = fields.Integer(metadata={"description": "Messages that nobody has read yet."})
    whole = fields.Boolean(metadata={"description": "False where more documents name it than are shown."})


class RecallList(Schema):
    """The recalls that are open, the newest first."""

    recalls = fields.List(fields.Nested(RecallSchema))


class LiftedSchema(Schema):
    """What came of lifting."""

    released = fields.Integer(metadata={"description": "Documents that go on."})


def _problem(status: int) -> Any:
    return blueprint.alt_response(status, schema=schemas.ProblemSchema, content_type=problems.CONTENT_TYPE)


@blueprint.route("", methods=["GET"])
@blueprint.doc(operationId="findRecalls")
@blueprint.response(200, RecallList)
@_problem(401)
@_problem(403)
@_problem(429)
@_problem(503)
def find() -> dict[str, Any]:
    """List the recalls that are open."""
    _check()
    ledger = current.services().ledger
    with ledger.reading() as tx:
        return {"recalls": ledger.recalls.list(tx)}


@blueprint.route("", methods=["POST"])
@blueprint.doc(operationId="sweepRecall")
@blueprint.arguments(RecallRequest, unknown=RAISE, error_status_code=400)
@blueprint.response(200, SweepSchema)
@_problem(400)
@_problem(401)
@_problem(403)
@_problem(415)
@_problem(429)
@_problem(503)
def sweep(body: Mapping[str, Any]) -> dict[str, Any]:
    """Find a lot everywhere, and hold it.

    May be repeated: a recall that is open stays the same one.
    """
    _check()
    recalling = _recalling()
    wanted = recalling.sought(body["number"], body["item"])
    row, held = recalling.open(wanted, body["reason"], _actor()) if body["hold"] else (None, None)
    found = asdict(recalling.sweep(wanted))
    return {**found, "number": wanted.number, "item": wanted.item, "recall": row, "held": held}


@blueprint.route("/<string:name>/lift", methods=["POST"])
@blueprint.doc(operationId="liftRecall", parameters=[openapi.path_parameter("name", "The recall's id.", format="uuid")])
@blueprint.response(200, LiftedSchema)
@_problem(401)
@_problem(403)
@_problem(404)
@_problem(429)
@_problem(503)
def lift(name: str) -> dict[str, Any]:
    """End a recall; what was held for it goes on by itself."""
    _check()
    try:
        recall_id = UUID(name)
    except ValueError:
        raise Refused(404, "recall.unknown", "no recall is open under this id") from None
    return {"released": _recalling().lift(recall_id, _actor())}


def _recalling() -> Recalling:
    services = current.services()
    return Recalling(services.ledger, services.erp, services.setup, services.crosswalk)


def _actor() -> str:
    return f"api:{current.principal().name}"[:64]


def _check() -> None:
    if "*" not in current.principal().facilities:
        raise Refused(403, "facility.missing", "a recall concerns every site; the API key is not for all of them")
