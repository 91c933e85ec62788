"""Which channel is believed, for a facility and a kind of document, from a moment on.

Asked by the resolve stage for every document, set by ``wardline cutover``. While an old and a new way of telling the
same things run side by side, one of them speaks and the other is only compared. What a document tells of happened at
one moment, and at every moment one channel speaks, so that a switch neither loses an event nor has it twice.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Column, Index, String, Table
from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import Conflict
from app.ledger.audit import AuditTrail, Event
from app.ledger.columns import Id, Instant
from app.ledger.database import insert
from app.ledger.tables import metadata

LEAD = timedelta(seconds=10)
"""How far ahead a switch must lie: nobody may still decide by what was read before it."""

authority = Table(
    "authority",
    metadata,
    Column("id", Id, primary_key=True),
    Column("facility", String(32), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("from_at", Instant, nullable=False),
    Column("set_at", Instant, nullable=False),
    Column("set_by", String(128), nullable=False),
    Index("ix_authority_moment", "facility", "kind", "from_at", unique=True),
)

belief = Table(
    "belief",
    metadata,
    Column("document_id", Id, primary_key=True),
    Column("believed_at", Instant, nullable=False),
    Column("believed_by", String(128), nullable=False),
)


class Authorities:
    """Who speaks when."""

    def __init__(self, audit: AuditTrail) -> None:
        self._audit = audit

    def speaker(self, tx: Connection, facility: str, kind: str, at: datetime) -> str | None:
        """The channel that is believed about that moment; None where every channel is."""
        query = sa.select(authority.c.channel).where(_of(facility, kind), authority.c.from_at <= at)
        found: str | None = tx.scalar(query.order_by(authority.c.from_at.desc()).limit(1))
        return found

    def switch(
        self, tx: Connection, facility: str, kind: str, channel: str, from_at: datetime, actor: str, *, first: bool
    ) -> None:
        """Let ``channel`` speak from a moment on; ``first`` begins with it, whenever that was.

        Raises Conflict where the moment is too near or lies before the last switch: about what was decided already
        nobody may change the mind.
        """
        last = tx.scalar(sa.select(sa.func.max(authority.c.from_at)).where(_of(facility, kind)))
        at = ids.now()
        if last is not None and first:
            raise Conflict("somebody speaks already", code="cutover.begun", hint="Switch from now on instead.")
        if (last is not None and from_at <= last) or (not first and from_at < at + LEAD):
            text = f"a switch must lie {LEAD.seconds} seconds ahead, and after the last one"
            raise Conflict(text, code="cutover.too_near", hint="Choose a later moment.")
        row = {"id": ids.new_id(), "facility": facility, "kind": kind, "channel": channel, "from_at": from_at}
        tx.execute(sa.insert(authority).values(**row, set_at=at, set_by=actor))
        detail = {"facility": facility, "kind": kind, "channel": channel, "from_at": from_at.isoformat()}
        self._audit.append(tx, [Event("cutover.switched", actor, detail=detail)])

    def is_believed(self, tx: Connection, document: Row[Any], channel: str) -> bool:
        """Whether a document of this channel has its effect: its channel speaks, or a person believed it alone."""
        return document.id in self.believed(tx, [(document, channel)])

    def believed(self, tx: Connection, told: Collection[tuple[Row[Any], str]]) -> set[UUID]:
        """Those of the documents, each with its channel, that have their effect."""
        if not told:
            return set()
        places = {(document.facility, document.kind) for document, _ in told}
        of_places = sa.tuple_(authority.c.facility, authority.c.kind).in_(places)
        switches = tx.execute(sa.select(authority).where(of_places).order_by(authority.c.from_at.desc())).all()
        speaking = {document.id for document, channel in told if _speaker(switches, document) in (None, channel)}
        others = [document.id for document, _ in told if document.id not in speaking]
        if others:
            speaking |= set(tx.scalars(sa.select(belief.c.document_id).where(belief.c.document_id.in_(others))))
        return speaking

    def believe(self, tx: Connection, documents: Sequence[Row[Any]], actor: str) -> None:
        """Let documents of a channel that does not speak have their effect after all; may be repeated."""
        for document in documents:
            new = insert(tx, belief).values(document_id=document.id, believed_at=ids.now(), believed_by=actor)
            tx.execute(new.on_conflict_do_nothing(index_elements=["document_id"]))
        events = [Event("document.believed", actor, document.message_id, document.id) for document in documents]
        self._audit.append(tx, events)

    def list(self, tx: Connection, facility: str | None = None, kind: str | None = None) -> Sequence[Row[Any]]:
        """The switches, by facility and kind, in order of time."""
        query = sa.select(authority).order_by(authority.c.facility, authority.c.kind, authority.c.from_at)
        if facility:
            query = query.where(authority.c.facility == facility)
        if kind:
            query = query.where(authority.c.kind == kind)
        return tx.execute(query).all()


def _speaker(switches: Sequence[Row[Any]], document: Row[Any]) -> str | None:
    """Who speaks about the document's moment, by the switches with the newest first."""
    place = document.facility, document.kind
    ours = (one for one in switches if (one.facility, one.kind) == place and one.from_at <= document.occurred_at)
    return next((one.channel for one in ours), None)


def _of(facility: str, kind: str) -> sa.ColumnElement[bool]:
    return sa.and_(authority.c.facility == facility, authority.c.kind == kind)
