"""Interchanges: what was written for partners, and what they answered; longer names of business keys."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Id, Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("business_key") as table:
        table.alter_column("kind", existing_type=sa.String(16), type_=sa.String(32), existing_nullable=False)
    op.create_table(
        "interchange_number",
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("channel", name=op.f("pk_interchange_number")),
    )
    op.create_table(
        "interchange",
        sa.Column("id", Id(), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("answered_on", sa.String(64), nullable=False),
        sa.Column("facility", sa.String(32), nullable=False),
        sa.Column("standard", sa.String(16), nullable=False),
        sa.Column("message_type", sa.String(64), nullable=False),
        sa.Column("control_number", sa.BigInteger(), nullable=False),
        sa.Column("control_id", sa.String(200), nullable=False),
        sa.Column("document_id", Id()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("response_due_at", Instant()),
        sa.Column("answered_at", Instant()),
        sa.Column("answered_by", Id()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interchange")),
        sa.UniqueConstraint("channel", "control_number", name=op.f("uq_interchange_channel_control_number")),
    )
    op.create_index("ix_interchange_answer", "interchange", ["answered_on", "control_id"])
    op.create_index("ix_interchange_number", "interchange", ["answered_on", "control_number"])
    op.create_index("ix_interchange_due", "interchange", ["state", "response_due_at"])
    op.create_index(op.f("ix_interchange_document_id"), "interchange", ["document_id"])


def downgrade() -> None:
    op.drop_table("interchange")
    op.drop_table("interchange_number")
    with op.batch_alter_table("business_key") as table:
        table.alter_column("kind", existing_type=sa.String(32), type_=sa.String(16), existing_nullable=False)
