"""What the OpenAPI document says beyond what flask-smorest reads from the schemas.

Used by ``api.create_app`` and by the intake, whose bodies and answers no marshmallow schema describes.
"""

from __future__ import annotations

from typing import Any

from api.schemas import ProblemSchema
from app.model.consumption import Consumption
from app.model.schema import WIRE, WireConsumption
from app.standards import STANDARDS

VERSION = "1.0"
"""The version of the HTTP API; its first number is the one in the paths."""

_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, wl_…"},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}

CONFIGURATION: dict[str, Any] = {
    "API_TITLE": "Wardline",
    "API_VERSION": VERSION,
    "OPENAPI_VERSION": "3.1.0",
    "OPENAPI_URL_PREFIX": "/",
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "info": {"description": "Messages from clinical systems in; what became of them out."},
        "security": [{name: []} for name in _SECURITY],
        "components": {"securitySchemes": _SECURITY},
    },
}
"""The settings of flask-smorest."""

_OTHER = {
    "type": "object",
    "description": "A document of another kind; its form is told at /v1/schemas/{document}/1.",
    "properties": {"document": {"enum": [kind for kind in WIRE if kind != Consumption.document_kind]}},
    "required": ["document"],
}
_RECORD = {"oneOf": [WireConsumption, _OTHER]}
_RECORDS = {"oneOf": [*_RECORD["oneOf"], {"type": "array", "items": _RECORD}]}
_MESSAGES: dict[str, Any] = {
    media_type: {"schema": _RECORDS} if media_type == "application/json" else {}
    for standard in STANDARDS
    for media_type in standard.content_types
}
_ANSWERS: dict[str, Any] = {
    media_type: {}
    for media_type in (
        "application/hl7-v2",
        "application/fhir+json",
        "application/edi-x12",
        "application/edifact",
        "application/xml",
        "text/xml",
        "text/csv",
    )
}
"""The media types of the standards' own answers."""


def path_parameter(name: str, description: str, **schema: str) -> dict[str, Any]:
    """A parameter in the path.

    OpenAPI takes two paths that differ only in the name of a parameter for one and the same, hence views that share a
    path share the name and say here what it means.
    """
    return {"in": "path", "name": name, "required": True, "schema": {"type": "string", **schema}} | {
        "description": description
    }


def _header(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {"in": "header", "name": name, "schema": {"type": "string", **schema}, "description": description}


def _no(description: str) -> dict[str, Any]:
    problem = {"application/problem+json": {"schema": ProblemSchema}}
    return {"description": description, "content": problem | _ANSWERS}


SEND: dict[str, Any] = {
    "operationId": "sendMessage",
    "parameters": [
        path_parameter("name", "The channel's name."),
        _header("Idempotency-Key", "1 to 200 characters, quoted or bare; a repetition gets the first answer again."),
        _header("traceparent", "W3C Trace Context; its trace id becomes the message's correlation id."),
    ],
    "requestBody": {"required": True, "content": _MESSAGES},
    "responses": {
        "200": {
            "description": "The answer of cXML, whose status stands in its body.",
            "content": {"text/xml": {}},
            "headers": {"Location": {"schema": {"type": "string"}, "description": "Where to follow the message."}},
        },
        "202": {
            "description": "Stored durably, now or at an earlier sending.",
            "content": {"application/json": {}} | _ANSWERS,
            "headers": {"Location": {"schema": {"type": "string"}, "description": "Where to follow the message."}},
        },
        "400": _no("The message or the Idempotency-Key cannot be read."),
        "401": _no("There is no valid API key."),
        "403": _no("The key may not send to this channel."),
        "404": _no("There is no such channel."),
        "413": _no("The message is too large."),
        "415": _no("The channel takes another media type."),
        "422": _no("The message must be corrected, or its key was used for another one."),
        "429": _no("Too many requests; Retry-After tells when to come again."),
        "503": _no("The message could not be stored; send it again after Retry-After seconds."),
    },
}
"""The intake: the message in any standard of the house, the answer in the same standard."""
