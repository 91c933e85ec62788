"""Connections and transactions of the ledger; every repository of this package is given a transaction from here.

Safe over forks: each process gets an engine of its own at its first use. No transaction ever spans a network call.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
import structlog
from sqlalchemy import exc
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from app import ids
from app.errors import Unavailable

WORK_CHANNEL = "wardline_work"
"""The PostgreSQL notification channel that wakes the relay."""

SEALING, ENTERING, IMPORTING = 0x5741524400, 0x5741524401, 0x5741524402
"""What only one transaction may do at a time, by the number of its lock: PostgreSQL's are plain numbers."""


TOLERANCE = timedelta(seconds=5)
"""By how much the clock of a machine may differ from the database's before that is worth a line in the log."""

RESTED_SECONDS = 1.0
"""After so long without use a connection may have been closed by a server or a firewall without our notice."""

log = structlog.get_logger()


class LedgerUnavailable(Unavailable):
    """The ledger's database does not answer."""

    code = "ledger.unavailable"
    hint = "Check the database server and WARDLINE_DATABASE_URL."


class Database:
    """One database, PostgreSQL or SQLite, and its transactions."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self._engine: Engine | None = None
        self._pid = 0
        self._keeps_time = False

    @property
    def postgresql(self) -> bool:
        """Whether this is PostgreSQL, with notifications and SKIP LOCKED."""
        return self.url.get_backend_name() == "postgresql"

    @property
    def engine(self) -> Engine:
        """The engine of this process; a pool inherited over a fork is left to the parent untouched."""
        if self._engine is None or self._pid != os.getpid():
            if self._engine is not None:
                self._engine.dispose(close=False)
            self._engine, self._pid = _engine(self.url), os.getpid()
            if self._keeps_time and self.postgresql:
                sa.event.listen(self._engine, "connect", _follow)
        return self._engine

    def keep_time(self) -> None:
        """Let this process go by the database's clock, from its first connection on; asked for when a process starts.

        Leases, retries and circuits compare moments that different processes wrote; one whose own clock jumped would
        take the leases of all others for spent, and its work would come due on another day.
        """
        self._keeps_time = True

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A transaction that writes; commits at the end, rolls back on any error.

        Raises LedgerUnavailable where the database cannot be reached or does not answer in time.
        """
        with _translated(), self.engine.begin() as tx:
            yield tx

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Reads, each statement by itself, without any lock. Raises LedgerUnavailable."""
        # PostgreSQL shows every statement of a transaction the newest state anyway; without one, two trips are saved.
        options: dict[str, Any] = {"isolation_level": "AUTOCOMMIT"} if self.postgresql else {}
        with _translated(), self.engine.connect().execution_options(wardline_reading=True, **options) as tx:
            yield tx

    @contextmanager
    def at_once(self) -> Iterator[Connection]:
        """Statements that stand each for itself and need not be undone together. Raises LedgerUnavailable.

        On PostgreSQL each commits by itself, which saves the trips that begin and end a transaction.
        """
        with self.reading() if self.postgresql else self.transaction() as tx:
            yield tx

    def alone(self, tx: Connection, what: int) -> None:
        """Wait until nobody else does this, and keep everybody else from it until the transaction ends.

        SQLite lets only one transaction write at a time anyway.
        """
        if self.postgresql:
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock(what)))

    def together(self, tx: Connection, what: int) -> None:
        """Do this beside others that do it too, but beside nobody who does it alone."""
        if self.postgresql:
            tx.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(what)))

    def notify(self, tx: Connection) -> None:
        """Wake the relay when the transaction commits; without PostgreSQL it finds the work at its next look."""
        if self.postgresql:
            tx.execute(_NOTIFY)

    def close(self) -> None:
        """Close all connections of this process."""
        if self._engine is not None and self._pid == os.getpid():
            self._engine.dispose()
            self._engine = None


_NOTIFY = sa.text(f"NOTIFY {WORK_CHANNEL}")


def insert(tx: Connection | str, table: sa.Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that understands ON CONFLICT, in the dialect of the transaction, which may also be named."""
    dialect = tx if isinstance(tx, str) else tx.dialect.name
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (exc.OperationalError, exc.InterfaceError, exc.TimeoutError) as error:
        raise LedgerUnavailable from error
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise LedgerUnavailable from error
        raise


# A process that is frozen within a transaction must not keep its locks, else all others wait for it to wake up.
_OPTIONS = "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"


def _engine(url: sa.URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = sa.create_engine(
            url,
            pool_recycle=1800,
            pool_timeout=10,
            max_overflow=20,
            connect_args={"connect_timeout": 5, "options": _OPTIONS},
        )
        sa.event.listen(engine, "checkin", _rest)
        sa.event.listen(engine, "checkout", _wake)
        return engine
    if url.database and url.database != ":memory:":
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(url, connect_args={"timeout": 30, "check_same_thread": False})
    sa.event.listen(engine, "connect", _prepare_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _rest(_connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()


def _wake(connection: Any, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Ask a connection that rested for a while whether it still stands; the pool replaces one that does not.

    SQLAlchemy's own ``pool_pre_ping`` asks every time, which is a trip more for every transaction.
    """
    if time.monotonic() - record.info.get("rests_since", time.monotonic()) > RESTED_SECONDS:
        try:
            connection.execute("SELECT 1")
            connection.rollback()
        except psycopg.Error as error:
            raise exc.DisconnectionError from error


def _follow(connection: Any, _record: object) -> None:
    row = connection.execute("SELECT clock_timestamp()").fetchone()
    connection.rollback()
    if abs(difference := ids.follow(row[0])) > TOLERANCE:
        log.warning("clock.differs", seconds=round(difference.total_seconds(), 1))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that starts to write later may fail at once with "database is locked", whatever the
    # busy timeout; taking the write lock at the start waits for its turn instead.
    reading = connection.get_execution_options().get("wardline_reading")
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
