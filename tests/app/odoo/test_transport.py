"""JSON-2 over the library's classes: what goes out, and what every way of failing becomes."""

from __future__ import annotations

import json
import os
import socket
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import odoolib.json2
import pytest

from app import ids
from app.errors import InDoubt, Misconfigured, Permanent, RateLimited, Transient, Unavailable
from app.odoo.transport import Connection
from tests.app.odoo.conftest import API_KEY, Handler, Server

SECRET = "case-4711"


def read(connection: Connection) -> object:
    return connection.get_model("stock.picking").read(ids=[1], fields=["state"])


def write(connection: Connection) -> object:
    return connection.get_model("stock.picking").button_validate(ids=[1])


def test_a_call_goes_out_as_json_2(server: Server, connection: Connection) -> None:
    connection.get_model("stock.picking").read(ids=[3], fields=["state"])

    (request,) = server.seen
    assert request.path == "/json/2/stock.picking/read"
    assert request.headers["Authorization"] == f"Bearer {API_KEY}"
    assert request.headers["X-Odoo-Database"] == "hospital"
    assert request.headers["Content-Type"].startswith("application/json")
    assert request.body == {"ids": [3], "fields": ["state"], "context": {"lang": "en_US", "tz": "UTC"}}


def test_a_context_is_laid_over_the_connections_own(server: Server, connection: Connection) -> None:
    connection.get_model("stock.picking").button_validate(ids=[3], context={"skip_sms": True})

    assert server.seen[0].body["context"] == {"lang": "en_US", "tz": "UTC", "skip_sms": True}


def test_the_librarys_own_classes_do_the_work(connection: Connection) -> None:
    assert isinstance(connection, odoolib.json2.Json2Connection)
    assert isinstance(connection.get_model("res.users"), odoolib.json2.JsonModel)


def test_answers_come_as_they_are_and_numbers_are_exact(server: Server, connection: Connection) -> None:
    server.behave = lambda handler: handler.answer(200, b'[{"id": 1, "quantity": 0.1}]')

    assert read(connection) == [{"id": 1, "quantity": Decimal("0.1")}]


def test_methods_take_keyword_arguments_alone(connection: Connection) -> None:
    with pytest.raises(TypeError):
        connection.get_model("stock.picking").search([])


def test_calls_share_their_connections(server: Server, connection: Connection) -> None:
    for _ in range(5):
        read(connection)

    assert len({request.peer for request in server.seen}) == 1


def test_a_forked_process_opens_connections_of_its_own(server: Server, connection: Connection) -> None:
    read(connection)
    child = os.fork()
    if child == 0:
        read(connection)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    read(connection)

    first, forked, again = (request.peer for request in server.seen)
    assert first == again
    assert forked != first


@pytest.mark.parametrize("url", ["odoo.example", "ftp://odoo.example", "https://odoo.example/path", "https://"])
def test_a_url_that_is_none_is_misconfigured(url: str) -> None:
    with pytest.raises(Misconfigured):
        Connection(url, "hospital", API_KEY)


@pytest.mark.parametrize(
    ("url", "called"),
    [
        ("https://odoo.example", "https://odoo.example/json/2/"),
        ("https://odoo.example:8443/", "https://odoo.example:8443/json/2/"),
        ("http://odoo.example", "http://odoo.example/json/2/"),
        ("http://[::1]:8069", "http://[::1]:8069/json/2/"),
    ],
)
def test_the_librarys_connector_gets_the_url(url: str, called: str) -> None:
    assert Connection(url, "hospital", API_KEY).connector.url == called


def test_a_refused_connection_is_unavailable_even_for_a_write() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    connection = Connection(url, "hospital", API_KEY)

    for call in (read, write):
        with pytest.raises(Unavailable) as error:
            call(connection)
        assert error.value.code == "odoo.unavailable"


def test_a_host_that_nobody_knows_is_unavailable() -> None:
    with pytest.raises(Unavailable):
        write(Connection("http://odoo.invalid", "hospital", API_KEY))


def too_late(handler: Handler) -> None:
    time.sleep(1)


def cut_off(handler: Handler) -> None:
    handler.drop()


