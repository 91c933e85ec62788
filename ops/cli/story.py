"""The story of a message as plain values, the same for JSON and for tables; content is never among them.

Used by ``messages show`` and ``messages trace``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.engine import Row

from app.ledger.search import Story

MESSAGE = (
    "id", "state", "channel", "facility", "lane", "standard", "message_type", "version", "sender", "control_id",
    "principal", "trace_id", "content_type", "size", "fingerprint", "mapping", "error_code", "error", "received_at",
    "settled_at",
)  # fmt: skip
DOCUMENT = ("id", "ordinal", "kind", "state", "lane", "mapping", "blocked_by", "occurred_at", "settled_at")
HOLD = ("cause", "subject", "hint", "opened_at", "released_at", "released_by", "resolution")
POSTING = ("id", "key", "operation", "state", "lane", "partition", "error_code", "posted_at")
EFFECT = ("item", "lot", "quantity", "stock_location", "consumption_location")
BATCH = ("id", "key", "state", "sends", "record_model", "record_id", "record_name", "error_code", "settled_at")
ATTEMPT = ("stage", "subject_id", "number", "worker", "started_at", "finished_at", "outcome", "error_code")
DEAD_LETTER = (
    "id", "stage", "lane", "facility", "error_code", "error", "hint", "attempts", "died_at", "message_id", "subject_id",
)  # fmt: skip


def facts(row: Row[Any], names: Iterable[str]) -> dict[str, Any]:
    """The named columns of a row."""
    return {name: getattr(row, name) for name in names}


def told(story: Story, dead_letters: Sequence[Row[Any]] = ()) -> dict[str, Any]:
    """Everything the ledger knows of a message, as plain values."""
    batches = {batch.id: facts(batch, BATCH) for batch in story.batches}
    documents = [facts(row, DOCUMENT) | _belongings(row, story, batches) for row in story.documents]
    return {
        "message": facts(story.message, MESSAGE),
        "documents": documents,
        "attempts": [facts(row, ATTEMPT) for row in story.attempts],
        "dead_letters": [facts(row, DEAD_LETTER) for row in dead_letters],
    }


def _belongings(document: Row[Any], story: Story, batches: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    holds = [facts(row, HOLD) for row in story.holds if row.document_id == document.id]
    postings = [row for row in story.postings if row.document_id == document.id]
    return {"holds": holds, "postings": [_posting(row, batches) for row in postings]}


def _posting(row: Row[Any], batches: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    effect = {name: row.effect.get(name) for name in EFFECT}
    return facts(row, POSTING) | effect | {"batch": batches.get(row.batch_id)}
