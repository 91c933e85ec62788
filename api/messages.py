"""GET /v1/messages and GET /v1/messages/<id>: what became of messages; envelopes and states, never content.

A key sees the messages of its facilities; every other one does not exist for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE
from sqlalchemy.engine import Row

from api import current, openapi, problems, schemas
from api.problems import Refused
from app.ledger.search import MessageFilter, Story

blueprint = Blueprint("messages", __name__, url_prefix="/v1/messages", description="Following messages.")


def _problem(status: int) -> Any:
    return blueprint.alt_response(status, schema=schemas.ProblemSchema, content_type=problems.CONTENT_TYPE)


@blueprint.route("", methods=["GET"])
@blueprint.doc(operationId="findMessages")
@blueprint.arguments(schemas.MessageQuery, location="query", unknown=RAISE, error_status_code=400)
@blueprint.response(200, schemas.MessagePage)
@_problem(400)
@_problem(401)
@_problem(403)
@_problem(429)
@_problem(503)
def find(query: Mapping[str, Any]) -> dict[str, Any]:
    """Find messages.

    The newest first, a page at a time.
    """
    limit = query["limit"]
    chosen = {name: value for name, value in query.items() if name != "limit"}
    ledger = current.services().ledger
    with ledger.reading() as tx:
        mine = MessageFilter(**chosen, facilities=current.principal().facilities)
        rows = ledger.search.messages(tx, mine, limit + 1)
    page = rows[:limit]
    return {"messages": page, "next": page[-1].id if len(rows) > limit else None}


@blueprint.route("/<string:name>", methods=["GET"])
@blueprint.doc(
    operationId="getMessage", parameters=[openapi.path_parameter("name", "The message's id.", format="uuid")]
)
@blueprint.response(200, schemas.MessageStory)
@_problem(401)
@_problem(403)
@_problem(404)
@_problem(429)
@_problem(503)
def one(name: str) -> dict[str, Any]:
    """Show a message.

    Its envelope and state, and its documents, holds, postings, attempts and timeline.
    """
    ledger = current.services().ledger
    with ledger.reading() as tx:
        story = ledger.search.story(tx, _id(name))
    if story is None or not current.principal().may("messages:read", story.message.facility):
        raise _unknown()
    return _told(story)


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise _unknown() from None


def _unknown() -> Refused:
    return Refused(404, "message.unknown", "there is no such message")


def _told(story: Story) -> dict[str, Any]:
    return {
        **story.message._asdict(),
        "documents": story.documents,
        "holds": story.holds,
        "postings": list(_postings(story)),
        "attempts": story.attempts,
        "timeline": story.events,
    }


def _postings(story: Story) -> Iterable[dict[str, Any]]:
    batches = {batch.id: batch for batch in story.batches}
    for posting in story.postings:
        yield {**posting._asdict(), "record": _record(batches.get(posting.batch_id))}


def _record(batch: Row[Any] | None) -> dict[str, Any] | None:
    if batch is None or batch.record_id is None:
        return None
    return {"model": batch.record_model, "id": batch.record_id, "name": batch.record_name}
