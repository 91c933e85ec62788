"""Documents: what was read out of messages, each known by the identity its sender gave it, and their states.

The translation stage adds them, the resolve and posting stages move their state; holds are kept beside them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.ledger import tables
from app.ledger.bodies import Bodies
from app.ledger.database import insert

_document, _business_key = tables.document, tables.business_key

FINAL = ("settled", "cancelled", "superseded")
"""States in which nothing more happens to a document."""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document to be entered: its row's facts, its business keys and its canonical JSON."""

    ordinal: int
    kind: str
    identity: str
    fingerprint: str
    occurred_at: datetime
    business_keys: tuple[tuple[str, str], ...]
    content: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What one message told: its row, the mapping it was read with, its documents."""

    message: Row[Any]
    mapping: str
    documents: Sequence[NewDocument]


@dataclass(frozen=True, slots=True)
class Entered:
    """What became of documents that were to be entered.

    ``conflicting`` are entered too, without the identity, which is known with another content: a person decides.
    ``repeated`` were known with the same content and are left out; each is told with its message's id.
    """

    new: list[Row[Any]]
    conflicting: list[Row[Any]]
    repeated: list[tuple[UUID, NewDocument]]


def identity(facility: str, sender: str, kind: str, event_id: str) -> str:
    """The identity of a sender's document; equal for the same event in whatever message it comes."""
    return ids.digest(ids.canonical_json([facility, sender, kind, event_id]))


def stem(row: Row[Any]) -> str:
    """What the keys of a document's records in Odoo begin with, after their kind; of 32 hexadecimal digits.

    Its sender's own identity of it, so that a ledger that was restored from a backup and is told it again finds what
    Odoo was given before; a document without one, which conflicts with another, has its id.
    """
    return str(row.identity[:32]) if row.identity else str(row.id.hex)


_Entry = tuple[Told, NewDocument]


