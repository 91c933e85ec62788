"""Links by which a person decides one step once: signed, short-lived, and bound to what the person was told of.

Opened and used by ``api.approval_links``; given out with notices and by ``wardline approvals link``. The token names
approval, step, person, version and end, and is signed with a key derived from the pepper; nothing that is stored would
make one.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy.engine import Connection, Row

from app import ids
from app.errors import Gone, NotFound
from app.flows.approving import Approving, Saying
from app.flows.dossiers import Dossier
from app.ledger.audit import Event
from app.ledger.ledger import Ledger
from app.model.approval import Verdict

PATH = "/v1/approval-links/"
_UNKNOWN = "there is no such link"


@dataclass(frozen=True, slots=True)
class Signature:
    """Makes and reads the tokens of links."""

    key: bytes

    @classmethod
    def of(cls, pepper: str) -> Signature:
        """With a key of its own, derived from the pepper (HMAC as in HKDF-Expand, RFC 5869, with one block)."""
        return cls(bytes.fromhex(ids.keyed_digest(pepper.encode(), b"wardline approval link\x01")))

    def token(self, link: Row[Any]) -> str:
        """The token of a link, the same every time."""
        told = [str(link.id), str(link.approval_id), str(link.step_id), link.person, link.version]
        content = ids.canonical_json([*told, int(link.expires_at.timestamp())])
        return f"{_encoded(content)}.{_encoded(bytes.fromhex(ids.keyed_digest(self.key, content)))}"

    def link_id(self, token: str) -> UUID:
        """The link that a token belongs to. Raises NotFound for any token that was not made here."""
        first, _, second = token.partition(".")
        try:
            content, signed = _decoded(first), _decoded(second)
            expected = bytes.fromhex(ids.keyed_digest(self.key, content))
            if not hmac.compare_digest(signed, expected) or token != f"{_encoded(content)}.{_encoded(signed)}":
                raise NotFound(_UNKNOWN, code="link.unknown")
            return UUID(json.loads(content)[0])
        except (ValueError, binascii.Error):
            raise NotFound(_UNKNOWN, code="link.unknown") from None


@dataclass(frozen=True, slots=True)
class Opened:
    """What a link shows: the approval, and for whom."""

    link: Row[Any]
    dossier: Dossier
    person: str


@dataclass(frozen=True, slots=True)
class Links:
    """Gives out, opens and uses links."""

    ledger: Ledger
    approving: Approving
    signature: Signature
    public_url: str = ""

    def give(self, approval_id: UUID, person: str, actor: str) -> str:
        """A new link for somebody who may decide now. Raises NotFound, Forbidden, Overtaken."""
        with self.ledger.transaction() as tx:
            dossier = self.approving.dossiers.locked(tx, approval_id)
            person = dossier.bench.right(person, dossier.matter).person.id
            link = self.ledger.approval_links.add(tx, dossier.row, dossier.open_step.id, person, dossier.link_ends)
            detail = {"approval": str(dossier.row.id), "person": person}
            event = Event("approval.link_given", actor, dossier.row.message_id, dossier.row.document_id, detail)
            self.ledger.audit.append(tx, [event])
        return self.url(link)

    def url(self, link: Row[Any]) -> str:
        """The address of a link."""
        return f"{self.public_url.rstrip('/')}{PATH}{self.signature.token(link)}"

    def open(self, token: str) -> Opened:
        """What the link is about; changes nothing. Raises NotFound, Gone, Forbidden, Overtaken."""
        with self.ledger.reading() as tx:
            return self._opened(tx, token)

    def use(self, token: str, verdict: Verdict, comment: str = "") -> Opened:
        """Decide by the link, once. Raises NotFound, Gone, Forbidden, Overtaken."""
        with self.ledger.transaction() as tx:
            opened = self._opened(tx, token)
            saying = Saying(opened.person, verdict, opened.link.version, f"link:{opened.person}"[:64], comment)
            self.approving.decide_in(tx, opened.dossier.row.id, saying)
            if not self.ledger.approval_links.use(tx, opened.link.id):
                raise _used()
        return opened

    def _opened(self, tx: Connection, token: str) -> Opened:
        link = self.ledger.approval_links.load(tx, self.signature.link_id(token))
        if link is None or not hmac.compare_digest(self.signature.token(link), token):
            raise NotFound(_UNKNOWN, code="link.unknown")
        if link.used_at is not None:
            raise _used()
        if link.expires_at <= ids.now():
            raise Gone("the time of the link is over", code="link.expired")
        dossier = self.approving.dossiers.of(tx, link.approval_id)
        if dossier.step is None or dossier.step.id != link.step_id or dossier.row.version != link.version:
            raise Gone("the approval has moved on since the link was made", code="link.stale")
        dossier.bench.right(link.person, dossier.matter)
        return Opened(link, dossier, link.person)


def _used() -> Gone:
    return Gone("the link was used already", code="link.used")


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
