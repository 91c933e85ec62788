"""/v1/approvals: what waits for whom, what was decided, and deciding it.

A key sees the approvals of its facilities; every other one does not exist for it. Whoever decides is the person that
the key belongs to.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE
from sqlalchemy.engine import Connection

from api import approval_schemas, current, openapi, problems, schemas
from api.problems import Refused
from app import ids
from app.errors import NotFound
from app.flows.approving import Saying
from app.flows.desk import Desk
from app.flows.dossiers import Dossier
from app.ledger.approval_queue import ApprovalFilter
from app.ledger.ledger import Ledger
from app.ledger.stand_ins import NewDelegation

SCOPE = "approve"

blueprint = Blueprint("approvals", __name__, url_prefix="/v1/approvals", description="Deciding approvals.")
_NAME = [openapi.path_parameter("name", "The approval's id.", format="uuid")]


def _problems(*statuses: int) -> Any:
    def decorate(view: Any) -> Any:
        for status in statuses:
            answer = blueprint.alt_response(status, schema=schemas.ProblemSchema, content_type=problems.CONTENT_TYPE)
            view = answer(view)
        return view

    return decorate


@blueprint.route("", methods=["GET"])
@blueprint.doc(operationId="findApprovals")
@blueprint.arguments(approval_schemas.ApprovalQuery, location="query", unknown=RAISE, error_status_code=400)
@blueprint.response(200, approval_schemas.ApprovalPage)
@_problems(400, 401, 403, 429, 503)
def find(query: Mapping[str, Any]) -> dict[str, Any]:
    """Find approvals.

    The newest first, a page at a time; with `person` those that the person may decide now.
    """
    limit, states = query["limit"], (query["state"],) if "state" in query else None
    facilities = current.principal().facilities
    same = {name: query.get(name) for name in ("facility", "reference", "before_id")}
    chosen = ApprovalFilter(states=states, facilities=facilities, **same)
    with _ledger().reading() as tx:
        rows = _desk().approving.find(tx, chosen, query.get("person"), limit + 1)
    page = rows[:limit]
    return {"approvals": page, "next": page[-1].id if len(rows) > limit else None}


@blueprint.route("/<string:name>", methods=["GET"])
@blueprint.doc(operationId="getApproval", parameters=_NAME)
@blueprint.response(200, approval_schemas.ApprovalStory)
@_problems(401, 403, 404, 429, 503)
def one(name: str) -> dict[str, Any]:
    """Show an approval.

    What it is about, its steps and decisions, and who may decide it now.
    """
    with _ledger().reading() as tx:
        return told(_ledger(), tx, _mine(tx, name))


@blueprint.route("/<string:name>/decisions", methods=["POST"])
@blueprint.doc(operationId="decideApproval", parameters=_NAME)
@blueprint.arguments(approval_schemas.DecisionRequest)
@blueprint.response(201, approval_schemas.ApprovalStory)
@_problems(400, 401, 403, 404, 409, 410, 422, 429, 503)
def decide(body: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Decide an approval.

    On the version that was looked at: where somebody else was faster, it is a 409, and the approval is to be looked
    at again. What was superseded or withdrawn is a 410.
    """
    person = _person()
    with _ledger().reading() as tx:
        approval_id: UUID = _mine(tx, name).row.id
    actor = f"key:{current.principal().prefix}"
    saying = Saying(person, body["decision"], body["version"], actor, body.get("comment", ""))
    _desk().approving.decide(approval_id, saying)
    with _ledger().reading() as tx:
        return told(_ledger(), tx, _desk().dossiers.of(tx, approval_id))


@blueprint.route("/<string:name>/delegations", methods=["POST"])
@blueprint.doc(operationId="delegateApproval", parameters=_NAME)
@blueprint.arguments(approval_schemas.DelegationRequest)
@blueprint.response(201, approval_schemas.DelegationSchema)
@_problems(400, 401, 403, 404, 409, 422, 429, 503)
def delegate(body: Mapping[str, Any], name: str) -> Any:
    """Let somebody else decide an approval.

    Only what one may decide oneself can be passed on; whoever gets it cannot pass it on again.
    """
    person = _person()
    with _ledger().reading() as tx:
        dossier = _mine(tx, name)
    holder = dossier.bench.right(person, dossier.matter)
    if holder.person != holder.on_behalf_of:
        raise Refused(403, "delegation.borrowed", "a right that is somebody else's cannot be passed on")
    new = NewDelegation(person, body["delegate"], ids.now(), body["valid_to"], None, dossier.row.id)
    return _desk().standing_in.delegate(new, f"key:{current.principal().prefix}")


def told(ledger: Ledger, tx: Connection, dossier: Dossier) -> dict[str, Any]:
    """An approval as plain values, with what was written beside its decisions."""
    ordinals = {step.id: step.ordinal for step in dossier.steps}
    comments = ledger.approvals.comments(tx, [one.id for one in dossier.decisions])
    decisions = [
        {**one._asdict(), "step": ordinals[one.step_id], "comment": comments.get(one.id)} for one in dossier.decisions
    ]
    deciders = [right.person.id for right in dossier.deciders]
    return {**dossier.row._asdict(), "steps": dossier.steps, "decisions": decisions, "deciders": deciders}


def _mine(tx: Connection, name: str) -> Dossier:
    """The approval, where the key may see it. Raises Refused (404)."""
    try:
        dossier = _desk().dossiers.of(tx, UUID(name))
    except (ValueError, NotFound):
        raise _unknown() from None
    if not current.principal().may(SCOPE, dossier.row.facility):
        raise _unknown()
    return dossier


def _unknown() -> Refused:
    return Refused(404, "approval.unknown", "there is no such approval")


def _person() -> str:
    """Whom the key belongs to. Raises Refused (403) where it is a system's."""
    if (person := current.principal().person) is None:
        raise Refused(403, "person.missing", "the API key belongs to no person, and only people decide")
    return person


def _ledger() -> Ledger:
    return current.services().ledger


def _desk() -> Desk:
    return current.services().desk
