"""The three books of a drill: what was sent, what the ledger says, what Odoo holds; compared event by event.

Of consumption alone: where a drill sends orders too, their books are in ``ops.drill.orders``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.ledger import tables
from app.ledger.ledger import Ledger
from app.model.consumption import Consumption
from app.odoo.stock import StockGateway
from app.odoo.transport import Connection
from ops.bench.accounts import Accounts, WrongWork
from ops.bench.site import site
from ops.drill.load import Sent

_CONSUMPTION = tables.document.c.kind == Consumption.document_kind


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the books say; ``faults`` are the promises that were not kept, in words."""

    events: int
    settled: int
    held: int
    dead: int
    sendings: int
    quantities: int
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Books:
    """The ledger and Odoo of a drill."""

    ledger: Ledger
    odoo: Connection

    def compare(self, sent: Sequence[Sent]) -> Verdict:
        """Compare the books; every accepted event must be in exactly one posted batch and in Odoo once."""
        accounts = Accounts()
        for one in sent:
            accounts.used(one.uses)
        documents, postings = self._documents(sent), self._postings()
        events = accounts.events
        faults = []
        if documents["all"] != events:
            faults.append(f"{events} events were accepted, the ledger has {documents['all']} documents")
        if (settled := documents.get("settled", 0)) != events:
            faults.append(f"{settled} of {events} documents are settled")
        if postings.get("posted", 0) != events or sum(postings.values()) != events:
            faults.append(f"{events} postings were expected, there are {postings}")
        faults += self._transfers()
        quantities = 0
        try:
            quantities = accounts.check(StockGateway(self.odoo, item_cache_seconds=0), site())
        except WrongWork as wrong:
            faults.append(wrong.message)
        with self.ledger.reading() as tx:
            exceptions = self.ledger.figures.open_exceptions(tx)
        sendings = sum(one.sendings for one in sent)
        held, dead = exceptions["held"], exceptions["dead"]
        return Verdict(events, settled, held, dead, sendings, quantities, tuple(faults))

    def posted_last(self, sent: Sequence[Sent], lane: str, before: float) -> float | None:
        """When the last event of a lane that was accepted before a moment was posted (seconds since the epoch)."""
        messages = [UUID(one.message_id) for one in sent if one.lane == lane and one.accepted_at < before]
        document, posting = tables.document, tables.posting
        query = sa.select(sa.func.max(posting.c.posted_at)).select_from(
            posting.join(document, document.c.id == posting.c.document_id)
        )
        with self.ledger.reading() as tx:
            last: datetime | None = tx.scalar(query.where(document.c.message_id.in_(messages)))
        return last.timestamp() if last else None

    def _documents(self, sent: Sequence[Sent]) -> dict[str, int]:
        document = tables.document
        messages = [UUID(one.message_id) for one in sent]
        query = sa.select(document.c.state, sa.func.count()).where(document.c.message_id.in_(messages))
        with self.ledger.reading() as tx:
            states = {row[0]: row[1] for row in tx.execute(query.group_by(document.c.state))}
            every = tx.scalar(sa.select(sa.func.count()).where(_CONSUMPTION)) or 0
        return states | {"all": every}

    def _postings(self) -> dict[str, int]:
        document, posting = tables.document, tables.posting
        every = sa.select(posting.c.state, sa.func.count()).join_from(
            posting, document, document.c.id == posting.c.document_id
        )
        with self.ledger.reading() as tx:
            return {row[0]: row[1] for row in tx.execute(every.where(_CONSUMPTION).group_by(posting.c.state))}

    def _transfers(self) -> list[str]:
        """Every posted batch is one done transfer in Odoo, and there is no other done transfer of ours."""
        batch = tables.batch
        with self.ledger.reading() as tx:
            moved = sa.and_(batch.c.state == "posted", batch.c.operation.like("stock.%"))
            posted = sorted(tx.scalars(sa.select(batch.c.record_id).where(moved)))
        rows = self.odoo.get_model("stock.picking").search_read(domain=[["state", "=", "done"]], fields=["origin"])
        done = sorted(row["id"] for row in rows if str(row["origin"]).startswith("Wardline "))
        if done == posted:
            return []
        return [f"the ledger has {len(posted)} posted batches, Odoo {len(done)} done transfers"]
