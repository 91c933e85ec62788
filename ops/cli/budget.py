"""``wardline budget``: what cost centres may spend, and what is committed of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import click

from app.errors import Issue, Rejected, WardlineError
from ops.cli.command import Group
from ops.cli.context import Context, pass_context

COLUMNS = ("cost_centre", "starts_on", "ends_on", "amount", "currency")
SHOWN = (*COLUMNS, "committed", "left")


@click.group(cls=Group)
def budget() -> None:
    """Budgets of cost centres; orders commit them from the moment they are decided."""


@budget.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_context
def import_(context: Context, file: Path) -> None:
    """Bring budgets in from a CSV file with the columns cost_centre, starts_on, ends_on, amount, currency."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = list(_rows(csv.DictReader(stream)))
    except (OSError, UnicodeDecodeError) as error:
        raise WardlineError(f"{file} cannot be read as UTF-8 text", code="file.unreadable") from error
    with context.ledger.transaction() as tx:
        done = context.ledger.budgets.put(tx, rows, context.actor)
    context.output.json({"imported": done})
    context.output.say(f"{done} budgets are in.")


@budget.command()
@pass_context
def show(context: Context) -> None:
    """Show every budget, and what is left of it."""
    with context.ledger.reading() as tx:
        found = context.ledger.budgets.all(tx)
    shown: list[dict[str, Any]] = [
        {name: getattr(row, name) for name in COLUMNS} | {"committed": used, "left": row.amount - used}
        for row, used in found
    ]
    context.output.json({"budgets": shown})
    context.output.table(shown, SHOWN, nothing="There are no budgets, so none is counted.")


def _rows(reader: csv.DictReader[str]) -> Iterator[dict[str, Any]]:
    """The rows. Raises Rejected naming every faulty line."""
    if not set(COLUMNS) <= set(reader.fieldnames or ()):
        raise Rejected([Issue("budget.header", "line 1", f"the columns must be {', '.join(COLUMNS)}")])
    issues = []
    for cells in reader:
        try:
            yield {
                "cost_centre": cells["cost_centre"].strip(),
                "starts_on": date.fromisoformat(cells["starts_on"]),
                "ends_on": date.fromisoformat(cells["ends_on"]),
                "amount": Decimal(cells["amount"]),
                "currency": cells["currency"].strip(),
            }
        except (ValueError, InvalidOperation, AttributeError, TypeError):
            text = "a number and days as YYYY-MM-DD are expected"
            issues.append(Issue("budget.row", f"line {reader.line_num}", text))
    if issues:
        raise Rejected(issues)
