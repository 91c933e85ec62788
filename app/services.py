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
from app.flows.base import Stage
from app.flows.intake import Intake
from app.flows.posting import Posting
from app.flows.resolution import Resolution
from app.flows.translation import Translation
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.odoo.gateway import OdooGateway
from app.odoo.stock import StockGateway
from app.odoo.transport import Connection
from app.policy.retry import Retry
from app.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """What a process works with; ``stages`` are the drains by the name of their stage."""

    settings: Settings
    channels: Mapping[str, Channel]
    ledger: Ledger
    crosswalk: CrosswalkStore
    odoo: OdooGateway
    intake: Intake
    stages: Mapping[str, Stage]


def build(effective: Settings | None = None) -> Services:
    """Put everything together. Raises Misconfigured naming what is wrong; connects to nothing yet."""
    effective = effective or settings.load()
    pseudonym = partial(ids.pseudonym, effective.pepper.encode())
    configured = channels.load(effective.channels_file)
    ledger = Ledger(effective)
    crosswalk = CrosswalkStore(ledger.database, ledger.audit)
    odoo = StockGateway(
        Connection(
            effective.odoo_url,
            effective.odoo_database,
            effective.odoo_api_key,
            connect_timeout=effective.odoo_connect_timeout,
            read_timeout=effective.odoo_read_timeout,
        )
    )
    retry = Retry.of(effective)
    limits = {"urgent": effective.batch_urgent, "approvals": effective.batch_approvals, "bulk": effective.batch_bulk}
    stages: tuple[Stage, ...] = (
        Translation(ledger, configured, pseudonym, limits, retry),
        Resolution(ledger, crosswalk, limits, retry),
        Posting(ledger, odoo, limits, retry, in_doubt_seconds=effective.in_doubt_seconds),
    )
    return Services(
        settings=effective,
        channels=configured,
        ledger=ledger,
        crosswalk=crosswalk,
        odoo=odoo,
        intake=Intake(ledger, pseudonym),
        stages={stage.name: stage for stage in stages},
    )
