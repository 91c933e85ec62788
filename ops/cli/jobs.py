"""``wardline jobs``: what the clock does every so often, how it went, and doing it now."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click

from app import services
from app.errors import Conflict, NotFound
from ops.cli.command import Group
from ops.cli.context import Context, pass_context
from ops.cli.story import facts

LISTED = ("name", "due_at", "started_at", "finished_at", "done", "error_code")


@click.group(cls=Group)
def jobs() -> None:
    """What the clock (``python -m workers.clock``) does every so often."""


@jobs.command("list")
@pass_context
def list_(context: Context) -> None:
    """List the jobs: how often each is done, when next, and how it went the last time."""
    with context.ledger.reading() as tx:
        known = {row.name: facts(row, LISTED) for row in context.ledger.jobs.list(tx)}
    shown: list[dict[str, Any]] = []
    for job in services.build(context.settings).jobs:
        never = dict.fromkeys(LISTED) | {"name": job.name}
        shown.append(known.get(job.name, never) | {"every_seconds": job.every_seconds})
    context.output.json({"jobs": shown})
    context.output.table(shown, (*LISTED, "every_seconds"), nothing="The clock has no jobs.")


@jobs.command()
@click.argument("name")
@pass_context
def run(context: Context, name: str) -> None:
    """Do a job now, whether or not it is due; its errors are told."""
    job = next((job for job in services.build(context.settings).jobs if job.name == name), None)
    if job is None:
        raise NotFound(f"there is no job {name}", code="job.unknown", hint="`wardline jobs list` names them.")
    with context.ledger.transaction() as tx:
        token = context.ledger.jobs.claim(tx, name, now=True)
    if token is None:
        raise Conflict(f"job {name} is being done right now", code="job.running", hint="Wait until it has ended.")
    every, done, code = timedelta(seconds=job.every_seconds), None, "job.interrupted"
    try:
        done, code = job.run(), None
    finally:
        with context.ledger.transaction() as tx:
            context.ledger.jobs.finish(tx, name, token, every, done, code)
    context.output.json({"job": name, "done": done})
    context.output.say(f"{name}: {done} done.")
