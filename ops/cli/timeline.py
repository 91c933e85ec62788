"""A message's timeline in characters that any terminal has; used by ``messages trace``.

Each entry is an event of the audit trail, told in one line; the crosswalk rows that a document was resolved with
stand below theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Row

from app.ledger.search import Story
from ops.cli.causes import meaning
from ops.cli.story import MESSAGE, facts, told
from ops.output import counted, word

Detail = Mapping[str, Any]


def timeline(story: Story) -> list[dict[str, Any]]:
    """What happened, in order: when, who, what, to which document, and in words."""
    ordinals = {row.id: row.ordinal for row in story.documents}
    return [
        {
            "at": event.at,
            "actor": event.actor,
            "action": event.action,
            "document": ordinals.get(event.document_id),
            "text": _text(event),
            "detail": event.detail,
        }
        for event in story.events
    ]


def traced(story: Story) -> dict[str, Any]:
    """One message's part of the JSON form of a trace."""
    return {
        "message": facts(story.message, MESSAGE),
        "timeline": timeline(story),
        "documents": told(story)["documents"],
    }


def drawn(story: Story) -> Iterator[str]:
    """The timeline, line by line."""
    message = story.message
    yield f"message {message.id}  {message.state}"
    yield f"  from     {_source(message)}"
    yield f"  trace    {message.trace_id}, lane {message.lane}, facility {message.facility}"
    for entry in timeline(story):
        which = f"document {entry['document']} " if entry["document"] else ""
        since = _since(message.received_at, entry["at"])
        yield f"  {_mark(entry['action'])} {word(entry['at'])} {since:>10}  {which}{entry['text']} ({entry['actor']})"
        yield from (f"  |{'':34}{row}" for row in _rows(entry["detail"]))
    yield from _effects(story)


def _source(message: Row[Any]) -> str:
    kind = " ".join(filter(None, (message.standard, message.message_type, message.version)))
    control = f", control id {message.control_id}" if message.control_id else ""
    return f"{message.sender or 'unnamed sender'} on channel {message.channel}: {kind}{control}, {message.size} bytes"


def _effects(story: Story) -> Iterator[str]:
    batches = {batch.id: batch for batch in story.batches}
    for row in story.postings:
        effect, batch = row.effect, batches.get(row.batch_id)
        lot = f" lot {effect['lot']}" if effect.get("lot") else ""
        item, place = effect.get("item"), effect.get("stock_location")
        yield f"  => {row.operation} {effect.get('quantity')} x {item}{lot} at {place}"
        where = f" as {batch.record_name} ({batch.record_model} {batch.record_id})" if batch and batch.record_id else ""
        key = f", external id wardline.{batch.key}" if batch else ""
        yield f"     {row.state}{where}{key}"


def _since(start: datetime, at: datetime) -> str:
    return f"+{max(0.0, (at - start).total_seconds()):.3f} s"


def _mark(action: str) -> str:
    if action.startswith(("dead_letter.buried", "message.rejected")):
        return "x"
    return "!" if action in ("document.held", "posting.in_doubt") else "o"


def _text(event: Row[Any]) -> str:
    tell = _TEXTS.get(event.action)
    detail = event.detail or {}
    if tell is None:
        return " ".join([event.action, *(f"{name}={word(value)}" for name, value in detail.items())])
    return tell(detail)


def _translated(detail: Detail) -> str:
    more = [f"{detail[name]} {name}" for name in ("conflicting", "repeated", "warnings") if detail.get(name)]
    return ", ".join([
        f"translated with {detail.get('mapping')}: {counted(detail.get('documents', 0), 'document')}",
        *more,
    ])


def _rows(detail: Detail) -> Iterator[str]:
    for row in detail.get("crosswalk", ()):
        yield f"{row['kind']} {row['code']} -> {row['target']} (crosswalk row, version {row['version']})"


def _record(detail: Detail) -> str:
    return f"{detail.get('record_name')} ({detail.get('model')} {detail.get('record_id')}), batch {detail.get('batch')}"


_TEXTS: Mapping[str, Callable[[Detail], str]] = {
    "message.accepted": lambda d: f"accepted on channel {d.get('channel')}",
    "message.repeated": lambda d: f"came again on channel {d.get('channel')} and was recognised",
    "message.rejected": lambda d: f"rejected: {d.get('error_code')}",
    "message.translated": _translated,
    "message.settled": lambda _: "settled: every document has come to its end",
    "document.held": lambda d: f"held: {meaning(d.get('cause', ''))} ({d.get('subject')})",
    "document.released": lambda _: "released to be resolved again",
    "document.cancelled": lambda _: "cancelled without any effect",
    "document.resolved": lambda d: f"resolved on lane {d.get('lane')}: {counted(d.get('postings', 0), 'posting')}",
    "document.blocked": lambda d: f"waits for document {d.get('blocked_by')}",
    "document.settled": lambda d: f"settled without a posting: {d.get('reason')}",
    "posting.posted": lambda d: f"posted as {_record(d)}",
    "posting.resolved": lambda d: f"found posted as {_record(d)}",
    "posting.in_doubt": lambda d: f"in doubt: {d.get('error_code')}, batch {d.get('batch')}",
    "batch.refused": lambda d: f"refused by Odoo: {d.get('error_code')}, batch {d.get('batch')}",
    "batch.revoked": lambda d: f"batch {d.get('batch')} was taken apart: {d.get('error_code')}",
    "dead_letter.buried": lambda d: f"dead at stage {d.get('stage')}: {d.get('error_code')}",
    "dead_letter.requeued": lambda d: f"requeued at stage {d.get('stage')}",
    "body.revealed": lambda _: "its body was looked at",
}
