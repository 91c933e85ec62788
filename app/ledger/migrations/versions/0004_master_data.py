"""The register of master data."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Exact, Id, Instant

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _items_and_suppliers()
    _offers_and_codes()


def _items_and_suppliers() -> None:
    op.create_table(
        "registry_item",
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("category", sa.String(200), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("tracking", sa.String(8), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("purchasable", sa.Boolean(), nullable=False),
        sa.Column("criticality", sa.String(16), nullable=False),
        sa.Column("clinical", sa.Boolean(), nullable=False),
        sa.Column("standard_price", Exact()),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_registry_item")),
    )
    op.create_table(
        "registry_supplier",
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_registry_supplier")),
    )
    op.create_table(
        "registry_supplier_identifier",
        sa.Column("scheme", sa.String(16), nullable=False),
        sa.Column("value", sa.String(200), nullable=False),
        sa.Column("supplier", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "value", "supplier", name=op.f("pk_registry_supplier_identifier")),
    )


def _offers_and_codes() -> None:
    op.create_table(
        "registry_offer",
        sa.Column("id", Id(), nullable=False),
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("supplier", sa.String(64), nullable=False),
        sa.Column("price", Exact(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("factor", Exact(), nullable=False),
        sa.Column("minimum", Exact(), nullable=False),
        sa.Column("supplier_code", sa.String(100)),
        sa.Column("contract", sa.String(100)),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_registry_offer")),
    )
    op.create_index("ix_registry_offer_item", "registry_offer", ["item"])
    op.create_index("ix_registry_offer_supplier", "registry_offer", ["supplier"])
    op.create_table(
        "registry_code",
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("kind", "code", name=op.f("pk_registry_code")),
    )


def downgrade() -> None:
    for table in ("code", "offer", "supplier_identifier", "supplier", "item"):
        op.drop_table(f"registry_{table}")
