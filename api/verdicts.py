"""GET /v1/verdicts: why a requisition was ordered, held or blocked, with every reason and the version of the rules.

A key sees the requisitions of its facilities; every other one does not exist for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from api import current, openapi, problems, schemas
from api.problems import Refused
from app.flows import verdicts
from app.flows.verdicts import Judged
from app.policy.requisition import OUTCOMES, SEVERITIES

blueprint = Blueprint("verdicts", __name__, url_prefix="/v1/verdicts", description="Why policy decided as it did.")


class VerdictQuery(Schema):
    """Whose verdicts are meant."""

    requisition = fields.String(
        required=True,
        # PostgreSQL takes every character but this one.
        validate=[validate.Length(1, 200), validate.ContainsNoneOf("\x00")],
        metadata={"description": "The number of the requisition."},
    )


class FindingSchema(Schema):
    """One reason."""

    rule = fields.String(metadata={"description": "The rule that found it; the hospital's own by their id."})
    code = fields.String()
    severity = fields.String(validate=validate.OneOf(SEVERITIES))
    text = fields.String()
    line = fields.String(allow_none=True, metadata={"description": "The requisition's line; null: the whole of it."})
    subject = fields.String()
    figures = fields.Dict(keys=fields.String(), values=fields.String())
    role = fields.String(metadata={"description": "Who must agree because of it."})


class VerdictSchema(Schema):
    """A verdict with all it was made of."""

    document_id = fields.UUID()
    message_id = fields.UUID()
    requisition = fields.String()
    facility = fields.String()
    state = fields.String(metadata={"description": "The state that the requisition has now."})
    outcome = fields.String(validate=validate.OneOf(OUTCOMES))
    rule_version = fields.Integer(metadata={"description": "The version of the rule book; 0: none was imported."})
    decided_at = fields.AwareDateTime()
    findings = fields.List(fields.Nested(FindingSchema))
    inputs = fields.Dict(
        keys=fields.String(), metadata={"description": "The facts of that moment: lines, items, offers, budgets."}
    )


class VerdictList(Schema):
    """Verdicts, the newest first; a requisition that was held and released was judged several times."""

    verdicts = fields.List(fields.Nested(VerdictSchema))


def _problem(status: int) -> Any:
    return blueprint.alt_response(status, schema=schemas.ProblemSchema, content_type=problems.CONTENT_TYPE)


@blueprint.route("", methods=["GET"])
@blueprint.doc(operationId="findVerdicts")
@blueprint.arguments(VerdictQuery, location="query", unknown=RAISE, error_status_code=400)
@blueprint.response(200, VerdictList)
@_problem(400)
@_problem(401)
@_problem(403)
@_problem(404)
@_problem(429)
@_problem(503)
def find(query: Mapping[str, Any]) -> dict[str, Any]:
    """Show the verdicts on a requisition by its number."""
    ledger = current.services().ledger
    with ledger.reading() as tx:
        return _answer(verdicts.of_requisition(tx, ledger, query["requisition"]))


@blueprint.route("/<string:name>", methods=["GET"])
@blueprint.doc(
    operationId="getVerdicts", parameters=[openapi.path_parameter("name", "The document's id.", format="uuid")]
)
@blueprint.response(200, VerdictList)
@_problem(401)
@_problem(403)
@_problem(404)
@_problem(429)
@_problem(503)
def one(name: str) -> dict[str, Any]:
    """Show the verdicts on a document."""
    try:
        document_id = UUID(name)
    except ValueError:
        raise _unknown() from None
    ledger = current.services().ledger
    with ledger.reading() as tx:
        return _answer(verdicts.of_document(tx, ledger, document_id))


def _answer(found: Sequence[Judged]) -> dict[str, Any]:
    mine = [one for one in found if current.principal().may("messages:read", one.facility)]
    if not mine:
        raise _unknown()
    return {"verdicts": mine}


def _unknown() -> Refused:
    return Refused(404, "verdict.unknown", "no such requisition was judged")
