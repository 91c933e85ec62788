"""The command line of the benchmark: ``python -m ops.bench``, also ``make bench``.

Measures, has every quantity in Odoo checked, then reports. Ends with 1 and without a figure where anything was wrong.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any

from app import ids, telemetry
from app.errors import WardlineError
from app.odoo.stock import StockGateway
from app.odoo.transport import Connection
from ops.bench import (
    bell,
    earlier,
    files,
    intake,
    items,
    latency,
    ledger_size,
    memory,
    picture,
    posting,
    reading,
    report,
    versus,
)
from ops.bench.accounts import Accounts
from ops.bench.measures import Line
from ops.bench.place import Place, opened
from ops.bench.plan import DEEP, QUICK, WHOLE, Plan
from ops.bench.site import site
from ops.dev.errors import DevError
from ops.output import Output

ALONE: Mapping[str, ModuleType] = {
    "items": items, "latency": latency, "ledger-size": ledger_size, "memory": memory, "versus": versus,
}  # fmt: skip
"""What may be measured alone, by its option, and posts events."""
APART: Mapping[str, ModuleType] = {"intake": intake, "bell": bell}
"""What may be measured alone, by its option, and posts nothing."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; 0 where it measured and all was right."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that databases are dropped then, too
    started_at, begun, load_before = ids.now(), time.monotonic(), os.getloadavg()[0]
    path = options.json or report.default_path(started_at)
    plan, output = DEEP if options.deep else QUICK if options.quick else WHOLE, Output()
    folder = report.default_path(started_at).with_suffix("").resolve()
    if options.reading:
        with output.progress("measuring", reading.steps(plan)) as show:
            lines = reading.measure(plan, _counter(show))
        report.show_lines(lines, output)
        return 0
    try:
        with opened(folder) as place:
            lines, accounts = _measure(place, plan, output, only="latency" if options.deep else options.only)
            odoo, quantities = _check(place, accounts)
    except (WardlineError, DevError) as error:
        output.fault(getattr(error, "code", "dev.failed"), str(error), error.hint)
        output.note(f"logs: {folder}")
        return 1
    load = load_before, os.getloadavg()[0]
    run = report.Run(plan, started_at, time.monotonic() - begun, odoo, accounts.events, quantities, load)
    before = earlier.last(path.parent, report.FORMAT)
    report.show(run, lines, output, before)
    report.write(path, run, lines)
    picture_path = path.with_suffix(".svg")
    picture_path.write_text(picture.svg(lines, before, f"Wardline, {started_at:%Y-%m-%d %H:%M} UTC"), encoding="utf-8")
    output.say(f"JSON: {path}, picture: {picture_path}")
    return 0


def _measure(place: Place, plan: Plan, output: Output, *, only: str | None) -> tuple[list[Line], Accounts]:
    """All figures, one after the other; only what is compared is interleaved."""
    accounts = Accounts()
    measured = (_alone(only),) if only else (posting, intake, latency, versus, bell, files, reading)
    total = sum(figure.steps(plan) for figure in measured)
    log = place.ending.enter_context((place.folder / "bench.log").open("a"))
    telemetry.start(replace(place.settings, log_format="json"), "bench", log)
    with output.progress("measuring", total) as show:
        tick = _counter(show)
        if only and only in APART:
            return APART[only].measure(place, plan, tick), accounts
        if only:
            return ALONE[only].measure(place, accounts, plan, tick), accounts
        return _figures(place, plan, accounts, tick), accounts


def _alone(option: str) -> ModuleType:
    return {**ALONE, **APART}[option]


def _counter(show: Callable[[int], None]) -> Callable[[], None]:
    """Something to call whenever a measurement is done."""
    done = count(1)
    return lambda: show(next(done))


def _figures(place: Place, plan: Plan, accounts: Accounts, tick: Callable[[], None]) -> list[Line]:
    lines = posting.measure(place, accounts, plan, tick)
    lines += intake.measure(place, plan, tick)
    lines += latency.measure(place, accounts, plan, tick)
    lines += versus.measure(place, accounts, plan, tick)
    lines += bell.measure(place, plan, tick)
    lines += files.measure(place, plan, tick)
    return lines + reading.measure(plan, tick)


def _check(place: Place, accounts: Accounts) -> tuple[str, int]:
    """Odoo's version, and how many quantities were found right in it. Raises WrongWork."""
    chosen = place.settings
    odoo = StockGateway(Connection(chosen.odoo_url, chosen.odoo_database, chosen.odoo_api_key))
    return odoo.ping(), accounts.check(odoo, site())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ops.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and samples: within five minutes")
    alone: dict[str, Any] = {"dest": "only", "action": "store_const"}
    parser.add_argument("--items", const="items", help="only the import of a file of items", **alone)
    parser.add_argument("--latency", const="latency", help="only the latency of urgent events", **alone)
    parser.add_argument("--deep", action="store_true", help="only the latency, with 100,000 bulk events waiting")
    parser.add_argument("--intake", const="intake", help="only the HTTP intake", **alone)
    parser.add_argument("--bell", const="bell", help="only what a bell costs that finds nothing to do", **alone)
    parser.add_argument("--memory", const="memory", help="only what the processes take of memory", **alone)
    parser.add_argument("--ledger-size", const="ledger-size", help="only a message's cost in a long ledger", **alone)
    parser.add_argument("--versus", const="versus", help="only the comparison with a task for each message", **alone)
    parser.add_argument("--reading", action="store_true", help="only the reading of messages, which needs no server")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the report (var/bench/<time>.json)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
