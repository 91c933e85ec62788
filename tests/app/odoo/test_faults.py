"""The table of Odoo's errors: the name decides, never the status."""

from __future__ import annotations

import json

import pytest

from app.errors import InDoubt, Permanent, Transient, Unavailable, WardlineError
from app.odoo import faults
from app.odoo.faults import Absent, Call, Declined

WRITE = Call("stock.picking.load", changes=True)
READ = Call("stock.picking.read", changes=False)


def error(name: str, message: str = "text", status: int = 500, call: Call = WRITE) -> WardlineError:
    body = {"name": name, "message": message, "arguments": [message], "context": {}, "debug": "Traceback"}
    return faults.answered(call, status, {}, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [
        ("odoo.exceptions.UserError", 422, Declined),
        ("odoo.exceptions.ValidationError", 422, Declined),
        ("odoo.exceptions.RedirectWarning", 500, Declined),
        ("odoo.exceptions.MissingError", 404, Absent),
        ("odoo.exceptions.AccessError", 403, Permanent),
        ("odoo.exceptions.AccessDenied", 403, Permanent),
        ("werkzeug.exceptions.Unauthorized", 401, Permanent),
        ("werkzeug.exceptions.NotFound", 404, Permanent),
        ("werkzeug.exceptions.UnprocessableEntity", 422, Permanent),
        ("builtins.ValueError", 500, Permanent),
        ("psycopg2.errors.InvalidTextRepresentation", 500, Permanent),
        ("psycopg2.errors.SerializationFailure", 500, Transient),
        ("psycopg2.errors.DeadlockDetected", 500, Transient),
        ("psycopg2.errors.LockNotAvailable", 500, Transient),
        ("odoo.exceptions.LockError", 422, Transient),
    ],
)
def test_the_name_decides(name: str, status: int, kind: type[WardlineError]) -> None:
    assert type(error(name, status=status)) is kind
    assert type(error(name, status=200 + status)) is kind


@pytest.mark.parametrize(
    "name", ["psycopg2.OperationalError", "psycopg2.errors.AdminShutdown", "psycopg2.errors.UniqueViolation"]
)
def test_a_database_that_failed_odoo_may_have_committed(name: str) -> None:
    assert type(error(name)) is InDoubt
    assert type(error(name, call=READ)) is Unavailable


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("werkzeug.exceptions.Unauthorized", "odoo.unauthorized"),
        ("odoo.exceptions.AccessError", "odoo.forbidden"),
        ("werkzeug.exceptions.NotFound", "odoo.unknown_method"),
        ("builtins.TypeError", "odoo.error"),
    ],
)
def test_codes_are_stable(name: str, code: str) -> None:
    assert error(name).code == code


def test_what_a_technician_can_mend_comes_with_a_hint() -> None:
    assert "API key" in error("werkzeug.exceptions.Unauthorized").hint


def test_an_external_id_that_is_not_there_is_absent() -> None:
    missing = error("builtins.ValueError", "External ID not found in the system: wardline.b-1", call=READ)

    assert type(missing) is Absent


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("You need to supply a Lot/Serial number for products [GLUE-5] Tissue glue.", "lot_required"),
        ("Transfers GEN/1: You need to supply a Lot/Serial number for products ['x'].", "lot_required"),
        ("The serial number has already been assigned: \n Product: X, Serial Number: S", "serial_duplicated"),
        ("No matching record found for database id '9' in field 'Operations/Product'", "unknown_record"),
        ("Missing required value for the field 'Source Location' (location_id).", "value_required"),
        ("You can not enter negative quantities.", "user_error"),
    ],
)
def test_reasons_are_words_of_ours(text: str, word: str) -> None:
    declined = error("odoo.exceptions.UserError", text, 422)

    assert isinstance(declined, Declined)
    assert (declined.reason, declined.code) == (word, f"odoo.{word}")
    assert str(declined) == "stock.picking.load: odoo.exceptions.UserError"


@pytest.mark.parametrize(
    ("texts", "kind"),
    [
        (["Unknown database error: could not serialize access due to concurrent update"], Transient),
        (["deadlock detected"], Transient),
        (["You are not allowed to create 'Transfer' (stock.picking) records."], Permanent),
        (["No matching record found for database id '9'", "Missing required value"], Declined),
        ([], Declined),
    ],
)
def test_what_load_reports_inside_an_answer(texts: list[str], kind: type[WardlineError]) -> None:
    assert type(faults.not_loaded(WRITE, texts)) is kind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[1]",
        b'"text"',
        b"\xff\xfe",
        b'{"name": "odoo.exceptions.UserError"}',
        b'{"name": "two words: 4711", "message": "", "arguments": []}',
        b'{"name": 3, "message": "", "arguments": []}',
    ],
)
def test_what_is_no_error_of_odoo_is_judged_by_its_status(body: bytes) -> None:
    assert type(faults.answered(WRITE, 500, {}, body)) is InDoubt
    assert type(faults.answered(READ, 500, {}, body)) is Unavailable
    assert type(faults.answered(WRITE, 404, {}, body)) is Unavailable
    assert "4711" not in str(faults.answered(WRITE, 500, {}, body))
