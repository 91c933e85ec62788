"""The tables of approvals: what waits for whom, who said what, who stands in for whom, and who was told.

Used by the stores of approvals, stand-ins, links and notices. What people write beside a decision is content and lies
encrypted with the other bodies, under the decision's id.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, UniqueConstraint, text

from app.ledger.columns import Exact, Id, Instant, Json
from app.ledger.tables import metadata

OPEN = "state IN ('pending', 'break_glass')"
"""States of approvals in which somebody still has to decide."""

approval = Table(
    "approval",
    metadata,
    Column("id", Id, primary_key=True),
    Column("document_id", Id, nullable=False, index=True),
    Column("message_id", Id, nullable=False),
    Column("facility", String(32), nullable=False),
    Column("sender", String(200), nullable=False),
    Column("reference", String(200), nullable=False),
    Column("requester", String(200), nullable=False),
    Column("department", String(200)),
    Column("cost_centre", String(200)),
    Column("amount", Exact, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("items", Json, nullable=False),
    Column("urgent", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("told_version", Integer, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("document_fingerprint", String(64), nullable=False),
    Column("rule_version", String(64), nullable=False),
    Column("requested_at", Instant, nullable=False),
    Column("decided_at", Instant),
    Column("decided_by", String(64)),
    Index("ix_approval_open", "requested_at", sqlite_where=text(OPEN), postgresql_where=text(OPEN)),
    Index(
        "uq_approval_document_open", "document_id", unique=True, sqlite_where=text(OPEN), postgresql_where=text(OPEN)
    ),
    Index("ix_approval_untold", "id", sqlite_where=text("told_version < version"),
          postgresql_where=text("told_version < version")),
    Index("ix_approval_reference", "reference"),
)  # fmt: skip

approval_step = Table(
    "approval_step",
    metadata,
    Column("id", Id, primary_key=True),
    Column("approval_id", Id, nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("name", String(64), nullable=False),
    Column("role", String(64), nullable=False),
    Column("escalated_to", Json, nullable=False),
    Column("four_eyes", Boolean, nullable=False),
    Column("reason", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened_at", Instant),
    Column("due_at", Instant),
    Column("decided_at", Instant),
    UniqueConstraint("approval_id", "ordinal"),
    Index(
        "ix_approval_step_open", "due_at", sqlite_where=text("state = 'open'"), postgresql_where=text("state = 'open'")
    ),
)

approval_decision = Table(
    "approval_decision",
    metadata,
    Column("id", Id, primary_key=True),
    Column("approval_id", Id, nullable=False),
    Column("step_id", Id, nullable=False),
    Column("person", String(64), nullable=False),
    Column("on_behalf_of", String(64), nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("version", Integer, nullable=False),
    Column("rule_version", String(64), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("at", Instant, nullable=False),
    UniqueConstraint("approval_id", "version"),
    UniqueConstraint("step_id", "person"),
)

delegation = Table(
    "approval_delegation",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person", String(64), nullable=False),
    Column("delegate", String(64), nullable=False),
    Column("role", String(64)),
    Column("approval_id", Id),
    Column("valid_from", Instant, nullable=False),
    Column("valid_to", Instant, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("revoked_at", Instant),
)

absence = Table(
    "approval_absence",
    metadata,
    Column("id", Id, primary_key=True),
    Column("person", String(64), nullable=False),
    Column("substitute", String(64)),
    Column("away_from", Instant, nullable=False),
    Column("away_to", Instant, nullable=False, index=True),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("ended_at", Instant),
)

link = Table(
    "approval_link",
    metadata,
    Column("id", Id, primary_key=True),
    Column("approval_id", Id, nullable=False, index=True),
    Column("step_id", Id, nullable=False),
    Column("person", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Column("used_at", Instant),
)

notice = Table(
    "notice",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(200), nullable=False, unique=True),
    Column("approval_id", Id, nullable=False, index=True),
    Column("kind", String(32), nullable=False),
    Column("person", String(200), nullable=False),
    Column("transport", String(16), nullable=False),
    Column("address", String(254), nullable=False),
    Column("facts", Json, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("lease_token", Id),
    Column("error_code", String(64)),
    Column("created_at", Instant, nullable=False),
    Column("sent_at", Instant),
    Index("ix_notice_due", "state", "due_at"),
)
