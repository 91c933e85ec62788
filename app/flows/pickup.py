"""Fetching what partners left for us: files of SFTP servers and folders, taken in like everything else.

A job of the clock (``partners.collect``). A file is taken in, then answered, then moved away; one whose mover died in
between is recognised by its name and content when it is taken in again, and answered with the very same bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from app import ids, partners
from app.errors import WardlineError
from app.flows.intake import Intake, Sending, refuse_oversized
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.model.setup import Setup
from app.partners.base import Found, Pull, Transport
from app.standards import by_name

JOB, EVERY_SECONDS = "partners.collect", 30.0
REFUSED = ("rejected", "conflict")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pickup:
    """Collects over every channel that pulls. ``limit`` is the longest file taken, in bytes.

    Fetching has a circuit of its own: what is wrong with a folder there must not stop what is sent.
    """

    ledger: Ledger
    setup: Setup
    intake: Intake
    limit: int
    opened: Callable[[Channel], Transport] = partners.transport

    def run(self) -> int:
        """Fetch what is there; how many files were dealt with. One partner's fault does not stop the others."""
        return sum(self.fetch(one) for one in self.setup.channels.values() if one.transport and one.transport.pulls)

    def fetch(self, channel: Channel) -> int:
        """Fetch what is there for one channel; how many files were dealt with."""
        name, dealt = f"pickup:{channel.name}", 0
        with self.ledger.transaction() as tx:
            if self.ledger.circuits.permit(tx, name) == "open":
                return 0
        try:
            transport = self.opened(channel)
            assert isinstance(transport, Pull)
            try:
                for found in transport.collect(self.limit):
                    if not self._take(channel, transport, found):
                        break
                    dealt += 1
            finally:
                transport.close()
        except WardlineError as error:
            log.warning("pickup.failed", channel=channel.name, error_code=error.code)
            with self.ledger.transaction() as tx:
                self.ledger.circuits.failed(tx, name, error.code)
        else:
            with self.ledger.transaction() as tx:
                self.ledger.circuits.succeeded(tx, name)
        return dealt

    def _take(self, channel: Channel, transport: Pull, found: Found) -> bool:
        """Take one file in and move it away; False where nothing can be stored at this time."""
        if found.body is None:
            receipt, answer = refuse_oversized(channel, self.limit)
        else:
            receipt, answer = self.intake.take_in(_sending(channel, found, found.body))
        if receipt.outcome == "unavailable":
            return False
        transport.done(found, answer.body, refused=receipt.outcome in REFUSED)
        return True


def _sending(channel: Channel, found: Found, body: bytes) -> Sending:
    kind = by_name(channel.standard).content_types[0]
    known_by = f"{found.name}:{ids.digest(body)}"
    return Sending(channel, body, kind, f"channel:{channel.name}", ids.new_id().hex, idempotency_key=known_by[-420:])
