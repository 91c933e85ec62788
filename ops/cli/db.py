"""``wardline db``: the version of the ledger's schema."""

from __future__ import annotations

import click

from app.ledger import schema
from ops.cli.command import Group, found_problems
from ops.cli.context import Context, pass_context


@click.group(cls=Group)
def db() -> None:
    """The ledger's schema."""


@db.command()
@pass_context
def upgrade(context: Context) -> None:
    """Bring the ledger's schema to this version; does nothing where it is there."""
    database = context.bare_ledger.database
    before = schema.current(database)
    schema.upgrade(database)
    after = schema.current(database)
    context.output.json({"before": before, "after": after})
    context.output.say(f"at {after} already" if before == after else f"from {before or 'nothing'} to {after}")


@db.command()
@pass_context
def current(context: Context) -> None:
    """Say which version the schema has; status 1 where it is not the one this version needs."""
    found, heads = schema.current(context.bare_ledger.database), schema.heads()
    at_head = (found,) == heads
    context.output.json({"current": found, "head": heads[0], "at_head": at_head})
    context.output.say(f"{found or 'no schema'}{'' if at_head else f', but this version needs {heads[0]}'}")
    if not at_head:
        context.output.note("Run `wardline db upgrade`.")
        found_problems()
