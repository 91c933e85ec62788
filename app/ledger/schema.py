"""The ledger's schema version: bring a database to head, or say whether it is there.

Called by the release command, by readiness checks and by tests. Migrations live in ``migrations/versions``, numbered,
with one head.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from app.ledger.database import Database

_FOLDER = Path(__file__).parent / "migrations"


def heads() -> tuple[str, ...]:
    """The revisions that nothing follows; there must be exactly one."""
    return tuple(ScriptDirectory(str(_FOLDER)).get_heads())


def upgrade(database: Database) -> None:
    """Bring the database to head; does nothing where it is there. Raises LedgerUnavailable."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    with database.transaction() as tx:
        config.attributes["connection"] = tx
        command.upgrade(config, "head")


def current(database: Database) -> str | None:
    """The revision the database is at, or None where it has no schema. Raises LedgerUnavailable."""
    with database.reading() as tx:
        return MigrationContext.configure(tx).get_current_revision()


def serves(database: Database) -> bool:
    """Whether this code can work on the schema: it is the one it expects, or a later one.

    Migrations only add, so that the processes of before go on while those of a new release start. Raises
    LedgerUnavailable.
    """
    found = current(database)
    return found is not None and found >= max(heads())


def at_head(database: Database) -> bool:
    """Whether the schema is the one this code expects. Raises LedgerUnavailable."""
    return (current(database),) == heads()
