"""Ledgers for tests: each on a database of its own, on SQLite, and on the real PostgreSQL where a test asks for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app import ids
from app.ledger import schema
from app.ledger.ledger import Ledger
from tests import factories


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database in the test's own folder."""
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """A new, empty database on the real PostgreSQL, dropped afterwards."""
    server = sa.make_url(os.environ["WARDLINE_TEST_POSTGRES_URL"])
    name = f"wardline_test_{ids.new_id().hex}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.real)])
def database_url(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def ledger(database_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """A migrated, empty ledger, on both databases."""
    yield from _ledger(database_url, tmp_path)


@pytest.fixture
def small_ledger(sqlite_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """A migrated, empty ledger on SQLite alone."""
    yield from _ledger(sqlite_url, tmp_path)


def _ledger(url: str, tmp_path: Path, **changes: Any) -> Iterator[Ledger]:
    made = Ledger(factories.settings(tmp_path, database_url=url, **changes))
    schema.upgrade(made.database)
    yield made
    made.database.close()
