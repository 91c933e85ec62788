"""What the HTTP API takes and shows of approvals; comments are shown to whoever may see the approval.

Used by the views of approvals and links and, through flask-smorest, by the OpenAPI document.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from api.schemas import MAX_PAGE
from app.ledger.approvals import STATES

MAX_COMMENT = 1000


def _text(description: str, most: int = 200, **more: Any) -> fields.String:
    checks = [validate.Length(1, most), validate.ContainsNoneOf("\x00")]
    return fields.String(validate=checks, metadata={"description": description}, **more)


class _Amount(fields.String):
    """An exact number, written as a text so that no program makes a float of it."""

    def _serialize(self, value: Any, *_: Any, **__: Any) -> str | None:
        return None if value is None else format(value, "f")


class ApprovalQuery(Schema):
    """Which approvals are asked for."""

    state = fields.String(validate=validate.OneOf(STATES))
    person = _text("Those that this person may decide now, by the id in the rule book.", 64)
    facility = _text("Those of this facility.", 32)
    reference = _text("Those of the document with this number.")
    before_id = fields.UUID(metadata={"description": "The `next` of the page before."})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, MAX_PAGE))


class DecisionRequest(Schema):
    """What somebody decides, and on which version."""

    decision = fields.String(required=True, validate=validate.OneOf(("approve", "reject")))
    version = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "The `version` of the approval that was looked at."},
    )
    comment = _text("Why; kept with the decision, told in no notice.", MAX_COMMENT)


class LinkDecision(Schema):
    """What somebody decides by a link, which knows the version by itself."""

    decision = fields.String(required=True, validate=validate.OneOf(("approve", "reject")))
    comment = _text("Why; kept with the decision, told in no notice.", MAX_COMMENT)


class DelegationRequest(Schema):
    """To whom the right to decide this approval is passed on, and for how long."""

    delegate = _text("A person of the rule book.", 64, required=True)
    valid_to = fields.AwareDateTime(
        required=True, format="iso", metadata={"description": "Until before this moment, with its offset (RFC 3339)."}
    )


class StepSchema(Schema):
    """One step: who must agree, and whether they have."""

    ordinal = fields.Integer()
    name = fields.String()
    role = fields.String()
    escalated_to = fields.List(fields.String(), metadata={"description": "Roles that may decide it too by now."})
    four_eyes = fields.Boolean(metadata={"description": "Whether two different people must agree."})
    reason = fields.String(metadata={"description": "The rule that asks for it."})
    state = fields.String(validate=validate.OneOf(("waiting", "open", "approved", "rejected", "void")))
    opened_at = fields.AwareDateTime(allow_none=True)
    due_at = fields.AwareDateTime(allow_none=True, metadata={"description": "When it is taken further."})
    decided_at = fields.AwareDateTime(allow_none=True)


class DecisionSchema(Schema):
    """What somebody decided."""

    step = fields.Integer(metadata={"description": "The ordinal of the step."})
    person = fields.String()
    on_behalf_of = fields.String(metadata={"description": "Whose right it was."})
    decision = fields.String(attribute="verdict")
    version = fields.Integer(metadata={"description": "The version that it was decided on."})
    rule_version = fields.String()
    at = fields.AwareDateTime()
    comment = fields.String(allow_none=True)


class ApprovalSummary(Schema):
    """An approval: what it is about and how it stands."""

    id = fields.UUID()
    state = fields.String(validate=validate.OneOf(STATES))
    version = fields.Integer(metadata={"description": "To be sent with a decision; every decision counts it up."})
    document_id = fields.UUID()
    message_id = fields.UUID()
    facility = fields.String()
    reference = fields.String(metadata={"description": "The number of the document."})
    requester = fields.String()
    department = fields.String(allow_none=True)
    cost_centre = fields.String(allow_none=True)
    amount = _Amount(metadata={"description": "An exact number."})
    currency = fields.String()
    items = fields.List(fields.String())
    urgent = fields.Boolean()
    rule_version = fields.String()
    requested_at = fields.AwareDateTime()
    decided_at = fields.AwareDateTime(allow_none=True)
    decided_by = fields.String(allow_none=True)


class ApprovalPage(Schema):
    """Approvals, the newest first."""

    approvals = fields.List(fields.Nested(ApprovalSummary))
    next = fields.UUID(
        allow_none=True, metadata={"description": "Give it as `before_id` for the page after; null on the last one."}
    )


class ApprovalStory(ApprovalSummary):
    """An approval with its steps, its decisions, and who may decide now."""

    steps = fields.List(fields.Nested(StepSchema))
    decisions = fields.List(fields.Nested(DecisionSchema))
    deciders = fields.List(fields.String(), metadata={"description": "Who may decide the open step now."})


class DelegationSchema(Schema):
    """A right that was passed on."""

    id = fields.UUID()
    person = fields.String()
    delegate = fields.String()
    role = fields.String(allow_none=True)
    approval_id = fields.UUID(allow_none=True)
    valid_from = fields.AwareDateTime()
    valid_to = fields.AwareDateTime()


class ApprovalLinkSchema(ApprovalSummary):
    """What a link is about: for whom it is, and until when."""

    person = fields.String()
    step = fields.String()
    expires_at = fields.AwareDateTime()
