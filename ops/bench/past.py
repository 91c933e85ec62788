"""A ledger's past: what a ledger holds, copied again and again as if it had happened before.

Used by ``ops.bench.ledger_size``. A copy is everything that some hundreds of messages left behind, under ids and times
that lie further back; what was named once in the original (a control id, an event id, a transfer) gets a name of its
own in each copy, what was named often (an item, a lot) keeps it. Bodies are copied as far back as they are kept.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.ledger import tables
from app.ledger.columns import Instant

COPIED = (
    tables.message, tables.message_key, tables.body, tables.document, tables.business_key, tables.posting, tables.batch,
    tables.attempt, tables.audit_event,
)  # fmt: skip
STEP_SECONDS = 3000
"""How much further back each copy lies: ten thousand copies are almost a year."""
MOST_EVENTS = 1_000_000
"""More audit events than an original has; those of the copies come before, and are no chain of digests."""
PORTION = 100
"""How many copies are made in one transaction."""

_DIGITS = 12  # of a UUID of version 7 are its time, in milliseconds
_SETTINGS = {"synchronous_commit": "off", "maintenance_work_mem": "'1GB'", "max_parallel_maintenance_workers": "2"}


def lengthen(engine: sa.Engine, copies: int, tick: Callable[[], None]) -> None:
    """Copy all that is there so many times; ``tick`` is called ``steps(copies)`` times.

    Indexes are dropped meanwhile and made again from what the catalogue says of them, which is several times as fast.
    """
    with engine.begin() as tx:
        for name, value in _SETTINGS.items():
            tx.exec_driver_sql(f"ALTER DATABASE {engine.url.database} SET {name} = {value}")
        dropped = {table.name: _drop_indexes(tx, table.name) for table in COPIED}
        originals = [_keep_original(tx, table) for table in COPIED]
    engine.dispose()  # so that new connections have the settings
    for first in range(1, copies + 1, PORTION):
        with engine.begin() as tx:
            for insert in originals:
                tx.execute(insert, {"first": first, "last": min(first + PORTION - 1, copies)})
        tick()
    for name, statements in dropped.items():
        with engine.begin() as tx:
            tx.exec_driver_sql(f"DROP TABLE original_{name}")
            for statement in statements:
                tx.exec_driver_sql(statement)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"VACUUM (ANALYZE) {name}")
        tick()


def steps(copies: int) -> int:
    """How often ``lengthen`` calls its ``tick``."""
    return -(-copies // PORTION) + len(COPIED)


def _drop_indexes(tx: Connection, table: str) -> list[str]:
    """Drop the table's indexes and keys; the statements that make them again."""
    constraints = tx.execute(
        sa.text(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = CAST(:name AS regclass)"
        ),
        {"name": table},
    ).all()
    again = [f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for name, definition in constraints]
    for name, _ in constraints:
        tx.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    indexes = tx.execute(sa.text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = :name"), {"name": table})
    for name, definition in indexes.all():
        tx.exec_driver_sql(f"DROP INDEX {name}")
        again.append(definition)
    return again


def _keep_original(tx: Connection, table: sa.Table) -> sa.Insert:
    """Set what is there aside; the statement that adds copies ``:first`` to ``:last`` of it."""
    original = f"original_{table.name}"
    tx.exec_driver_sql(f"CREATE TABLE {original} AS TABLE {table.name}")
    tx.exec_driver_sql(f"ANALYZE {original}")
    values: list[sa.ColumnElement[object]] = [sa.literal_column(_value(table.name, column)) for column in table.columns]
    numbers = "generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS copy(k)"
    copies = sa.select(*values).select_from(sa.text(f"{numbers} CROSS JOIN {original} AS o"))
    if "expires_at" in table.columns:
        copies = copies.where(sa.text(f"{_earlier('o.expires_at')} > now()"))
    return sa.insert(table).from_select([column.name for column in table.columns], copies)


def _value(table: str, column: sa.Column[object]) -> str:
    name = f'o."{column.name}"'
    match table, column.name:
        case (("message_key" | "posting" | "batch"), "key") | ("message", "control_id") | ("batch", "record_name"):
            return f"{name} || '-' || k"
        case "document", "identity":
            return f"encode(sha256(({name} || k)::bytea), 'hex')"
        case "business_key", "value":
            often = "SELECT value FROM original_business_key GROUP BY value HAVING count(*) > 1"
            return f"CASE WHEN {name} IN ({often}) THEN {name} ELSE {name} || '-' || k END"
        case "audit_event", "seq":
            return f"{name} - k * {MOST_EVENTS}"
    if isinstance(column.type, sa.Uuid):
        return f"({_earlier_id(name)})::uuid"
    return _earlier(name) if isinstance(column.type, Instant) else name


def _earlier(moment: str) -> str:
    return f"{moment} - k * interval '{STEP_SECONDS} seconds'"


def _earlier_id(name: str) -> str:
    """The same UUID of version 7, but for its time."""
    digits = f"replace({name}::text, '-', '')"
    milliseconds = f"('x' || left({digits}, {_DIGITS}))::bit(48)::bigint - k * {STEP_SECONDS * 1000}"
    return f"lpad(to_hex({milliseconds}), {_DIGITS}, '0') || substr({digits}, {_DIGITS + 1})"
