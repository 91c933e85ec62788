"""The stand-in's records and external ids in one SQLite database, in memory or in a file.

Used by ``records`` and ``loading``. One connection under one lock: calls come one after the other, each in a
transaction of its own, which is stricter than Odoo and shows none of its serialization failures.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS record (model TEXT, id INTEGER, body TEXT, PRIMARY KEY (model, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS external_id
    (module TEXT, name TEXT, model TEXT, record_id INTEGER, noupdate INTEGER, PRIMARY KEY (module, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sequence (name TEXT PRIMARY KEY, value INTEGER) WITHOUT ROWID;
"""


class Storage:
    """Records as JSON by model and id, external ids, and sequences that give every number once."""

    def __init__(self, path: str = ":memory:") -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.executescript(SCHEMA)
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the next transaction waits."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """All or nothing inside a transaction."""
        self._connection.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK TO part")
            raise
        finally:
            self._connection.execute("RELEASE part")

    def close(self) -> None:
        """Close the database; one in memory is gone."""
        with self._lock:
            self._connection.close()

    def all(self, model: str) -> Iterator[dict[str, Any]]:
        """The model's records in order of their ids."""
        rows = self._connection.execute("SELECT body FROM record WHERE model = ? ORDER BY id", (model,)).fetchall()
        return (json.loads(body) for (body,) in rows)

    def get(self, model: str, record_id: int) -> dict[str, Any] | None:
        """One record, or None."""
        query = "SELECT body FROM record WHERE model = ? AND id = ?"
        row = self._connection.execute(query, (model, record_id)).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, model: str, record: Mapping[str, Any]) -> None:
        """Insert or replace the record with this ``id``."""
        body = json.dumps(record, default=str)
        self._connection.execute("REPLACE INTO record VALUES (?, ?, ?)", (model, record["id"], body))

    def delete(self, model: str, record_id: int) -> None:
        """Remove the record, and with it its external ids."""
        self._connection.execute("DELETE FROM record WHERE model = ? AND id = ?", (model, record_id))
        self._connection.execute("DELETE FROM external_id WHERE model = ? AND record_id = ?", (model, record_id))

    def next(self, sequence: str) -> int:
        """The sequence's next number, from 1."""
        query = "INSERT INTO sequence VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value"
        return int(self._connection.execute(query, (sequence,)).fetchone()[0])

    def external_id(self, module: str, name: str) -> tuple[str, int, bool] | None:
        """Model, record id and the flag ``noupdate`` of an external id, or None."""
        query = "SELECT model, record_id, noupdate FROM external_id WHERE module = ? AND name = ?"
        row = self._connection.execute(query, (module, name)).fetchone()
        return (row[0], row[1], bool(row[2])) if row else None

    def external_ids(self, model: str, record_id: int) -> list[str]:
        """The external ids that a record has."""
        query = "SELECT module, name FROM external_id WHERE model = ? AND record_id = ? ORDER BY module, name"
        return [f"{module}.{name}" for module, name in self._connection.execute(query, (model, record_id))]

    def bind(self, module: str, name: str, model: str, record_id: int, noupdate: bool) -> None:
        """Give the record an external id."""
        values = (module, name, model, record_id, noupdate)
        self._connection.execute("INSERT INTO external_id VALUES (?, ?, ?, ?, ?)", values)
