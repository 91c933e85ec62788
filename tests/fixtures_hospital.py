"""The demo hospital's Odoo for tests: real, cloned afresh for each test from one that is provisioned once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app import ids
from ops.demo.hospital import SITE
from ops.dev.stack import Stack
from ops.provision import provision
from ops.simulators.odoo_standin.server import StandIn
from tests.fixtures_odoo import OdooServer


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The servers that `make test` brought up, to be taken away and given back."""
    return Stack.from_environ()


@pytest.fixture(scope="session")
def provisioned(stack: Stack) -> Iterator[str]:
    """The name of a real Odoo database with the demo hospital in it, from which tests clone their own."""
    name = f"wardline_hospital_{ids.new_id().hex[-12:]}"
    provision(_server(stack.odoo.clone(name)).connection, SITE)
    yield name
    stack.odoo.drop(name)


@pytest.fixture
def hospital(stack: Stack, request: pytest.FixtureRequest) -> Iterator[OdooServer]:
    """A fresh database of the real Odoo 19 with the demo hospital in it.

    In an Odoo that the environment names nobody may clone; there the hospital's stock is counted anew.
    """
    if stack.odoo.given:
        server = _server(stack.odoo.env())
        provision(server.connection, SITE)
        yield server
        return
    name = f"wardline_it_{ids.new_id().hex[-12:]}"
    try:
        yield _server(stack.odoo.clone(name, request.getfixturevalue("provisioned")))
    finally:
        stack.odoo.drop(name)


@pytest.fixture
def standin_server() -> Iterator[StandIn]:
    """A stand-in for Odoo, to inject faults into."""
    with StandIn() as server:
        yield server


@pytest.fixture
def standin_hospital(standin_server: StandIn) -> OdooServer:
    """The stand-in with the demo hospital in it."""
    odoo = OdooServer(standin_server.url, standin_server.database, standin_server.api_key or "")
    provision(odoo.connection, SITE)
    return odoo


def _server(variables: dict[str, str]) -> OdooServer:
    return OdooServer(*(variables[f"WARDLINE_TEST_ODOO_{part}"] for part in ("URL", "DB", "API_KEY")))
