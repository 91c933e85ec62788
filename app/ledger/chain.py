"""The document chain by any number a person holds: from the requisition to the matched invoice, in order of time.

Documents belong together that share a strong key: the number of an order, requisition, notice or invoice. A code of an
item or a lot only starts the search; otherwise all that was ever ordered of one glove would be one chain. Every look is
at an index and every step is bounded, so that the cost does not grow with the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app.ledger import tables
from app.ledger.approval_tables import approval
from app.ledger.holds import Holds

_key, _document, _posting, _batch = tables.business_key, tables.document, tables.posting, tables.batch

GROUP_WIDE = frozenset({"purchase_order"})
"""Numbers that Odoo gives, and gives once."""
OF_A_SITE = frozenset({"requisition", "event", "reverses"})
"""Numbers of a site's own systems."""
OF_A_PARTNER = frozenset({
    "supplier_order", "order_confirmation", "ship_notice", "goods_receipt", "invoice", "corrects", "remittance",
})  # fmt: skip
"""Numbers that several partners may give to different things."""
STRONG = GROUP_WIDE | OF_A_SITE | OF_A_PARTNER
ALIKE = {"reverses": "event", "corrects": "invoice"}
"""Kinds of keys that name what another kind numbers."""

TRADE = ("requisition", "purchase_order", "order_confirmation", "ship_notice", "goods_receipt", "invoice", "response")
"""Kinds that Wardline itself makes documents of, or from; a message of thousands of events has no such."""

