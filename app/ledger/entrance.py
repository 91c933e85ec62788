"""What an accepted message is made of, written at one stroke: message, body, first work and audit event.

Called by ``messages`` for every message that is taken in. PostgreSQL gets one statement, which also wakes the relay;
SQLite, where a statement is no journey, gets one for each table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.ledger import tables
from app.ledger.database import WORK_CHANNEL

Values = Mapping[str, Any]
MESSAGE = (
    "id", "channel", "facility", "standard", "message_type", "version", "sender", "control_id", "fingerprint",
    "content_type", "size", "principal", "trace_id", "answers", "lane", "received_at", "state",
)  # fmt: skip
BODY = ("owner_id", "key_id", "nonce", "ciphertext", "expires_at")
WORK = (
    "id", "stage", "lane", "partition", "subject_id", "due_at", "since", "attempts", "interruptions", "lease_token",
)  # fmt: skip
EVENT = ("id", "at", "actor", "action", "message_id", "document_id", "detail")
PLACES: tuple[tuple[str, sa.Table, tuple[str, ...]], ...] = (
    ("message", tables.message, MESSAGE),
    ("body", tables.body, BODY),
    ("work", tables.work, WORK),
    ("event", tables.audit_event, EVENT),
)
"""What is written where: the columns that have a value at the entrance."""


def enter(tx: Connection, message: Values, body: Values, work: Values, event: Values) -> None:
    """Write the rows of one message, whose id nobody else has, and wake the relay at the commit."""
    rows = {"message": message, "body": body, "work": work, "event": event}
    values = {f"{place}_{name}": rows[place][name] for place, _, names in PLACES for name in names}
    for statement in _statements(tx.dialect.name):
        tx.execute(statement, values)


@cache
def _statements(dialect: str) -> tuple[sa.Executable, ...]:
    """Built once: building a statement takes longer than the database takes to carry it out."""
    inserts = tuple(_inserts())
    if dialect != "postgresql":
        return inserts
    waking = sa.select(sa.func.pg_notify(WORK_CHANNEL, ""))
    return (waking.add_cte(*(made.cte(f"entered_{number}") for number, made in enumerate(inserts))),)


def _inserts() -> Iterator[sa.Insert]:
    for place, table, names in PLACES:
        yield sa.insert(table).values({
            name: sa.bindparam(f"{place}_{name}", type_=table.c[name].type) for name in names
        })
