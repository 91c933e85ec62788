"""``wardline interchanges``: what was written for partners, whether they have it, and what they answered."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy.engine import Row

from app import channels, ids
from app.errors import NotFound
from app.flows.outbound import Outbound
from app.ledger import deliveries
from app.ledger.interchanges import STATES
from ops.cli import options
from ops.cli.command import Group
from ops.cli.context import Context, pass_context
from ops.cli.story import facts

LISTED = (
    "state",
    "delivery",
    "channel",
    "message_type",
    "control_id",
    "written_at",
    "sent_at",
    "response_due_at",
    "id",
)
SHOWN = (
    *LISTED, "answered_at", "standard", "control_number", "answered_on", "facility", "document_id", "answered_by",
    "delivery_code", "sends", "receipt", "posting_id",
)  # fmt: skip


@click.group(cls=Group)
def interchanges() -> None:
    """What was written for partners.

    Each has a control number of its own and, where the channel says so, waits for the partner's answer.
    """


@interchanges.command("list")
@click.option("--state", type=click.Choice(STATES))
@click.option("--delivery", type=click.Choice(deliveries.STATES))
@click.option("--channel")
@options.limit(50)
@pass_context
def list_(context: Context, state: str | None, delivery: str | None, channel: str | None, limit: int) -> None:
    """List the newest ones.

    ``--state overdue`` are those whose answer is missing, ``--delivery in_doubt`` those of which nobody knows whether
    the partner has them.
    """
    with context.ledger.reading() as tx:
        chosen = {"state": state, "delivery": delivery, "channel": channel}
        rows = context.ledger.interchanges.list(tx, **chosen, limit=limit)
    shown = [facts(row, LISTED) for row in rows]
    context.output.json({"interchanges": shown})
    context.output.table(shown, LISTED, nothing="Nothing was written for partners.")


@interchanges.command()
@click.argument("interchange_id", type=click.UUID)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write its bytes to.")
@pass_context
def show(context: Context, interchange_id: UUID, out: Path | None) -> None:
    """Show one of them."""
    with context.ledger.reading() as tx:
        row = _known(context, tx, interchange_id)
        if out:
            out.write_bytes(context.ledger.bodies.of(tx, interchange_id))
    context.output.json({"interchange": facts(row, SHOWN)})
    context.output.fields(facts(row, SHOWN), title="interchange")


@interchanges.command()
@click.argument("document_id", type=click.UUID)
@click.argument("channel")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The file to write it to.")
@click.option("--test", is_flag=True, help="Mark the message as a test for the partner.")
@pass_context
def write(context: Context, document_id: UUID, channel: str, out: Path | None, *, test: bool) -> None:
    """Write a document of the ledger for the partner behind a channel.

    The message is read back and compared before it is kept. Sending it is the caller's business.
    """
    configured = channels.load(context.settings.channels_file)
    pseudonym = partial(ids.pseudonym, context.settings.pepper.encode())
    kept, written = Outbound(context.ledger, configured, pseudonym).write(document_id, channel, test=test)
    if out:
        out.write_bytes(written.body)
    told: dict[str, Any] = {"interchange": str(kept), "message_type": written.message_type}
    told |= {"control_id": written.control_id, "bytes": len(written.body), "file": str(out) if out else None}
    context.output.json(told)
    context.output.fields(told, title="written")


@interchanges.command()
@click.argument("interchange_id", type=click.UUID)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def resend(context: Context, interchange_id: UUID, *, yes: bool) -> None:
    """Send the same bytes once more, under the same control number.

    For what the partner says it does not have. Ask it first: a partner that has it and keeps copies has it twice then.
    """
    with context.ledger.reading() as tx:
        row = _known(context, tx, interchange_id)
    _agreed(context, f"send {row.message_type} {row.control_id} to {row.channel} again", yes=yes)
    with context.ledger.transaction() as tx:
        context.ledger.deliveries.resend(tx, _known(context, tx, interchange_id), context.actor)
    context.output.json({"interchange": str(interchange_id), "delivery": "due"})
    context.output.say(f"{row.message_type} {row.control_id} goes to {row.channel} again.")


@interchanges.command()
@click.argument("interchange_id", type=click.UUID)
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def delivered(context: Context, interchange_id: UUID, *, yes: bool) -> None:
    """Settle a delivery in doubt: the partner says that it has it."""
    with context.ledger.reading() as tx:
        row = _known(context, tx, interchange_id)
    _agreed(context, f"note that {row.channel} has {row.message_type} {row.control_id}", yes=yes)
    channel = channels.load(context.settings.channels_file).get(row.channel)
    with context.ledger.transaction() as tx:
        context.ledger.deliveries.delivered(tx, _known(context, tx, interchange_id), channel, context.actor)
    context.output.json({"interchange": str(interchange_id), "delivery": "sent"})
    context.output.say(f"{row.channel} has {row.message_type} {row.control_id}.")


def _agreed(context: Context, deed: str, *, yes: bool) -> None:
    """Make sure that somebody wants it. Raises UsageError where nobody can be asked, Abort for a no."""
    if yes:
        return
    if context.output.machine or not sys.stdin.isatty():
        raise click.UsageError(f"this would {deed}; add --yes to do it")
    click.confirm(f"This will {deed}. Go on?", abort=True, err=True)


def _known(context: Context, tx: Any, interchange_id: UUID) -> Row[Any]:
    row = context.ledger.interchanges.get(tx, interchange_id)
    if row is None:
        raise NotFound("there is no such interchange", code="interchange.unknown")
    return row