MOST = 300
"""Documents that one chain shows."""
STARTS = 40
STEP = 200
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Link:
    """A document of the chain with all that belongs to it; ``numbers`` are its strong keys."""

    document: Row[Any]
    numbers: tuple[Key, ...]
    holds: tuple[Row[Any], ...] = ()
    records: tuple[Row[Any], ...] = ()
    approvals: tuple[Row[Any], ...] = ()
    interchanges: tuple[Row[Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """A chain in order of time; ``whole`` is False where there is more than one chain shows."""

    links: tuple[Link, ...]
    whole: bool


@dataclass
class _Walk:
    documents: dict[UUID, Row[Any]] = field(default_factory=dict)
    keys: dict[UUID, set[Key]] = field(default_factory=lambda: defaultdict(set))
    asked: set[Key] = field(default_factory=set)


class Chain:
    """Finds chains."""

    def __init__(self, holds: Holds) -> None:
        self._holds = holds

    def find(self, tx: Connection, values: Sequence[str], facilities: Collection[str] | None = None) -> Found:
        """The chain of whatever bears one of these spellings of a number; ``facilities`` None: of every site."""
        walk = _Walk()
        starts = list(dict.fromkeys(start for value in values for start in self._starts(tx, value)))
        fresh = self._take(tx, walk, starts[:STARTS], facilities)
        while fresh and len(walk.documents) < MOST:
            fresh = self._take(tx, walk, self._related(tx, walk, fresh), facilities)
        whole = len(starts) <= STARTS and len(walk.documents) < MOST
        chosen = sorted(walk.documents.values(), key=lambda row: (row.occurred_at, row.created_at, row.id))[:MOST]
        return Found(tuple(self._links(tx, walk, chosen)), whole)

    def _starts(self, tx: Connection, value: str) -> list[UUID]:
        """Documents that bear the number, the newest of each kind first, or whose effect in Odoo is called so."""
        newest = sa.select(_key.c.document_id).where(_key.c.value == value)
        found = list(tx.scalars(newest.order_by(_key.c.kind.desc(), _key.c.document_id.desc()).limit(STARTS + 1)))
        effects = sa.select(_posting.c.document_id).join(_batch, _batch.c.id == _posting.c.batch_id)
        found += tx.scalars(effects.where(_batch.c.record_name == value).limit(STARTS + 1))
        try:
            found.append(UUID(value))
        except ValueError:
            return found
        return found

    def _take(
        self, tx: Connection, walk: _Walk, ids_: Iterable[UUID], facilities: Collection[str] | None
    ) -> list[Row[Any]]:
        """Enter documents that are new to the walk, with their strong keys."""
        new = [document_id for document_id in dict.fromkeys(ids_) if document_id not in walk.documents][:MOST]
        rows = [
            row
            for some in _steps(new)
            for row in tx.execute(sa.select(_document).where(_document.c.id.in_(some)))
            if facilities is None or "*" in facilities or row.facility in facilities
        ]
        walk.documents |= {row.id: row for row in rows}
        for some in _steps([row.id for row in rows]):
            strong = sa.select(_key).where(_key.c.document_id.in_(some), _key.c.kind.in_(sorted(STRONG)))
            for key in tx.execute(strong):
                walk.keys[key.document_id].add((key.kind, key.value))
            for posting in tx.execute(_orders(some)):
                walk.keys[posting.document_id].add(("purchase_order", posting.record_name))
        return rows

    def _related(self, tx: Connection, walk: _Walk, rows: Sequence[Row[Any]]) -> list[UUID]:
        found = [sibling for row in rows for sibling in self._siblings(tx, row)]
        asking: dict[Key, Row[Any]] = {}
        for row in rows:
            for kind, value in walk.keys[row.id]:
                key = ALIKE.get(kind, kind), value
                if key not in walk.asked:
                    walk.asked.add(key)
                    asking[key] = row
        for some in _steps(list(asking)):
            found += self._sharing(tx, walk, {key: asking[key] for key in some})
        return found

    def _sharing(self, tx: Connection, walk: _Walk, asking: dict[Key, Row[Any]]) -> list[UUID]:
        """Documents that bear one of these keys and mean the same by it."""
        values = sorted({value for _, value in asking})
        query = sa.select(_key, _document.c.facility).join(_document, _document.c.id == _key.c.document_id)
        query = query.where(_key.c.value.in_(values), _key.c.kind.in_(sorted(STRONG)))
        found = []
        for row in tx.execute(query.limit(MOST)).all():
            asker = asking.get((ALIKE.get(row.kind, row.kind), row.value))
            if asker is not None and self._meant(tx, walk, asker, row):
                found.append(row.document_id)
        orders = [value for kind, value in asking if kind == "purchase_order"]
        effects = sa.select(_posting.c.document_id).join(_batch, _batch.c.id == _posting.c.batch_id)
        found += tx.scalars(effects.where(_batch.c.record_name.in_(orders)).limit(MOST)) if orders else ()
        return found

    def _meant(self, tx: Connection, walk: _Walk, asker: Row[Any], other: Row[Any]) -> bool:
        """Whether two documents that bear one number mean one thing: two suppliers may both have an invoice 77."""
        if other.kind in GROUP_WIDE:
            return True
        if other.facility != asker.facility:
            return False
        if other.kind in OF_A_SITE:
            return True
        mine = {value for kind, value in walk.keys[asker.id] if kind == "purchase_order"}
        query = sa.select(_key.c.value).where(_key.c.document_id == other.document_id, _key.c.kind == "purchase_order")
        theirs = set(tx.scalars(query.limit(MOST)))
        return not (mine and theirs) or bool(mine & theirs)

    @staticmethod
    def _siblings(tx: Connection, row: Row[Any]) -> list[UUID]:
        """What Wardline itself made of the document, and what it made the document of: they share message and place."""
        if row.kind not in TRADE:
            return []
        same = sa.and_(_document.c.message_id == row.message_id, _document.c.ordinal == row.ordinal)
        return list(tx.scalars(sa.select(_document.c.id).where(same).limit(MOST)))

    def _links(self, tx: Connection, walk: _Walk, rows: Sequence[Row[Any]]) -> Iterable[Link]:
        chosen = [row.id for row in rows]
        holds = _grouped(self._holds.of_documents(tx, chosen))
        effects = sa.select(_posting, _batch.c.record_model, _batch.c.record_id, _batch.c.record_name)
        effects = effects.outerjoin(_batch, _batch.c.id == _posting.c.batch_id)
        records = _grouped(tx.execute(effects.where(_posting.c.document_id.in_(chosen)).order_by(_posting.c.id)))
        approvals = _grouped(tx.execute(sa.select(approval).where(approval.c.document_id.in_(chosen))))
        interchange = tables.interchange
        written = sa.select(interchange).where(interchange.c.document_id.in_(chosen)).order_by(interchange.c.written_at)
        interchanges = _grouped(tx.execute(written))
        for row in rows:
            belongings = (tuple(found[row.id]) for found in (holds, records, approvals, interchanges))
            yield Link(row, tuple(sorted(walk.keys[row.id])), *belongings)


def _orders(document_ids: Sequence[UUID]) -> sa.Select[Any]:
    """The orders in Odoo that these documents' postings made or changed."""
    query = sa.select(_posting.c.document_id, _batch.c.record_name).join(_batch, _batch.c.id == _posting.c.batch_id)
    return query.where(_posting.c.document_id.in_(document_ids), _batch.c.record_model == "purchase.order")


def _grouped(rows: Iterable[Row[Any]]) -> dict[UUID, list[Row[Any]]]:
    found: dict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        found[row.document_id].append(row)
    return found


def _steps(things: Sequence[Any]) -> Iterable[list[Any]]:
    return (list(things[start : start + STEP]) for start in range(0, len(things), STEP))