class Documents:
    """Documents and the numbers a person may find them by."""

    def __init__(self, bodies: Bodies) -> None:
        self._bodies = bodies

    def enter(
        self, tx: Connection, message: Row[Any], mapping: str, new: Sequence[NewDocument], expires_at: datetime
    ) -> Entered:
        """Enter the documents of a message."""
        return self.enter_all(tx, [Told(message, mapping, new)], expires_at)

    def enter_all(self, tx: Connection, told: Iterable[Told], expires_at: datetime) -> Entered:
        """Enter the documents of messages; of two with one identity the earlier message's is the one that is new."""
        # Ids tell who came first; rows go in by identity, for two sets with the same events, in another order each,
        # would wait for each other for ever.
        came = [(ids.new_id(), (one, document)) for one in told for document in one.documents]
        made = dict(sorted(came, key=_identity))
        new = self._insert(tx, made, identified=True)
        entered = {row.id for row in new}
        left = {key: entry for key, entry in made.items() if key not in entered}
        known = self._fingerprints(tx, {document.identity for _, document in left.values()})
        other = {key: entry for key, entry in left.items() if known[entry[1].identity] != entry[1].fingerprint}
        conflicting = self._insert(tx, other, identified=False)
        repeated = [(one.message.id, document) for key, (one, document) in left.items() if key not in other]
        self._keep(tx, [(row.id, made[row.id][1]) for row in (*new, *conflicting)], expires_at)
        return Entered(sorted(new, key=_ordinal), sorted(conflicting, key=_ordinal), repeated)

    def load(self, tx: Connection, document_ids: Iterable[UUID]) -> dict[UUID, Row[Any]]:
        """Documents by id, in the order they came."""
        query = sa.select(_document).where(_document.c.id.in_(list(document_ids)))
        rows = tx.execute(query.order_by(_document.c.id))
        return {row.id: row for row in rows}

    def contents(self, tx: Connection, document_ids: Iterable[UUID]) -> dict[UUID, bytes]:
        """Canonical JSON by document id, as far as it is still kept."""
        return self._bodies.load(tx, document_ids)

    def told(
        self, tx: Connection, channel: str, kind: str, since: datetime, until: datetime, limit: int = 100_000
    ) -> Sequence[Row[Any]]:
        """What a channel told of a time, from ``since`` until before ``until``."""
        message = tables.message
        query = sa.select(_document).join(message, message.c.id == _document.c.message_id)
        when = sa.and_(_document.c.occurred_at >= since, _document.c.occurred_at < until)
        query = query.where(message.c.channel == channel, _document.c.kind == kind, when)
        return tx.execute(query.order_by(_document.c.occurred_at, _document.c.id).limit(limit)).all()

    def named(self, tx: Connection, kind: str, number: str) -> Sequence[Row[Any]]:
        """The documents of this kind and number, the newest first."""
        named = sa.select(_business_key.c.document_id).where(
            _business_key.c.kind == kind, _business_key.c.value == number[:200]
        )
        query = sa.select(_document).where(_document.c.id.in_(named), _document.c.kind == kind)
        return tx.execute(query.order_by(_document.c.id.desc())).all()

    def numbers(self, tx: Connection, kind: str, document_ids: Iterable[UUID]) -> dict[UUID, str]:
        """The numbers of these documents, by the kind of number."""
        chosen = sa.and_(_business_key.c.kind == kind, _business_key.c.document_id.in_(list(document_ids)))
        rows = tx.execute(sa.select(_business_key.c.document_id, _business_key.c.value).where(chosen))
        return {row.document_id: row.value for row in rows}

    def of_number(self, tx: Connection, row: Row[Any], kind: str, number: str) -> Sequence[Row[Any]]:
        """The facility's other documents of this kind and number, the oldest first; those that came later are no part.

        Each is locked until the transaction ends.
        """
        named = sa.select(_business_key.c.document_id).where(
            _business_key.c.kind == kind, _business_key.c.value == number[:200]
        )
        same = sa.and_(_document.c.kind == kind, _document.c.facility == row.facility, _document.c.id < row.id)
        query = sa.select(_document).where(_document.c.id.in_(named), same).order_by(_document.c.id)
        return tx.execute(query.with_for_update()).all()

    def by_identity(self, tx: Connection, key: str, *, lock: bool = False) -> Row[Any] | None:
        """The document with this identity, or None."""
        query = sa.select(_document).where(_document.c.identity == key)
        return tx.execute(query.with_for_update() if lock else query).first()

    def unfinished_before(self, tx: Connection, row: Row[Any], key: str, number: str) -> Row[Any] | None:
        """The newest document of this one's kind that came before it under a number and has not come to an end."""
        of_key = sa.and_(_business_key.c.kind == key, _business_key.c.value == number[:200])
        named = _document.c.id.in_(sa.select(_business_key.c.document_id).where(of_key))
        open_ones = sa.and_(_document.c.id < row.id, _document.c.state.not_in(FINAL))
        query = sa.select(_document).where(named, open_ones, _document.c.kind == row.kind)
        return tx.execute(query.order_by(_document.c.id.desc()).limit(1)).first()

    def namesakes(self, tx: Connection, row: Row[Any], key: str, number: str) -> Sequence[Row[Any]]:
        """The facility's other documents of this one's kind under a number of any kind that came before it, locked."""
        of_key = sa.and_(_business_key.c.kind == key, _business_key.c.value == number[:200])
        named = _document.c.id.in_(sa.select(_business_key.c.document_id).where(of_key))
        same = sa.and_(_document.c.kind == row.kind, _document.c.facility == row.facility, _document.c.id < row.id)
        return tx.execute(sa.select(_document).where(named, same).order_by(_document.c.id).with_for_update()).all()

    def forget_identity(self, tx: Connection, document_ids: Iterable[UUID]) -> None:
        """Let what these documents said be said again: after another word, the first one is news."""
        chosen = sa.and_(_document.c.id.in_(list(document_ids)), _document.c.identity.is_not(None))
        tx.execute(sa.update(_document).where(chosen).values(identity=None))

    def lock(self, tx: Connection, document_ids: Iterable[UUID]) -> None:
        """Keep these documents as they are until the transaction ends."""
        chosen = sa.select(_document.c.id).where(_document.c.id.in_(list(document_ids))).order_by(_document.c.id)
        tx.execute(chosen.with_for_update())

    def set_state(self, tx: Connection, document_ids: Iterable[UUID], state: str) -> None:
        """Move documents to a state; final ones are stamped."""
        settled_at = ids.now() if state in FINAL else None
        where = _document.c.id.in_(list(document_ids))
        tx.execute(sa.update(_document).where(where).values(state=state, settled_at=settled_at))

    def set_lane(self, tx: Connection, document_id: UUID, lane: str) -> None:
        """Put a document on another lane."""
        tx.execute(sa.update(_document).where(_document.c.id == document_id).values(lane=lane))

    def block(self, tx: Connection, document_id: UUID, by: UUID | None) -> None:
        """Let a document wait for another, or for nothing any more."""
        tx.execute(sa.update(_document).where(_document.c.id == document_id).values(blocked_by=by))

    def waiting_for(self, tx: Connection, document_ids: Iterable[UUID]) -> Sequence[Row[Any]]:
        """Open documents that wait for one of these, in the order they came: so they go on."""
        where = sa.and_(_document.c.blocked_by.in_(list(document_ids)), _document.c.state == "open")
        return tx.execute(sa.select(_document).where(where).order_by(_document.c.id)).all()

    def _insert(self, tx: Connection, new: Mapping[UUID, _Entry], *, identified: bool) -> Sequence[Row[Any]]:
        """Insert documents under their ids; those whose identity is known already are left out."""
        at = ids.now()
        rows = [
            {
                "id": document_id,
                "message_id": told.message.id,
                "ordinal": document.ordinal,
                "kind": document.kind,
                "state": "open",
                "facility": told.message.facility,
                "lane": told.message.lane,
                "identity": document.identity if identified else None,
                "fingerprint": document.fingerprint,
                "mapping": told.mapping,
                "occurred_at": document.occurred_at,
                "created_at": at,
            }
            for document_id, (told, document) in new.items()
        ]
        return tx.execute(_entered(tx.dialect.name), rows).all() if rows else []

    def _fingerprints(self, tx: Connection, identities: Collection[str]) -> dict[str, str]:
        """The fingerprints of the documents that have these identities."""
        columns = sa.select(_document.c.identity, _document.c.fingerprint)
        found: dict[str, str] = {}
        for some in _pieces(sorted(identities)):
            found |= {
                row.identity: row.fingerprint for row in tx.execute(columns.where(_document.c.identity.in_(some)))
            }
        return found

    def _keep(self, tx: Connection, new: Sequence[tuple[UUID, NewDocument]], expires_at: datetime) -> None:
        self._bodies.store(tx, [(document_id, document.content) for document_id, document in new], expires_at)
        keys = {
            (kind, value[:200], document_id)
            for document_id, document in new
            for kind, value in document.business_keys
            if value
        }
        rows = [{"kind": kind, "value": value, "document_id": document_id} for kind, value, document_id in sorted(keys)]
        if rows:
            tx.execute(sa.insert(_business_key), rows)


@cache
def _entered(dialect: str) -> sa.Executable:
    """Built once: building takes as long as executing, and every document comes by here."""
    added = insert(dialect, _document).on_conflict_do_nothing(index_elements=["identity"])
    return added.returning(_document)


def _identity(made: tuple[UUID, _Entry]) -> str:
    _, (_, document) = made
    return document.identity


def _ordinal(row: Row[Any]) -> tuple[UUID, int]:
    return row.message_id, int(row.ordinal)


def _pieces(values: Sequence[str], size: int = 1000) -> Iterator[Sequence[str]]:
    return (values[start : start + size] for start in range(0, len(values), size))
