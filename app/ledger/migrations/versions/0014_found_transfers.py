"""Transfers that Odoo had and a restored ledger did not, by the marks of their events."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Instant

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "found_event",
        sa.Column("mark", sa.String(32), nullable=False),
        sa.Column("key", sa.String(100), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("record_name", sa.String(64), nullable=False),
        sa.Column("found_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("mark", name=op.f("pk_found_event")),
    )


def downgrade() -> None:
    op.drop_table("found_event")
