"""Connections that PostgreSQL ended meanwhile: replaced unseen after a rest, and at the latest after one refusal."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app.ledger.database import RESTED_SECONDS, Database, LedgerUnavailable

pytestmark = pytest.mark.real
ENDED = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> :own"


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:
    """A database with two connections in its pool, both ended by the server."""
    database = Database(postgres_url)
    with database.reading(), database.reading():
        pass
    other = sa.create_engine(database.url, isolation_level="AUTOCOMMIT")
    with other.connect() as tx:
        tx.execute(sa.text(ENDED), {"own": tx.scalar(sa.text("SELECT pg_backend_pid()"))})
    other.dispose()
    yield database
    database.close()


def works(database: Database) -> bool:
    with database.transaction() as tx:
        return tx.scalar(sa.text("SELECT 1")) == 1


def test_after_a_rest_nobody_notices(database: Database) -> None:
    time.sleep(RESTED_SECONDS + 0.1)
    assert works(database)


def test_in_full_flight_one_transaction_is_refused_and_not_one_for_each_connection(database: Database) -> None:
    with pytest.raises(LedgerUnavailable):
        works(database)
    with database.transaction(), database.transaction():
        assert works(database)
