"""GET /v1/chain: every document that belongs to a number, in order of time, with what became of it; never content.

A key sees the documents of its facilities; every other one does not exist for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from api import current, problems, schemas
from app.ledger.chain import Link
from app.model.gtin import gtin14

blueprint = Blueprint("chain", __name__, url_prefix="/v1/chain", description="From requisition to invoice.")


class ChainQuery(Schema):
    """Which chain is meant."""

    key = fields.String(
        required=True,
        # PostgreSQL takes every character but this one.
        validate=[validate.Length(1, 200), validate.ContainsNoneOf("\x00")],
        metadata={"description": "Requisition, order, notice, invoice, item, lot, serial, case pseudonym, transfer."},
    )


class NumberSchema(Schema):
    """A number that the document is connected by."""

    kind = fields.String()
    value = fields.String()


class RecordSchema(Schema):
    """An effect and the record that Odoo has of it."""

    operation = fields.String()
    state = fields.String()
    model = fields.String(allow_none=True, attribute="record_model")
    id = fields.Integer(allow_none=True, attribute="record_id")
    name = fields.String(allow_none=True, attribute="record_name")
    posted_at = fields.AwareDateTime(allow_none=True)


class ApprovalSchema(Schema):
    """An approval that the document needed."""

    state = fields.String()
    requested_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)
    decided_by = fields.String(allow_none=True)


class InterchangeSchema(Schema):
    """What was written of the document for a partner."""

    id = fields.UUID()
    channel = fields.String()
    message_type = fields.String()
    control_id = fields.String()
    state = fields.String()
    written_at = fields.AwareDateTime()
    answered_at = fields.AwareDateTime(allow_none=True)


class LinkSchema(schemas.DocumentSchema):
    """A document of the chain and all that belongs to it."""

    message_id = fields.UUID()
    facility = fields.String()
    numbers = fields.List(fields.Nested(NumberSchema))
    holds = fields.List(fields.Nested(schemas.HoldSchema))
    records = fields.List(fields.Nested(RecordSchema))
    approvals = fields.List(fields.Nested(ApprovalSchema))
    interchanges = fields.List(fields.Nested(InterchangeSchema))


class ChainSchema(Schema):
    """The chain, the earliest document first; empty where nothing bears the number."""

    documents = fields.List(fields.Nested(LinkSchema))
    whole = fields.Boolean(metadata={"description": "False where there is more than is shown: ask by a number of it."})


def _problem(status: int) -> Any:
    return blueprint.alt_response(status, schema=schemas.ProblemSchema, content_type=problems.CONTENT_TYPE)


@blueprint.route("", methods=["GET"])
@blueprint.doc(operationId="getChain")
@blueprint.arguments(ChainQuery, location="query", unknown=RAISE, error_status_code=400)
@blueprint.response(200, ChainSchema)
@_problem(400)
@_problem(401)
@_problem(403)
@_problem(429)
@_problem(503)
def show(query: Mapping[str, Any]) -> dict[str, Any]:
    """Show a document chain.

    Documents that share the number of an order, requisition, notice or invoice; a code of an item or a lot starts the
    search and connects nothing.
    """
    ledger, key = current.services().ledger, query["key"]
    spelled = [key, *((gtin,) if (gtin := gtin14(key)) and gtin != key else ())]
    with ledger.reading() as tx:
        found = ledger.chain.find(tx, spelled, current.principal().facilities)
    return {"documents": [_told(link) for link in found.links], "whole": found.whole}


def _told(link: Link) -> dict[str, Any]:
    numbers = [{"kind": kind, "value": value} for kind, value in link.numbers]
    belongings = {name: getattr(link, name) for name in ("holds", "records", "approvals", "interchanges")}
    return {**link.document._asdict(), "numbers": numbers, **belongings}
