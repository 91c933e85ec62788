"""What the systems of the house were told of each item."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Instant

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "published_item",
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("due", sa.Boolean(), nullable=False),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("channel", "reference", name=op.f("pk_published_item")),
    )


def downgrade() -> None:
    op.drop_table("published_item")
