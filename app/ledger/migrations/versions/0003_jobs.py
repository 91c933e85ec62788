"""Jobs of the clock."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Id, Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("lease_token", Id()),
        sa.Column("lease_until", Instant()),
        sa.Column("started_at", Instant()),
        sa.Column("finished_at", Instant()),
        sa.Column("done", sa.BigInteger()),
        sa.Column("error_code", sa.String(64)),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_job")),
    )


def downgrade() -> None:
    op.drop_table("job")
