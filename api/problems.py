"""Errors as answers: problem details (RFC 9457), or the negative answer of the standard the sender speaks.

Every error of the HTTP edge ends here. What is answered names codes and places; it never shows a trace or content.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, json, request
from flask_smorest import Api
from werkzeug.exceptions import HTTPException

from api import current, schemas
from app import standards
from app.errors import (
    Conflict,
    Forbidden,
    Gone,
    Issue,
    NotFound,
    Overtaken,
    RateLimited,
    Rejected,
    Unavailable,
    WardlineError,
)
from app.model.envelope import Acknowledgement, Receipt

log = structlog.get_logger()

CONTENT_TYPE = "application/problem+json"
RETRY_SECONDS = 30
"""When a sender whose message could not be stored should try again."""

STATUS: Mapping[type[WardlineError], int] = {
    RateLimited: 429,
    Unavailable: 503,
    Rejected: 422,
    Conflict: 422,
    Overtaken: 409,
    Gone: 410,
    Forbidden: 403,
    NotFound: 404,
}
"""The HTTP status of an error by its class; every other one is our fault, a 500."""


class Refused(WardlineError):
    """The request is refused."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is answered instead of a result; ``errors`` are the faults in the message or in the parameters."""

    status: int
    code: str
    detail: str
    errors: tuple[Issue, ...] = ()
    message_id: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class ProblemApi(Api):
    """flask-smorest's API, answering with problem details."""

    ERROR_SCHEMA = schemas.ProblemSchema
    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_pagination_header(self) -> None:
        """Leave flask-smorest's page numbers out of the document; the pages of this API have none."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        """The answer to what werkzeug, Flask and the argument parser raise, unexpected errors included."""
        return respond(_of_http(error))


def install(app: Flask) -> None:
    """Answer the errors of our own family; those that are our fault are logged."""

    def handle(error: WardlineError) -> Response:
        problem = _of_ours(error)
        if problem.status == 500:
            log.error("request.failed", error_code=error.code, exc_info=error)
        return respond(problem)

    app.register_error_handler(WardlineError, handle)


def respond(problem: Problem) -> Response:
    """The answer, in the language of the message where it was one (HL7 ACK, OperationOutcome)."""
    negative = _negative(problem)
    body, content_type = (negative.body, negative.content_type) if negative else (_document(problem), CONTENT_TYPE)
    response = Response(body, problem.status, dict(problem.headers), content_type=content_type)
    if problem.status == 503:
        response.headers.setdefault("Retry-After", str(RETRY_SECONDS))
    return response


def _document(problem: Problem) -> str:
    members: dict[str, Any] = {
        "type": f"urn:wardline:problem:{problem.code}",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        "errors": [schemas.ISSUE.dump(issue) for issue in problem.errors],
        "trace_id": current.trace_id(),
    }
    if problem.message_id:
        members["message_id"] = problem.message_id
    return json.dumps(members)


def _negative(problem: Problem) -> Acknowledgement | None:
    """The standard's own answer to a refused message; None where problem details are its own answer."""
    claimed = [known for known in standards.STANDARDS if request.mimetype in known.content_types]
    # Text and XML may be several standards; whoever sends them gets problem details at the door.
    if request.blueprint != "intake" or len({type(known) for known in claimed}) != 1:
        return None
    standard = claimed[0]
    issues = problem.errors or (Issue(problem.code, "message", problem.detail),)
    later = problem.status in {429, 503}
    answer = standard.acknowledge(Receipt("unavailable" if later else "rejected", issues=issues, retryable=later))
    return None if answer.content_type == CONTENT_TYPE else answer


def status_of(error: WardlineError) -> int:
    """The HTTP status of one of our errors."""
    if isinstance(error, Refused):
        return error.status
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def _of_ours(error: WardlineError) -> Problem:
    if isinstance(error, Refused):
        return Problem(error.status, error.code, error.message, headers=error.headers)
    status = status_of(error)
    headers = {"Retry-After": str(math.ceil(error.retry_after))} if isinstance(error, RateLimited) else {}
    errors = error.issues if isinstance(error, Rejected) else ()
    return Problem(status, error.code, error.message, errors, headers=headers)


def _of_http(error: HTTPException) -> Problem:
    status = error.code or 500
    code = "parameter.invalid" if (errors := tuple(_parameter_faults(error))) else _code(status)
    headers = {name: value for name, value in error.get_headers() if name.lower() != "content-type"}
    return Problem(status, code, error.description or HTTPStatus(status).phrase, errors, headers=headers)


def _code(status: int) -> str:
    return RateLimited.code if status == 429 else HTTPStatus(status).name.lower()


def _parameter_faults(error: HTTPException) -> Iterator[Issue]:
    """What the argument parser found, one issue for each parameter."""
    messages: Mapping[str, Any] = getattr(error, "data", {}).get("messages", {})
    for location, faults in messages.items():
        # Of a body that is no JSON at all there is only a list of texts.
        for name, texts in (faults if isinstance(faults, Mapping) else {"": faults}).items():
            yield Issue("parameter.invalid", f"{location}: {name[:64]}", " ".join(map(str, texts)))
