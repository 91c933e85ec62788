"""A whole Wardline in one process for tests: intake, the three stages driven by hand, and an Odoo to post to."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from app.crosswalk.store import CrosswalkStore
from app.flows.base import Stage
from app.flows.intake import Intake, Sending
from app.flows.posting import Posting
from app.flows.resolution import Resolution
from app.flows.translation import Translation
from app.ledger.ledger import Ledger
from app.ledger.search import Story
from app.model.channel import LANES
from app.model.setup import Facility, Setup
from app.odoo.erp import Erp
from app.odoo.gateway import OdooGateway
from app.policy.retry import Retry
from tests import factories

LIMITS = dict.fromkeys(LANES, 200)


@dataclass
class House:
    """Receives canonical events and works them off; ``channels`` may be changed by tests."""

    ledger: Ledger
    stages: dict[str, Stage]
    crosswalk: CrosswalkStore
    channels: dict[str, Any]

    @classmethod
    def over(
        cls,
        ledger: Ledger,
        odoo: Erp | OdooGateway | None = None,
        retry: Retry | None = None,
        facilities: dict[str, Facility] | None = None,
    ) -> House:
        """Put one together; without an Odoo the posting stage is left out."""
        crosswalk = CrosswalkStore(ledger.database, ledger.audit)
        crosswalk.import_rows(factories.numbered(*factories.CROSSWALK), "tester")
        channels = {"cabinets": factories.channel()}
        from datetime import timedelta

        # A dictionary of its own: tests change it.
        setup, limits = Setup(channels, facilities or {}), dict(LIMITS)
        retry = retry or Retry(timedelta(0), timedelta(0), timedelta(hours=24))
        stages: list[Stage] = [
            Translation(ledger, channels, str, limits, retry),
            Resolution(ledger, crosswalk, limits, retry, setup),
        ]
        if odoo is not None:
            erp = odoo if isinstance(odoo, Erp) else factories.erp(odoo)
            stages.append(Posting(ledger, erp, limits, retry, 0, setup))
        return cls(ledger, {stage.name: stage for stage in stages}, crosswalk, channels)

    def receive(self, *events: dict[str, Any], channel: str = "cabinets", key: str | None = None) -> Any:
        """Take events in as one message; its id."""
        body = json.dumps(list(events) if len(events) > 1 else events[0]).encode()
        sending = Sending(self.channels[channel], body, "application/json", "tester", "0" * 32, key)
        receipt, _ = Intake(self.ledger, str).take_in(sending)
        assert receipt.outcome in ("accepted", "duplicate"), receipt
        return receipt.message_id

    def work_off(self, lanes: Iterable[str] = LANES, limit: int = 200) -> int:
        """Run the stages until nothing can be claimed any more; how many items that were."""
        total = 0
        for _ in range(limit):
            done = sum(stage.step(lane) for stage in self.stages.values() for lane in lanes)
            total += done
            if not done:
                return total
        raise AssertionError("the work never ends")

    def story(self, message_id: Any) -> Story:
        """Everything about a message."""
        with self.ledger.reading() as tx:
            story = self.ledger.search.story(tx, message_id)
        assert story is not None
        return story

    def state(self, message_id: Any) -> str:
        """The state of a message."""
        return str(self.story(message_id).message.state)
