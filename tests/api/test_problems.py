"""Errors as answers: the status by class, and nothing of what went wrong inside."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, Response

from api import create_app, tracing
from app.errors import (
    Conflict,
    Forbidden,
    InDoubt,
    Issue,
    NotFound,
    Permanent,
    RateLimited,
    Rejected,
    Transient,
    Unavailable,
    WardlineError,
)
from app.services import Services

FAULT = Issue("quantity.invalid", "FT1[1]-10", "a number is expected")


@pytest.fixture
def app(services: Services) -> Iterator[Flask]:
    """The application within a request."""
    made = create_app(services)
    with made.test_request_context("/v1/messages"):
        tracing.begin()
        yield made


def answer(app: Flask, error: Exception) -> Response:
    return app.make_response(app.handle_user_exception(error))


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Rejected([FAULT]), 422),
        (Conflict(), 422),
        (Forbidden(), 403),
        (NotFound(), 404),
        (RateLimited(retry_after=7.5), 429),
        (Unavailable(), 503),
        (Transient(), 500),
        (InDoubt(), 500),
        (Permanent(), 500),
    ],
)
def test_the_class_decides_the_status(app: Flask, error: WardlineError, status: int) -> None:
    response = answer(app, error)
    problem = response.get_json()
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert (problem["code"], problem["detail"], problem["status"]) == (error.code, error.message, status)
    assert problem["type"] == f"urn:wardline:problem:{error.code}"
    assert problem["trace_id"]


def test_the_faults_of_a_message_are_all_told(app: Flask) -> None:
    assert answer(app, Rejected([FAULT])).get_json()["errors"] == [
        {"code": "quantity.invalid", "where": "FT1[1]-10", "text": "a number is expected", "severity": "error"}
    ]


@pytest.mark.parametrize(("error", "seconds"), [(RateLimited(retry_after=7.5), "8"), (Unavailable(), "30")])
def test_who_may_come_again_is_told_when(app: Flask, error: WardlineError, seconds: str) -> None:
    assert answer(app, error).headers["Retry-After"] == seconds


def test_an_unexpected_error_tells_nothing(app: Flask) -> None:
    response = app.handle_exception(ValueError("EXAMPLE^PATIENT"))
    assert (response.status_code, response.content_type) == (500, "application/problem+json")
    assert response.get_json()["code"] == "internal_server_error"
    assert "EXAMPLE" not in response.get_data(as_text=True)
    assert "Traceback" not in response.get_data(as_text=True)
