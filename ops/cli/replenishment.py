"""``wardline replenishment``: what the plan would ask for now, and what it has asked for."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from app import services
from app.flows.replenishment import CHANNEL
from ops.cli.command import Group
from ops.cli.context import Context, pass_context

NEEDS = ("site", "location", "item", "quantity", "source", "urgent", "text")
ASKS = ("number", "made_at", "facility", "location", "item", "quantity", "source", "urgent", "course", "orders")


@click.group(cls=Group)
def replenishment() -> None:
    """What places lack; `wardline jobs run replenishment.plan` asks for it."""


@replenishment.command()
@pass_context
def plan(context: Context) -> None:
    """Ask Odoo and say what would be asked for now, and why; asks for nothing."""
    built = services.build(context.settings)
    proposal = built.planner.propose()
    rows = [asdict(need) | {"text": "; ".join(need.reasons)} for need in proposal.needs]
    context.output.json({"needs": [asdict(need) for need in proposal.needs]})
    context.output.table(rows, NEEDS, nothing="No place lacks anything.")
    if CHANNEL not in built.channels:
        context.output.note(f"Nothing will be asked for: there is no channel {CHANNEL} in the channels file.")


@replenishment.command()
@click.option("--item")
@pass_context
def asks(context: Context, item: str | None) -> None:
    """List what was asked for and has not come."""
    with context.ledger.reading() as tx:
        rows = context.ledger.asks.open(tx, item)
        courses = context.ledger.asks.courses(tx, rows)
    shown: list[dict[str, Any]] = []
    for row in rows:
        course = courses[row.id]
        told = {name: getattr(row, name) for name in ASKS if hasattr(row, name)}
        state = ", ".join(course.states) or course.message_state or "not sent"
        shown.append(told | {"course": state, "orders": list(course.orders), "reasons": row.reasons})
    context.output.json({"asks": shown})
    context.output.table(shown, ASKS, nothing="Nothing is asked for.")
