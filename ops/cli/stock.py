"""``wardline stock``: what all sites have, how old the figures are, and how long it lasts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from app.flows.stock_view import STALE_SECONDS, view
from app.ledger.levels import Where
from ops.cli import options
from ops.cli.command import Group
from ops.cli.context import Context, pass_context

LISTED = ("item", "location", "lot", "quantity", "reserved", "unit", "days_of_supply", "facility")


@click.group(cls=Group)
def stock() -> None:
    """What all sites have, as Odoo last told it."""


@stock.command()
@click.option("--item", help="The item's internal reference.")
@click.option("--site", help="The facility.")
@click.option("--location", help="The complete name of a place; it and all below it.")
@click.option("--lot", help="A lot or serial number.")
@options.limit(100)
@pass_context
def show(
    context: Context, item: str | None, site: str | None, location: str | None, lot: str | None, limit: int
) -> None:
    """Show stock by item, place and lot, in base units."""
    where = Where(item, site, location, lot)
    with context.ledger.reading() as tx:
        watch = context.ledger.levels.watch(tx)
        rows: list[dict[str, Any]] = [asdict(one) for one in view(tx, context.ledger, where, limit)]
    context.output.json({"as_of": watch.seen_at, "age_seconds": watch.age_seconds, "stock": rows})
    context.output.table(rows, LISTED, nothing="No place holds any.")
    context.output.note(_age(watch.age_seconds))
    if len(rows) == limit:
        context.output.note(f"There may be more; add --limit {limit * 2}, or ask for an item or a place.")


def _age(seconds: float | None) -> str:
    if seconds is None:
        return "Odoo was never asked: is the clock running (`wardline jobs list`)?"
    told = f"As Odoo had it {seconds:.0f} seconds ago."
    return told if seconds <= STALE_SECONDS else f"{told} That is OLD: see `wardline jobs list` and `wardline doctor`."
