"""``wardline keys``: who may send and see messages over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import click
from sqlalchemy.engine import Row

from app import ids
from app.ledger.audit import Event
from app.ledger.keys import SCOPES
from ops.cli.command import Group
from ops.cli.context import Context, pass_context
from ops.cli.story import facts

KEY = ("prefix", "name", "person", "scopes", "facilities", "created_at", "expires_at", "revoked_at")


@click.group(cls=Group)
def keys() -> None:
    """API keys: made, listed and revoked."""


@keys.command()
@click.option("--name", required=True, help="Who or what will use it.")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="May be repeated.")
@click.option("--facility", "facilities", multiple=True, required=True, help="A site, or * for all; may be repeated.")
@click.option("--expires-days", type=click.IntRange(1, 3650), help="Days until it ends by itself.")
@click.option("--person", metavar="PERSON", help="Whose it is, by the id in the rule book; only people decide.")
@pass_context
def create(context: Context, /, name: str, expires_days: int | None, **chosen: Any) -> None:
    """Make a key and print it; it is never shown again."""
    if len(name) > 64:
        raise click.BadParameter("is longer than 64 characters", param_hint="--name")
    expires_at = ids.now() + timedelta(days=expires_days) if expires_days else None
    scopes, facilities, person = chosen["scopes"], chosen["facilities"], chosen["person"]
    if person is not None and not 0 < len(person) <= 64:
        raise click.BadParameter("must have 1 to 64 characters", param_hint="--person")
    key = context.ledger.keys.create(name, scopes, facilities, expires_at, person)
    prefix = key.split("_")[1]
    detail = {"prefix": prefix, "name": name, "scopes": list(scopes), "facilities": list(facilities), "person": person}
    _audit(context, Event("key.created", context.actor, detail=detail))
    context.output.json({"key": key, **detail, "expires_at": expires_at})
    context.output.say(key)
    context.output.note("Keep it now: only its digest is stored, and it is never shown again.")


@keys.command()
@click.argument("prefix")
@pass_context
def revoke(context: Context, prefix: str) -> None:
    """End a key's life now; PREFIX is the part between wl_ and the secret."""
    context.ledger.keys.revoke(prefix)
    _audit(context, Event("key.revoked", context.actor, detail={"prefix": prefix}))
    context.output.json({"revoked": prefix})
    context.output.say(f"{prefix} revoked")


@keys.command("list")
@pass_context
def list_(context: Context) -> None:
    """List every key ever made, without its secret."""
    with context.ledger.reading() as tx:
        rows = [facts(row, KEY) | {"state": _state(row)} for row in context.ledger.keys.all(tx)]
    context.output.json({"keys": rows})
    columns = ("prefix", "name", "person", "state", "scopes", "facilities", "created_at", "expires_at")
    context.output.table(rows, columns, nothing="There are no keys; make one with `wardline keys create`.")


def _state(row: Row[Any]) -> str:
    if row.revoked_at:
        return "revoked"
    return "expired" if row.expires_at and row.expires_at <= ids.now() else "live"


def _audit(context: Context, event: Event) -> None:
    with context.ledger.transaction() as tx:
        context.ledger.audit.append(tx, [event])
