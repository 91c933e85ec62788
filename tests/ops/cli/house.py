"""A small hospital in a ledger on SQLite, filled by the ledger's own classes, and the commands to look at it."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from click.testing import CliRunner, Result

from app import ids
from app.crosswalk.store import CrosswalkStore
from app.errors import Issue, Permanent, Rejected
from app.flows.resolution import Resolution
from app.flows.translation import Translation
from app.ledger.dead_letters import Burial
from app.ledger.ledger import Ledger
from app.policy.retry import Retry
from ops.__main__ import wardline
from tests import factories

CONTENT = "Mrs Mustermann, room 12"
"""Stands in the body of every message made here; no output may ever show it unasked."""

CROSSWALK = (
    factories.row("item", "SUTURE-30", "SUTURE-30"),
    factories.row("item", "GLOVE-M", "GLOVE-M"),
    factories.row("item", "STENT-35", "STENT-35", criticality="critical"),
    factories.row("unit", "EA", "each"),
    factories.row("unit", "BX", "each", item="SUTURE-30", factor=Decimal(12)),
    factories.row("unit", "BX", "each", item="GLOVE-M", factor=Decimal(100)),
    factories.row("location", "OR1", "GEN/Stock/OR1", facility="GEN"),
)


@dataclass
class House:
    """A ledger, and the commands that look at it."""

    ledger: Ledger
    folder: Path

    def run(self, *arguments: object, **options: Any) -> Result:
        """Run a command as a shell without a terminal would."""
        return CliRunner().invoke(wardline, [str(argument) for argument in arguments], **options)

    def json(self, *arguments: object, status: int = 0) -> Any:
        """The JSON form of a command's result."""
        result = self.run(*arguments, "--json")
        assert result.exit_code == status, result.stderr
        return json.loads(result.stdout)

    def plain(self, *arguments: object, status: int = 0) -> str:
        """The plain form of a command's result."""
        result = self.run(*arguments)
        assert result.exit_code == status, result.stderr
        return result.stdout

    def accept(self, **changes: Any) -> UUID:
        """A message of one event, at the door."""
        body = factories.event(**{"description": CONTENT, **changes})
        arrival = factories.arrival(body)
        envelope = replace(arrival.envelope, control_id=f"C-{body['event_id']}")
        return self.ledger.messages.accept(replace(arrival, envelope=envelope)).message_id

    def reject(self) -> UUID:
        """A message that its sender must correct."""
        fault = Rejected([Issue("field.missing", "event_id", "an event id is expected here")])
        entry = self.ledger.messages.reject(factories.arrival(factories.event(description=CONTENT)), fault)
        return entry.message_id

    def resolve(self) -> None:
        """Let the first two stages do their work."""
        settings = factories.settings(self.folder)
        channels, retry = {"cabinets": factories.channel()}, Retry.of(settings)
        limits = dict.fromkeys(("urgent", "approvals", "bulk"), 100)
        crosswalk = CrosswalkStore(self.ledger.database, self.ledger.audit)
        translation = Translation(
            self.ledger, channels, partial(ids.pseudonym, factories.PEPPER.encode()), limits, retry
        )
        for stage in (translation, Resolution(self.ledger, crosswalk, limits, retry)):
            for lane in limits:
                stage.step(lane)

    def post(self, message_id: UUID, record_name: str = "GEN/CONS/00042") -> str:
        """Say that Odoo made a transfer of the message's postings; the batch's key."""
        batch_id = ids.new_id()
        key = f"batch_{batch_id.hex}"
        with self.ledger.transaction() as tx:
            story = self.ledger.search.story(tx, message_id)
            assert story is not None
            self.ledger.postings.freeze(tx, batch_id, key, story.postings, {"key": key})
            self.ledger.postings.settle_batch(tx, batch_id, "stock.picking", 42, record_name)
            self.ledger.postings.set_state(tx, [row.id for row in story.postings], "posted")
            self.ledger.documents.set_state(tx, [row.id for row in story.documents], "settled")
            self.ledger.messages.settle(tx, [message_id])
        return key

    def bury(self, message_id: UUID, code: str = "channel.unknown", lane: str = "bulk") -> None:
        """Let the message die at its translation."""
        error = Permanent("channel old is no longer configured", code=code)
        with self.ledger.transaction() as tx:
            self.ledger.dead_letters.bury(tx, Burial("translate", message_id, message_id, "GEN", lane, 3), error)
            self.ledger.messages.failed(tx, message_id, "dead", error)

    def crosswalk(self) -> None:
        """The crosswalk that all tests start from."""
        store = CrosswalkStore(self.ledger.database, self.ledger.audit)
        store.import_rows(factories.numbered(*CROSSWALK), "tester")

    def morning(self) -> dict[str, UUID]:
        """One message of each fate: posted, held, dead, rejected, and one that nobody looked at yet."""
        posted = self.accept(event_id="E-POSTED", lot="L-77")
        held = self.accept(event_id="E-HELD", identifiers=[{"scheme": "internal", "value": "NEW-1"}])
        self.resolve()
        self.post(posted)
        dead = self.accept(event_id="E-DEAD")
        self.bury(dead)
        with self.ledger.transaction() as tx:
            self.ledger.work.drop(tx, "translate", dead)
        fates = {"posted": posted, "held": held, "dead": dead, "rejected": self.reject()}
        return fates | {"fresh": self.accept(event_id="E-FRESH")}
