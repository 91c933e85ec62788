"""Odoo with a market in it, where tests order: the stand-in, and clones of a real one that is set up once a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app import ids
from ops.dev.stack import Stack
from ops.provision_procurement import provision
from tests import service_account
from tests.app.flows.buying import MARKET
from tests.fixtures_odoo import OdooServer


@pytest.fixture(scope="session")
def market(stack: Stack, provisioned: str) -> Iterator[str]:
    """The name of a real Odoo database with the demo hospital and its suppliers in it."""
    name = f"wardline_market_{ids.new_id().hex[-12:]}"
    admin = OdooServer(*_parts(stack.odoo.clone(name, provisioned))).connection
    provision(admin, MARKET)
    service_account.open_account(stack, admin, name)
    yield name
    stack.odoo.drop(name)


@pytest.fixture
def real_market(stack: Stack, request: pytest.FixtureRequest) -> Iterator[OdooServer]:
    """A fresh database of the real Odoo 19 with hospital and suppliers in it."""
    if stack.odoo.given:
        server: OdooServer = request.getfixturevalue("hospital")
        provision(server.connection, MARKET)
        yield server
        return
    name = f"wardline_it_{ids.new_id().hex[-12:]}"
    try:
        parts = _parts(stack.odoo.clone(name, request.getfixturevalue("market")))
        yield OdooServer(*parts, service_key=service_account.key(stack))
    finally:
        stack.odoo.drop(name)


@pytest.fixture
def standin_market(standin_hospital: OdooServer) -> OdooServer:
    """The stand-in with hospital and suppliers in it."""
    provision(standin_hospital.connection, MARKET)
    return standin_hospital


def _parts(variables: dict[str, str]) -> list[str]:
    """Address, database and the administrator's key."""
    return [variables[f"WARDLINE_TEST_ODOO_{part}"] for part in ("URL", "DB", "API_KEY")]
