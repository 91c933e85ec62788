"""``wardline messages``: find messages, see everything about one, follow a number through the house."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import click

from app.errors import NotFound
from app.ledger.audit import Event
from app.ledger.dead_letters import Filter
from app.ledger.search import MessageFilter
from ops.cli import options
from ops.cli.causes import meaning
from ops.cli.command import Group
from ops.cli.context import Context, pass_context
from ops.cli.spellings import find, spellings
from ops.cli.story import MESSAGE, facts, told
from ops.cli.timeline import drawn, traced

STATES = ("accepted", "translated", "settled", "rejected", "duplicate", "dead")
LISTED = ("received_at", "id", "state", "channel", "control_id", "error_code")


@click.group(cls=Group)
def messages() -> None:
    """Messages that arrived, and what became of them."""


@messages.command("list")
@click.option("--state", type=click.Choice(STATES))
@click.option("--channel")
@options.facility
@click.option("--key", help="A number of a message, event, item, lot, serial, case, batch or transfer.")
@options.since_until("Received")
@options.limit(50)
@click.option("--before", type=click.UUID, help="Page on: messages older than the one with this id.")
@pass_context
def list_(context: Context, /, key: str | None, limit: int, **chosen: Any) -> None:
    """List messages, the newest first."""
    wanted = MessageFilter(
        state=chosen["state"],
        channel=chosen["channel"],
        facility=chosen["facility"],
        received_after=chosen["since"],
        received_before=chosen["until"],
        before_id=chosen["before"],
        key=key and _known_spelling(context, key),
    )
    with context.ledger.reading() as tx:
        rows = [facts(row, MESSAGE) for row in context.ledger.search.messages(tx, wanted, limit)]
    following = rows[-1]["id"] if len(rows) == limit else None
    context.output.json({"messages": rows, "next": following})
    context.output.table(rows, LISTED, nothing="No message matches.")
    context.output.note(f"There may be more: add --before {following}" if following else "")


@messages.command()
@click.argument("message_id", metavar="ID", type=click.UUID)
@click.option("--body", is_flag=True, help="Print what arrived too; that is written into the audit trail.")
@pass_context
def show(context: Context, message_id: UUID, *, body: bool) -> None:
    """Show everything about one message but its body."""
    ledger = context.ledger
    with ledger.reading() as tx:
        story = ledger.search.story(tx, message_id)
        dead = ledger.dead_letters.list(tx, Filter(message_id=message_id))
    if story is None:
        raise NotFound(f"there is no message {message_id}", code="message.unknown")
    content = _reveal(context, message_id) if body else None
    result = told(story, dead)
    context.output.json(result | ({"body": _encoded(content)} if content is not None else {}))
    _print(context, result)
    if content is not None:
        text = content.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
        context.output.say(f"\nbody\n{text}")


@messages.command()
@click.argument("key")
@click.option("--limit", type=click.IntRange(1, 200), default=20, show_default=True, help="Most messages told.")
@pass_context
def trace(context: Context, key: str, limit: int) -> None:
    """Follow a number: of a message, event, item, lot, serial, case, batch or transfer."""
    ledger = context.ledger
    with ledger.reading() as tx:
        found = find(ledger, tx, key, context.settings.pepper)
        stories = [story for message_id in found[:limit] if (story := ledger.search.story(tx, message_id))]
    if not stories:
        hint = "Write the number as the sender does; `wardline messages list` shows what arrived at all."
        raise NotFound("no message has this number", code="number.unknown", hint=hint)
    context.output.json({"found": len(found), "traces": [traced(story) for story in stories]})
    for story in stories:
        context.output.say("\n".join([*drawn(story), ""]))
    if len(found) > limit:
        context.output.note(f"{len(found) - limit} older messages have this number too; add --limit {len(found)}")


def _known_spelling(context: Context, key: str) -> str:
    ledger = context.ledger
    with ledger.reading() as tx:
        return next((s for s in spellings(key, context.settings.pepper) if ledger.search.find(tx, s, 1)), key)


def _reveal(context: Context, message_id: UUID) -> bytes:
    """The body; that somebody saw it is in the audit trail before it is shown."""
    ledger = context.ledger
    with ledger.transaction() as tx:
        content = ledger.bodies.of(tx, message_id)
        ledger.audit.append(tx, [Event("body.revealed", context.actor, message_id)])
    return content


def _encoded(content: bytes) -> dict[str, str]:
    return {"encoding": "base64", "content": base64.b64encode(content).decode()}


def _print(context: Context, result: dict[str, Any]) -> None:
    context.output.fields(result["message"], title="message")
    for title, rows, columns in _tables(result):
        if rows:
            context.output.table(rows, columns, title=title)


def _tables(result: dict[str, Any]) -> Iterator[tuple[str, list[dict[str, Any]], tuple[str, ...]]]:
    """Title, rows and columns of everything that belongs to a message."""
    documents = result["documents"]
    yield "documents", documents, ("ordinal", "id", "kind", "state", "lane", "occurred_at")
    holds = [_of(document, hold) | {"meaning": meaning(hold["cause"])} for document, hold in _each(documents, "holds")]
    columns: tuple[str, ...] = (
        "document",
        "meaning",
        "subject",
        "opened_at",
        "resolution",
        "released_by",
        "released_at",
        "hint",
    )
    yield "holds", holds, columns
    postings = [_of(document, _recorded(posting)) for document, posting in _each(documents, "postings")]
    columns = ("document", "operation", "quantity", "item", "lot", "stock_location", "state", "record", "odoo_key")
    yield "postings", postings, columns
    attempts = [_timed(attempt) for attempt in result["attempts"]]
    yield "attempts", attempts, ("stage", "number", "started_at", "took", "outcome", "error_code", "worker")
    yield "dead letters", result["dead_letters"], ("id", "stage", "error_code", "attempts", "died_at", "hint")


def _each(documents: list[dict[str, Any]], what: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    return ((document, thing) for document in documents for thing in document[what])


def _of(document: dict[str, Any], thing: dict[str, Any]) -> dict[str, Any]:
    return thing | {"document": document["ordinal"]}


def _recorded(posting: dict[str, Any]) -> dict[str, Any]:
    if (batch := posting["batch"]) is None:
        return posting | {"record": None, "odoo_key": None}
    record = f"{batch['record_name']} ({batch['record_model']} {batch['record_id']})" if batch["record_id"] else None
    return posting | {"record": record, "odoo_key": f"wardline.{batch['key']}"}


def _timed(attempt: dict[str, Any]) -> dict[str, Any]:
    end = attempt["finished_at"]
    return attempt | {"took": f"{(end - attempt['started_at']).total_seconds():.3f} s" if end else None}
