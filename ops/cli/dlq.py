"""``wardline dlq``: dead letters of the ledger, looked at and put back into work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

import click
from sqlalchemy.engine import Connection

from app.errors import NotFound
from app.ledger.dead_letters import Filter, Pile
from app.ledger.ledger import Ledger
from ops.cli import options
from ops.cli.command import Group
from ops.cli.context import Context, pass_context
from ops.cli.story import ATTEMPT, DEAD_LETTER, facts
from ops.output import counted, word

LISTED = ("died_at", "id", "lane", "stage", "facility", "error_code", "attempts")
PILED = ("letters", "error_code", "stage", "lane", "oldest", "then")

ROADS = {
    "translate": "the message is read again from its body with today's mapping",
    "resolve": "the document is resolved again with today's crosswalk",
    "post": "the posting goes to Odoo alone, under a new key; its old key was revoked there",
}
"""What requeueing does at each stage."""


@click.group(cls=Group)
def dlq() -> None:
    """Work that died of a technical cause."""


def _filters(function: Callable[..., None]) -> Callable[..., None]:
    for option in (
        options.since_until("Died"),
        click.option("--code", help="The error code it died of."),
        options.facility,
        options.lane,
        options.stage,
        click.option("--message", type=click.UUID, help="The message it belongs to."),
        click.option("--id", type=click.UUID, help="The dead letter itself."),
    ):
        function = option(function)
    return function


def _filter(chosen: Mapping[str, Any]) -> Filter:
    return Filter(
        dead_letter_id=chosen["id"],
        message_id=chosen["message"],
        stage=chosen["stage"],
        lane=chosen["lane"],
        facility=chosen["facility"],
        error_code=chosen["code"],
        died_after=chosen["since"],
        died_before=chosen["until"],
    )


@dlq.command("list")
@_filters
@options.limit(100)
@pass_context
def list_(context: Context, /, limit: int, **chosen: Any) -> None:
    """List open dead letters, the most urgent lane first."""
    ledger, wanted = context.ledger, _filter(chosen)
    with ledger.reading() as tx:
        rows = [facts(row, DEAD_LETTER) for row in ledger.dead_letters.list(tx, wanted, limit)]
        total = ledger.dead_letters.count(tx, wanted)
    context.output.json({"dead_letters": rows, "total": total})
    context.output.table(rows, LISTED, nothing="No dead letters.")
    context.output.note(f"{total} in all" if total > len(rows) else "")


@dlq.command()
@click.argument("dead_letter_id", metavar="ID", type=click.UUID)
@pass_context
def show(context: Context, dead_letter_id: UUID) -> None:
    """Show one open dead letter, its attempts, and what requeueing it would do."""
    ledger = context.ledger
    with ledger.reading() as tx:
        found = ledger.dead_letters.list(tx, Filter(dead_letter_id=dead_letter_id), 1)
        if not found:
            hint = "It may have been requeued; `wardline dlq list` shows what is open."
            raise NotFound(f"there is no open dead letter {dead_letter_id}", code="dead_letter.unknown", hint=hint)
        letter = found[0]
        story = ledger.search.story(tx, letter.message_id)
        then = _then(tx, ledger, letter.stage)
    attempts = [facts(row, ATTEMPT) for row in (story.attempts if story else ()) if row.stage == letter.stage]
    context.output.json({"dead_letter": facts(letter, DEAD_LETTER), "attempts": attempts, "then": then})
    context.output.fields(facts(letter, DEAD_LETTER) | {"if_requeued": then}, title="dead letter")
    if attempts:
        columns = ("number", "started_at", "finished_at", "outcome", "error_code", "worker")
        context.output.table(attempts, columns, title="attempts at this stage")


@dlq.command()
@_filters
@click.option("--all", "everything", is_flag=True, help="Every open dead letter; needed where no filter is given.")
@options.dry_run
@options.yes
@pass_context
def requeue(context: Context, /, *, everything: bool, dry_run: bool, yes: bool, **chosen: Any) -> None:
    """Put dead letters back into work at the stage where they died, with fresh attempts."""
    wanted = _filter(chosen)
    if wanted == Filter() and not everything:
        raise click.UsageError("say which with --id, --message, --stage, --lane, --facility, --code, or --all")
    ledger = context.ledger
    with ledger.reading() as tx:
        piles = ledger.dead_letters.piles(tx, wanted)
        shown = [asdict(pile) | {"then": _then(tx, ledger, pile.stage)} for pile in piles]
    total = sum(pile.letters for pile in piles)
    context.output.table(shown, PILED, nothing="No dead letter matches.")
    requeued = 0 if dry_run else _requeue(context, wanted, piles, total, yes=yes)
    context.output.json({"dry_run": dry_run, "matching": total, "requeued": requeued, "piles": shown})
    context.output.say(f"{total} would be requeued; nothing was changed." if dry_run else f"{requeued} requeued.")


def _requeue(context: Context, wanted: Filter, piles: Sequence[Pile], total: int, *, yes: bool) -> int:
    if not piles:
        return 0
    context.agree(total, f"requeue {counted(total, 'dead letter')}", yes=yes)
    with context.output.progress("requeueing", total) as told:
        return context.ledger.dead_letters.requeue(wanted, context.actor, told=told)


def _then(tx: Connection, ledger: Ledger, stage: str) -> str:
    """What becomes of a dead letter of the stage when it is requeued now."""
    road = ROADS.get(stage, "it comes due again")
    waiting = _outage(tx, ledger) if stage == "post" else None
    return f"{road}; it waits, for Odoo is down since {word(waiting)}" if waiting else road


def _outage(tx: Connection, ledger: Ledger) -> datetime | None:
    circuit = ledger.circuits.row(tx, "odoo")
    return circuit.opened_at if circuit and circuit.state == "open" else None
