"""``wardline master``: items, suppliers and prices: who has what, who may sell, and what other systems are told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from app import services
from app.crosswalk.files import NumberedRow
from app.crosswalk.rows import CrosswalkRow
from app.errors import NotFound, Unavailable, WardlineError
from app.flows.master_sync import JOB as SYNC
from app.flows.publishing import JOB as PUBLISH
from app.flows.publishing import Publishing
from app.ledger.audit import Event
from app.services import Services
from ops.cli import master_views
from ops.cli.command import Group
from ops.cli.context import Context, pass_context
from ops.cli.jobs import run as run_job
from ops.cli.master_import import import_
from ops.cli.story import facts

JOBS = ("name", "due_at", "started_at", "finished_at", "done", "error_code")
DUPLICATE = ("supplier_duplicate", "supplier_duplicate_suspected")
FORMATS = ("csv", "canonical", "hl7v2", "fhir-r5")


@click.group(cls=Group)
def master() -> None:
    """Items, suppliers and prices, in Odoo and in the register that policy decides on."""


master.add_command(import_)


@master.command()
@click.option("--now", is_flag=True, help="Take over at once what people changed in Odoo.")
@click.pass_context
def sync(ctx: click.Context, *, now: bool) -> None:
    """Say when the register was last brought up to date with Odoo, or do it now."""
    context = ctx.ensure_object(Context)
    if now:
        ctx.invoke(run_job, name=SYNC)
        return
    with context.ledger.reading() as tx:
        shown = [facts(row, JOBS) for row in context.ledger.jobs.list(tx) if row.name in (SYNC, PUBLISH)]
    context.output.json({"jobs": shown})
    context.output.table(shown, JOBS, nothing="It was never done; is the clock running?")


@master.command()
@click.argument("kind", type=click.Choice(("item", "supplier")))
@click.argument("reference")
@pass_context
def show(context: Context, kind: str, reference: str) -> None:
    """Show what Odoo has of an item or supplier, what the register has, and who has the last word on each field."""
    erp = _services(context).erp
    try:
        odoo, fault = master_views.in_odoo(erp, kind, reference), ""
    except Unavailable:
        odoo, fault = None, "Odoo does not answer; this is what the register has."
    with context.ledger.reading() as tx:
        register = master_views.in_register(tx, context.ledger, kind, reference)
        rows = master_views.compared(tx, context.ledger, kind, odoo, register)
        offers = master_views.offers(tx, context.ledger, kind, reference)
    if odoo is None and register is None:
        raise NotFound(f"nobody has the {kind} {reference}", code=f"{kind}.unknown")
    context.output.json({"kind": kind, "reference": reference, "fields": rows, "offers": offers})
    context.output.table(rows, ("field", "odoo", "register", "owner"), title=f"{kind} {reference}")
    context.output.table(offers, master_views.OFFERED, title="prices", nothing="No prices.")
    context.output.note(fault)


@master.command()
@click.argument("number")
@click.option("--is", "target", help="It is this supplier of ours.")
@click.option("--new", is_flag=True, help="It is none of those that it was taken for.")
@pass_context
def supplier(context: Context, number: str, target: str | None, *, new: bool) -> None:
    """Say which supplier of ours the NUMBER of another system means; what waited for that goes on."""
    if bool(target) == new:
        raise click.UsageError("say either which one it is, with --is, or --new")
    with context.ledger.reading() as tx:
        known = context.ledger.registry.suppliers(tx, [target]) if target else {}
    if target and not known:
        raise NotFound(f"there is no supplier {target} in the register", code="supplier.unknown")
    row = CrosswalkRow("supplier", number, target or number)
    _services(context).crosswalk.import_rows([NumberedRow(1, row)], context.actor)
    held = [context.ledger.holds.release(cause, f"supplier {number}", context.actor) for cause in DUPLICATE]
    context.output.json({"number": number, "supplier": row.target, "released": sum(held)})
    context.output.say(f"{number} is supplier {row.target}; {sum(held)} waiting records go on.")


@master.command()
@click.argument("reference")
@click.option("--revoke", is_flag=True, help="It may sell no longer.")
@pass_context
def approve(context: Context, reference: str, *, revoke: bool) -> None:
    """Let a supplier sell to us."""
    with context.ledger.transaction() as tx:
        found = context.ledger.registry.suppliers(tx, [reference]).get(reference)
        if found is None:
            raise NotFound(f"there is no supplier {reference} in the register", code="supplier.unknown")
        context.ledger.registry.put_suppliers(tx, [replace(found, approved=not revoke)])
        deed = "supplier.revoked" if revoke else "supplier.approved"
        context.ledger.audit.append(tx, [Event(deed, context.actor, detail={"supplier": reference})])
    context.output.json({"supplier": reference, "approved": not revoke})
    context.output.say(f"{reference} may {'no longer sell' if revoke else 'sell'} to us.")


@master.command()
@click.option("--to", "channel", help="Send them over this channel.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Write them into a file instead.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file; without it, standard output.")
@click.option("--all", "everything", is_flag=True, help="Every item, and not only what is news to the channel.")
@pass_context
def export(context: Context, channel: str | None, form: str | None, out: Path | None, *, everything: bool) -> None:
    """Tell another system Odoo's items: over a channel that sends items, or as a file with all of them."""
    if bool(channel) == bool(form):
        raise click.UsageError("say either where to, with --to, or in which form, with --format")
    made = _services(context)
    publishing = Publishing(made.ledger, made.erp, made.setup, made.intake, made.crosswalk)
    if channel:
        count = publishing.tell(channel, everything=everything)
        context.output.json({"channel": channel, "items": count})
        context.output.say(f"{count} items go out over {channel}.")
        return
    records = sorted(publishing.records().values(), key=lambda one: one.number)
    body = master_views.written(records, str(form))
    if out is None:
        click.get_binary_stream("stdout").write(body)
        return
    try:
        out.write_bytes(body)
    except OSError as error:
        raise WardlineError(f"{out} cannot be written", code="file.unwritable") from error
    told: dict[str, Any] = {"file": str(out), "format": form, "items": len(records)}
    context.output.json(told)
    context.output.say(f"{len(records)} items written to {out}.")


def _services(context: Context) -> Services:
    _ = context.ledger  # sure to have this version's schema
    return services.build(context.settings)
