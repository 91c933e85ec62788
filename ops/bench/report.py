"""The report: tables for people, JSON for machines and for later.

Written by ``ops.bench.__main__`` when the books were found right.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from app import telemetry
from ops.bench.earlier import Key, change
from ops.bench.measures import Line
from ops.bench.plan import Plan
from ops.output import Output, rfc3339

FORMAT = 1
"""Counts up when the meaning of the JSON changes."""
COLUMNS = ("measured", "figure", "ratio", "lowest", "highest", "against", "change")


@dataclass(frozen=True, slots=True)
class Run:
    """When, where and how long; ``load`` is the machine's load average over one minute, before and after."""

    plan: Plan
    started_at: datetime
    seconds: float
    odoo: str
    events: int
    quantities: int
    load: tuple[float, float]

    @property
    def machine(self) -> dict[str, Any]:
        """What it ran on."""
        return {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}


def show(run: Run, lines: Sequence[Line], output: Output, before: Mapping[Key, float]) -> None:
    """A table for each figure with the change of its ratios since the run before, and what to know of the run."""
    show_lines(lines, output, before)
    output.say("")
    for text in remarks(run):
        output.say(text)


def show_lines(lines: Sequence[Line], output: Output, before: Mapping[Key, float] | None = None) -> None:
    """A table for each figure."""
    for figure, of_figure in groupby(lines, lambda line: line.figure):
        rows = [_row(line) | {"change": change(line, before or {})} for line in of_figure]
        output.table(rows, COLUMNS, title=figure)


def remarks(run: Run) -> Iterator[str]:
    """What a reader of the figures must know."""
    yield f"{run.events} events, {run.quantities} quantities in Odoo {run.odoo}, all exact; {run.seconds:.0f} s."
    yield "Ratios are medians over rounds measured side by side; the bare figures are those of this machine alone:"
    before, after = run.load
    cores = os.cpu_count() or 1
    yield f"{cores} cores for servers, senders and Wardline; load {before:.1f} before, {after:.1f} after."
    if before > cores / 4:
        yield "The machine was busy with something else before the start; measure again on a quiet one."


def document(run: Run, lines: Sequence[Line]) -> dict[str, Any]:
    """The whole report as JSON has it: every round and every sample too."""
    return {
        "format": FORMAT,
        "wardline": telemetry.VERSION,
        "odoo": run.odoo,
        "started_at": rfc3339(run.started_at, "seconds"),
        "seconds": round(run.seconds, 1),
        "machine": run.machine | {"load_before": run.load[0], "load_after": run.load[1]},
        "plan": asdict(run.plan),
        "checked": {"events": run.events, "quantities": run.quantities},
        "lines": [asdict(line) for line in lines],
    }


def write(path: Path, run: Run, lines: Sequence[Line]) -> None:
    """Write the JSON; the folder is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(run, lines), indent=2) + "\n", encoding="utf-8")


def default_path(started_at: datetime) -> Path:
    """Where the JSON goes where nobody says otherwise; ``started_at`` is in UTC."""
    return Path("var/bench") / f"{started_at:%Y%m%dT%H%M%SZ}.json"


def _row(line: Line) -> dict[str, str | None]:
    spread = line.ratios if len(line.ratios) > 1 else ()
    return {
        "measured": line.subject,
        "figure": f"{three(line.value)} {line.unit}",
        "ratio": None if line.ratio is None else three(line.ratio),
        "lowest": three(min(spread)) if spread else None,
        "highest": three(max(spread)) if spread else None,
        "against": line.against,
    }


def three(value: float) -> str:
    """A number with three digits that mean something: ``1234``, ``12.3``, ``0.0123``."""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:#.3g}".rstrip(".")
