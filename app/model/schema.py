"""Canonical documents as JSON: what we store, and what senders of the canonical standard may write.

``document_to_json`` and ``document_from_json`` serve the ledger and are exact both ways; ``WIRE`` is the contract with
senders and strict in every field. What only we may say (facility, case, warnings) is in it as read-only, so that its
published form describes both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields as dataclass_fields
from dataclasses import replace
from decimal import Decimal
from typing import Any, get_args

from marshmallow import Schema, ValidationError, fields, post_dump, post_load, validate, validates_schema

from app import ids
from app.errors import Issue, Permanent
from app.model import gate
from app.model.consumption import Consumption, Kind
from app.model.derived import Code, Day, Derived, Exact, schema_of
from app.model.documents import TRADING, Document
from app.model.item import SCHEMES, Identifier
from app.model.quantity import Quantity

KINDS: tuple[str, ...] = get_args(Kind)


class _IdentifierSchema(Schema):
    scheme = fields.String(required=True)
    value = fields.String(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Identifier:
        """The identifier itself."""
        return Identifier(**data)


class _QuantitySchema(Schema):
    value = fields.Decimal(required=True, as_string=True)
    unit = fields.String(required=True, allow_none=True)
    common_unit = fields.String(load_default=None, allow_none=True)
    pack_factor = fields.Decimal(load_default=None, as_string=True, allow_none=True)

    @post_dump
    def bare(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Without what was not told."""
        return {name: value for name, value in data.items() if value is not None or name == "unit"}

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Quantity:
        """The quantity itself."""
        return Quantity(**data)


