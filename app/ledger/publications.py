"""What the systems of the house were told of each item, so that they are told only what is news to them.

Written by ``app.flows.publishing``, which compares Odoo with it; read when an item is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Boolean, Column, String, Table
from sqlalchemy.engine import Connection

from app import ids
from app.ledger.columns import Instant
from app.ledger.database import insert
from app.ledger.tables import metadata

published = Table(
    "published_item",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column("reference", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("due", Boolean, nullable=False),
    Column("noted_at", Instant, nullable=False),
)


@dataclass(frozen=True, slots=True)
class Publication:
    """What a channel knows of an item; ``due``: it is still to be sent."""

    channel: str
    reference: str
    digest: str
    due: bool


class Publications:
    """What each channel was told."""

    def of(self, tx: Connection, channel: str) -> dict[str, Publication]:
        """Everything that a channel knows, by the item's reference."""
        rows = tx.execute(sa.select(published).where(published.c.channel == channel))
        return {row.reference: Publication(channel, row.reference, row.digest, row.due) for row in rows}

    def due(self, tx: Connection, reference: str, channels: Collection[str]) -> set[str]:
        """Those of the channels that are still to be sent the item."""
        where = sa.and_(published.c.reference == reference, published.c.due, published.c.channel.in_(list(channels)))
        return set(tx.scalars(sa.select(published.c.channel).where(where)))

    def note(self, tx: Connection, known: Iterable[Publication]) -> None:
        """Note what channels know, or are to be sent."""
        at = ids.now()
        rows = [
            {"channel": one.channel, "reference": one.reference, "digest": one.digest, "due": one.due, "noted_at": at}
            for one in known
        ]
        if not rows:
            return
        added = insert(tx, published)
        others: Mapping[str, object] = {name: added.excluded[name] for name in ("digest", "due", "noted_at")}
        tx.execute(added.on_conflict_do_update(index_elements=["channel", "reference"], set_=others), rows)

    def sent(self, tx: Connection, reference: str, channels: Collection[str]) -> None:
        """The item is on its way to these channels."""
        where = sa.and_(published.c.reference == reference, published.c.channel.in_(list(channels)))
        tx.execute(sa.update(published).where(where).values(due=False))
