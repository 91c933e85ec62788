"""``wardline dlq bells``: the broker's own dead letters, which hold no work; put under ``dlq`` by ``ops.__main__``."""

from __future__ import annotations

from dataclasses import asdict

import click

from ops.cli import options
from ops.cli.command import Command
from ops.cli.context import Context, pass_context
from ops.output import counted


@click.command(cls=Command)
@click.option("--drop-foreign", is_flag=True, help="Delete for good what is no bell of Wardline's.")
@options.yes
@pass_context
def bells(context: Context, *, drop_foreign: bool, yes: bool) -> None:
    """Clear the broker's dead-letter queues: bells are let go, foreign messages kept.

    A bell that died takes no work with it: the work is in the ledger, and the relay rings again for what is due.
    """
    # No other command has to pay for Celery's import, which takes longer than most of them run.
    from workers.celery import celery  # noqa: PLC0415
    from workers.dead_bells import sweep  # noqa: PLC0415

    swept = sweep(celery)
    if drop_foreign and swept.kept:
        context.agree(swept.kept, f"delete {counted(swept.kept, 'foreign message')} for good", yes=yes)
        again = sweep(celery, drop_foreign=True)
        swept = type(swept)(swept.bells + again.bells, 0, again.dropped)
    context.output.json(asdict(swept))
    context.output.say(
        f"{counted(swept.bells, 'dead bell')} let go, {swept.kept} foreign kept, {swept.dropped} dropped"
    )
    context.output.note("Who sends there? `--drop-foreign` deletes them." if swept.kept else "")
