"""``wardline channels``: the channels as they are configured, and whether their partners can be reached."""

from __future__ import annotations

from typing import Any

import click

from app import channels as configured
from app import partners
from app.errors import NotFound
from app.model.channel import Channel
from app.model.setup import Setup
from ops.cli.command import Group
from ops.cli.context import Context, pass_context

LISTED = ("name", "standard", "facility", "supplier", "transport", "sends", "collects", "lane", "owner")


@click.group(cls=Group)
def channels() -> None:
    """The ways in and out: who, in which standard, over which transport."""


@channels.command("list")
@pass_context
def list_(context: Context) -> None:
    """List the channels of the channels file."""
    shown = [_told(channel) for channel in _setup(context).channels.values()]
    context.output.json({"channels": shown})
    context.output.table(shown, LISTED, nothing="The channels file has no channels.")


@channels.command()
@click.argument("name")
@pass_context
def check(context: Context, name: str) -> None:
    """Connect to the partner of a channel, log in, look into its folders; nothing is sent.

    Run it where the workers run: secrets and networks may be others elsewhere.
    """
    channel = _setup(context).channels.get(name)
    if channel is None:
        raise NotFound(
            f"there is no channel {name}", code="channel.unknown", hint="`wardline channels list` names them."
        )
    transport = partners.transport(channel)
    try:
        found = transport.check()
    finally:
        transport.close()
    context.output.json({"channel": name, "transport": _told(channel)["transport"], "found": found})
    context.output.say(f"{name}: {found}")


def _setup(context: Context) -> Setup:
    return configured.setup(context.settings.channels_file)


def _told(channel: Channel) -> dict[str, Any]:
    transport = channel.transport
    told: dict[str, Any] = {name: getattr(channel, name) or None for name in ("name", "standard", "facility")}
    told |= {"supplier": channel.supplier or None, "transport": transport.kind if transport else None}
    told |= {"sends": ", ".join(channel.sends) or None, "collects": bool(transport and transport.pulls)}
    return told | {"lane": channel.lane, "owner": channel.owner or None}
