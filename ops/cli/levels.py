"""``wardline levels``: what each place should hold, brought in as a file and looked at."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from app.errors import WardlineError
from app.flows.level_files import read_levels
from ops.cli import options
from ops.cli.command import Group
from ops.cli.context import Context, pass_context

LISTED = (
    "item", "location", "reorder_point", "maximum", "pack", "lead_days", "criticality", "source", "planned", "holds",
)  # fmt: skip


@click.group(cls=Group)
def levels() -> None:
    """What each place should hold; Odoo's own reorder rules have precedence."""


@levels.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.dry_run
@options.yes
@pass_context
def import_(context: Context, file: Path, *, dry_run: bool, yes: bool) -> None:
    """Make the levels of a CSV file ours, in the place of all that we had.

    Columns: item, location, minimum, maximum, reorder_point, pack, lead_days, criticality.
    """
    try:
        new = read_levels(file)
    except (OSError, UnicodeDecodeError) as error:
        raise WardlineError(f"{file} cannot be read as UTF-8 text", code="file.unreadable") from error
    with context.ledger.reading() as tx:
        before = len(context.ledger.levels.levels(tx, source="own"))
    if not dry_run:
        context.agree(max(before, len(new)), f"replace {before} levels by {len(new)}", yes=yes)
        with context.ledger.transaction() as tx:
            context.ledger.levels.put(tx, new, "own", context.actor)
    told = {"dry_run": dry_run, "levels": len(new), "before": before}
    context.output.json(told)
    context.output.fields(told, title="would be imported; nothing was changed" if dry_run else "imported")


@levels.command()
@click.option("--item")
@click.option("--location")
@pass_context
def show(context: Context, item: str | None, location: str | None) -> None:
    """Show the levels of every source, and which of them holds."""
    with context.ledger.reading() as tx:
        known = context.ledger.levels.levels(tx, item, location)
        holding = {(level.item, level.location): level for level in context.ledger.levels.holding(tx)}
    rows = [asdict(level) | {"holds": holding[level.item, level.location] == level} for level in known]
    context.output.json({"levels": rows})
    context.output.table(rows, LISTED, nothing="No level is set; `wardline levels import` brings them in.")
