"""GET /v1/invoices/<number>: how an invoice stands, how it matched and what was accepted, for those who poll.

A key sees the invoices of its facilities; every other one does not exist for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from api import current, openapi, problems, schemas
from api.problems import Refused
from app.ledger.invoices import STATES

blueprint = Blueprint("invoices", __name__, url_prefix="/v1/invoices", description="Following invoices.")


class InvoiceQuery(Schema):
    """Whose invoice is meant, where several suppliers use its number."""

    supplier = fields.String(
        validate=[validate.Length(1, 64), validate.ContainsNoneOf("\x00")],
        metadata={"description": "Our reference of the supplier."},
    )


class ReasonSchema(Schema):
    """One cause for which an invoice is not paid as it is."""

    kind = fields.String()
    text = fields.String()
    effect = fields.String(metadata={"description": "How much of the difference it explains."})
    line = fields.String(allow_none=True)
    order = fields.String(allow_none=True)
    item = fields.String(allow_none=True)
    stated = fields.String()
    expected = fields.String()


class ComparisonSchema(Schema):
    """One thing that was compared."""

    subject = fields.String()
    what = fields.String()
    unit = fields.String()
    stated = fields.String()
    expected = fields.String()
    outcome = fields.String(metadata={"description": "equal, tolerated or off"})
    tolerance = fields.String()
    note = fields.String()


class MatchSchema(Schema):
    """The three-way match."""

    verdict = fields.String()
    currency = fields.String()
    claimed = fields.String()
    difference = fields.String()
    fingerprint = fields.String()
    reasons = fields.List(fields.Nested(ReasonSchema))
    comparisons = fields.List(fields.Nested(ComparisonSchema))


class AcceptanceSchema(Schema):
    """A decision of a person about a difference."""

    accepted_at = fields.AwareDateTime()
    accepted_by = fields.String()
    reason = fields.String()
    fingerprint = fields.String()


class InvoiceStatus(Schema):
    """An invoice and how it stands."""

    document_id = fields.UUID()
    number = fields.String()
    type = fields.String()
    supplier = fields.String()
    facility = fields.String()
    state = fields.String(validate=validate.OneOf(STATES))
    orders = fields.List(fields.String())
    issued_on = fields.Date(allow_none=True)
    currency = fields.String()
    total = fields.Decimal(as_string=True, allow_none=True)
    residual = fields.Decimal(
        as_string=True, allow_none=True, metadata={"description": "What is still to be paid, as Odoo has it."}
    )
    record_name = fields.String(allow_none=True, metadata={"description": "The bill in Odoo."})
    match = fields.Nested(MatchSchema, allow_none=True)
    accepted = fields.List(fields.Nested(AcceptanceSchema))
    created_at = fields.AwareDateTime()
    updated_at = fields.AwareDateTime()


class InvoiceList(Schema):
    """The invoices with one number, the newest first; a number may be used by several suppliers."""

    invoices = fields.List(fields.Nested(InvoiceStatus))


def _problem(status: int) -> Any:
    return blueprint.alt_response(status, schema=schemas.ProblemSchema, content_type=problems.CONTENT_TYPE)


@blueprint.route("/<path:number>", methods=["GET"])
@blueprint.doc(
    operationId="getInvoice", parameters=[openapi.path_parameter("number", "The supplier's number of the invoice.")]
)
@blueprint.arguments(InvoiceQuery, location="query", unknown=RAISE, error_status_code=400)
@blueprint.response(200, InvoiceList)
@_problem(400)
@_problem(401)
@_problem(403)
@_problem(404)
@_problem(429)
@_problem(503)
def one(query: Mapping[str, Any], number: str) -> dict[str, Any]:
    """Show an invoice.

    Its state, the bill in Odoo, and how it matched with order and receipt.
    """
    ledger, principal = current.services().ledger, current.principal()
    if "\x00" in number:
        raise _unknown()
    with ledger.reading() as tx:
        rows = ledger.invoices.by_number(tx, number, query.get("supplier"))
        mine = [row for row in rows if principal.may("messages:read", row.facility)]
        told = [{**row._asdict(), "accepted": ledger.invoices.acceptances(tx, row.document_id)} for row in mine]
    if not told:
        raise _unknown()
    return {"invoices": told}


def _unknown() -> Refused:
    return Refused(404, "invoice.unknown", "there is no such invoice")
