"""/v1/approval-links/<token>: deciding one step once, by a link from a letter or a chat.

The token is the credential. GET shows what is to be decided and changes nothing, for mail programs open links by
themselves; POST decides. Browsers get a page, programs JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, jsonify, make_response, render_template, request
from flask_smorest import Blueprint
from marshmallow import ValidationError

from api import approval_schemas, current, openapi, problems, schemas
from api.problems import Refused
from app.errors import WardlineError
from app.flows.approval_links import Opened

FORM = "application/x-www-form-urlencoded"

blueprint = Blueprint(
    "approval-links",
    __name__,
    url_prefix="/v1/approval-links",
    template_folder="templates",
    description="Deciding by a link.",
)
_TOKEN = [openapi.path_parameter("token", "The link's token, as it was sent.")]
_BODY = {"schema": approval_schemas.LinkDecision}
_PROBLEM = {problems.CONTENT_TYPE: {"schema": schemas.ProblemSchema}, "text/html": {}}


def _answers(*statuses: int) -> dict[str, Any]:
    texts = {
        200: "What the link is about.",
        403: "The person may not decide it any more.",
        404: "There is no such link.",
        409: "Somebody else was faster, or the document has changed.",
        410: "The link was used, its time is over, or the approval has moved on.",
        415: "The decision is neither JSON nor a form.",
        422: "The decision cannot be read.",
        503: "The ledger is out of reach.",
    }
    known = {200: {"application/json": {"schema": approval_schemas.ApprovalLinkSchema}, "text/html": {}}}
    return {str(status): {"description": texts[status], "content": known.get(status, _PROBLEM)} for status in statuses}


@blueprint.route("/<string:token>", methods=["GET"])
@blueprint.doc(
    operationId="openApprovalLink", parameters=_TOKEN, responses=_answers(200, 403, 404, 409, 410, 503), security=[]
)
def show(token: str) -> Response:
    """Show what a link is about.

    Nothing is changed by looking at it.
    """
    return _answered(lambda: current.services().desk.links.open(token), "open")


@blueprint.route("/<string:token>", methods=["POST"])
@blueprint.doc(
    operationId="useApprovalLink",
    parameters=_TOKEN,
    requestBody={"required": True, "content": {"application/json": _BODY, FORM: _BODY}},
    responses=_answers(200, 403, 404, 409, 410, 415, 422, 503),
    security=[],
)
def use(token: str) -> Response:
    """Decide by a link, once.

    The decision is that of the person to whom the link was sent.
    """

    def deed() -> Opened:
        said = _said()
        return current.services().desk.links.use(token, said["decision"], said.get("comment", ""))

    return _answered(deed, "used")


def _said() -> Mapping[str, Any]:
    if request.mimetype == FORM:
        sent: Any = {name: value for name, value in request.form.items() if value}
    elif request.is_json:
        sent = request.get_json(silent=True)
    else:
        raise Refused(415, "media_type.unsupported", "JSON or a form is expected")
    try:
        said: Mapping[str, Any] = approval_schemas.LinkDecision().load(sent)
    except ValidationError as error:
        raise Refused(
            422, "parameter.invalid", f"a decision is expected: {', '.join(sorted(error.messages_dict))}"
        ) from None
    return said


def _answered(deed: Callable[[], Opened], stage: str) -> Response:
    """The result as a page or as JSON; for a page, errors are pages too."""
    if request.accept_mimetypes.best_match(["application/json", "text/html"]) != "text/html":
        return jsonify(approval_schemas.ApprovalLinkSchema().dump(_told(deed())))
    try:
        page = render_template("approval_link.html", stage=stage, told=_told(deed()), code="", text="")
    except WardlineError as error:
        status = problems.status_of(error)
        if status >= 500:
            raise
        return make_response(
            render_template("approval_link.html", stage="", code=error.code, text=error.message), status
        )
    return make_response(page)


def _told(opened: Opened) -> dict[str, Any]:
    step = opened.dossier.open_step
    about = {"person": opened.person, "step": step.name, "expires_at": opened.link.expires_at}
    return {**opened.dossier.row._asdict(), **about}