class _IssueSchema(Schema):
    code = fields.String(required=True)
    where = fields.String(required=True)
    text = fields.String(required=True)
    severity = fields.String(required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Issue:
        """The issue itself."""
        return Issue(**data)


class ConsumptionSchema(Schema):
    """A Consumption as it is stored: every field, nothing changed on the way in or out."""

    event_id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    occurred_at = fields.AwareDateTime(required=True)
    identifiers = fields.List(fields.Nested(_IdentifierSchema), required=True)
    quantity = fields.Nested(_QuantitySchema, required=True)
    facility = fields.String(required=True)
    location = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    lot = fields.String(required=True, allow_none=True)
    serial = fields.String(required=True, allow_none=True)
    expiry = fields.Date(required=True, allow_none=True)
    udi = fields.String(required=True, allow_none=True)
    department = fields.String(required=True, allow_none=True)
    cost_centre = fields.String(required=True, allow_none=True)
    case = fields.String(required=True, allow_none=True)
    reverses = fields.String(required=True, allow_none=True)
    warnings = fields.List(fields.Nested(_IssueSchema), required=True)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Consumption:
        """The consumption itself."""
        sequences = {name: tuple(data[name]) for name in ("identifiers", "warnings")}
        return Consumption(**data | sequences)


SCHEMAS: Mapping[str, Schema] = {
    Consumption.document_kind: ConsumptionSchema(),
    **{kind.document_kind: schema_of(kind)() for kind in TRADING},
}
"""The stored form of each kind of document."""


def document_to_json(document: Document) -> bytes:
    """The document in its stored form; equal documents give equal bytes."""
    kind = document.document_kind
    return ids.canonical_json({"document": kind, **SCHEMAS[kind].dump(document)})


def document_from_json(data: bytes) -> Document:
    """The document that ``document_to_json`` wrote. Raises Permanent if it was written by something else."""
    try:
        content = json.loads(data)
        document: Document = SCHEMAS[content.pop("document")].load(content)
    except (ValueError, KeyError, AttributeError, TypeError, ValidationError):
        # The cause is left out on purpose: its text quotes what was found, and that may be anything.
        raise Permanent("a stored document cannot be read", code="document.unreadable") from None
    return document


def stored(document: Document) -> tuple[bytes, str]:
    """The document in its stored form, and its digest."""
    content = document_to_json(document)
    return content, digest_of(document) if document.warnings else ids.digest(content)


def digest_of(document: Document) -> str:
    """A digest of what the document says; its warnings, which name places in one message, do not count."""
    return ids.digest(document_to_json(replace(document, warnings=())))


class Text(Code):
    """Text of a consumption; nothing but a UDI may hold a group separator."""

    def __init__(self, *, allowed: str = "", **options: Any) -> None:
        super().__init__(allowed=allowed, **options)


class Amount(Exact):
    """An exact amount greater than zero, written as a number or, better, as a string."""

    def _deserialize(self, value: Any, *args: Any, **kwargs: Any) -> Decimal:
        found = super()._deserialize(value, *args, **kwargs)
        if found <= 0:
            raise ValidationError("Must be greater than 0; the direction is told by kind.")
        return found


class WireIdentifier(Schema):
    """One name of the item, as a sender writes it."""

    scheme = Text(required=True, validate=validate.OneOf(SCHEMES))
    value = Text(required=True)


_AMOUNT = {"type": ["string", "number"], "description": "Exact; as a string no reader makes a float of it."}


class WireQuantity(Schema):
    """An amount and the sender's own code for its unit."""

    value = Amount(required=True, metadata=_AMOUNT)
    unit = Text(load_default=None)
    common_unit = Text(load_default=None)
    pack_factor = Exact(load_default=None, metadata={"type": ["string", "number"]})

    @post_dump
    def bare(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Without what was not told."""
        return {name: value for name, value in data.items() if value is not None}


class WireConsumption(Schema):
    """A consumption as a sender of the canonical standard writes it.

    There is no field for the patient; ``case_id`` is replaced by a pseudonym before anything else is done. The
    facility is not told either, it is the channel's.
    """

    document = fields.String(load_default=Consumption.document_kind, validate=validate.Equal(Consumption.document_kind))
    event_id = Text(required=True)
    kind = fields.String(load_default="use", validate=validate.OneOf(KINDS))
    occurred_at = fields.AwareDateTime(required=True)
    identifiers = fields.List(fields.Nested(WireIdentifier), required=True, validate=validate.Length(1, 20))
    quantity = fields.Nested(WireQuantity, required=True)
    location = Text(required=True)
    description = fields.String(load_default=None, allow_none=True)
    lot = Text(load_default=None)
    serial = Text(load_default=None)
    expiry = Day(load_default=None)
    udi = Text(load_default=None, allowed=gate.GROUP_SEPARATOR)
    department = Text(load_default=None)
    cost_centre = Text(load_default=None)
    case_id = Text(load_default=None, load_only=True)
    reverses = Text(load_default=None)
    facility = fields.String(dump_only=True)
    case = fields.String(dump_only=True, allow_none=True)
    warnings = fields.List(fields.Nested(_IssueSchema), dump_only=True)

    @validates_schema(skip_on_field_errors=True)
    def check_reversal(self, data: dict[str, Any], **_: Any) -> None:
        """A reversal names the event it undoes, and nothing else does."""
        if data["kind"] == "reversal" and data["reverses"] is None:
            raise ValidationError("Missing data for required field.", "reverses")
        if data["kind"] != "reversal" and data["reverses"] is not None:
            raise ValidationError("Only a reversal may name another event.", "reverses")


class WireDocument(Derived):
    """A trading document as a sender of the canonical standard writes it."""

    def build(self, data: dict[str, Any]) -> Any:
        """The document; the number of the case is not for it, its pseudonym comes later (``app.model.records``)."""
        return super().build({name: value for name, value in data.items() if name not in SENDERS_OWN})


SENDERS_OWN = ("document", "case_id")
"""Members that only senders write: the kind of the document and the number of the case, which is never kept."""


def _wire_schema(kind: type[Document]) -> Schema:
    word = kind.document_kind
    members: dict[str, Any] = {
        "document": fields.String(required=True, load_only=True, validate=validate.Equal(word)),
        "warnings": fields.List(fields.Nested(_IssueSchema), dump_only=True),
        "__doc__": kind.__doc__,
    }
    if any(field.name == "case" for field in dataclass_fields(kind)):
        members |= {"case": fields.String(dump_only=True), "case_id": Text(load_default=None, load_only=True)}
    made: type[Schema] = type(f"Wire{kind.__name__}", (WireDocument, schema_of(kind)), members)
    return made()


WIRE: Mapping[str, Schema] = {
    Consumption.document_kind: WireConsumption(),
    **{kind.document_kind: _wire_schema(kind) for kind in TRADING},
}
"""What a sender of the canonical standard may write, by the kind of document."""
