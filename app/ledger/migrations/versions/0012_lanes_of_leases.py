"""Which lane has leased a partition."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("partition_lease") as table:
        table.add_column(sa.Column("lane", sa.String(16)))


def downgrade() -> None:
    with op.batch_alter_table("partition_lease") as table:
        table.drop_column("lane")
