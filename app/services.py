"""The composition root: settings in, everything put together out.

Each process calls ``build()`` once: the web application, the workers after their fork, the relay, the listener, the
commands. Nothing else in the house knows which implementation stands behind a port.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy.engine import Connection as SqlConnection

from app import channels, ids, settings
from app.crosswalk.store import CrosswalkStore
from app.flows import invoice_status, order_watch, pickup, receipt_watch, replenishment, rules
from app.flows.audit_watch import AuditWatch
from app.flows.base import Job, Stage
from app.flows.completeness import Completeness
from app.flows.desk import Desk
from app.flows.dispatch import Dispatch
from app.flows.intake import Intake
from app.flows.invoice_status import BillWatch
from app.flows.master_sync import MasterSync
from app.flows.order_watch import OrderWatch
from app.flows.outbound import Outbound
from app.flows.pickup import Pickup
from app.flows.posting import Posting
from app.flows.publishing import Publishing
from app.flows.receipt_watch import ReceiptWatch
from app.flows.replenishment import Planner
from app.flows.resolution import Resolution
from app.flows.stock_watch import StockWatch
from app.flows.translation import Translation
from app.ledger.ledger import Ledger
from app.model.channel import Channel
from app.model.setup import Setup
from app.odoo.erp import Erp
from app.odoo.transport import Connection
from app.policy.approval import ApprovalRules
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
    desk: Desk
    planner: Planner
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
    crosswalk, intake = CrosswalkStore(ledger.database, ledger.audit), Intake(ledger, pseudonym)
    limits = {"urgent": effective.batch_urgent, "approvals": effective.batch_approvals, "bulk": effective.batch_bulk}
    retry, outbound = Retry.of(effective), Outbound(ledger, configured.channels, pseudonym)
    stages: tuple[Stage, ...] = (
        Translation(ledger, configured.channels, pseudonym, limits, retry, min(30.0, effective.lease_seconds / 2)),
        Resolution(ledger, crosswalk, limits, retry, configured),
        _posting(effective, ledger, erp, configured, limits),
        Dispatch(ledger, configured, outbound, intake, retry, effective.in_doubt_seconds),
    )
    watch = StockWatch(ledger, erp, configured)
    planner = Planner(ledger, erp, configured, crosswalk, intake, watch, _section(ledger, "replenishment"))
    office = desk(ledger, configured, effective)
    made = Services(
        settings=effective,
        setup=configured,
        ledger=ledger,
        crosswalk=crosswalk,
        erp=erp,
        intake=intake,
        stages={stage.name: stage for stage in stages},
        desk=office,
        planner=planner,
    )
    return replace(made, jobs=(*office.jobs, *watch.jobs, *_jobs(made)))


def _jobs(made: Services) -> Iterator[Job]:
    """What the clock does; every entry is a name, how often, and what."""
    ledger, erp, setup, intake = made.ledger, made.erp, made.setup, made.intake
    yield from MasterSync(ledger, erp, made.crosswalk).jobs
    yield from Publishing(ledger, erp, setup, intake, made.crosswalk).jobs
    yield Job(order_watch.JOB, order_watch.EVERY_SECONDS, OrderWatch(ledger, erp, setup, intake).run)
    yield Job(receipt_watch.JOB, receipt_watch.EVERY_SECONDS, ReceiptWatch(ledger, erp, setup, intake).run)
    yield Job(invoice_status.JOB, invoice_status.EVERY_SECONDS, BillWatch(ledger, erp, setup).run)
    yield Job(pickup.JOB, pickup.EVERY_SECONDS, Pickup(ledger, setup, intake, made.settings.body_limit).run)
    yield from Completeness(ledger, erp, setup).jobs
    yield from AuditWatch(ledger).jobs
    yield Job(replenishment.JOB, replenishment.EVERY_SECONDS, made.planner.run)


def _section(ledger: Ledger, name: str) -> Callable[[SqlConnection], Any]:
    """A section of the rules in force, to be asked for at each use."""
    return lambda tx: getattr(rules.in_force(tx, ledger), name)


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
        odoo_workers=effective.odoo_workers,
        call_seconds=effective.call_seconds,
    )


def desk(ledger: Ledger, setup: Setup, effective: Settings) -> Desk:
    """Where approvals are decided, by the rules in force. Raises Misconfigured where an outlet is set wrongly."""

    def ruled(tx: SqlConnection) -> tuple[ApprovalRules, str]:
        book = rules.in_force(tx, ledger)
        return book.approval, str(book.version)

    return Desk.of(ledger, setup, ruled, effective)
