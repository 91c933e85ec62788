"""``wardline confirmations``: what suppliers said to orders, and people's words on what departs from them."""

from __future__ import annotations

from typing import Any

import click
from sqlalchemy.engine import Row

from app.errors import NotFound
from app.flows import confirming
from app.ledger.confirmations import STATES, Decision
from ops.cli import options
from ops.cli.command import Group
from ops.cli.context import Context, pass_context
from ops.cli.story import facts

LISTED = ("order_number", "state", "supplier", "number", "facility", "findings", "updated_at")
FINDING = ("line", "kind", "text", "clinical", "decision")
DECIDED = ("decided_at", "decided_by", "decision", "kind", "line", "reason")


@click.group(cls=Group)
def confirmations() -> None:
    """Suppliers' confirmations of orders.

    What is within the tolerances of the rule book is put onto the order at once; the rest waits here, line by line.
    """


_line = click.option("--line", "lines", type=int, multiple=True, help="Only this line of the order; may be repeated.")
_person = click.option("--as", "person", help="Who decides, where it is not the user of this shell.")


@confirmations.command("list")
@click.option("--state", type=click.Choice(STATES))
@options.limit(50)
@pass_context
def list_(context: Context, state: str | None, limit: int) -> None:
    """List the newest ones; ``--state held`` are those that wait for a decision."""
    with context.ledger.reading() as tx:
        rows = context.ledger.confirmations.newest(tx, state=state, limit=limit)
    shown = [_told(row) for row in rows]
    context.output.json({"confirmations": shown})
    context.output.table(shown, LISTED, nothing="No confirmations.")


@confirmations.command()
@click.argument("number")
@pass_context
def show(context: Context, number: str) -> None:
    """Show what a supplier said to the order NUMBER, what waits for a decision, and what was decided."""
    with context.ledger.reading() as tx:
        rows = context.ledger.confirmations.of_order(tx, number)
        if not rows:
            raise NotFound(f"no supplier has confirmed an order {number}", code="confirmation.unknown")
        said = [(row, context.ledger.confirmations.decided(tx, row.document_id)) for row in rows]
    context.output.json({"confirmations": [_whole(row, decided) for row, decided in said]})
    for row, decided in said:
        told = _whole(row, decided)
        context.output.fields(_told(row), title="confirmation")
        context.output.table(told["findings"], FINDING, nothing="Nothing departs from the order.")
        if decided:
            context.output.table(told["decisions"], DECIDED, title="decided")


@confirmations.command()
@click.argument("number")
@_line
@_person
@click.option("--reason", default="", help="Why; kept for the auditors.")
@pass_context
def accept(context: Context, number: str, lines: tuple[int, ...], person: str | None, reason: str) -> None:
    """Put what the supplier says onto the order NUMBER, with just the figures that are shown.

    A substitute of a clinical item needs somebody who has the clinical role.
    """
    _decide(context, number, "accept", lines, person, reason)


@confirmations.command()
@click.argument("number")
@_line
@_person
@click.option("--reason", default="", help="Why; kept for the auditors.")
@pass_context
def refuse(context: Context, number: str, lines: tuple[int, ...], person: str | None, reason: str) -> None:
    """Leave the order NUMBER as it is; settle with the supplier what is to come."""
    _decide(context, number, "refuse", lines, person, reason)


def _decide(
    context: Context, number: str, decision: Decision, lines: tuple[int, ...], person: str | None, reason: str
) -> None:
    actor = person or context.actor
    with context.ledger.transaction() as tx:
        findings = confirming.decide(tx, context.ledger, number, decision, actor, lines, reason)
    shown = [{**finding, "decision": decision} for finding in findings]
    context.output.json({"number": number, "by": actor, "decided": shown})
    context.output.table(shown, FINDING, title="decided")
    context.output.say(f"Order {number} goes on.")


def _told(row: Row[Any]) -> dict[str, Any]:
    open_ones = sum(1 for finding in row.findings if finding["digest"])
    return facts(row, tuple(name for name in LISTED if name != "findings")) | {"findings": open_ones}


def _whole(row: Row[Any], decided: Any) -> dict[str, Any]:
    words = {one.digest: one.decision for one in decided}
    findings = [{**finding, "decision": words.get(finding["digest"], "")} for finding in row.findings]
    decisions = [
        facts(one, ("decided_at", "decided_by", "decision", "reason"))
        | {"kind": one.figures["kind"], "line": one.figures["line"]}
        for one in decided
    ]
    return _told(row) | {"findings": findings, "decisions": decisions}
