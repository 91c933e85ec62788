"""Which channel is believed from when on."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Id, Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "authority",
        sa.Column("id", Id(), nullable=False),
        sa.Column("facility", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("from_at", Instant(), nullable=False),
        sa.Column("set_at", Instant(), nullable=False),
        sa.Column("set_by", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authority")),
    )
    op.create_table(
        "belief",
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("believed_at", Instant(), nullable=False),
        sa.Column("believed_by", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_belief")),
    )
    op.create_index("ix_authority_moment", "authority", ["facility", "kind", "from_at"], unique=True)


def downgrade() -> None:
    op.drop_table("belief")
    op.drop_table("authority")
