"""When each worker last heard a bell."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Instant

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pulse",
        sa.Column("worker", sa.String(100), nullable=False),
        sa.Column("lane", sa.String(16), nullable=False),
        sa.Column("heard_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("worker", name=op.f("pk_pulse")),
    )


def downgrade() -> None:
    op.drop_table("pulse")
