"""The ledger as it first was: messages, bodies, documents, postings, work, holds, crosswalk, audit."""

import sqlalchemy as sa
from alembic import op

from app.ledger.columns import Exact, Id, Instant, Json

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TABLES = (
    "api_key",
    "attempt",
    "audit_event",
    "batch",
    "bell",
    "body",
    "business_key",
    "circuit",
    "crosswalk",
    "dead_letter",
    "document",
    "hold",
    "message",
    "message_key",
    "partition_lease",
    "posting",
    "work",
)


def upgrade() -> None:
    _create_api_key()
    _create_attempt()
    _create_audit_event()
    _create_batch()
    _create_bell()
    _create_body()
    _create_business_key()
    _create_circuit()
    _create_crosswalk()
    _create_dead_letter()
    _create_document()
    _create_hold()
    _create_message()
    _create_message_key()
    _create_partition_lease()
    _create_posting()
    _create_work()


def downgrade() -> None:
    for name in reversed(TABLES):
        op.drop_table(name)


def _create_api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("scopes", Json, nullable=False),
        sa.Column("facilities", Json, nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("prefix", name=("pk_api_key")),
    )


def _create_attempt() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", Id(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("worker", sa.String(length=100), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("finished_at", Instant(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_attempt")),
    )
    op.create_index(("ix_attempt_subject_id"), "attempt", ["subject_id"], unique=False)


