"""``wardline completeness``: what the sources count, what the ledger has, what Odoo has, and how to close the gaps."""

from __future__ import annotations

import csv
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from app import ids, services
from app.errors import Issue, Rejected, WardlineError
from app.flows.completeness import Completeness, Statement
from app.flows.finding import Finding
from ops.cli import options
from ops.cli.command import GroupWithDefault, found_problems
from ops.cli.context import Context, pass_context

_MOMENTS = ("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d")
COLUMNS = ("channel", "day", "count")
LISTED = (
    "channel", "source", "received", "rejected", "documents", "settled", "held", "open", "posted", "in_odoo",
    "differences",
)  # fmt: skip
SHOWN = ("channel", "what", "subject", "count", "text", "command")


class Day(click.ParamType[date]):
    """A day, ``YYYY-MM-DD``."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """The day that is meant."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day; write 2026-11-20", param, ctx)


_day = click.option("--day", type=Day(), help="The day, in each channel's own time zone; else yesterday.")
_channel = click.option("--channel", help="One channel; else all.")


class _Completeness(GroupWithDefault):
    """``wardline completeness`` alone states."""

    default = "state"


@click.group(cls=_Completeness)
def completeness() -> None:
    """State what is complete and what is not: source against ledger against Odoo."""


@completeness.command()
@_day
@_channel
@pass_context
def state(context: Context, day: date | None, channel: str | None) -> None:
    """State a day; what `completeness` alone does too. Status 1 where something is missing."""
    statements = _stated(context, day, channel)
    context.output.json({"statements": [_told(one) for one in statements]})
    context.output.table([_line(one) for one in statements], LISTED, nothing="No channel is set up.")
    shown = [asdict(d) | {"channel": one.channel} for one in statements for d in one.differences]
    context.output.table(shown, SHOWN, title="differences")
    if any(one.in_odoo is None for one in statements):
        context.output.note("Odoo does not answer; what it has could not be stated.")
    if shown:
        found_problems()


@completeness.command()
@_day
@_channel
@click.option("--orders", is_flag=True, help="Make orders and bills anew too that Odoo does not have any more.")
@options.yes
@pass_context
def recover(context: Context, day: date | None, channel: str | None, *, orders: bool, yes: bool) -> None:
    """Release, requeue and post again what can be recovered, through the normal road."""
    statements = _stated(context, day, channel)
    chosen = [d for one in statements for d in one.differences if d.command and (orders or "--orders" not in d.command)]
    context.agree(len(chosen) + 1 if chosen else 0, f"recover {len(chosen)} differences", yes=yes)
    done = _made(context).recover(statements, context.actor, orders=orders)
    context.output.json({"recovered": done})
    context.output.say(f"{done} differences are on their way; state the day again in a moment.")


@completeness.command()
@click.option("--since", type=click.DateTime(_MOMENTS), required=True, help="When the backup was begun, in UTC.")
@pass_context
def find(context: Context, since: datetime) -> None:
    """After a restore of the ledger: find what Odoo was given since the backup, so that it is not given twice.

    To be run before workers start and senders send again; it may be repeated.
    """
    built = services.build(context.settings)
    finds = Finding(context.ledger, built.erp).find(since.replace(tzinfo=UTC), context.actor)
    context.output.json(asdict(finds))
    context.output.say(
        f"{finds.transfers} transfers in Odoo are unknown here; {finds.events} of their events were noted."
    )
    if made := [*finds.orders, *finds.carried]:
        context.output.say(f"Unknown here, and found again when their requisitions are: {', '.join(made)}.")


@completeness.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@pass_context
def totals(context: Context, file: Path) -> None:
    """Bring in what senders count: a CSV file with the columns channel, day, count (of documents)."""
    rows = _read(file)
    with context.ledger.transaction() as tx:
        for channel, day, count in rows:
            context.ledger.completeness.tell(tx, channel, day, count, context.actor)
    context.output.json({"totals": len(rows)})
    context.output.say(f"{len(rows)} control totals were noted.")


def _stated(context: Context, day: date | None, channel: str | None) -> list[Statement]:
    return _made(context).of_day(day or ids.now().date() - timedelta(days=1), channel)


def _made(context: Context) -> Completeness:
    built = services.build(context.settings)
    return Completeness(context.ledger, built.erp, built.setup)


def _line(statement: Statement) -> dict[str, Any]:
    documents = {name: statement.documents.get(name, 0) for name in ("settled", "held", "open")}
    return documents | {
        "channel": statement.channel,
        "source": statement.source,
        "received": sum(statement.messages.values()),
        "rejected": statement.messages.get("rejected", 0),
        "documents": sum(statement.documents.values()),
        "posted": statement.posted,
        "in_odoo": statement.in_odoo,
        "differences": len(statement.differences),
    }


def _told(statement: Statement) -> dict[str, Any]:
    return asdict(statement) | {"complete": statement.is_complete}


def _read(file: Path) -> list[tuple[str, date, int]]:
    """The rows of a file. Raises Rejected naming every faulty line."""
    rows, issues = [], []
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            if set(reader.fieldnames or ()) != set(COLUMNS):
                raise Rejected([Issue("totals.header", "line 1", f"the columns must be {', '.join(COLUMNS)}")])
            for cells in reader:
                try:
                    rows.append((cells["channel"], date.fromisoformat(cells["day"]), _count(cells["count"])))
                except (ValueError, TypeError):
                    text = "day must be YYYY-MM-DD and count a whole number of 0 or more"
                    issues.append(Issue("totals.cell", f"line {reader.line_num}", text))
    except (OSError, UnicodeDecodeError) as error:
        raise WardlineError(f"{file} cannot be read as UTF-8 text", code="file.unreadable") from error
    if issues:
        raise Rejected(issues)
    return rows


def _count(text: str) -> int:
    if (count := int(text)) < 0:
        raise ValueError(text)
    return count
