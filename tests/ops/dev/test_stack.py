"""Servers the environment names are checked and passed on, never started, stopped or changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ops.dev.errors import DevError
from ops.dev.settings import ODOO_API_KEY, ODOO_DB, ODOO_URL, POSTGRES_URL, RABBITMQ_URL, REDIS_URL, Settings
from ops.dev.stack import Stack

OK = b"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n1"


def test_a_named_server_is_checked_and_passed_through(settings: Settings, canned: Callable[[bytes], str]) -> None:
    url = f"redis://{canned(b'+PONG' + bytes([13, 10]))}/7"
    stack = Stack(replace(settings, given={REDIS_URL: url}))

    stack.up(["redis"])

    assert stack.env() == {REDIS_URL: url}
    assert not (settings.folder / "redis").exists()
    stack.down()
    assert stack.redis.answers()


def test_a_named_server_that_is_silent_is_an_error(settings: Settings) -> None:
    stack = Stack(replace(settings, given={REDIS_URL: "redis://127.0.0.1:64999/0"}))

    with pytest.raises(DevError, match="WARDLINE_TEST_REDIS_URL names does not answer"):
        stack.up(["redis"])


def test_a_named_odoo_comes_with_database_and_key(settings: Settings, canned: Callable[[bytes], str]) -> None:
    url = f"http://{canned(OK)}"
    whole = {ODOO_URL: url, ODOO_DB: "hospital", ODOO_API_KEY: "k"}
    stack = Stack(replace(settings, given=whole))

    stack.up(["odoo"])

    assert stack.env() == whole
    with pytest.raises(DevError, match=ODOO_API_KEY):
        Stack(replace(settings, given={ODOO_URL: url, ODOO_DB: "hospital"})).odoo.up()


def test_faults_are_never_injected_into_a_named_server(settings: Settings) -> None:
    given = {ODOO_URL: "http://odoo.example", RABBITMQ_URL: "amqp://mq.example"}
    stack = Stack(replace(settings, given=given))
    verbs = [
        stack.odoo.stop, stack.odoo.start, lambda: stack.odoo.clone("x"), lambda: stack.odoo.drop("x"),
        stack.rabbitmq.stop_app, stack.rabbitmq.start_app, stack.rabbitmq.restart,
    ]  # fmt: skip

    for verb in verbs:
        with pytest.raises(DevError, match="not ours"):
            verb()


def test_what_env_printed_for_our_own_server_does_not_make_it_a_named_one(settings: Settings) -> None:
    ours = Stack(settings).postgres.url
    of_a_purged_folder = ours.replace(ours.split("@")[0], "postgresql://wardline:0000")

    assert Stack(replace(settings, given={POSTGRES_URL: ours})).postgres.given is None
    assert Stack(replace(settings, given={POSTGRES_URL: of_a_purged_folder})).postgres.given is None
    assert Stack(replace(settings, given={POSTGRES_URL: ours + "_other"})).postgres.given is not None


def test_services_come_in_the_order_of_their_needs(settings: Settings) -> None:
    stack = Stack(settings)

    assert [service.name for service in stack.services(["odoo", "redis", "postgres"])] == ["postgres", "redis", "odoo"]


@pytest.mark.parametrize("name", ["", "Upper", "1st", "a-b", "a;b", "pg_ä", "_x"])
def test_a_database_name_that_would_need_quoting_is_refused(settings: Settings, name: str) -> None:
    with pytest.raises(DevError, match="no database name"):
        Stack(settings).postgres.drop_database(name)
