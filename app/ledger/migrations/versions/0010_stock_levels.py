"""Stock levels, asks, recalls and completeness; business keys by their document."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Exact, Id, Instant, Json
from app.ledger.supply_tables import Millionths

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = (
    "completeness", "control_total", "recall", "replenishment_ask", "consumption_day", "par_level", "stock_watch",
    "stock_level",
)  # fmt: skip


def upgrade() -> None:
    op.create_index(op.f("ix_business_key_document_id"), "business_key", ["document_id"])
    _stock()
    _levels()
    _asks()
    _recalls()
    _completeness()


def downgrade() -> None:
    for name in TABLES:
        op.drop_table(name)
    op.drop_index(op.f("ix_business_key_document_id"), "business_key")


def _stock() -> None:
    op.create_table(
        "stock_level",
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("lot", sa.String(100), nullable=False),
        sa.Column("facility", sa.String(32), nullable=False),
        sa.Column("quantity", Millionths(), nullable=False),
        sa.Column("reserved", Millionths(), nullable=False),
        sa.Column("unit", sa.String(64), nullable=False),
        sa.Column("changed_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("item", "location", "lot", name=op.f("pk_stock_level")),
    )
    op.create_index("ix_stock_level_facility", "stock_level", ["facility", "item"])
    op.create_index("ix_stock_level_location", "stock_level", ["location"])
    op.create_index("ix_stock_level_lot", "stock_level", ["lot"])
    op.create_table(
        "stock_watch",
        sa.Column("name", sa.String(16), nullable=False),
        sa.Column("mark", Instant()),
        sa.Column("seen_at", Instant()),
        sa.Column("whole_at", Instant()),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_stock_watch")),
    )


def _levels() -> None:
    op.create_table(
        "par_level",
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("reorder_point", Exact()),
        sa.Column("maximum", Exact()),
        sa.Column("pack", Exact(), nullable=False),
        sa.Column("lead_days", Exact()),
        sa.Column("criticality", sa.String(16), nullable=False),
        sa.Column("orderpoint", sa.Integer()),
        sa.Column("planned", sa.Boolean(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.Column("updated_by", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("item", "location", "source", name=op.f("pk_par_level")),
    )
    op.create_table(
        "consumption_day",
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("quantity", Millionths(), nullable=False),
        sa.PrimaryKeyConstraint("item", "location", "day", name=op.f("pk_consumption_day")),
    )
    op.create_index("ix_consumption_day_day", "consumption_day", ["day"])


def _asks() -> None:
    op.create_table(
        "replenishment_ask",
        sa.Column("id", Id(), nullable=False),
        sa.Column("number", sa.String(64), nullable=False),
        sa.Column("facility", sa.String(32), nullable=False),
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("reasons", Json, nullable=False),
        sa.Column("content", Json, nullable=False),
        sa.Column("message_id", Id()),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("closed_at", Instant()),
        sa.Column("outcome", sa.String(32)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replenishment_ask")),
        sa.UniqueConstraint("number", name=op.f("uq_replenishment_ask_number")),
    )
    _index_of_open("ix_replenishment_ask_open", "replenishment_ask", ["item", "location"], "closed_at IS NULL")


def _recalls() -> None:
    op.create_table(
        "recall",
        sa.Column("id", Id(), nullable=False),
        sa.Column("number", sa.String(100), nullable=False),
        sa.Column("item", sa.String(64), nullable=False),
        sa.Column("told_as", sa.String(300), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("opened_by", sa.String(128), nullable=False),
        sa.Column("lifted_at", Instant()),
        sa.Column("lifted_by", sa.String(128)),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recall")),
    )
    _index_of_open("ix_recall_open", "recall", ["number"], "lifted_at IS NULL")


def _completeness() -> None:
    op.create_table(
        "control_total",
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("counted", sa.Integer(), nullable=False),
        sa.Column("told_at", Instant(), nullable=False),
        sa.Column("told_by", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("channel", "day", name=op.f("pk_control_total")),
    )
    op.create_table(
        "completeness",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(64), nullable=False),
        sa.Column("figures", Json, nullable=False),
        sa.Column("differences", sa.Integer(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("day", "channel", name=op.f("pk_completeness")),
    )


def _index_of_open(name: str, table: str, columns: list[str], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
