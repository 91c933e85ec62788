"""``wardline approvals``: what waits for whom, deciding it, and letting others decide."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import click

from app import ids
from app.flows.approving import Saying
from app.flows.dossiers import Dossier
from app.ledger.approval_queue import ApprovalFilter
from app.ledger.approvals import OPEN, STATES
from app.ledger.stand_ins import NewDelegation
from app.model.approval import Verdict
from ops.cli import options
from ops.cli.command import Group
from ops.cli.context import Context, pass_context
from ops.cli.story import facts

LISTED = ("requested_at", "id", "state", "reference", "amount", "currency", "facility", "urgent", "version")
APPROVAL = (
    "id", "state", "version", "reference", "amount", "currency", "facility", "department", "cost_centre", "requester",
    "items", "urgent", "rule_version", "document_id", "message_id", "requested_at", "decided_at", "decided_by",
)  # fmt: skip
STEP = ("ordinal", "name", "role", "escalated_to", "four_eyes", "state", "reason", "opened_at", "due_at", "decided_at")
DECISION = ("at", "person", "on_behalf_of", "verdict", "version", "rule_version", "actor")
NOTICE = ("created_at", "kind", "person", "transport", "state", "attempts", "error_code", "sent_at")
DELEGATION = ("id", "person", "delegate", "role", "approval_id", "valid_from", "valid_to")
ABSENCE = ("id", "person", "substitute", "away_from", "away_to")


class Ahead(options.Moment):
    """A time to come: RFC 3339, UTC where it has no zone, or a span from now such as ``8h`` or ``14d``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment that is meant."""
        if isinstance(value, str) and (span := re.fullmatch(r"(\d{1,5})([hd])", value)):
            hours = int(span[1]) * (24 if span[2] == "d" else 1)
            return ids.now() + timedelta(hours=hours)
        return super().convert(value, param, ctx)


@click.group(cls=Group)
def approvals() -> None:
    """What must be approved, and by whom.

    PERSON is an id of the section `approval` of the rule book. Whoever decides here is trusted to be that person; the
    audit trail names the user of the process too.
    """


_person = click.option("--as", "person", metavar="PERSON", required=True, help="Who decides, or whose right it is.")
_version = click.option("--version", type=click.IntRange(1), required=True, help="The version that was looked at.")
_comment = click.option("--comment", default="", help="Why; kept with the decision. No patient data.")
_id = click.argument("approval_id", metavar="ID", type=click.UUID)
_from = click.option("--from", "begins", type=Ahead(), help="From when (RFC 3339, or 8h, 14d ahead); else from now.")
_until = click.option("--until", "ends", type=Ahead(), required=True, help="Until before when (RFC 3339, or 8h, 14d).")


@approvals.command("list")
@click.option("--state", type=click.Choice(STATES), help="Else those that are open.")
@click.option("--person", metavar="PERSON", help="Those that this person may decide now.")
@options.facility
@click.option("--number", help="Those of the document with this number.")
@options.limit(50)
@pass_context
def list_(
    context: Context, state: str | None, person: str | None, facility: str | None, number: str | None, limit: int
) -> None:
    """List approvals, the newest first."""
    chosen = ApprovalFilter((state,) if state else None if number else OPEN, facility, None, number)
    with context.ledger.reading() as tx:
        rows = [facts(row, APPROVAL) for row in context.desk.approving.find(tx, chosen, person, limit)]
    context.output.json({"approvals": rows})
    context.output.table(rows, LISTED, nothing="Nothing waits for approval.")


@approvals.command()
@_id
@pass_context
def show(context: Context, approval_id: UUID) -> None:
    """Show an approval: its steps, what was decided, who may decide now, and who was told."""
    with context.ledger.reading() as tx:
        dossier = context.desk.dossiers.of(tx, approval_id)
        comments = context.ledger.approvals.comments(tx, [one.id for one in dossier.decisions])
        notices = [facts(row, NOTICE) for row in context.ledger.notices.of_approvals(tx, [approval_id])]
    steps = [facts(step, STEP) for step in dossier.steps]
    decisions = [facts(one, DECISION) | {"comment": comments.get(one.id)} for one in dossier.decisions]
    told = _told(dossier)
    context.output.json(told | {"steps": steps, "decisions": decisions, "notices": notices})
    context.output.fields(told, title="approval")
    context.output.table(steps, STEP, title="steps")
    context.output.table(decisions, (*DECISION, "comment"), title="decisions", nothing="Nobody has decided yet.")
    context.output.table(notices, NOTICE, title="notices", nothing="Nobody was told yet.")


@approvals.command()
@_id
@_person
@_version
@_comment
@pass_context
def approve(context: Context, approval_id: UUID, person: str, version: int, comment: str) -> None:
    """Agree to an approval, on the version that `approvals show` told."""
    _decide(context, approval_id, Saying(person, "approve", version, context.actor, comment))


@approvals.command()
@_id
@_person
@_version
@_comment
@pass_context
def reject(context: Context, approval_id: UUID, person: str, version: int, comment: str) -> None:
    """Refuse an approval; its document is cancelled."""
    _decide(context, approval_id, Saying(person, "reject", version, context.actor, comment))


@approvals.command()
@_person
@click.option("--to", "delegate", metavar="PERSON", required=True, help="Who may decide too.")
@_from
@_until
@click.option("--role", help="This role only; else all.")
@click.option("--approval", "approval_id", type=click.UUID, help="This approval only; else all.")
@pass_context
def delegate(
    context: Context, /, person: str, delegate: str, begins: datetime | None, ends: datetime, **only: Any
) -> None:
    """Let somebody else decide for a person for some time; it cannot be passed on again."""
    new = NewDelegation(person, delegate, begins or ids.now(), ends, only["role"], only["approval_id"])
    made = facts(context.desk.standing_in.delegate(new, context.actor), DELEGATION)
    context.output.json(made)
    context.output.fields(made, title="delegation")


@approvals.command()
@_person
@click.option("--substitute", metavar="PERSON", help="Who stands in; else whom the rule book names.")
@_from
@_until
@pass_context
def away(context: Context, person: str, substitute: str | None, begins: datetime | None, ends: datetime) -> None:
    """Note that a person is away; the substitute may decide meanwhile."""
    times = (begins or ids.now(), ends)
    made = facts(context.desk.standing_in.away(person, substitute, times, context.actor), ABSENCE)
    context.output.json(made)
    context.output.fields(made, title="absence")


@approvals.command("stand-ins")
@pass_context
def stand_ins(context: Context) -> None:
    """List who may decide for whom, and who is away, now and to come."""
    with context.ledger.reading() as tx:
        delegated = [facts(row, DELEGATION) for row in context.ledger.stand_ins.delegations(tx)]
        absent = [facts(row, ABSENCE) for row in context.ledger.stand_ins.absences(tx)]
    context.output.json({"delegations": delegated, "absences": absent})
    context.output.table(delegated, DELEGATION, title="delegations", nothing="Nobody has passed a right on.")
    context.output.table(absent, ABSENCE, title="absences", nothing="Nobody is away.")


@approvals.command()
@click.argument("entry_id", metavar="ID", type=click.UUID)
@pass_context
def end(context: Context, entry_id: UUID) -> None:
    """End a delegation or an absence now; ID as `approvals stand-ins` lists it."""
    with context.ledger.transaction() as tx:
        context.ledger.stand_ins.revoke(tx, entry_id, context.actor)
    context.output.json({"ended": entry_id})
    context.output.say(f"{entry_id} ended")


@approvals.command()
@_id
@_person
@pass_context
def link(context: Context, approval_id: UUID, person: str) -> None:
    """Make a link by which a person decides the open step once, and print it."""
    address = context.desk.links.give(approval_id, person, context.actor)
    context.output.json({"link": address})
    context.output.say(address)
    context.output.note("" if context.settings.public_url else "Set WARDLINE_PUBLIC_URL to get whole addresses.")


def _decide(context: Context, approval_id: UUID, saying: Saying) -> None:
    context.desk.approving.decide(approval_id, saying)
    with context.ledger.reading() as tx:
        told = _told(context.desk.dossiers.of(tx, approval_id))
    context.output.json(told)
    past: dict[Verdict, str] = {"approve": "agreed", "reject": "refused"}
    context.output.say(
        f"{told['reference']}: {past[saying.verdict]} by {saying.person}; the approval is {told['state']}."
    )


def _told(dossier: Dossier) -> dict[str, Any]:
    return facts(dossier.row, APPROVAL) | {"deciders": [right.person.id for right in dossier.deciders]}
