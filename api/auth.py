"""Who may call what: API keys, their scopes and their facilities.

Everything needs a key but what ``PUBLIC`` lists; a new blueprint is closed until it is given a scope here.
``api.create_app`` runs ``authenticate`` and ``authorize`` before every view.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask import g, request

from api import current
from api.problems import Refused
from app import ids
from app.errors import Forbidden
from app.ledger.keys import Principal
from app.ledger.ledger import Ledger

PUBLIC = frozenset({
    "health.live", "health.ready", "health.metrics", "docs.page", "docs.static", "api-docs.openapi_json",
    "schemas.kinds", "schemas.schema", "approval-links.show", "approval-links.use",
})  # fmt: skip
"""The endpoints that anybody may call; none of them shows a message. A link's token is a credential by itself."""

SCOPES: Mapping[str, str] = {
    "intake": "messages:write",
    "messages": "messages:read",
    "invoices": "messages:read",
    "verdicts": "messages:read",
    "approvals": "approve",
    "stock": "stock:read",
    "chain": "messages:read",
    "recalls": "recall",
    "completeness": "messages:read",
    "totals": "messages:write",
}
"""The scope that a key needs, by blueprint."""

CACHE_FOR = timedelta(seconds=5)
"""A key that was found good is not looked up again for so long; a revocation takes effect within this time."""
CACHE_SIZE = 1000


class Authentication:
    """Finds out who presents a key; each process remembers for a moment whom it has seen."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._seen: dict[str, tuple[Principal, datetime]] = {}

    def authenticate(self) -> None:
        """Put the principal into the request's context. Raises Refused (401), LedgerUnavailable."""
        if _closed():
            g.principal = self._principal(_presented())

    def _principal(self, presented: str) -> Principal:
        now, digest = ids.now(), ids.digest(presented.encode())
        known, until = self._seen.get(digest, (None, now))
        if known and now < until:
            return known
        try:
            with self._ledger.reading() as tx:
                principal = self._ledger.keys.authenticate(tx, presented)
        except Forbidden as error:
            self._seen.pop(digest, None)
            raise _unauthenticated(error.code, "the API key is not known, or no longer valid") from None
        if len(self._seen) >= CACHE_SIZE:
            self._seen.clear()
        self._seen[digest] = (principal, now + CACHE_FOR)
        return principal


def authorize() -> None:
    """Check the key's scope against the blueprint's. Raises Refused (403)."""
    if not _closed():
        return
    scope = SCOPES.get(request.blueprint or "")
    if scope is None or not current.principal().may(scope):
        raise Refused(403, "scope.missing", f"the API key lacks the scope {scope or 'for this'}")


def _closed() -> bool:
    """Whether a key is needed; where there is no such route at all, the answer is 404 for everybody."""
    return request.endpoint is not None and request.endpoint not in PUBLIC


def _presented() -> str:
    """The key, from ``Authorization: Bearer`` (RFC 6750) or ``X-API-Key``; never one of two that differ."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    bearer = credentials.strip() if scheme.lower() == "bearer" else ""
    keys = {bearer, request.headers.get("X-API-Key", "").strip()} - {""}
    if not keys:
        raise _unauthenticated("key.missing", "an API key is needed, as Authorization: Bearer or X-API-Key")
    if len(keys) > 1:
        raise _unauthenticated("key.ambiguous", "two different API keys were presented")
    return keys.pop()


def _unauthenticated(code: str, text: str) -> Refused:
    return Refused(401, code, text, {"WWW-Authenticate": 'Bearer realm="wardline"'})
