"""``wardline cutover``: from an old channel to a new one, a facility at a time, compared before and undone at will."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from app import channels, ids
from app.crosswalk.store import CrosswalkStore
from app.errors import NotFound
from app.flows.cutover import Comparison, Side
from app.flows.cutover import compare as compared
from app.flows.cutover import recover as recovered_from
from app.ledger.authorities import LEAD
from app.model.documents import KINDS
from ops.cli import options
from ops.cli.command import Group, found_problems
from ops.cli.context import Context, pass_context
from ops.cli.story import facts

LISTED = ("facility", "kind", "channel", "from_at", "set_at", "set_by")
MARGIN = timedelta(seconds=5)
BEGINNING = datetime(2000, 1, 1, tzinfo=UTC)
"""Before anything that a message may tell of."""
_kind = click.option("--kind", type=click.Choice(list(KINDS)), default="consumption", show_default=True)
_at = click.option("--at", type=options.Moment(), help="From when on; 15 seconds from now otherwise.")


@click.group(cls=Group)
def cutover() -> None:
    """Which channel is believed while an old and a new one tell the same things.

    The other channel's documents are taken in, resolved and compared, and have no effect.
    """


@cutover.command()
@options.facility
@pass_context
def show(context: Context, facility: str | None) -> None:
    """Show who speaks, from when on; where nothing is shown every channel is believed."""
    with context.ledger.reading() as tx:
        shown = [facts(row, LISTED) for row in context.ledger.authorities.list(tx, facility)]
    context.output.json({"switches": shown})
    context.output.table(shown, LISTED, nothing="Every channel is believed.")


def _pair(function: Any) -> Any:
    """The options that name two channels and a time."""
    for option in (
        _kind,
        click.option("--until", type=options.Moment(), help="Now, if it is not given."),
        click.option("--since", type=options.Moment(), required=True),
        click.option("--new", required=True, help="The channel that is to follow it."),
        click.option("--old", required=True, help="The channel that was there before."),
    ):
        function = option(function)
    return function


@cutover.command()
@_pair
@pass_context
def compare(context: Context, /, **chosen: Any) -> None:
    """Compare what the two channels told of a time; status 1 where they differ."""
    found = _compared(context, **chosen)
    shown = asdict(found)
    context.output.json(shown)
    context.output.fields({name: shown[name] for name in ("old", "new", "agreed")}, title="documents")
    context.output.table(shown["differences"], ("what", "key", "old", "new"), nothing="The channels agree.")
    if found.differences:
        found_problems()


@cutover.command()
@_pair
@click.option("--side", type=click.Choice(["old", "new"]), required=True, help="The side that alone told of them.")
@options.yes
@pass_context
def recover(context: Context, /, *, side: Side, yes: bool, **chosen: Any) -> None:
    """Let what only one side told have its effect after all, where that side was not believed."""
    found = _compared(context, **chosen)
    alone = sum(difference.what == f"only_{side}" for difference in found.differences)
    context.agree(alone, f"carry out {alone} documents that only the {side} channel told of", yes=yes)
    recovered = recovered_from(context.ledger, found, side, context.actor)
    context.output.json({"recovered": recovered})
    context.output.say(f"{recovered} documents are carried out.")


@cutover.command()
@click.option("--facility", required=True)
@click.option("--to", "channel", required=True, help="The channel that is believed from then on.")
@_at
@click.option("--first", is_flag=True, help="Begin: believe this channel whatever happened before.")
@_kind
@pass_context
def switch(context: Context, facility: str, channel: str, at: datetime | None, kind: str, *, first: bool) -> None:
    """Let a channel speak for a facility from a moment on."""
    if channel not in channels.load(context.settings.channels_file):
        raise NotFound(f"there is no channel {channel}", code="channel.unknown")
    _switch(context, facility, channel, at, kind, first=first)


@cutover.command()
@click.option("--facility", required=True)
@_at
@_kind
@pass_context
def rollback(context: Context, facility: str, at: datetime | None, kind: str) -> None:
    """Let the channel speak again that spoke before the last switch."""
    with context.ledger.reading() as tx:
        known = context.ledger.authorities.list(tx, facility, kind)
    if len(known) < 2:
        raise NotFound("there is no switch to undo", code="cutover.none")
    _switch(context, facility, known[-2].channel, at, kind, first=False)


def _compared(context: Context, old: str, new: str, since: datetime, until: datetime | None, kind: str) -> Comparison:
    crosswalk = CrosswalkStore(context.ledger.database, context.ledger.audit)
    with context.ledger.reading() as tx:
        return compared(tx, context.ledger, crosswalk, kind, (old, new), (since, until or ids.now()))


def _switch(context: Context, facility: str, channel: str, at: datetime | None, kind: str, *, first: bool) -> None:
    from_at = at or (BEGINNING if first else ids.now() + LEAD + MARGIN)
    with context.ledger.transaction() as tx:
        context.ledger.authorities.switch(tx, facility, kind, channel, from_at, context.actor, first=first)
    told: dict[str, Any] = {"facility": facility, "kind": kind, "channel": channel, "from_at": from_at}
    context.output.json(told)
    context.output.fields(told, title="switched")
