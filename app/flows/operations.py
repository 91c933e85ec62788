"""Effects that go alone: what an operation in Odoo is to the posting stage, and what it returns.

Each flow has its operations in its own file; ``app.flows.OPERATIONS`` lists them and ``app.flows.execution`` runs them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from sqlalchemy.engine import Connection, Row

from app.errors import Held
from app.ledger.ledger import Ledger
from app.model.setup import Setup
from app.odoo.erp import Erp


@dataclass(frozen=True, slots=True)
class Done:
    """What Odoo has now: the record, and ``facts`` about it that may be told in the audit trail, without payloads."""

    model: str
    record_id: int
    record_name: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Followed:
    """A posting that has just taken effect, with its document and message as the ledger has them."""

    posting: Row[Any]
    document: Row[Any]
    message: Row[Any]
    done: Done
    setup: Setup


class Operation(Protocol):
    """One kind of effect in Odoo."""

    @property
    def name(self) -> str:
        """The operation of the postings it carries out (``order.place``)."""

    def perform(self, erp: Erp, key: str, effect: Mapping[str, Any]) -> Done:
        """Bring the effect about, or find that it is there.

        Called again with the same key and effect until it returns, so every call in it must be repeatable. Raises Held
        where a person must decide, Transient, Unavailable and InDoubt to be called again, Permanent to be given up.
        """

    def follow(self, tx: Connection, ledger: Ledger, followed: Followed) -> None:
        """What comes of it in the ledger, in the transaction that notes the posting as posted."""


@runtime_checkable
class Attentive(Operation, Protocol):
    """An operation that keeps what it found out where a person must decide."""

    def held(self, tx: Connection, ledger: Ledger, posting: Row[Any], held: Held) -> None:
        """What to remember, in the transaction that opens the hold."""
