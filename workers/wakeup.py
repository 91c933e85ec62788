"""What wakes the relay when something in the ledger changed: PostgreSQL tells, SQLite is asked.

Waking is never needed for anything to happen, only for it to happen at once; whoever waits looks again by himself
after a while. Used by ``workers.relay``.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Protocol

import psycopg
import structlog

from app.ledger.database import WORK_CHANNEL, Database
from workers.stop import Stop

log = structlog.get_logger()

GLANCE_SECONDS = 0.02
"""How often SQLite is asked; it costs no more than the reading of one page."""
RECONNECT_SECONDS = 1.0


class Wakeup(Protocol):
    """A sleep that ends early when the ledger has changed."""

    def wait(self, seconds: float) -> bool:
        """Sleep ``seconds``, or until something changed (True) or the process is to end."""

    def close(self) -> None:
        """Let go of the connection."""


def of(database: Database, stop: Stop) -> Wakeup:
    """What wakes for this database."""
    return Notifications(database, stop) if database.postgresql else Changes(database, stop)


class Notifications:
    """Listens to PostgreSQL on a connection of its own, and makes a new one where that breaks."""

    def __init__(self, database: Database, stop: Stop) -> None:
        self._address = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._stop = stop
        self._connection: psycopg.Connection | None = None
        self._again_at = 0.0

    def wait(self, seconds: float) -> bool:
        """Sleep until a transaction that added or gave back work was committed; True too after a new connection."""
        if self._connection is None:
            if self._connect():
                return True
            self._stop.wait(min(seconds, RECONNECT_SECONDS))
            return False
        if not self._stop.wait(seconds, self._connection.fileno()):
            return False
        return self._heard(self._connection)

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _connect(self) -> bool:
        if time.monotonic() < self._again_at:
            return False
        self._again_at = time.monotonic() + RECONNECT_SECONDS
        try:
            self._connection = psycopg.connect(
                self._address, autocommit=True, connect_timeout=5, keepalives_idle=30, application_name="wardline-relay"
            )
            self._connection.execute(f"LISTEN {WORK_CHANNEL}")
        except psycopg.Error as error:
            log.warning("relay.cannot_listen", error=type(error).__name__)
            self.close()
        return self._connection is not None

    def _heard(self, connection: psycopg.Connection) -> bool:
        """Take what PostgreSQL sent; many notifications are one reason to look."""
        heard = False
        try:
            connection.pgconn.consume_input()
            while connection.pgconn.notifies() is not None:
                heard = True
        except psycopg.Error as error:
            log.warning("relay.no_longer_listens", error=type(error).__name__)
            self.close()
        return heard


class Changes:
    """Asks SQLite whether any other connection has committed since the last time.

    ``PRAGMA data_version`` tells, without a transaction (SQLite's list of pragmas).
    """

    def __init__(self, database: Database, stop: Stop) -> None:
        self._connection = sqlite3.connect(str(database.url.database), isolation_level=None, check_same_thread=False)
        self._stop = stop
        self._version = -1

    def wait(self, seconds: float) -> bool:
        """Sleep until somebody has committed."""
        until = time.monotonic() + seconds
        while not self._stop.is_set():
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
            if version != self._version:
                self._version = version
                return True
            if (left := until - time.monotonic()) <= 0:
                break
            self._stop.wait(min(left, GLANCE_SECONDS))
        return False

    def close(self) -> None:
        """End the connection."""
        self._connection.close()
