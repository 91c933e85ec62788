"""The ways a number that a person holds may be written in the ledger; used by ``messages list`` and ``trace``."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from sqlalchemy.engine import Connection

from app import ids
from app.ledger.ledger import Ledger
from app.model.gtin import gtin14


def spellings(key: str, pepper: str) -> Iterator[str]:
    """As typed, as a GTIN of 14 digits, as the external id of a batch, as the pseudonym of a case number."""
    yield key
    if (gtin := gtin14(key)) and gtin != key:
        yield gtin
    if key.startswith("batch_"):
        yield f"wardline.{key}"
    yield ids.pseudonym(pepper.encode(), key)


def find(ledger: Ledger, tx: Connection, key: str, pepper: str) -> list[UUID]:
    """The messages that the number belongs to, the newest first."""
    found = {message_id for spelled in spellings(key, pepper) for message_id in ledger.search.find(tx, spelled)}
    return sorted(found, reverse=True)
