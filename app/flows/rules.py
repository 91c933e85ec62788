"""The rules in force: the current version of the rule book, as the flows ask for it."""

from __future__ import annotations

from sqlalchemy.engine import Connection

from app.ledger.ledger import Ledger
from app.policy import book
from app.policy.book import RuleBook


def in_force(tx: Connection, ledger: Ledger) -> RuleBook:
    """The book that holds; an empty one while none was imported."""
    return book.of_version(*ledger.policies.current(tx))
