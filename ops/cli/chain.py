"""``wardline chain``: from the requisition to the invoice, by any number of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from app.errors import NotFound
from app.ledger.chain import Link
from ops.cli.causes import meaning
from ops.cli.command import Command
from ops.cli.context import Context, pass_context
from ops.cli.spellings import spellings
from ops.cli.story import facts
from ops.output import word

DOCUMENT = ("id", "message_id", "kind", "state", "facility", "lane", "occurred_at", "created_at", "settled_at")
HOLD = ("cause", "subject", "hint", "opened_at", "released_at", "released_by", "resolution")
RECORD = ("operation", "state", "record_model", "record_id", "record_name", "posted_at", "error_code")
APPROVAL = ("state", "requested_at", "decided_at", "decided_by")
INTERCHANGE = ("id", "channel", "message_type", "control_id", "state", "written_at", "answered_at")


@click.command(cls=Command)
@click.argument("value")
@pass_context
def chain(context: Context, value: str) -> None:
    """Show every document that belongs to VALUE, in order of time.

    VALUE is any number: of a requisition, order, notice, invoice, item, lot, serial, case or transfer.
    """
    with context.ledger.reading() as tx:
        found = context.ledger.chain.find(tx, list(spellings(value, context.settings.pepper)))
    if not found.links:
        hint = "Write the number as the sender does; `wardline messages list` shows what arrived at all."
        raise NotFound("no document has this number", code="number.unknown", hint=hint)
    context.output.json({"whole": found.whole, "documents": [_told(link) for link in found.links]})
    for link in found.links:
        context.output.say("\n".join(_drawn(link)))
    if not found.whole:
        context.output.note("There is more than this shows; ask by a number of the chain that is meant.")


def _told(link: Link) -> dict[str, Any]:
    return facts(link.document, DOCUMENT) | {
        "numbers": [{"kind": kind, "value": value} for kind, value in link.numbers],
        "holds": [facts(row, HOLD) for row in link.holds],
        "records": [facts(row, RECORD) for row in link.records],
        "approvals": [facts(row, APPROVAL) for row in link.approvals],
        "interchanges": [facts(row, INTERCHANGE) for row in link.interchanges],
    }


def _drawn(link: Link) -> Iterator[str]:
    row = link.document
    numbers = ", ".join(f"{kind.replace('_', ' ')} {value}" for kind, value in link.numbers)
    yield f"{word(row.occurred_at)}  {row.kind:<18} {row.state:<10} {row.facility:<6} {numbers}"
    for posting in link.records:
        record = f"{posting.record_model} {posting.record_name}" if posting.record_id else "not in Odoo"
        yield f"{'':22}{posting.operation}: {posting.state}, {record}"
    for hold in link.holds:
        ended = f"{hold.resolution} by {hold.released_by}" if hold.released_at else "open"
        yield f"{'':22}held: {meaning(hold.cause)} ({hold.subject}), {ended}"
    for need in link.approvals:
        yield f"{'':22}approval: {need.state}{f' by {need.decided_by}' if need.decided_by else ''}"
    for sent in link.interchanges:
        yield f"{'':22}to {sent.channel}: {sent.message_type} {sent.control_id}, {sent.state}"
