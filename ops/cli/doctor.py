"""``wardline doctor``: the effective configuration, and whether everything it names is there and well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, fields
from functools import partial
from typing import Any

import click

from app.errors import WardlineError
from app.settings import Settings
from ops.cli import broker, checks
from ops.cli.checks import Finding, look
from ops.cli.command import Command, found_problems
from ops.cli.context import Context, pass_context

COLUMNS = ("verdict", "check", "text", "hint")


@click.command(cls=Command)
@pass_context
def doctor(context: Context) -> None:
    """Check settings, servers and backlog.

    Prints the effective configuration without its secrets; status 1 where a check failed.
    """
    effective, found = _settings(context)
    findings = [*found, *(_all(context, effective) if effective else ())]
    shown = [asdict(finding) for finding in findings]
    configuration = _configuration(effective) if effective else []
    verdicts = {finding.verdict for finding in findings}
    verdict = next(word for word in ("fail", "warn", "ok") if word in verdicts)
    masked = effective.masked() if effective else None
    context.output.json({"verdict": verdict, "settings": masked, "checks": shown})
    context.output.table(configuration, ("setting", "value", "changed"))
    context.output.table(shown, COLUMNS, title="checks")
    if verdict == "fail":
        found_problems()


def _settings(context: Context) -> tuple[Settings | None, list[Finding]]:
    try:
        effective = context.settings
    except WardlineError as error:
        return None, [Finding("settings", "fail", error.message, error.hint)]
    return effective, [Finding("settings", "ok", f"environment {effective.environment}")]


def _configuration(effective: Settings) -> list[dict[str, Any]]:
    changed = {f.name for f in fields(Settings) if getattr(effective, f.name) != f.default}
    masked = effective.masked().items()
    return [{"setting": name, "value": value, "changed": name in changed} for name, value in masked]


def _all(context: Context, effective: Settings) -> Iterator[Finding]:
    yield from look("channels", partial(checks.channels_file, effective))
    yield from _ledger(context, effective)
    yield from look("broker", partial(broker.check, effective))
    yield from look("odoo", partial(checks.odoo, effective))


def _ledger(context: Context, effective: Settings) -> Iterator[Finding]:
    """The ledger, and what it tells about the rest where it can be asked."""
    state = look("ledger", lambda: checks.database(context.bare_ledger))
    yield from state
    if state[0].verdict != "ok":
        return
    ledger = context.bare_ledger
    yield from look("disk", partial(checks.disk, ledger))
    yield from look("body keys", partial(checks.body_keys, ledger, effective))
    with ledger.reading() as tx:
        for check in (checks.sealing, checks.backlogs, checks.circuits, checks.exceptions):
            yield from check(tx, ledger)
