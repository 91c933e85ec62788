"""``wardline drill``: faults under load on real servers, and whether everything promised was kept."""

from __future__ import annotations

import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from ops.cli.command import Command, found_problems
from ops.cli.context import Context, pass_context
from ops.drill.drills import DRILLS
from ops.drill.run import Result, run

SHOWN = ("drill", "events", "sendings", "settled", "held", "dead", "quantities", "urgent_after", "all_after", "kept")


@click.command(cls=Command)
@click.argument("names", nargs=-1, type=click.Choice(list(DRILLS)))
@click.option("--list", "listed", is_flag=True, help="Tell what there is and run nothing.")
@click.option("--seconds", type=click.FloatRange(1, 3600), default=10.0, show_default=True, help="How long each lasts.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/drill"), help="Where the logs are.")
@pass_context
def drill(context: Context, names: tuple[str, ...], seconds: float, folder: Path, *, listed: bool) -> None:
    """Run faults against a running fleet of its own and compare three books: sent, ledger, Odoo.

    Without a name all of them are run, about a minute each. It needs PostgreSQL, RabbitMQ and Odoo of
    `python -m ops.dev up`, and touches nothing that it did not make: a fault that takes a server away gets one of its
    own. Status 1 where a promise was not kept.
    """
    if listed:
        rows = [{"drill": name, "fault": one.text, "own": ", ".join(one.own) or None} for name, one in DRILLS.items()]
        context.output.json({"drills": rows})
        context.output.table(rows, ("drill", "fault", "own"), title="drills")
        return

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that fleets end and databases are dropped then, too

    def tell(result: Result) -> None:
        kept = "kept" if not result.verdict.faults else "; ".join(result.verdict.faults)
        figures = f"{result.verdict.events} events, all posted {result.all_seconds:.1f} s after"
        context.output.note(f"{result.name}: {result.text}: {figures}: {kept}")

    results = run(names or tuple(DRILLS), seconds, folder.resolve(), tell)
    context.output.json({"drills": [asdict(result) for result in results]})
    context.output.table([_row(result) for result in results], SHOWN, title="drills")
    for result in results:
        for what, value in result.measured.items():
            context.output.note(f"{result.name}: {what.replace('_', ' ')} {value:g}")
    if any(result.verdict.faults for result in results):
        found_problems()


def _row(result: Result) -> dict[str, Any]:
    verdict = result.verdict
    urgent = "-" if result.urgent_seconds is None else f"{result.urgent_seconds:.1f} s"
    times = {"urgent_after": urgent, "all_after": f"{result.all_seconds:.1f} s"}
    kept = "yes" if not verdict.faults else "NO"
    return {"drill": result.name, "kept": kept} | times | {n: getattr(verdict, n) for n in SHOWN[1:7]}
