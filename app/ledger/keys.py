"""API keys: random, shown once, kept as a keyed digest, with scopes and facilities.

The HTTP edge authenticates against these; ``wardline keys`` creates and revokes them. A random key needs no slow
password hash; one HMAC keeps authentication at microseconds.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import Forbidden, NotFound
from app.ledger import tables
from app.ledger.database import Database

SCOPES = ("messages:write", "messages:read", "approve", "stock:read", "recall")
"""What a key may be allowed: send messages, see messages and what became of them, see and decide approvals, see stock,
open and lift recalls."""

_key = tables.api_key


@dataclass(frozen=True, slots=True)
class Principal:
    """Who is calling: the key's public prefix, its name, what it may do and for which facilities (``*``: all).

    ``person`` is whom the key belongs to, by the id in the rule book; a system's key belongs to nobody.
    """

    prefix: str
    name: str
    scopes: tuple[str, ...]
    facilities: tuple[str, ...]
    person: str | None = None

    def may(self, scope: str, facility: str | None = None) -> bool:
        """Whether the scope is granted, and for the facility where one is given."""
        return scope in self.scopes and (facility is None or bool({"*", facility} & set(self.facilities)))


class Keys:
    """Creates, revokes and checks keys of the form ``wl_<prefix>_<secret>``."""

    def __init__(self, database: Database, pepper: bytes) -> None:
        self._database = database
        self._pepper = pepper

    def create(
        self,
        name: str,
        scopes: Sequence[str],
        facilities: Sequence[str],
        expires_at: datetime | None = None,
        person: str | None = None,
    ) -> str:
        """A new key, to be shown once. Raises ValueError for an unknown scope."""
        if unknown := set(scopes) - set(SCOPES):
            raise ValueError(f"unknown scope: {', '.join(sorted(unknown))}; known: {', '.join(SCOPES)}")
        prefix, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
        with self._database.transaction() as tx:
            tx.execute(
                sa.insert(_key).values(
                    prefix=prefix,
                    name=name,
                    digest=self._digest(prefix, secret),
                    scopes=list(scopes),
                    facilities=list(facilities),
                    created_at=ids.now(),
                    expires_at=expires_at,
                    person=person,
                )
            )
        return f"wl_{prefix}_{secret}"

    def revoke(self, prefix: str) -> None:
        """End a key's life now. Raises NotFound for an unknown or revoked prefix."""
        ended = sa.update(_key).where(_key.c.prefix == prefix, _key.c.revoked_at.is_(None))
        with self._database.transaction() as tx:
            if not tx.execute(ended.values(revoked_at=ids.now())).rowcount:
                raise NotFound(f"there is no live key {prefix!r}", code="key.unknown")

    def authenticate(self, tx: Connection, presented: str) -> Principal:
        """Who presents this key. Raises Forbidden where it is malformed, unknown, revoked or expired."""
        parts = presented.split("_", 2)
        if len(parts) != 3 or parts[0] != "wl":
            raise Forbidden(code="key.malformed")
        row = tx.execute(sa.select(_key).where(_key.c.prefix == parts[1])).first()
        known = row.digest if row else ""
        genuine = hmac.compare_digest(known, self._digest(parts[1], parts[2]))
        if not row or not genuine or row.revoked_at or (row.expires_at and row.expires_at <= ids.now()):
            raise Forbidden(code="key.unknown")
        return Principal(row.prefix, row.name, tuple(row.scopes), tuple(row.facilities), row.person)

    def all(self, tx: Connection) -> Sequence[Row[Any]]:
        """Every key ever made, without its digest."""
        shown = [column for column in _key.c if column.name != "digest"]
        return tx.execute(sa.select(*shown).order_by(_key.c.created_at)).all()

    def _digest(self, prefix: str, secret: str) -> str:
        return ids.keyed_digest(self._pepper, f"{prefix}:{secret}".encode())
