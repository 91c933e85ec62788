"""Approvals: who must agree, who did, who stands in for whom, and who was told; whose an API key is."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Exact, Id, Instant, Json

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("state IN ('pending', 'break_glass')")
UNTOLD = sa.text("told_version < version")
OPEN_STEP = sa.text("state = 'open'")


def upgrade() -> None:
    _approval()
    _step()
    _decision()
    _delegation()
    _absence()
    _link()
    _notice()
    op.add_column("api_key", sa.Column("person", sa.String(64)))


def _approval() -> None:
    op.create_table(
        "approval",
        sa.Column("id", Id(), nullable=False),
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("message_id", Id(), nullable=False),
        sa.Column("facility", sa.String(32), nullable=False),
        sa.Column("sender", sa.String(200), nullable=False),
        sa.Column("reference", sa.String(200), nullable=False),
        sa.Column("requester", sa.String(200), nullable=False),
        sa.Column("department", sa.String(200)),
        sa.Column("cost_centre", sa.String(200)),
        sa.Column("amount", Exact(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("items", Json, nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("told_version", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("document_fingerprint", sa.String(64), nullable=False),
        sa.Column("rule_version", sa.String(64), nullable=False),
        sa.Column("requested_at", Instant(), nullable=False),
        sa.Column("decided_at", Instant()),
        sa.Column("decided_by", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval")),
    )
    op.create_index(op.f("ix_approval_document_id"), "approval", ["document_id"])
    op.create_index("ix_approval_open", "approval", ["requested_at"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index("ix_approval_reference", "approval", ["reference"])
    op.create_index("ix_approval_untold", "approval", ["id"], sqlite_where=UNTOLD, postgresql_where=UNTOLD)
    op.create_index(
        "uq_approval_document_open", "approval", ["document_id"], unique=True, sqlite_where=OPEN, postgresql_where=OPEN
    )


def _step() -> None:
    op.create_table(
        "approval_step",
        sa.Column("id", Id(), nullable=False),
        sa.Column("approval_id", Id(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("role", sa.String(64), nullable=False),
        sa.Column("escalated_to", Json, nullable=False),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("opened_at", Instant()),
        sa.Column("due_at", Instant()),
        sa.Column("decided_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_step")),
        sa.UniqueConstraint("approval_id", "ordinal", name=op.f("uq_approval_step_approval_id_ordinal")),
    )
    op.create_index(
        "ix_approval_step_open", "approval_step", ["due_at"], sqlite_where=OPEN_STEP, postgresql_where=OPEN_STEP
    )


def _decision() -> None:
    op.create_table(
        "approval_decision",
        sa.Column("id", Id(), nullable=False),
        sa.Column("approval_id", Id(), nullable=False),
        sa.Column("step_id", Id(), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("on_behalf_of", sa.String(64), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.String(64), nullable=False),
        sa.Column("actor", sa.String(64), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_decision")),
        sa.UniqueConstraint("approval_id", "version", name=op.f("uq_approval_decision_approval_id_version")),
        sa.UniqueConstraint("step_id", "person", name=op.f("uq_approval_decision_step_id_person")),
    )


def _delegation() -> None:
    op.create_table(
        "approval_delegation",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("delegate", sa.String(64), nullable=False),
        sa.Column("role", sa.String(64)),
        sa.Column("approval_id", Id()),
        sa.Column("valid_from", Instant(), nullable=False),
        sa.Column("valid_to", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("revoked_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_delegation")),
    )
    op.create_index(op.f("ix_approval_delegation_valid_to"), "approval_delegation", ["valid_to"])


def _absence() -> None:
    op.create_table(
        "approval_absence",
        sa.Column("id", Id(), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("substitute", sa.String(64)),
        sa.Column("away_from", Instant(), nullable=False),
        sa.Column("away_to", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by", sa.String(64), nullable=False),
        sa.Column("ended_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_absence")),
    )
    op.create_index(op.f("ix_approval_absence_away_to"), "approval_absence", ["away_to"])


def _link() -> None:
    op.create_table(
        "approval_link",
        sa.Column("id", Id(), nullable=False),
        sa.Column("approval_id", Id(), nullable=False),
        sa.Column("step_id", Id(), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("used_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_link")),
    )
    op.create_index(op.f("ix_approval_link_approval_id"), "approval_link", ["approval_id"])


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("id", Id(), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("approval_id", Id(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("person", sa.String(200), nullable=False),
        sa.Column("transport", sa.String(16), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("facts", Json, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("lease_token", Id()),
        sa.Column("error_code", sa.String(64)),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
        sa.UniqueConstraint("key", name=op.f("uq_notice_key")),
    )
    op.create_index(op.f("ix_notice_approval_id"), "notice", ["approval_id"])
    op.create_index("ix_notice_due", "notice", ["state", "due_at"])


def downgrade() -> None:
    with op.batch_alter_table("api_key") as table:
        table.drop_column("person")
    for name in (
        "notice",
        "approval_link",
        "approval_absence",
        "approval_delegation",
        "approval_decision",
        "approval_step",
        "approval",
    ):
        op.drop_table(name)
