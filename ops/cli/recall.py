"""``wardline recall``: everything about one lot, serial number or UDI, and a stop to its use."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

import click

from app import services
from app.flows.recall import Recalling, Sweep
from ops.cli.command import GroupWithDefault
from ops.cli.context import Context, pass_context
from ops.cli.story import facts

SEEN = ("occurred_at", "kind", "state", "facility", "where", "item", "quantity", "case", "document_id")
FIGURE = ("item", "location", "lot", "quantity", "reserved", "unit", "warehouse")
LISTED = ("id", "number", "item", "reason", "opened_at", "opened_by", "lifted_at", "lifted_by")
TITLES = {
    "in_flight": "in flight, without effect yet",
    "shipped": "on its way, by ship notices",
    "received": "received",
    "consumed": "consumed",
}


class _Recall(GroupWithDefault):
    """``wardline recall L-77`` sweeps."""

    default = "sweep"


@click.group(cls=_Recall)
def recall() -> None:
    """Find one lot, serial number or UDI in all flows (`recall LOT`), hold it, lift it."""


@recall.command()
@click.argument("number")
@click.option("--item", default="", help="The item's internal reference; else any item with this lot.")
@click.option("--hold", is_flag=True, help="Open a recall: what is in flight and what comes later is held.")
@click.option("--reason", default="", help="Why it is recalled; kept with the recall.")
@click.option("--quarantine", is_flag=True, help="Reserve its stock for each site's quarantine, with --hold.")
@pass_context
def sweep(context: Context, number: str, item: str, reason: str, *, hold: bool, quarantine: bool) -> None:
    """Show what is in flight, in stock, on its way, received and consumed of a lot, serial number or UDI."""
    if quarantine and not hold:
        raise click.UsageError("--quarantine goes with --hold")
    recalling = _recalling(context)
    wanted = recalling.sought(number, item)
    held, moved = None, []
    if hold:
        row, held = recalling.open(wanted, reason, context.actor)
        if quarantine:
            moved = recalling.quarantine(wanted, f"recall {row.id}")
    found = recalling.sweep(wanted)
    transfers = [asdict(transfer) for transfer in moved]
    context.output.json(asdict(found) | {"held": held, "quarantined": transfers})
    _print(context, found)
    if hold:
        context.output.say(f"\nThe recall is open; {held} documents are held for it.")
        context.output.table(transfers, ("name", "state", "id"), title="to quarantine, to be carried there")


@recall.command("list")
@click.option("--all", "lifted", is_flag=True, help="Lifted ones too.")
@pass_context
def list_(context: Context, *, lifted: bool) -> None:
    """List the recalls that are open."""
    with context.ledger.reading() as tx:
        rows = [facts(row, LISTED) for row in context.ledger.recalls.list(tx, lifted=lifted)]
    context.output.json({"recalls": rows})
    context.output.table(rows, LISTED, nothing="No recall is open.")


@recall.command()
@click.argument("recall_id", metavar="ID", type=click.UUID)
@pass_context
def lift(context: Context, recall_id: UUID) -> None:
    """End a recall; what was held for it goes on by itself."""
    released = _recalling(context).lift(recall_id, context.actor)
    context.output.json({"recall": str(recall_id), "released": released})
    context.output.say(f"The recall is lifted; {released} documents go on.")


def _recalling(context: Context) -> Recalling:
    built = services.build(context.settings)
    return Recalling(context.ledger, built.erp, built.setup, built.crosswalk)


def _print(context: Context, found: Sweep) -> None:
    out = context.output
    of = f" of item {found.sought.item}" if found.sought.item else ""
    out.say(f"{found.sought.number}{of}")
    for name, title in TITLES.items():
        rows: list[dict[str, Any]] = [asdict(seen) for seen in getattr(found, name)]
        out.table(rows, SEEN, title=title, nothing=f"nothing {title}")
    out.table([asdict(figure) for figure in found.stock], FIGURE, title="in stock", nothing="nothing in stock")
    if found.stock_as_of:
        out.note(f"Stock as Odoo had it at {found.stock_as_of:%Y-%m-%d %H:%M:%S} UTC.")
    if found.unread:
        out.note(f"{found.unread} messages are not read yet and may name it too; look again in a moment.")
    if not found.whole:
        out.note("More documents name it than are shown: the oldest are left out.")
