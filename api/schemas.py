"""What the HTTP API takes as parameters and shows of the ledger; never content.

Used by the views and, through flask-smorest, by the OpenAPI document.
"""

from __future__ import annotations

from datetime import UTC, datetime

from marshmallow import Schema, fields, validate

from app.ledger.messages import FINAL

STATES = ("accepted", "translated", *FINAL)
"""The states of a message."""
MAX_PAGE = 200


def _text(description: str) -> fields.String:
    return fields.String(metadata={"description": description})


def _moment(description: str) -> fields.AwareDateTime:
    # Python cannot turn the first and the last hours there are into UTC.
    within = validate.Range(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
    return fields.AwareDateTime(format="iso", validate=within, metadata={"description": description})


class IssueSchema(Schema):
    """A fault or an oddity, and where it is."""

    code = _text("Stable; may be matched by machines.")
    where = _text("The place, in the notation of the message's standard.")
    text = _text("What is expected there.")
    severity = fields.String(validate=validate.OneOf(("error", "warning")))


ISSUE = IssueSchema()


class ProblemSchema(Schema):
    """Problem details (RFC 9457)."""

    type = _text("A URN made of the code.")
    title = _text("The phrase of the status.")
    status = fields.Integer()
    detail = _text("What happened, for people.")
    code = _text("Stable; may be matched by machines.")
    errors = fields.List(fields.Nested(IssueSchema))
    trace_id = _text("The correlation id to tell the operators.")
    message_id = _text("Where a copy of a rejected message was kept: its id.")


class MessageQuery(Schema):
    """Which messages are asked for."""

    state = fields.String(validate=validate.OneOf(STATES))
    channel = fields.String(validate=validate.Regexp(r"^[a-z0-9-]{1,64}$"))
    key = fields.String(
        # PostgreSQL takes every character but this one.
        validate=[validate.Length(1, 200), validate.ContainsNoneOf("\x00")],
        metadata={
            "description": (
                "Any number a person may hold: control id, event, item, lot, serial, case pseudonym, Odoo transfer."
            )
        },
    )
    received_after = _moment("At this moment or later, with its offset (RFC 3339).")
    received_before = _moment("Before this moment, with its offset (RFC 3339).")
    before_id = fields.UUID(metadata={"description": "The `next` of the page before."})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, MAX_PAGE))


class MessageSummary(Schema):
    """A message: its envelope and its state."""

    id = fields.UUID()
    state = fields.String(validate=validate.OneOf(STATES))
    channel = fields.String()
    facility = fields.String()
    standard = fields.String()
    message_type = fields.String()
    version = fields.String(allow_none=True)
    sender = fields.String()
    control_id = fields.String(allow_none=True)
    size = fields.Integer(metadata={"description": "Bytes."})
    lane = fields.String()
    trace_id = fields.String()
    mapping = fields.String(allow_none=True)
    error_code = fields.String(allow_none=True)
    error = fields.String(allow_none=True)
    received_at = fields.AwareDateTime()
    settled_at = fields.AwareDateTime(allow_none=True)


class MessagePage(Schema):
    """Messages, the newest first."""

    messages = fields.List(fields.Nested(MessageSummary))
    next = fields.UUID(
        allow_none=True, metadata={"description": "Give it as `before_id` for the page after; null on the last one."}
    )


class DocumentSchema(Schema):
    """A document that was read out of the message."""

    id = fields.UUID()
    ordinal = fields.Integer()
    kind = fields.String()
    state = fields.String()
    lane = fields.String()
    mapping = fields.String()
    blocked_by = fields.UUID(allow_none=True)
    occurred_at = fields.AwareDateTime()
    created_at = fields.AwareDateTime()
    settled_at = fields.AwareDateTime(allow_none=True)


class HoldSchema(Schema):
    """A business cause for which a document waits, or waited, for a person."""

    document_id = fields.UUID()
    cause = fields.String()
    subject = fields.String()
    hint = fields.String()
    opened_at = fields.AwareDateTime()
    released_at = fields.AwareDateTime(allow_none=True)
    released_by = fields.String(allow_none=True)
    resolution = fields.String(allow_none=True)


class OdooRecord(Schema):
    """The record that Odoo made."""

    model = fields.String()
    id = fields.Integer()
    name = fields.String(allow_none=True)


class PostingSchema(Schema):
    """An effect intended in Odoo and what became of it."""

    id = fields.UUID()
    document_id = fields.UUID()
    key = _text("The external id that makes the effect happen once.")
    operation = fields.String()
    state = fields.String()
    error_code = fields.String(allow_none=True)
    created_at = fields.AwareDateTime()
    posted_at = fields.AwareDateTime(allow_none=True)
    record = fields.Nested(OdooRecord, allow_none=True)


class AttemptSchema(Schema):
    """One attempt of a stage."""

    stage = fields.String()
    number = fields.Integer()
    started_at = fields.AwareDateTime()
    finished_at = fields.AwareDateTime(allow_none=True)
    outcome = fields.String(allow_none=True)
    error_code = fields.String(allow_none=True)


class EventSchema(Schema):
    """Something that happened: who did what, when."""

    at = fields.AwareDateTime()
    actor = fields.String()
    action = fields.String()
    document_id = fields.UUID(allow_none=True)
    detail = fields.Dict(keys=fields.String())


class MessageStory(MessageSummary):
    """A message with everything that became of it."""

    documents = fields.List(fields.Nested(DocumentSchema))
    holds = fields.List(fields.Nested(HoldSchema))
    postings = fields.List(fields.Nested(PostingSchema))
    attempts = fields.List(fields.Nested(AttemptSchema))
    timeline = fields.List(fields.Nested(EventSchema))
