"""``wardline crosswalk``: the table that turns outside codes into ours, brought in, taken out and asked."""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from app import ids
from app.crosswalk.files import COLUMNS, read_csv, write_csv
from app.crosswalk.names import Names
from app.crosswalk.rows import ANY, KINDS, CrosswalkRow
from app.crosswalk.store import CrosswalkStore
from app.errors import Held, WardlineError
from app.model.gtin import gtin14
from app.model.item import SCHEMES, Identifier
from ops.cli import options
from ops.cli.causes import meaning
from ops.cli.command import Group, found_problems
from ops.cli.context import Context, pass_context


@click.group(cls=Group)
def crosswalk() -> None:
    """What outside codes mean here: items, units and locations."""


@crosswalk.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@options.dry_run
@options.yes
@pass_context
def import_(context: Context, file: Path, *, dry_run: bool, yes: bool) -> None:
    """Bring the rows of a CSV file in: all of them, or none where one is wrong.

    An empty target retires a row; rows that are not in the file stay as they are.
    """
    try:
        entries = read_csv(file)
    except (OSError, UnicodeDecodeError) as error:
        raise WardlineError(f"{file} cannot be read as UTF-8 text", code="file.unreadable") from error
    store = _store(context)
    plan = store.import_rows(entries, context.actor, dry_run=True)
    if not dry_run:
        touched = plan.added + plan.changed + plan.retired
        context.agree(touched, f"add {plan.added}, change {plan.changed}, retire {plan.retired} rows", yes=yes)
        plan = store.import_rows(entries, context.actor)
    context.output.json({"dry_run": dry_run, **asdict(plan)})
    context.output.fields(asdict(plan), title="would be imported; nothing was changed" if dry_run else "imported")
    if not dry_run:
        context.output.note("Documents that waited for these rows: see `wardline holds list`, then release them.")


@crosswalk.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, writable=True, path_type=Path))
@pass_context
def export(context: Context, file: Path | None) -> None:
    """Write the current rows as CSV, to FILE or to standard output, in the form that import takes."""
    store = _store(context)
    with context.ledger.reading() as tx:
        rows = store.rows(tx)
    if file:
        _write(rows, file)
        context.output.json({"rows": len(rows), "file": str(file)})
        context.output.note(f"{len(rows)} rows written to {file}")
    elif context.output.machine:
        context.output.json({"rows": [_told(row) for row in rows]})
    else:
        write_csv(rows, sys.stdout)


@crosswalk.command()
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("code")
@click.option("--facility", required=True, help="The site that uses the code.")
@click.option("--scheme", type=click.Choice(SCHEMES), help="The scheme of an item's code; else any.")
@click.option("--item", default="", help="The item (its target) that a unit is asked for.")
@click.option("--on", type=options.Moment(), help="The day that counts; else today.")
@pass_context
def lookup(context: Context, /, kind: str, code: str, facility: str, **chosen: Any) -> None:
    """Say what a code means at a facility, as a document would be resolved, and which rows there are."""
    codes = {code, gtin14(code) or code} if kind == "item" else {code}
    with context.ledger.reading() as tx:
        known = [row for row in _store(context).rows(tx, codes) if row.kind == kind and row.facility in (facility, ANY)]
    at: datetime = chosen["on"] or ids.now()
    names = Names(known, facility, at.date())
    try:
        used = _ask(names, kind, codes, chosen["scheme"], chosen["item"])
    except Held as held:
        context.output.json({"found": None, "cause": held.cause, "hint": held.hint, "rows": [_told(r) for r in known]})
        context.output.table([_told(row) for row in known], (*COLUMNS, "version"))
        context.output.say(f"{meaning(held.cause)}: {held.subject}\n{held.hint}")
        found_problems()
    rows = [_told(row) | {"used": row in used} for row in known]
    context.output.json({"found": _told(used[0]), "rows": rows})
    context.output.table(rows, ("used", *COLUMNS, "version"))


def _write(rows: list[CrosswalkRow], file: Path) -> None:
    try:
        with file.open("w", encoding="utf-8", newline="") as stream:
            write_csv(rows, stream)
    except OSError as error:
        raise WardlineError(f"{file} cannot be written: {error.strerror}", code="file.unwritable") from error


def _ask(names: Names, kind: str, codes: set[str], scheme: str | None, item: str) -> list[CrosswalkRow]:
    if kind == "item":
        schemes = [scheme] if scheme else SCHEMES
        return names.item([Identifier(name, code) for name in schemes for code in sorted(codes)])
    code = next(iter(codes))
    return [names.unit(code, item) if kind == "unit" else names.location(code)]


def _store(context: Context) -> CrosswalkStore:
    return CrosswalkStore(context.ledger.database, context.ledger.audit)


def _told(row: CrosswalkRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in (*COLUMNS, "version")}