def cut_short(handler: Handler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"half":')
    handler.drop()


def drips(handler: Handler) -> None:
    """Each piece comes in time, the whole never does."""
    handler.send_response(200)
    handler.send_header("Content-Length", "32")
    handler.end_headers()
    for _ in range(30):
        handler.wfile.write(b" ")
        time.sleep(0.05)
    handler.wfile.write(b"[]")


def bad_gateway(handler: Handler) -> None:
    handler.answer(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html")


def unavailable_page(handler: Handler) -> None:
    handler.answer(503, b"", "text/html")


def gateway_timeout(handler: Handler) -> None:
    handler.answer(504, b'{"error": "upstream"}')


def no_json(handler: Handler) -> None:
    handler.answer(200, b"<html>Please log in to the guest network</html>", "text/html")


LOST = [too_late, cut_off, cut_short, drips, bad_gateway, unavailable_page, gateway_timeout, no_json]


@pytest.mark.parametrize("behave", LOST)
def test_a_write_without_an_answer_is_in_doubt(server: Server, connection: Connection, behave: object) -> None:
    server.behave = behave

    with pytest.raises(InDoubt) as error:
        write(connection)
    assert str(error.value).startswith("stock.picking.button_validate: ")
    assert len(server.seen) == 1


@pytest.mark.parametrize("behave", LOST)
def test_a_read_without_an_answer_is_an_outage(server: Server, connection: Connection, behave: object) -> None:
    server.behave = behave

    with pytest.raises(Unavailable):
        read(connection)


def test_a_call_may_be_given_more_time(server: Server, connection: Connection) -> None:
    def slow(handler: Handler) -> None:
        time.sleep(0.8)
        handler.answer(200, b"true")

    server.behave = slow

    assert connection.get_model("stock.picking", timeout=5).button_validate(ids=[1]) is True


def test_an_answer_that_is_too_large_is_not_read_to_its_end(server: Server) -> None:
    connection = Connection(server.url, "hospital", API_KEY, largest_answer=1_000_000)
    server.behave = lambda handler: handler.answer(500, b"x" * 50_000_000, "text/html")

    with pytest.raises(Permanent):
        read(connection)
    with pytest.raises(InDoubt):
        write(connection)


def test_too_many_calls_at_once_had_no_effect(server: Server) -> None:
    connection = Connection(server.url, "hospital", API_KEY, read_timeout=0.3, connections=1)
    with (
        connection._client().stream("GET", server.url),
        pytest.raises(Transient) as error,
    ):
        write(connection)
    assert error.value.code == "odoo.busy"
    assert len(server.seen) == 1


def test_a_proxy_may_ask_to_slow_down(server: Server, connection: Connection) -> None:
    server.behave = lambda handler: handler.answer(429, b"", "text/html", Retry_After="7")

    with pytest.raises(RateLimited) as error:
        write(connection)
    assert error.value.retry_after == 7


@pytest.mark.parametrize("status", [301, 400, 403, 413])
def test_other_answers_of_a_proxy_are_permanent(server: Server, connection: Connection, status: int) -> None:
    server.behave = lambda handler: handler.answer(status, b"<html>no</html>", "text/html")

    with pytest.raises(Permanent) as error:
        write(connection)
    assert error.value.code == f"odoo.http_{status}"


def test_errors_carry_no_text_of_odoo(server: Server, connection: Connection) -> None:
    fault = {
        "name": "odoo.exceptions.UserError",
        "message": f"No stock for {SECRET}",
        "arguments": [SECRET],
        "context": {"who": SECRET},
        "debug": f"Traceback: {SECRET}",
    }
    server.behave = lambda handler: handler.answer(422, json.dumps(fault).encode())

    with pytest.raises(Permanent) as error:
        connection.get_model("stock.picking").load(fields=["origin"], data=[[SECRET]])
    shown = f"{error.value} {error.value.code} {error.value.hint} {error.value.__dict__}"
    assert SECRET not in shown
    assert "stock.picking.load: odoo.exceptions.UserError" in shown


def test_a_version_that_is_none_is_an_outage(server: Server, connection: Connection) -> None:
    server.behave = lambda handler: handler.answer(200, b'["nginx"]')

    with pytest.raises(Unavailable):
        connection.version()


@pytest.mark.parametrize(("date", "known"), [("Fri, 20 Nov 2026 07:30:00 GMT", True), ("the other day", False)])
def test_the_servers_own_time_is_heard(server: Server, connection: Connection, date: str, known: bool) -> None:
    def behave(handler: Handler) -> None:
        handler.date_time_string = lambda timestamp=None: date  # type: ignore[method-assign]
        handler.answer(200, b'{"version": "19.0"}')

    server.behave = behave

    connection.version()

    assert (connection.heard_at == datetime(2026, 11, 20, 7, 30, tzinfo=UTC)) is known
    assert known or abs(connection.heard_at - ids.now()) < timedelta(seconds=10)
