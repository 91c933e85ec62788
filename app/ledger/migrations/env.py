"""Alembic's entry point; the connection is always given by ``app.ledger.schema``."""

from alembic import context

from app.ledger.ledger import Ledger  # noqa: F401 - every store declares its tables
from app.ledger.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    render_as_batch=context.config.attributes.get("render_as_batch", True),
)
with context.begin_transaction():
    context.run_migrations()
