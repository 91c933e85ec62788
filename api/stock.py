"""GET /v1/stock: what all sites have, as Odoo last told it, with the age of the figures.

A key sees the stock of its facilities.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate

from api import current, problems, schemas
from api.problems import Refused
from app.flows.stock_view import Shown, view
from app.ledger.levels import Where

blueprint = Blueprint("stock", __name__, url_prefix="/v1/stock", description="Stock of all sites.")


def _name(longest: int, description: str) -> fields.String:
    # PostgreSQL takes every character but this one.
    checks = [validate.Length(1, longest), validate.ContainsNoneOf("\x00")]
    return fields.String(validate=checks, metadata={"description": description})


class StockQuery(Schema):
    """Which stock is asked for."""

    item = _name(64, "The item's internal reference.")
    site = _name(32, "The facility.")
    location = _name(200, "The complete name of a place; it and all below it.")
    lot = _name(100, "A lot or serial number.")
    after = _name(800, "The `next` of the page before.")
    limit = fields.Integer(load_default=200, validate=validate.Range(1, 1000))


class StockFigure(Schema):
    """What a place holds of an item and lot, in the item's base unit."""

    item = fields.String()
    site = fields.String(attribute="facility")
    location = fields.String()
    lot = fields.String(metadata={"description": "Empty for what has no lot."})
    quantity = fields.Decimal(as_string=True)
    reserved = fields.Decimal(as_string=True, metadata={"description": "Promised to open transfers."})
    unit = fields.String()
    as_of = fields.AwareDateTime(allow_none=True)
    age_seconds = fields.Float(allow_none=True)
    days_of_supply = fields.Decimal(
        as_string=True,
        allow_none=True,
        metadata={"description": "How long all that the place has of the item lasts; null where it uses none."},
    )


class StockPage(Schema):
    """Figures in the order of item, location and lot."""

    as_of = fields.AwareDateTime(allow_none=True, metadata={"description": "When all this was last Odoo's own."})
    age_seconds = fields.Float(allow_none=True)
    stock = fields.List(fields.Nested(StockFigure))
    next = fields.String(allow_none=True, metadata={"description": "Give it as `after` for the page after."})


def _problem(status: int) -> Any:
    return blueprint.alt_response(status, schema=schemas.ProblemSchema, content_type=problems.CONTENT_TYPE)


@blueprint.route("", methods=["GET"])
@blueprint.doc(operationId="findStock")
@blueprint.arguments(StockQuery, location="query", unknown=RAISE, error_status_code=400)
@blueprint.response(200, StockPage)
@_problem(400)
@_problem(401)
@_problem(403)
@_problem(429)
@_problem(503)
def find(query: Mapping[str, Any]) -> dict[str, Any]:
    """Find stock.

    Figures are as old as `age_seconds` says: while Odoo is down they age, and are told all the same.
    """
    limit = query["limit"]
    where = Where(
        item=query.get("item"),
        facility=query.get("site"),
        location=query.get("location"),
        lot=query.get("lot"),
        facilities=current.principal().facilities,
        after=_read(query["after"]) if "after" in query else None,
    )
    ledger = current.services().ledger
    with ledger.reading() as tx:
        watch = ledger.levels.watch(tx)
        rows = view(tx, ledger, where, limit + 1)
    page = rows[:limit]
    following = _written(page[-1]) if len(rows) > limit else None
    return {"as_of": watch.seen_at, "age_seconds": watch.age_seconds, "stock": page, "next": following}


def _written(row: Shown) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.item, row.location, row.lot]).encode()).decode()


def _read(text: str) -> tuple[str, str, str]:
    try:
        item, location, lot = json.loads(base64.urlsafe_b64decode(text.encode()))
    except (ValueError, TypeError):
        raise Refused(400, "page.unknown", "`after` must be the `next` of the page before") from None
    names = (item, location, lot)
    if not all(isinstance(name, str) and "\x00" not in name for name in names):
        raise Refused(400, "page.unknown", "`after` must be the `next` of the page before")
    return item, location, lot
