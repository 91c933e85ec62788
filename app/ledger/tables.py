"""The tables of the ledger; every other module of this package works on them.

Metadata stays, bodies expire: what arrived and what was read out of it lie encrypted in ``body``. ``work`` holds only
what is still to be done, so that the cost of finding it does not grow with the ledger.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from app.ledger.columns import Exact, Id, Instant, Json

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_UNDELIVERED = text("delivery IN ('due', 'sending', 'in_doubt', 'failed')")

message = Table(
    "message",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", String(64), nullable=False),
    Column("facility", String(32), nullable=False),
    Column("standard", String(16), nullable=False),
    Column("message_type", String(64), nullable=False),
    Column("version", String(16)),
    Column("sender", String(200), nullable=False),
    Column("control_id", String(200)),
    Column("fingerprint", String(64), nullable=False),
    Column("content_type", String(100), nullable=False),
    Column("size", Integer, nullable=False),
    Column("principal", String(128), nullable=False),
    Column("trace_id", String(32), nullable=False),
    Column("lane", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("mapping", String(64)),
    Column("answers", String(200)),
    Column("error_code", String(64)),
    Column("error", Text),
    Column("received_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Index("ix_message_control_id", "control_id"),
    Index("ix_message_received_at", "received_at", "id"),
    Index("ix_message_state_received_at", "state", "received_at"),
)

message_key = Table(
    "message_key",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("key", String(420), primary_key=True),
    Column("message_id", Id, nullable=False),
    Column("fingerprint", String(64), nullable=False),
)

body = Table(
    "body",
    metadata,
    Column("owner_id", Id, primary_key=True),
    Column("key_id", String(32), nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

document = Table(
    "document",
    metadata,
    Column("id", Id, primary_key=True),
    Column("message_id", Id, nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("facility", String(32), nullable=False),
    Column("lane", String(16), nullable=False),
    Column("identity", String(64), unique=True),
    Column("fingerprint", String(64), nullable=False),
    Column("mapping", String(64), nullable=False),
    Column("blocked_by", Id, index=True),
    Column("occurred_at", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("settled_at", Instant),
)

business_key = Table(
    "business_key",
    metadata,
    Column("value", String(200), primary_key=True),
    Column("kind", String(32), primary_key=True),
    Column("document_id", Id, primary_key=True, index=True),
)

posting = Table(
    "posting",
    metadata,
    Column("id", Id, primary_key=True),
    Column("document_id", Id, nullable=False, index=True),
    Column("key", String(100), nullable=False, unique=True),
    Column("operation", String(32), nullable=False),
    Column("partition", String(300), nullable=False),
    Column("lane", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("effect", Json, nullable=False),
    Column("alone", Boolean, nullable=False, default=False),
    Column("batch_id", Id, index=True),
    Column("error_code", String(64)),
    Column("created_at", Instant, nullable=False),
    Column("posted_at", Instant),
)

batch = Table(
    "batch",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(100), nullable=False, unique=True),
    Column("operation", String(32), nullable=False),
    Column("partition", String(300), nullable=False),
    Column("lane", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("movement", Json, nullable=False),
    Column("sends", Integer, nullable=False, default=0),
    Column("unanswered", Integer, nullable=False, default=0),
    Column("record_model", String(64)),
    Column("record_id", BigInteger),
    Column("record_name", String(64), index=True),
    Column("error_code", String(64)),
    Column("created_at", Instant, nullable=False),
    Column("settled_at", Instant),
)

work = Table(
    "work",
    metadata,
    Column("id", Id, primary_key=True),
    Column("stage", String(16), nullable=False),
    Column("lane", String(16), nullable=False),
    Column("partition", String(300), nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("due_at", Instant, nullable=False),
    Column("since", Instant, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("interruptions", Integer, nullable=False, default=0),
    Column("lease_token", Id),
    UniqueConstraint("stage", "subject_id"),
    Index("ix_work_stage_lane_due_at", "stage", "lane", "due_at"),
    Index("ix_work_stage_partition_lane_due_at", "stage", "partition", "lane", "due_at"),
)

partition_lease = Table(
    "partition_lease",
    metadata,
    Column("partition", String(300), primary_key=True),
    Column("token", Id, nullable=False),
    Column("until", Instant, nullable=False),
    Column("lane", String(16)),
)

attempt = Table(
    "attempt",
    metadata,
    Column("id", Id, primary_key=True),
    Column("stage", String(16), nullable=False),
    Column("subject_id", Id, nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("worker", String(100), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("finished_at", Instant),
    Column("outcome", String(16)),
    Column("error_code", String(64)),
)

hold = Table(
    "hold",
    metadata,
    Column("id", Id, primary_key=True),
    Column("document_id", Id, nullable=False, index=True),
    Column("facility", String(32), nullable=False),
    Column("cause", String(32), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("hint", Text, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("released_at", Instant),
    Column("released_by", String(64)),
    Column("resolution", String(16)),
    Index(
        "ix_hold_open",
        "cause",
        "subject",
        sqlite_where=text("released_at IS NULL"),
        postgresql_where=text("released_at IS NULL"),
    ),
)

dead_letter = Table(
    "dead_letter",
    metadata,
    Column("id", Id, primary_key=True),
    Column("stage", String(16), nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("message_id", Id, nullable=False, index=True),
    Column("facility", String(32), nullable=False),
    Column("lane", String(16), nullable=False),
    Column("error_code", String(64), nullable=False),
    Column("error", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("died_at", Instant, nullable=False),
    Column("requeued_at", Instant),
    Column("requeued_by", String(64)),
    Index(
        "ix_dead_letter_open",
        "died_at",
        sqlite_where=text("requeued_at IS NULL"),
        postgresql_where=text("requeued_at IS NULL"),
    ),
)

crosswalk = Table(
    "crosswalk",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("facility", String(32), nullable=False),
    Column("scheme", String(32), nullable=False),
    Column("code", String(200), nullable=False),
    Column("item", String(64), nullable=False),
    Column("target", String(200), nullable=False),
    Column("factor", Exact),
    Column("consumption_location", String(200)),
    Column("criticality", String(16)),
    Column("valid_from", Date),
    Column("valid_to", Date),
    Column("version", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("created_by", String(64), nullable=False),
    Column("superseded_at", Instant),
    Index(
        "ix_crosswalk_current",
        "code",
        "kind",
        sqlite_where=text("superseded_at IS NULL"),
        postgresql_where=text("superseded_at IS NULL"),
    ),
)

circuit = Table(
    "circuit",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("failures", Integer, nullable=False),
    Column("error_code", String(64)),
    Column("opened_at", Instant),
    Column("probe_at", Instant),
)

bell = Table(
    "bell",
    metadata,
    Column("stage", String(16), primary_key=True),
    Column("lane", String(16), primary_key=True),
    Column("rung", BigInteger, nullable=False),
    Column("heard", BigInteger, nullable=False),
    Column("rung_at", Instant),
)

interchange_number = Table(
    "interchange_number",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column("last", BigInteger, nullable=False),
)

interchange = Table(
    "interchange",
    metadata,
    Column("id", Id, primary_key=True),
    Column("channel", String(64), nullable=False),
    Column("answered_on", String(64), nullable=False),
    Column("facility", String(32), nullable=False),
    Column("standard", String(16), nullable=False),
    Column("message_type", String(64), nullable=False),
    Column("control_number", BigInteger, nullable=False),
    Column("control_id", String(200), nullable=False),
    Column("document_id", Id, index=True),
    Column("state", String(16), nullable=False),
    Column("written_at", Instant, nullable=False),
    Column("response_due_at", Instant),
    Column("answered_at", Instant),
    Column("answered_by", Id),
    Column("posting_id", Id, index=True),
    Column("content_type", String(100)),
    Column("delivery", String(16)),
    Column("delivery_code", String(64)),
    Column("sends", Integer, nullable=False, default=0, server_default="0"),
    Column("sent_at", Instant),
    Column("receipt", String(200)),
    UniqueConstraint("channel", "control_number"),
    Index("ix_interchange_answer", "answered_on", "control_id"),
    Index("ix_interchange_number", "answered_on", "control_number"),
    Index("ix_interchange_due", "state", "response_due_at"),
    Index("ix_interchange_undelivered", "delivery", sqlite_where=_UNDELIVERED, postgresql_where=_UNDELIVERED),
)

audit_event = Table(
    "audit_event",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("message_id", Id, index=True),
    Column("document_id", Id),
    Column("detail", Json, nullable=False),
    Column("seq", BigInteger, unique=True),
    Column("digest", String(64)),
    Index("ix_audit_event_unsealed", "id", sqlite_where=text("seq IS NULL"), postgresql_where=text("seq IS NULL")),
)

api_key = Table(
    "api_key",
    metadata,
    Column("prefix", String(16), primary_key=True),
    Column("name", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("scopes", Json, nullable=False),
    Column("facilities", Json, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("person", String(64)),
)
