"""JSON Schema (2020-12) of the canonical documents and of the standards' options, made from the same annotations.

Used by the API's ``/v1/schemas``; what it says is what ``app.model.derived`` takes.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from app.model import gate
from app.model.item import SCHEMES, Identifier
from app.model.text import MAX_PROSE, PROSE

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SIGNED = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$"
_SIMPLE: Mapping[Any, dict[str, Any]] = {
    str: {"type": "string", "minLength": 1, "maxLength": gate.MAX_TEXT},
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    date: {"type": "string", "format": "date"},
    Decimal: {
        "description": "An exact number. Written as a string, so that no reader makes a float of it.",
        "anyOf": [{"type": "string", "pattern": _SIGNED}, {"type": "number"}],
    },
}
_WHEN = {
    "description": "A day, or a moment with its offset.",
    "anyOf": [{"type": "string", "format": "date"}, {"type": "string", "format": "date-time"}],
}


def json_schema(kind: type, name: str, *, document: str | None = None) -> dict[str, Any]:
    """The schema of a dataclass, under the title ``name``; ``document`` is the value of that member, if it has one."""
    definitions: dict[str, Any] = {}
    schema = _object(kind, definitions)
    if document:
        schema["properties"] = {"document": {"const": document}, **schema["properties"]}
        schema["required"] = ["document", *schema.get("required", [])]
        _mark_what_senders_may_not_say(schema["properties"])
    return {"$schema": DIALECT, "title": name, **schema, **({"$defs": definitions} if definitions else {})}


def _mark_what_senders_may_not_say(properties: dict[str, Any]) -> None:
    """Warnings and the pseudonym of a case are ours; a sender writes the case's number, which is never kept."""
    for name in {"warnings", "case"} & properties.keys():
        properties[name] = {**properties[name], "readOnly": True}
    if "case" in properties:
        properties["case_id"] = {**_typed(str | None, {}), "writeOnly": True}


def _object(kind: type, definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind, include_extras=True)
    members, required = {}, []
    for one in fields(kind):
        members[one.name] = _typed(hints[one.name], definitions)
        if kind is Identifier and one.name == "scheme":
            members[one.name] = {"type": "string", "enum": list(SCHEMES)}
        optional = type(None) in get_args(hints[one.name])
        if one.default is MISSING and one.default_factory is MISSING and not optional:
            required.append(one.name)
    described = {"description": " ".join((kind.__doc__ or "").replace("``", "").split())}
    needed = {"required": required} if required else {}
    return {**described, "type": "object", "properties": members, **needed, "additionalProperties": False}


def _typed(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    origin, parts = get_origin(hint), get_args(hint)
    if origin is Annotated:
        prose = {"type": "string", "minLength": 1, "maxLength": MAX_PROSE}
        return prose if PROSE in hint.__metadata__ else _typed(parts[0], definitions)
    if origin is Literal:
        return {"type": "string", "enum": list(parts)}
    if origin is tuple:
        return {"type": "array", "items": _typed(parts[0], definitions)}
    if origin is Mapping or origin in (Union, types.UnionType):
        return _composed(origin, parts, definitions)
    if is_dataclass(hint):
        return _referred(hint, definitions)
    return dict(_SIMPLE[hint])


def _composed(origin: Any, parts: tuple[Any, ...], definitions: dict[str, Any]) -> dict[str, Any]:
    if origin is Mapping:
        return {"type": "object", "additionalProperties": _typed(parts[1], definitions)}
    known = [part for part in parts if part is not type(None)]
    schema = dict(_WHEN) if set(known) == {date, datetime} else _typed(known[0], definitions)
    return {"anyOf": [schema, {"type": "null"}]} if type(None) in parts else schema


def _referred(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind.__name__ not in definitions:
        definitions[kind.__name__] = {}
        definitions[kind.__name__] = _object(kind, definitions)
    return {"$ref": f"#/$defs/{kind.__name__}"}
