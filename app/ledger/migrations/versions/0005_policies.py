"""Rule books, verdicts, budgets and what is committed of them."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Exact, Id, Instant, Json

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _rules()
    _budgets()


def _rules() -> None:
    op.create_table(
        "rule_book",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.Column("imported_by", sa.String(128), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_rule_book")),
    )
    op.create_table(
        "verdict",
        sa.Column("id", Id(), nullable=False),
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("inputs", Json, nullable=False),
        sa.Column("findings", Json, nullable=False),
        sa.Column("decided_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdict")),
    )
    op.create_index("ix_verdict_document_id", "verdict", ["document_id"])
    op.create_index("ix_verdict_decided_at", "verdict", ["decided_at"])


def _budgets() -> None:
    op.create_table(
        "budget",
        sa.Column("cost_centre", sa.String(64), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("amount", Exact(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("cost_centre", "starts_on", name=op.f("pk_budget")),
    )
    op.create_table(
        "commitment",
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("cost_centre", sa.String(64), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("amount", Exact(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "cost_centre", name=op.f("pk_commitment")),
    )
    op.create_index("ix_commitment_cost_centre", "commitment", ["cost_centre", "on_day"])


def downgrade() -> None:
    for table in ("commitment", "budget", "verdict", "rule_book"):
        op.drop_table(table)