def _create_audit_event() -> None:
    op.create_table(
        "audit_event",
        sa.Column("id", Id(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("message_id", Id(), nullable=True),
        sa.Column("document_id", Id(), nullable=True),
        sa.Column("detail", Json, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_audit_event")),
        sa.UniqueConstraint("seq", name=("uq_audit_event_seq")),
    )
    op.create_index(("ix_audit_event_message_id"), "audit_event", ["message_id"], unique=False)
    op.create_index(
        "ix_audit_event_unsealed",
        "audit_event",
        ["id"],
        unique=False,
        sqlite_where=sa.text("seq IS NULL"),
        postgresql_where=sa.text("seq IS NULL"),
    )


def _create_batch() -> None:
    op.create_table(
        "batch",
        sa.Column("id", Id(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("operation", sa.String(length=32), nullable=False),
        sa.Column("partition", sa.String(length=300), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("movement", Json, nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("unanswered", sa.Integer(), nullable=False),
        sa.Column("record_model", sa.String(length=64), nullable=True),
        sa.Column("record_id", sa.BigInteger(), nullable=True),
        sa.Column("record_name", sa.String(length=64), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_batch")),
        sa.UniqueConstraint("key", name=("uq_batch_key")),
    )
    op.create_index("ix_batch_record_name", "batch", ["record_name"], unique=False)


def _create_bell() -> None:
    op.create_table(
        "bell",
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("rung", sa.BigInteger(), nullable=False),
        sa.Column("heard", sa.BigInteger(), nullable=False),
        sa.Column("rung_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("stage", "lane", name=("pk_bell")),
    )


def _create_body() -> None:
    op.create_table(
        "body",
        sa.Column("owner_id", Id(), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("nonce", sa.LargeBinary(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("owner_id", name=("pk_body")),
    )
    op.create_index(("ix_body_expires_at"), "body", ["expires_at"], unique=False)


def _create_business_key() -> None:
    op.create_table(
        "business_key",
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("document_id", Id(), nullable=False),
        sa.PrimaryKeyConstraint("value", "kind", "document_id", name=("pk_business_key")),
    )


def _create_circuit() -> None:
    op.create_table(
        "circuit",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("opened_at", Instant(), nullable=True),
        sa.Column("probe_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=("pk_circuit")),
    )


def _create_crosswalk() -> None:
    op.create_table(
        "crosswalk",
        sa.Column("id", Id(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("facility", sa.String(length=32), nullable=False),
        sa.Column("scheme", sa.String(length=32), nullable=False),
        sa.Column("code", sa.String(length=200), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.Column("factor", Exact(), nullable=True),
        sa.Column("consumption_location", sa.String(length=200), nullable=True),
        sa.Column("criticality", sa.String(length=16), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("created_by", sa.String(length=64), nullable=False),
        sa.Column("superseded_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_crosswalk")),
    )
    op.create_index(
        "ix_crosswalk_current",
        "crosswalk",
        ["code", "kind"],
        unique=False,
        sqlite_where=sa.text("superseded_at IS NULL"),
        postgresql_where=sa.text("superseded_at IS NULL"),
    )


def _create_dead_letter() -> None:
    op.create_table(
        "dead_letter",
        sa.Column("id", Id(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("message_id", Id(), nullable=False),
        sa.Column("facility", sa.String(length=32), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("died_at", Instant(), nullable=False),
        sa.Column("requeued_at", Instant(), nullable=True),
        sa.Column("requeued_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_dead_letter")),
    )
    op.create_index(("ix_dead_letter_message_id"), "dead_letter", ["message_id"], unique=False)
    op.create_index(
        "ix_dead_letter_open",
        "dead_letter",
        ["died_at"],
        unique=False,
        sqlite_where=sa.text("requeued_at IS NULL"),
        postgresql_where=sa.text("requeued_at IS NULL"),
    )


def _create_document() -> None:
    op.create_table(
        "document",
        sa.Column("id", Id(), nullable=False),
        sa.Column("message_id", Id(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("facility", sa.String(length=32), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.String(length=64), nullable=False),
        sa.Column("blocked_by", Id(), nullable=True),
        sa.Column("occurred_at", Instant(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_document")),
        sa.UniqueConstraint("identity", name=("uq_document_identity")),
    )
    op.create_index(("ix_document_blocked_by"), "document", ["blocked_by"], unique=False)
    op.create_index(("ix_document_message_id"), "document", ["message_id"], unique=False)


def _create_hold() -> None:
    op.create_table(
        "hold",
        sa.Column("id", Id(), nullable=False),
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("facility", sa.String(length=32), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("opened_at", Instant(), nullable=False),
        sa.Column("released_at", Instant(), nullable=True),
        sa.Column("released_by", sa.String(length=64), nullable=True),
        sa.Column("resolution", sa.String(length=16), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_hold")),
    )
    op.create_index(("ix_hold_document_id"), "hold", ["document_id"], unique=False)
    op.create_index(
        "ix_hold_open",
        "hold",
        ["cause", "subject"],
        unique=False,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
    )


def _create_message() -> None:
    op.create_table(
        "message",
        sa.Column("id", Id(), nullable=False),
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("facility", sa.String(length=32), nullable=False),
        sa.Column("standard", sa.String(length=16), nullable=False),
        sa.Column("message_type", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=True),
        sa.Column("sender", sa.String(length=200), nullable=False),
        sa.Column("control_id", sa.String(length=200), nullable=True),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=100), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("principal", sa.String(length=128), nullable=False),
        sa.Column("trace_id", sa.String(length=32), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("mapping", sa.String(length=64), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_message")),
    )
    op.create_index("ix_message_control_id", "message", ["control_id"], unique=False)
    op.create_index("ix_message_received_at", "message", ["received_at", "id"], unique=False)
    op.create_index("ix_message_state_received_at", "message", ["state", "received_at"], unique=False)


def _create_message_key() -> None:
    op.create_table(
        "message_key",
        sa.Column("channel", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=420), nullable=False),
        sa.Column("message_id", Id(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("channel", "kind", "key", name=("pk_message_key")),
    )


def _create_partition_lease() -> None:
    op.create_table(
        "partition_lease",
        sa.Column("partition", sa.String(length=300), nullable=False),
        sa.Column("token", Id(), nullable=False),
        sa.Column("until", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("partition", name=("pk_partition_lease")),
    )


def _create_posting() -> None:
    op.create_table(
        "posting",
        sa.Column("id", Id(), nullable=False),
        sa.Column("document_id", Id(), nullable=False),
        sa.Column("key", sa.String(length=100), nullable=False),
        sa.Column("operation", sa.String(length=32), nullable=False),
        sa.Column("partition", sa.String(length=300), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("effect", Json, nullable=False),
        sa.Column("alone", sa.Boolean(), nullable=False),
        sa.Column("batch_id", Id(), nullable=True),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("posted_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_posting")),
        sa.UniqueConstraint("key", name=("uq_posting_key")),
    )
    op.create_index(("ix_posting_batch_id"), "posting", ["batch_id"], unique=False)
    op.create_index(("ix_posting_document_id"), "posting", ["document_id"], unique=False)


def _create_work() -> None:
    op.create_table(
        "work",
        sa.Column("id", Id(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("lane", sa.String(length=16), nullable=False),
        sa.Column("partition", sa.String(length=300), nullable=False),
        sa.Column("subject_id", Id(), nullable=False),
        sa.Column("due_at", Instant(), nullable=False),
        sa.Column("since", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("interruptions", sa.Integer(), nullable=False),
        sa.Column("lease_token", Id(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=("pk_work")),
        sa.UniqueConstraint("stage", "subject_id", name=("uq_work_stage_subject_id")),
    )
    op.create_index("ix_work_stage_lane_due_at", "work", ["stage", "lane", "due_at"], unique=False)
    op.create_index(
        "ix_work_stage_partition_lane_due_at", "work", ["stage", "partition", "lane", "due_at"], unique=False
    )
