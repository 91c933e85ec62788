"""Receipts and invoices: what came in, what was billed, and what people accepted.

Two sections, one for each flow: ``_receipts`` and ``_invoices`` make and drop the tables of their own store.
"""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Exact, Id, Instant, Json

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _receipts()
    _invoices()


def downgrade() -> None:
    _no_invoices()
    _no_receipts()


def _receipts() -> None:
    op.create_table(
        "shipment",
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("facility", sa.String(32), nullable=False),
        sa.Column("supplier", sa.String(64), nullable=False),
        sa.Column("number", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("said_at", Instant(), nullable=False),
        sa.Column("expected_on", sa.Date()),
        sa.Column("created_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_shipment")),
    )
    op.create_index("ix_shipment_number", "shipment", ["number", "supplier"])
    op.create_table(
        "shipment_line",
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(64)),
        sa.Column("order_number", sa.String(64), nullable=False),
        sa.Column("order_line", sa.String(64)),
        sa.Column("item", sa.String(200)),
        sa.Column("quantity", Exact(), nullable=False),
        sa.Column("lot", sa.String(200)),
        sa.Column("serial", sa.String(200)),
        sa.Column("expiry", sa.Date()),
        sa.Column("packages", sa.String(400), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "ordinal", name=op.f("pk_shipment_line")),
    )
    op.create_index("ix_shipment_line_order_number", "shipment_line", ["order_number"])
    _receipt_books()


def _receipt_books() -> None:
    op.create_table(
        "shipment_claim",
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("notice_id", Id(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("quantity", Exact(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "notice_id", "ordinal", name=op.f("pk_shipment_claim")),
    )
    op.create_index("ix_shipment_claim_notice_id", "shipment_claim", ["notice_id"])
    op.create_table(
        "received_transfer",
        sa.Column("transfer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("order_number", sa.String(64), nullable=False),
        sa.Column("document_id", Id()),
        sa.Column("noted_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_received_transfer")),
    )
    op.create_index("ix_received_transfer_document_id", "received_transfer", ["document_id"])
    op.create_index("ix_received_transfer_order_number", "received_transfer", ["order_number"])


def _no_receipts() -> None:
    for table in ("received_transfer", "shipment_claim", "shipment_line", "shipment"):
        op.drop_table(table)


def _invoices() -> None:
    op.create_table(
        "invoice",
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("facility", sa.String(32), nullable=False),
        sa.Column("supplier", sa.String(64), nullable=False),
        sa.Column("number", sa.String(200), nullable=False),
        sa.Column("type", sa.String(16), nullable=False),
        sa.Column("orders", Json, nullable=False),
        sa.Column("issued_on", sa.Date()),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("total", Exact()),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("match", Json),
        sa.Column("fingerprint", sa.String(64)),
        sa.Column("record_id", sa.Integer()),
        sa.Column("record_name", sa.String(64)),
        sa.Column("residual", Exact()),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("updated_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_invoice")),
    )
    op.create_index("ix_invoice_number", "invoice", ["number", "supplier"])
    op.create_index("ix_invoice_state", "invoice", ["state"])
    op.create_index("ix_invoice_record_id", "invoice", ["record_id"])
    op.create_table(
        "invoice_acceptance",
        sa.Column("id", Id(), nullable=False),
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("figures", Json, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("accepted_by", sa.String(128), nullable=False),
        sa.Column("accepted_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invoice_acceptance")),
    )
    op.create_index(op.f("ix_invoice_acceptance_document_id"), "invoice_acceptance", ["document_id"])


def _no_invoices() -> None:
    op.drop_table("invoice_acceptance")
    op.drop_table("invoice")
