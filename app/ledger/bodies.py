"""Bodies: what arrived, byte for byte, and what was read out of it; encrypted, and gone after their retention.

Used by ``messages`` and ``documents``; nothing else ever stores content.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from app.errors import Permanent
from app.ledger import tables
from app.ledger.cipher import Cipher


class Bodies:
    """Encrypted contents by the id of the message or document that owns them."""

    def __init__(self, cipher: Cipher) -> None:
        self._cipher = cipher

    def store(self, tx: Connection, contents: Iterable[tuple[UUID, bytes]], expires_at: datetime) -> None:
        """Encrypt and keep contents until ``expires_at``."""
        rows = [self.row(owner, plain, expires_at) for owner, plain in contents]
        if rows:
            tx.execute(sa.insert(tables.body), rows)

    def row(self, owner: UUID, plain: bytes, expires_at: datetime) -> dict[str, Any]:
        """A content as it is stored: encrypted."""
        key_id, nonce, ciphertext = self._cipher.encrypt(owner, plain)
        return {
            "owner_id": owner,
            "key_id": key_id,
            "nonce": nonce,
            "ciphertext": ciphertext,
            "expires_at": expires_at,
        }

    def load(self, tx: Connection, owners: Iterable[UUID]) -> dict[UUID, bytes]:
        """The contents that are still kept. Raises Permanent where one cannot be decrypted."""
        rows = tx.execute(sa.select(tables.body).where(tables.body.c.owner_id.in_(list(owners))))
        return {r.owner_id: self._cipher.decrypt(r.owner_id, r.key_id, r.nonce, r.ciphertext) for r in rows}

    def of(self, tx: Connection, owner: UUID) -> bytes:
        """One content. Raises Permanent where its retention is over."""
        try:
            return self.load(tx, [owner])[owner]
        except KeyError:
            raise Permanent("the body is no longer kept", code="body.expired") from None

    def keys_in_use(self, tx: Connection) -> set[str]:
        """The ids of the keys that the oldest and the newest body are encrypted with."""
        key_id, expires_at = tables.body.c.key_id, tables.body.c.expires_at
        ends = (sa.select(key_id).order_by(order).limit(1) for order in (expires_at.asc(), expires_at.desc()))
        return {found for end in ends if (found := tx.scalar(end)) is not None}

    def expire(self, tx: Connection, at: datetime, limit: int = 5000) -> int:
        """Delete what is past its retention, at most ``limit`` at a time; how many went.

        What is still needed stays: a message that is not translated yet or dead, a document that is open or held, an
        interchange that its partner does not have yet.
        """
        body, message, document, interchange = tables.body, tables.message, tables.document, tables.interchange
        unsent = interchange.c.delivery.in_(("due", "sending", "in_doubt", "failed"))
        needed = sa.or_(
            sa.exists().where(message.c.id == body.c.owner_id, message.c.state.in_(("accepted", "dead"))),
            sa.exists().where(document.c.id == body.c.owner_id, document.c.state.in_(("open", "held"))),
            sa.exists().where(interchange.c.id == body.c.owner_id, unsent),
        )
        due = sa.select(body.c.owner_id).where(body.c.expires_at <= at, ~needed).limit(limit)
        return tx.execute(sa.delete(body).where(body.c.owner_id.in_(due))).rowcount
