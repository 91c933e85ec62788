"""Deliveries to partners: what became of the sending of an interchange; what a message is the answer to."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Id, Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

UNDELIVERED = sa.text("delivery IN ('due', 'sending', 'in_doubt', 'failed')")
COLUMNS = ("posting_id", "content_type", "delivery", "delivery_code", "sends", "sent_at", "receipt")


def upgrade() -> None:
    op.add_column("interchange", sa.Column("posting_id", Id()))
    op.add_column("interchange", sa.Column("content_type", sa.String(100)))
    op.add_column("interchange", sa.Column("delivery", sa.String(16)))
    op.add_column("interchange", sa.Column("delivery_code", sa.String(64)))
    op.add_column("interchange", sa.Column("sends", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("interchange", sa.Column("sent_at", Instant()))
    op.add_column("interchange", sa.Column("receipt", sa.String(200)))
    op.create_index(op.f("ix_interchange_posting_id"), "interchange", ["posting_id"])
    op.create_index(
        "ix_interchange_undelivered",
        "interchange",
        ["delivery"],
        sqlite_where=UNDELIVERED,
        postgresql_where=UNDELIVERED,
    )
    op.add_column("message", sa.Column("answers", sa.String(200)))
    with op.batch_alter_table("circuit") as table:
        table.alter_column("name", existing_type=sa.String(64), type_=sa.String(80), existing_nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("circuit") as table:
        table.alter_column("name", existing_type=sa.String(80), type_=sa.String(64), existing_nullable=False)
    op.drop_column("message", "answers")
    op.drop_index("ix_interchange_undelivered", "interchange")
    op.drop_index(op.f("ix_interchange_posting_id"), "interchange")
    for name in reversed(COLUMNS):
        op.drop_column("interchange", name)
