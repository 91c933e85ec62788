"""Documents written for partners: numbered, read back, kept, and their answer expected.

Called by ``wardline interchanges write`` and by ``app.flows.handover``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.engine import Connection

from app import ids
from app.errors import Misconfigured, NotFound
from app.flows.wording import worded
from app.ledger.ledger import Ledger
from app.model.channel import Channel, Profile
from app.model.interchange import Interchange, Written
from app.model.schema import document_from_json
from app.standards import by_name
from app.standards.writing import write


@dataclass(frozen=True, slots=True)
class Outbound:
    """Writes documents of the ledger for partners."""

    ledger: Ledger
    channels: Mapping[str, Channel]
    pseudonym: Callable[[str], str]

    def write(self, document_id: UUID, channel_name: str, *, test: bool = False) -> tuple[UUID, Written]:
        """Write a document in the standard of a channel; the id of the interchange, and its bytes.

        Every call makes a new interchange with a number of its own. Raises NotFound for an unknown document,
        Misconfigured for a channel without addresses, Permanent where the document cannot be written or is gone.
        """
        with self.ledger.transaction() as tx:
            return self.write_in(tx, document_id, channel_name, test=test)

    def write_in(
        self,
        tx: Connection,
        document_id: UUID,
        channel_name: str,
        *,
        posting_id: UUID | None = None,
        test: bool = False,
    ) -> tuple[UUID, Written]:
        """The same within a transaction; for ``posting_id``, which sends it after the commit."""
        channel = self._channel(channel_name)
        row = self.ledger.documents.load(tx, [document_id]).get(document_id)
        if row is None:
            raise NotFound("there is no such document", code="document.unknown")
        document = document_from_json(self.ledger.bodies.of(tx, document_id))
        number, at = self.ledger.interchanges.next_number(tx, channel.name), ids.now()
        interchange = Interchange(number, at, channel.our_address, channel.partner_address, test)
        told, left_out = worded(document, channel)
        written = write(by_name(channel.standard), told, Profile(channel, self.pseudonym), interchange)
        expires_at = at + self.ledger.retention
        keep = self.ledger.interchanges.keep
        kept = keep(tx, channel, number, written, row, expires_at, posting_id, left_out)
        return kept, written

    def _channel(self, name: str) -> Channel:
        if (channel := self.channels.get(name)) is None:
            raise NotFound(f"there is no channel {name}", code="channel.unknown")
        if not (channel.our_address and channel.partner_address):
            text = f"channel {name} has no our_address and partner_address to write between"
            raise Misconfigured(text, code="channel.no_address")
        return channel
