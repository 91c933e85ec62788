"""``wardline invoices``: how invoices matched, what they differ in, and letting a difference pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from sqlalchemy.engine import Row

from app.errors import Conflict, Held, NotFound, Rejected
from app.ledger.invoices import STATES
from app.standards import STANDARDS
from ops.cli import options
from ops.cli.command import Group
from ops.cli.context import Context, pass_context
from ops.cli.story import facts
from ops.match_trial import Trial, trials

LISTED = (
    "state",
    "supplier",
    "number",
    "type",
    "total",
    "currency",
    "issued_on",
    "record_name",
    "residual",
    "updated_at",
)
SHOWN = (*LISTED, "facility", "document_id", "created_at", "fingerprint")
COMPARED = ("subject", "what", "unit", "stated", "expected", "outcome", "tolerance", "note")
REASON = ("kind", "effect", "text")
WAITS = ("cause", "subject", "hint", "opened_at")
ACCEPTED = ("accepted_at", "accepted_by", "reason", "fingerprint")


@click.group(cls=Group)
def invoices() -> None:
    """Invoices, credit and debit notes of suppliers."""


_supplier = click.option("--supplier", help="Our reference of the supplier, where several use the number.")


@invoices.command("list")
@click.option("--state", type=click.Choice(STATES))
@_supplier
@options.limit(50)
@pass_context
def list_(context: Context, state: str | None, supplier: str | None, limit: int) -> None:
    """List the newest ones; ``--state held`` are those that a person must look at."""
    with context.ledger.reading() as tx:
        rows = context.ledger.invoices.newest(tx, state=state, supplier=supplier, limit=limit)
    shown = [facts(row, LISTED) for row in rows]
    context.output.json({"invoices": shown})
    context.output.table(shown, LISTED, nothing="No invoices.")


@invoices.command()
@click.argument("number")
@_supplier
@pass_context
def explain(context: Context, number: str, supplier: str | None) -> None:
    """Show how an invoice matched: every comparison with its figures, and the reasons for which it is held."""
    with context.ledger.reading() as tx:
        row = _one(context, tx, number, supplier)
        accepted = [facts(one, ACCEPTED) for one in context.ledger.invoices.acceptances(tx, row.document_id)]
        holds = context.ledger.holds.of_documents(tx, [row.document_id])
    match, waits = row.match or {}, [facts(hold, WAITS) for hold in holds if hold.released_at is None]
    context.output.json({"invoice": _told(row), "match": row.match, "accepted": accepted, "holds": waits})
    context.output.fields(_told(row), title="invoice")
    for hold in waits:
        context.output.fields(hold, title="held")
    show_match(context, match)
    if accepted:
        context.output.table(accepted, ACCEPTED, title="accepted")


@invoices.command()
@click.argument("number")
@_supplier
@click.option("--reason", required=True, help="Why it may be paid all the same; kept for the auditors.")
@click.option("--as", "person", help="Who decides, where it is not the user of this shell.")
@click.option("--fingerprint", help="Accept only if the figures are still those shown under this fingerprint.")
@pass_context
def accept(
    context: Context, number: str, supplier: str | None, reason: str, person: str | None, fingerprint: str | None
) -> None:
    """Let the differences of a held invoice pass, just these figures, and let it go on.

    The decision is kept with them. Where order, receipt or invoice change until it is posted, it is held again.
    """
    ledger, actor = context.ledger, person or context.actor
    with ledger.transaction() as tx:
        row = _one(context, tx, number, supplier)
        if not row.fingerprint:
            raise Conflict(f"invoice {number} is not held for figures", code="invoice.not_held", hint=_HINT)
        ledger.invoices.accept(tx, row.document_id, fingerprint or row.fingerprint, reason, actor)
        released = ledger.holds.end_documents(tx, [row.document_id], actor, "released")
    reasons = (row.match or {}).get("reasons", [])
    context.output.json({"number": number, "by": actor, "accepted": reasons, "released": released})
    context.output.table(reasons, REASON, title="accepted")
    context.output.say(f"Invoice {number} goes on.")


@invoices.command()
@click.argument("number")
@click.argument("order")
@_supplier
@click.option("--reason", default="named by accounts payable", show_default=True)
@click.option("--as", "person", help="Who decides, where it is not the user of this shell.")
@pass_context
def assign(context: Context, number: str, order: str, supplier: str | None, reason: str, person: str | None) -> None:
    """Say which order a held invoice is for, where it names none or a wrong one, and match it again."""
    ledger, actor = context.ledger, person or context.actor
    with ledger.transaction() as tx:
        row = _one(context, tx, number, supplier)
        if row.state != "held":
            raise Conflict(f"invoice {number} is not held", code="invoice.not_held", hint=_HINT)
        ledger.invoices.assign(tx, row.document_id, order, reason, actor)
        released = ledger.holds.end_documents(tx, [row.document_id], actor, "released")
    context.output.json({"number": number, "order": order, "by": actor, "released": released})
    context.output.say(f"Invoice {number} is matched with order {order}.")


@invoices.command("try")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--standard", type=click.Choice([one.name for one in STANDARDS]), help="Read in this standard.")
@click.option("--reasons", "brief", is_flag=True, help="Show the reasons alone, without the comparisons.")
@pass_context
def try_(context: Context, paths: tuple[Path, ...], standard: str | None, *, brief: bool) -> None:
    """Match a supplier's sample invoices with orders made up to fit them, and to differ in one thing each.

    Nothing is stored. It shows what the match reads from the supplier's files before the first real one arrives.
    """
    found = [trial for path in paths for trial in _trials(context, path, standard)]
    context.output.json({"trials": [_as_json(trial) for trial in found]})
    for trial in found:
        context.output.say(f"\n{trial.file}: invoice {trial.invoice}, order {trial.order}")
        told = trial.match.to_json()
        show_match(context, told | {"comparisons": []} if brief else told)


def _trials(context: Context, path: Path, standard: str | None) -> list[Trial]:
    try:
        return list(trials(path, standard))
    except (Rejected, Held) as error:
        context.output.note(f"{path.name}: {error.message}")
        return []


def _as_json(trial: Trial) -> dict[str, Any]:
    """A trial for JSON."""
    return {"file": trial.file, "invoice": trial.invoice, "order": trial.order, "match": trial.match.to_json()}


_HINT = "`wardline holds list` shows why it waits."


def show_match(context: Context, match: Mapping[str, Any]) -> None:
    """A match as tables."""
    comparisons: Sequence[Mapping[str, Any]] = match.get("comparisons", [])
    if comparisons or not match:
        context.output.table(comparisons, COMPARED, title="compared", nothing="It was not matched yet.")
    if reasons := match.get("reasons"):
        context.output.table(reasons, REASON, title="reasons")
    if match:
        context.output.say(f"{match['verdict'].replace('_', ' ')}; difference {match.get('difference', 0)}.")


def _told(row: Row[Any]) -> dict[str, Any]:
    return facts(row, SHOWN) | {"orders": " ".join(row.orders)}


def _one(context: Context, tx: Any, number: str, supplier: str | None) -> Row[Any]:
    rows = context.ledger.invoices.by_number(tx, number, supplier)
    if not rows:
        raise NotFound(f"there is no invoice {number}", code="invoice.unknown")
    if len({row.supplier for row in rows}) > 1:
        named = ", ".join(sorted({row.supplier for row in rows}))
        raise Conflict(
            f"several suppliers have an invoice {number}", code="invoice.ambiguous", hint=f"Add --supplier: {named}."
        )
    # The one that a person has to do with comes before those that are done.
    return min(rows, key=lambda row: row.state != "held")
