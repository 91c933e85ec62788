"""Orders as their suppliers know them, confirmations and what people decided about them."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Id, Instant, Json

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _orders()
    _confirmations()


def downgrade() -> None:
    op.drop_table("confirmation_decision")
    op.drop_table("order_confirmation")
    op.drop_table("order_mark")
    op.drop_table("purchase_order")


def _orders() -> None:
    op.create_table(
        "purchase_order",
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("odoo_id", sa.Integer(), nullable=False),
        sa.Column("supplier", sa.String(64), nullable=False),
        sa.Column("facility", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("requisition", sa.String(200)),
        sa.Column("document_id", Id()),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_purchase_order")),
    )
    op.create_index("ix_purchase_order_odoo_id", "purchase_order", ["odoo_id"])
    op.create_index("ix_purchase_order_document_id", "purchase_order", ["document_id"])
    op.create_table(
        "order_mark",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_order_mark")),
    )


def _confirmations() -> None:
    op.create_table(
        "order_confirmation",
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("order_number", sa.String(64), nullable=False),
        sa.Column("facility", sa.String(32), nullable=False),
        sa.Column("supplier", sa.String(64), nullable=False),
        sa.Column("number", sa.String(200)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("findings", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_order_confirmation")),
    )
    op.create_index("ix_order_confirmation_order_number", "order_confirmation", ["order_number"])
    op.create_index("ix_order_confirmation_state", "order_confirmation", ["state"])
    op.create_table(
        "confirmation_decision",
        sa.Column("id", Id(), nullable=False),
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("decision", sa.String(16), nullable=False),
        sa.Column("figures", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(128), nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmation_decision")),
    )
    op.create_index(op.f("ix_confirmation_decision_document_id"), "confirmation_decision", ["document_id"])
