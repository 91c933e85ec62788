"""Master data as it was last written or seen in Odoo."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Instant, Json

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "master_value",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "reference", name=op.f("pk_master_value")),
    )


def downgrade() -> None:
    op.drop_table("master_value")
