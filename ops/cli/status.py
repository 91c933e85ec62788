"""``wardline status``: what waits where, for how long, and what is wrong right now."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from itertools import count, islice
from typing import Any

import click
from rich.console import Group as Renderables
from rich.live import Live
from rich.text import Text

from app import ids
from app.ledger.ledger import Ledger
from app.ledger.work import STAGES
from app.model.channel import LANES
from ops.cli.command import Command
from ops.cli.context import Context, pass_context
from ops.cli.story import facts
from ops.output import Output, age, counted, grid, word

Snapshot = dict[str, Any]

BATCH = ("key", "lane", "partition", "sends", "error_code", "created_at")


@click.command(cls=Command)
@click.option("--watch", is_flag=True, help="Again and again, until interrupted.")
@click.option("--interval", type=click.FloatRange(0.1, 3600), default=2.0, show_default=True, help="Seconds between.")
@click.option("--times", type=click.IntRange(1), help="End after so many looks.")
@pass_context
def status(context: Context, *, watch: bool, interval: float, times: int | None) -> None:
    """Show what waits, and since when.

    The backlog of every lane and stage, all states, circuits, holds, dead letters and the sealing of the audit trail.
    """
    ledger, output = context.ledger, context.output
    if not watch:
        _show(output, snapshot(ledger))
        return
    with suppress(KeyboardInterrupt):
        _watch(output, ledger, _looks(interval, times))


def _watch(output: Output, ledger: Ledger, looks: Iterator[int]) -> None:
    if not output.terminal:
        for _ in looks:
            _show(output, snapshot(ledger), line=True)
        return
    with Live(refresh_per_second=4) as live:
        for _ in looks:
            live.update(_screen(snapshot(ledger)))


def snapshot(ledger: Ledger) -> Snapshot:
    """Everything that is shown, as plain values."""
    with ledger.reading() as tx:
        figures = ledger.figures
        waiting = {(found.stage, found.lane): asdict(found) for found in figures.backlogs(tx)}
        circuits = [row._asdict() for row in figures.circuits(tx)]
        unsealed, oldest = figures.unsealed(tx)
        return {
            "at": ids.now(),
            "backlogs": [waiting.get((stage, lane), _nothing(stage, lane)) for lane in LANES for stage in STAGES],
            "states": figures.states(tx),
            "circuits": circuits,
            "in_doubt": [facts(row, BATCH) for row in ledger.postings.in_doubt(tx)],
            **figures.open_exceptions(tx),
            "audit": {"unsealed": unsealed, "oldest_seconds": oldest},
        }


def _looks(interval: float, times: int | None) -> Iterator[int]:
    for look in islice(count(), times):
        if look:
            time.sleep(interval)
        yield look


def _show(output: Output, seen: Snapshot, *, line: bool = False) -> None:
    output.json(seen, line=line)
    output.table(_lanes(seen), ("lane", *STAGES), title=f"waiting at {word(seen['at'])}")
    output.table(_states(seen), ("what", "states"), title="in all")
    for text in _lines(seen):
        output.say(text)


def _screen(seen: Snapshot) -> Renderables:
    lanes = grid(_lanes(seen), ("lane", *STAGES), f"waiting at {word(seen['at'])}")
    return Renderables(lanes, grid(_states(seen), ("what", "states"), "in all"), *map(Text, _lines(seen)))


def _lanes(seen: Snapshot) -> list[dict[str, str]]:
    return [
        {"lane": lane} | {found["stage"]: _backlog(found) for found in seen["backlogs"] if found["lane"] == lane}
        for lane in LANES
    ]


def _backlog(found: dict[str, Any]) -> str:
    if not found["waiting"]:
        return "-"
    return f"{found['waiting']} ({found['due']} due), oldest {age(found['oldest_seconds'])}"


def _states(seen: Snapshot) -> list[dict[str, str]]:
    told = {what: [f"{n} {state}" for state, n in sorted(states.items())] for what, states in seen["states"].items()}
    return [{"what": f"{what}s", "states": word(states)} for what, states in told.items()]


def _lines(seen: Snapshot) -> list[str]:
    down = [_outage(row) for row in seen["circuits"] if row["state"] == "open"]
    sealing = seen["audit"]
    behind = f", the oldest for {age(sealing['oldest_seconds'])}" if sealing["unsealed"] else ""
    return [
        *(down or ["no circuit is open"]),
        f"{counted(seen['held'], 'document')} held, {counted(seen['dead'], 'dead letter')}",
        *(_doubt(row) for row in seen["in_doubt"]),
        f"{counted(sealing['unsealed'], 'audit event')} to be sealed{behind}",
    ]


def _outage(row: dict[str, Any]) -> str:
    since, probe = word(row["opened_at"]), word(row["probe_at"])
    return f"{row['name']} is down since {since} ({row['error_code']}); next probe {probe}"


def _doubt(row: dict[str, Any]) -> str:
    since = word(row["created_at"])
    return f"in doubt: wardline.{row['key']}, lane {row['lane']}, sent {row['sends']}x, since {since}"


def _nothing(stage: str, lane: str) -> dict[str, Any]:
    return {"stage": stage, "lane": lane, "waiting": 0, "due": 0, "oldest_seconds": 0.0}
