"""``wardline holds``: what waits for a person, by its cause; fixed once, released together."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import Any

import click

from app.errors import NotFound
from app.ledger.holds import Group as HoldGroup
from app.ledger.holds import Told
from ops.cli import options
from ops.cli.causes import meaning
from ops.cli.command import Group
from ops.cli.context import Context, pass_context
from ops.cli.story import facts
from ops.output import counted

LISTED = ("documents", "cause", "subject", "since", "facilities", "meaning", "hint")
MEMBER = ("document_id", "message_id", "facility", "occurred_at", "opened_at")


@click.group(cls=Group)
def holds() -> None:
    """Documents that wait for a person.

    They wait in groups of one cause and subject, which are fixed once and released together.
    """


_cause = click.option("--cause", help="The cause, as `holds list` prints it.")
_subject = click.option("--subject", help="What it is about, as `holds list` prints it.")


@holds.command("list")
@_cause
@options.facility
@pass_context
def list_(context: Context, cause: str | None, facility: str | None) -> None:
    """List what waits, the largest group first, with what to do about it."""
    groups = _groups(context, cause, None)
    shown = [_told(group) for group in groups if facility is None or facility in group.facilities]
    context.output.json({"groups": shown})
    context.output.table(shown, LISTED, nothing="Nothing waits for a person.")


@holds.command()
@click.option("--cause", required=True)
@click.option("--subject", required=True)
@options.limit(100)
@pass_context
def show(context: Context, cause: str, subject: str, limit: int) -> None:
    """Show the documents of one group."""
    group = _told(_only(context, cause, subject))
    with context.ledger.reading() as tx:
        members = [facts(row, MEMBER) for row in context.ledger.holds.members(tx, cause, subject, limit)]
    context.output.json({"group": group, "documents": members})
    context.output.fields(group, title="hold")
    context.output.table(members, MEMBER, title="documents")
    more = group["documents"] - len(members)
    context.output.note(f"{more} more; add --limit {group['documents']}" if more > 0 else "")


@holds.command()
@_cause
@_subject
@click.option("--all", "everything", is_flag=True, help="Every group, or every group of the cause.")
@options.dry_run
@options.yes
@pass_context
def release(context: Context, /, **chosen: Any) -> None:
    """Let held documents be resolved again, after what they waited for was mended."""
    _end(context, "release", **chosen)


@holds.command()
@_cause
@_subject
@click.option("--all", "everything", is_flag=True, help="Every group of the cause.")
@options.dry_run
@options.yes
@pass_context
def cancel(context: Context, /, **chosen: Any) -> None:
    """End held documents without any effect in Odoo."""
    if chosen["everything"] and not chosen["cause"]:
        raise click.UsageError("--all cancels the groups of one cause; name it with --cause")
    _end(context, "cancel", **chosen)


def _end(
    context: Context, deed: str, *, cause: str | None, subject: str | None, everything: bool, dry_run: bool, yes: bool
) -> None:
    groups = _chosen(context, cause, subject, everything=everything)
    shown, total = [_told(group) for group in groups], sum(group.documents for group in groups)
    context.output.table(shown, LISTED, nothing="Nothing waits for a person.")
    ended = 0 if dry_run else _carry_out(context, deed, groups, total, yes=yes)
    context.output.json({"dry_run": dry_run, "deed": deed, "matching": total, "done": ended, "groups": shown})
    past = f"{deed}d" if deed.endswith("e") else f"{deed}led"
    done = f"{counted(total, 'document')} would be {past}; nothing was changed."
    context.output.say(done if dry_run else f"{counted(ended, 'document')} {past}.")


def _chosen(context: Context, cause: str | None, subject: str | None, *, everything: bool) -> list[HoldGroup]:
    if cause and subject:
        return [_only(context, cause, subject)]
    if subject or not everything:
        raise click.UsageError("name one group with --cause and --subject, or many with --all")
    return _groups(context, cause, None)


def _carry_out(context: Context, deed: str, groups: list[HoldGroup], total: int, *, yes: bool) -> int:
    context.agree(total, f"{deed} {counted(total, 'document')}", yes=yes)
    ledger, before = context.ledger, 0
    end = ledger.holds.release if deed == "release" else ledger.holds.cancel
    with context.output.progress(f"{deed} documents", total) as told:
        for group in groups:
            before += end(group.cause, group.subject, context.actor, told=partial(_add, told, before))
    return before


def _add(told: Told, before: int, done: int) -> None:
    told(before + done)


def _only(context: Context, cause: str, subject: str) -> HoldGroup:
    groups = _groups(context, cause, subject)
    if not groups:
        hint = "`wardline holds list` shows what waits, with the very words for --cause and --subject."
        raise NotFound("nothing waits for this cause and subject", code="hold.unknown", hint=hint)
    return groups[0]


def _groups(context: Context, cause: str | None, subject: str | None) -> list[HoldGroup]:
    with context.ledger.reading() as tx:
        groups = context.ledger.holds.groups(tx)
    return [g for g in groups if cause in (None, g.cause) and subject in (None, g.subject)]


def _told(group: HoldGroup) -> dict[str, Any]:
    return asdict(group) | {"meaning": meaning(group.cause)}
