"""GET /v1/schemas: what canonical documents and channel options look like, as JSON Schema.

Read by people and programs that send canonical JSON or write a channel's options; open to anybody, as the API's own
description is.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response, jsonify
from flask_smorest import Blueprint

from api.problems import Refused
from app.model.consumption import Consumption
from app.model.documents import KINDS
from app.model.json_schema import DIALECT, json_schema
from app.model.schema import WireConsumption
from app.standards import STANDARDS

VERSION = "1"
CONTENT_TYPE = "application/schema+json"

blueprint = Blueprint("schemas", __name__, url_prefix="/v1/schemas", description="The shapes of canonical documents.")


@blueprint.get("")
@blueprint.doc(
    responses={200: {"description": "The kinds of documents, their versions, and the options."}}, security=[]
)
def kinds() -> Response:
    """List the schemas."""
    documents = [{"kind": kind, "version": VERSION, "href": f"/v1/schemas/{kind}/{VERSION}"} for kind in KINDS]
    options = [{"standard": one.name, "href": f"/v1/schemas/options/{one.name}"} for one in STANDARDS]
    return jsonify({"documents": documents, "options": options})


@blueprint.get("/<string:kind>/<string:version>")
@blueprint.doc(
    responses={
        200: {"description": "A JSON Schema.", "content": {CONTENT_TYPE: {}}},
        404: {"description": "No such schema."},
    },
    security=[],
)
def schema(kind: str, version: str) -> Response:
    """One schema: of a kind of document in a version, or of a standard's options as ``options/<standard>``."""
    found = _options(version) if kind == "options" else _document(kind) if version == VERSION else None
    if found is None:
        raise Refused(404, "schema.unknown", "there is no such schema; /v1/schemas lists them all")
    response = jsonify(found)
    response.content_type = CONTENT_TYPE
    return response


@cache
def _document(kind: str) -> dict[str, Any] | None:
    if kind == Consumption.document_kind:
        return _consumption()
    made = KINDS.get(kind)
    return json_schema(made, kind, document=kind) if made else None


@cache
def _options(name: str) -> dict[str, Any] | None:
    standard = next((one for one in STANDARDS if one.name == name), None)
    return json_schema(standard.options, f"{name} options") if standard else None


def _consumption() -> dict[str, Any]:
    """From the wire schema, which is written by hand."""
    plugin = MarshmallowPlugin(
        schema_name_resolver=lambda schema: type(schema).__name__.strip("_").removeprefix("Wire").removesuffix("Schema")
    )
    spec = APISpec("schemas", VERSION, "3.1.0", plugins=[plugin])
    spec.components.schema("Consumption", schema=WireConsumption)
    made: dict[str, Any] = spec.to_dict()["components"]["schemas"]
    whole = made.pop("Consumption")
    text = {
        "$schema": DIALECT,
        "title": Consumption.document_kind,
        **whole,
        "additionalProperties": False,
        "$defs": made,
    }
    moved: dict[str, Any] = _moved(text)
    return moved


def _moved(value: Any) -> Any:
    """References to the definitions of this schema in the place of OpenAPI's components."""
    if isinstance(value, dict):
        return {
            name: below.replace("#/components/schemas/", "#/$defs/") if name == "$ref" else _moved(below)
            for name, below in value.items()
        }
    return [_moved(below) for below in value] if isinstance(value, list) else value
