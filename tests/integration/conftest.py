"""The real surroundings of the integration tests: PostgreSQL, RabbitMQ and an Odoo 19 with the demo hospital in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app import ids
from ops.dev.stack import Stack
from tests.fixtures_odoo import OdooServer
from tests.integration.fleet import Wardline, environment


@pytest.fixture
def broker_url(stack: Stack) -> Iterator[str]:
    """A virtual host of the test's own, so that no bell of another test is heard."""
    if stack.rabbitmq.given:
        yield environment("WARDLINE_TEST_RABBITMQ_URL")
        return
    name = f"it-{ids.new_id().hex[-12:]}"
    url, _, _ = stack.rabbitmq.url.rpartition("/")
    user = url.split("://")[1].split(":")[0]
    stack.rabbitmq.ctl("add_vhost", name)
    stack.rabbitmq.ctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
    yield f"{url}/{name}"
    stack.rabbitmq.ctl("delete_vhost", name)


@pytest.fixture
def make_wardline(tmp_path: Path, hospital: OdooServer, postgres_url: str, broker_url: str) -> Callable[..., Wardline]:
    """Makes a Wardline with settings of the test's own."""
    return lambda **changes: Wardline(tmp_path, hospital, postgres_url, broker_url, _strings(changes))


def _strings(changes: dict[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in changes.items()}
