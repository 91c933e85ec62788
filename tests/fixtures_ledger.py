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
    yield from _database("")


def _database(how: str) -> Iterator[str]:
    server = sa.make_url(os.environ["WARDLINE_TEST_POSTGRES_URL"])
    name = f"wardline_test_{ids.new_id().hex}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}" {how}'))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture(scope="session")
def migrated_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a migrated, empty database on the real PostgreSQL, to be copied: migrating takes longer."""
    server = sa.make_url(os.environ["WARDLINE_TEST_POSTGRES_URL"])
    name = f"wardline_template_{ids.new_id().hex}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
    url = server.set(database=name).render_as_string(hide_password=False)
    for _ in _ledger(url, tmp_path_factory.mktemp("template")):
        pass
    yield name
    with admin.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))
    admin.dispose()


@pytest.fixture
def postgres_copy_url(migrated_postgres: str) -> Iterator[str]:
    """A migrated database of the test's own on the real PostgreSQL, dropped afterwards."""
    yield from _database(f'TEMPLATE "{migrated_postgres}"')


@pytest.fixture(params=["sqlite", pytest.param("postgres_copy", marks=pytest.mark.real)], ids=["sqlite", "postgres"])
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
