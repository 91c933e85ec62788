"""POST /v1/messages/<channel>: a message in its sender's own standard, stored durably before it is answered.

The HTTP side of ``app.flows.intake``. The answer is the standard's own (HL7 ACK, OperationOutcome, JSON); the status
tells the same in HTTP.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from flask import Response, request
from flask_smorest import Blueprint
from werkzeug.exceptions import RequestEntityTooLarge

from api import current, openapi, problems
from api.problems import Problem, Refused
from app.flows.intake import Sending, refuse_oversized
from app.model.channel import Channel
from app.model.envelope import Acknowledgement, Receipt
from app.standards import by_name

STATUS = {"accepted": 202, "duplicate": 202, "rejected": 422, "conflict": 422, "unavailable": 503}
"""The status by outcome; what is rejected because not even its envelope could be read is a 400."""
STATUS_IN_BODY = frozenset({"cxml"})
"""Standards whose answer carries a status of its own and travels with 200 (cXML User's Guide, Response)."""
MAX_KEY = 200
_PIECE = 64 * 1024
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\])*)"')
_BARE = re.compile(r"[!#-+\--:<-~]+")

blueprint = Blueprint("intake", __name__, url_prefix="/v1/messages", description="Sending messages.")


@blueprint.route("/<string:name>", methods=["POST"])
@blueprint.doc(**openapi.SEND)
def send(name: str) -> Response:
    """Send a message.

    The body is the message, byte for byte, in the standard of the channel.
    """
    channel = _channel(name)
    _check_media_type(channel)
    key = _idempotency_key(request.headers.get("Idempotency-Key"))
    limit = current.services().settings.body_limit
    try:
        body = _body(limit)
    except RequestEntityTooLarge:
        return _respond(413, *refuse_oversized(channel, limit))
    principal = f"key:{current.principal().prefix}"
    sending = Sending(channel, body, request.mimetype, principal, current.trace_id(), key)
    receipt, answer = current.services().intake.take_in(sending)
    return _respond(_status(channel, receipt), receipt, answer)


def _status(channel: Channel, receipt: Receipt) -> int:
    if channel.standard in STATUS_IN_BODY:
        return HTTPStatus.OK
    unreadable = receipt.outcome == "rejected" and receipt.envelope is None
    return HTTPStatus.BAD_REQUEST if unreadable else STATUS[receipt.outcome]


def _channel(name: str) -> Channel:
    channel = current.services().channels.get(name)
    if channel is None:
        raise Refused(404, "channel.unknown", "there is no such channel")
    if not current.principal().may("messages:write", channel.facility):
        raise Refused(403, "facility.forbidden", f"the API key may not send for the facility of channel {name}")
    return channel


def _check_media_type(channel: Channel) -> None:
    taken = by_name(channel.standard).content_types
    if request.mimetype not in taken:
        expected = " or ".join(taken)
        raise Refused(415, "media_type.unsupported", f"channel {channel.name} takes {expected}", {"Accept": expected})
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(
            415, "encoding.unsupported", "a body that is not compressed is expected", {"Accept-Encoding": "identity"}
        )


def _idempotency_key(header: str | None) -> str | None:
    """The key, written as a structured-field string (RFC 9651, section 3.3.3) or bare."""
    if header is None:
        return None
    if quoted := _QUOTED.fullmatch(header):
        key = re.sub(r"\\(.)", r"\1", quoted[1])
    else:
        key = header if _BARE.fullmatch(header) else ""
    if not 0 < len(key) <= MAX_KEY:
        text = f"a string of 1 to {MAX_KEY} printable ASCII characters is expected"
        raise Refused(400, "idempotency_key.invalid", text)
    return key


def _body(limit: int) -> bytes:
    """The whole body, in pieces, so that one that is too large or infinite is given up early.

    Werkzeug's own reading gives a chunked body that is larger than its maximum silently cut off, and one that ends
    before its Content-Length as if it were whole; either could pass for a shorter message.
    """
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge
    body = bytearray()
    while piece := request.stream.read(_PIECE):
        body += piece
        if len(body) > limit:
            raise RequestEntityTooLarge
    if request.content_length is not None and len(body) != request.content_length:
        raise Refused(400, "body.incomplete", "the body ended before its Content-Length")
    return bytes(body)


def _respond(status: int, receipt: Receipt, answer: Acknowledgement) -> Response:
    if answer.content_type == problems.CONTENT_TYPE:
        return problems.respond(_problem(status, receipt))
    # A commit and an application acknowledgement at once are two messages; HTTP has one body for both.
    body = b"".join((answer.body, *answer.more))
    response = Response(body, status, content_type=answer.content_type)
    if receipt.outcome in {"accepted", "duplicate"}:
        response.headers["Location"] = f"/v1/messages/{receipt.message_id}"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = str(problems.RETRY_SECONDS)
    return response


def _problem(status: int, receipt: Receipt) -> Problem:
    """The same as the standard's own problem details, with what only HTTP knows."""
    first = receipt.issues[0]
    message_id = str(receipt.message_id) if receipt.message_id else None
    return Problem(status, first.code, f"{first.text} ({first.where})", receipt.issues, message_id)
