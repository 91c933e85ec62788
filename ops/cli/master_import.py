"""``wardline master import``: a file of items into Odoo, however long it is."""

from __future__ import annotations

import csv
from collections import Counter
from dataclasses import asdict
from functools import partial
from pathlib import Path

import click

from app import ids, services
from app.errors import NotFound, Rejected, WardlineError
from app.flows.item_import import ItemImport, Outcome
from app.model.channel import Profile
from app.model.item_record import ItemRecord
from app.standards import by_name
from ops.cli import options
from ops.cli.command import Command
from ops.cli.context import Context, pass_context

COLUMNS = ("row", "reference", "outcome", "detail")
FINE = ("created", "changed", "unchanged")


@click.command("import", cls=Command)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--channel", "name", required=True, help="The channel whose word the file is.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="A CSV file of what was not put.")
@options.yes
@pass_context
def import_(context: Context, file: Path, name: str, report: Path | None, *, yes: bool) -> None:
    """Put the items of a file into Odoo. What is as it was costs nothing, and a run that broke off may be repeated.

    Status 1 where rows were left out: disputed, ambiguous, or refused by Odoo; the table says which and why.
    """
    _ = context.ledger  # sure to have this version's schema
    made = services.build(context.settings)
    channel = made.channels.get(name)
    if channel is None:
        raise NotFound(f"there is no channel {name}", code="channel.unknown")
    profile = Profile(channel, partial(ids.pseudonym, context.settings.pepper.encode()))
    reading = by_name(channel.standard).read(file.read_bytes(), profile)
    records = [one for one in reading.documents if isinstance(one, ItemRecord)]
    if not records:
        raise Rejected(reading.issues, code="import.no_items")
    context.agree(len(records), f"put {len(records)} items into Odoo", yes=yes)
    outcomes: list[Outcome] = []
    importing = ItemImport(made.ledger, made.erp, made.crosswalk, channel, context.actor)
    with context.output.progress("items", len(records)) as told:
        for some in importing.run(records):
            outcomes += some
            told(len(outcomes))
    _tell(context, outcomes, report, len(reading.issues))


def _tell(context: Context, outcomes: list[Outcome], report: Path | None, unreadable: int) -> None:
    counts = dict(Counter(one.outcome for one in outcomes)) | ({"unreadable": unreadable} if unreadable else {})
    left = [asdict(one) for one in sorted(outcomes, key=lambda one: one.row) if one.outcome not in FINE]
    if report is not None:
        with report.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(left)
    context.output.json({"outcomes": counts, "left_out": left})
    context.output.fields(counts, title="items")
    context.output.table(left[:50], COLUMNS, title="left out", nothing="Nothing was left out.")
    if left or unreadable:
        raise WardlineError(f"{len(left) + unreadable} rows were left out", code="import.incomplete")
