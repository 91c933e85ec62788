"""The composition root: settings in, everything put together out.

Each process calls ``build()`` once: the web application, the workers after their fork, the relay, the listener, the
commands. Nothing else in the house knows which implementation stands behind a port.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from app import channels, ids, settings
from app.crosswalk.store import CrosswalkStore
from app.flows.base import Job, Stage
from app.flows.intake import Intake
from app.flows.posting import Posting
from app.flows.resolution import Resolution
from app.flows.translation import Translation
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.model.setup import Setup
from app.odoo.erp import Erp
from app.odoo.transport import Connection
from app.policy.retry import Retry
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """What a process works with; ``stages`` are the drains by the name of their stage, ``jobs`` what the clock does."""

    settings: Settings
    setup: Setup
    ledger: Ledger
    crosswalk: CrosswalkStore
    erp: Erp
    intake: Intake
    stages: Mapping[str, Stage]
    jobs: tuple[Job, ...] = ()

    @property
    def channels(self) -> Mapping[str, Channel]:
        """The channels by name."""
        return self.setup.channels


def build(effective: Settings | None = None) -> Services:
    """Put everything together. Raises Misconfigured naming what is wrong; connects to nothing yet."""
    effective = effective or settings.load()
    pseudonym = partial(ids.pseudonym, effective.pepper.encode())
    configured = channels.setup(effective.channels_file)
    ledger, erp = Ledger(effective), _erp(effective)
    crosswalk = CrosswalkStore(ledger.database, ledger.audit)
    limits = {"urgent": effective.batch_urgent, "approvals": effective.batch_approvals, "bulk": effective.batch_bulk}
    retry = Retry.of(effective)
    stages: tuple[Stage, ...] = (
        Translation(ledger, configured.channels, pseudonym, limits, retry),
        Resolution(ledger, crosswalk, limits, retry, configured),
        _posting(effective, ledger, erp, configured, limits),
    )
    return Services(
        settings=effective,
        setup=configured,
        ledger=ledger,
        crosswalk=crosswalk,
        erp=erp,
        intake=Intake(ledger, pseudonym),
        stages={stage.name: stage for stage in stages},
    )


def _erp(effective: Settings) -> Erp:
    return Erp(
        Connection(
            effective.odoo_url,
            effective.odoo_database,
            effective.odoo_api_key,
            connect_timeout=effective.odoo_connect_timeout,
            read_timeout=effective.odoo_read_timeout,
        )
    )


def _posting(effective: Settings, ledger: Ledger, erp: Erp, setup: Setup, limits: Mapping[str, int]) -> Posting:
    return Posting(
        ledger,
        erp,
        limits,
        Retry.of(effective),
        effective.in_doubt_seconds,
        setup,
        at_once={"bulk": max(1, effective.odoo_workers - 1)},
        visit_seconds=effective.visit_seconds,
    )
