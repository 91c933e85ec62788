"""``wardline policy``: the rule book, checked, brought in, shown, and tried on what was asked in the past."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from uuid import UUID

import click

from app.errors import NotFound, WardlineError
from app.flows import verdicts
from app.flows.simulation import simulate as simulated
from app.policy import book
from ops.cli import options
from ops.cli.command import Group, found_problems
from ops.cli.context import Context, pass_context
from ops.cli.story import facts

LISTED = ("version", "digest", "imported_at", "imported_by")
EXPLAINED = ("document_id", "facility", "state", "outcome", "rule_version", "decided_at")
CHANGES = ("document_id", "requisition", "was", "would_be", "amount_was", "amount", "why")
_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group(cls=Group)
def policy() -> None:
    """The rule book: what the hospital decides for itself, in versions."""


@policy.command("import")
@_file
@pass_context
def import_(context: Context, file: Path) -> None:
    """Make a rule book the one that holds. All its faults are named, and nothing changes where it has one."""
    text = _text(file)
    book.read(text)
    with context.ledger.transaction() as tx:
        version = context.ledger.policies.import_(tx, text, context.actor)
    context.output.json({"version": version})
    context.output.say(f"Version {version} holds.")


@policy.command()
@_file
@pass_context
def validate(context: Context, file: Path) -> None:
    """Check a rule book without bringing it in."""
    book.read(_text(file))
    context.output.json({"valid": True})
    context.output.say("No fault was found.")


@policy.command()
@click.option("--version", type=click.IntRange(1), help="The one that holds, if none is given.")
@click.option("--list", "listing", is_flag=True, help="List the versions instead.")
@pass_context
def show(context: Context, version: int | None, *, listing: bool) -> None:
    """Show the rule book, or all its versions."""
    with context.ledger.reading() as tx:
        rows = context.ledger.policies.versions(tx)
    if listing:
        shown = [facts(row, LISTED) for row in rows]
        context.output.json({"versions": shown})
        context.output.table(shown, LISTED, nothing="No rule book was imported; an empty one holds.")
        return
    found = next((row for row in rows if version in (None, row.version)), None)
    if found is None:
        raise NotFound("there is no such version", code="policy.unknown")
    context.output.json(facts(found, (*LISTED, "text")))
    context.output.say(found.text)


@policy.command()
@_file
@click.option("--since", type=options.Moment(), default="30d", show_default=True)
@pass_context
def simulate(context: Context, file: Path, since: datetime) -> None:
    """Run a draft on what was asked since then, with the facts of that day, and show what it would have changed."""
    draft = book.read(_text(file))
    with context.ledger.reading() as tx:
        found = [asdict(one) for one in simulated(tx, context.ledger, draft.requisition, since)]
    changed = [one for one in found if one["was"] != one["would_be"] or one["amount_was"] != one["amount"]]
    ways = Counter(f"{one['was']} -> {one['would_be']}" for one in changed)
    context.output.json({"judged": len(found), "changed": len(changed), "ways": dict(ways), "requisitions": changed})
    context.output.say(f"{len(found)} requisitions were judged, {len(changed)} would have gone another way.")
    context.output.table(changed, CHANGES, nothing="The draft would have changed nothing.")


@policy.command()
@click.argument("number")
@pass_context
def explain(context: Context, number: str) -> None:
    """Explain the verdicts on a requisition, by its number or its document's id.

    Every reason is told with its figures, and the version of the rules.
    """
    with context.ledger.reading() as tx:
        found = verdicts.of_requisition(tx, context.ledger, number)
        if not found and (document_id := _uuid(number)):
            found = verdicts.of_document(tx, context.ledger, document_id)
    if not found:
        raise NotFound(f"no requisition {number} was judged", code="requisition.unknown")
    context.output.json({"verdicts": [asdict(one) for one in found]})
    for one in found:
        head = {name: getattr(one, name) for name in EXPLAINED}
        context.output.fields(head, title=f"requisition {one.requisition}")
        context.output.table(one.findings, ("line", "severity", "code", "text"), nothing="No rule objected.")
    if found[0].outcome in ("hold", "block"):
        found_problems()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WardlineError(f"{file} cannot be read as UTF-8 text", code="file.unreadable") from error
