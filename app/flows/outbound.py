"""Documents written for partners: numbered, read back, kept, and their answer expected.

Called by ``wardline interchanges write`` and by whatever dispatches documents.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from app import ids
from app.errors import Misconfigured, NotFound
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
        channel = self._channel(channel_name)
        with self.ledger.transaction() as tx:
            row = self.ledger.documents.load(tx, [document_id]).get(document_id)
            if row is None:
                raise NotFound("there is no such document", code="document.unknown")
            document = document_from_json(self.ledger.bodies.of(tx, document_id))
            number, at = self.ledger.interchanges.next_number(tx, channel.name), ids.now()
            interchange = Interchange(number, at, channel.our_address, channel.partner_address, test)
            written = write(by_name(channel.standard), document, Profile(channel, self.pseudonym), interchange)
            kept = self.ledger.interchanges.keep(tx, channel, number, written, row, at + self.ledger.retention)
        return kept, written

    def _channel(self, name: str) -> Channel:
        if (channel := self.channels.get(name)) is None:
            raise NotFound(f"there is no channel {name}", code="channel.unknown")
        if not (channel.our_address and channel.partner_address):
            text = f"channel {name} has no our_address and partner_address to write between"
            raise Misconfigured(text, code="channel.no_address")
        return channel
