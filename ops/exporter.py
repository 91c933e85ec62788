"""Figures of the ledger for Prometheus: ``python -m ops.exporter``, on the address in WARDLINE_METRICS_BIND.

One process for the whole house, beside the metrics that web and workers give of themselves. Everything is asked of
the ledger when Prometheus asks, nothing of the broker and nothing of Flower. No label ever holds an identifier.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from app import ids, settings, telemetry
from app.errors import Misconfigured, Unavailable, WardlineError
from app.flows import audit_watch
from app.ledger.figures import UNDELIVERED
from app.ledger.ledger import Ledger
from app.ledger.work import STAGES
from app.model.channel import LANES

STATES_MEMORY = timedelta(seconds=60)
"""How long counts by state are remembered: they are read from whole indexes, and Prometheus may ask every second."""

STATES = {
    "message": ("accepted", "translated", "settled", "rejected", "duplicate", "dead"),
    "document": ("open", "held", "settled", "cancelled", "superseded"),
    "posting": ("due", "leased", "posted", "in_doubt", "blocked", "dead"),
    "interchange": ("awaiting", "unasked", "accepted", "rejected", "overdue"),
}
"""Given as 0 where there are none, so that the first one of a state is an increase and not a new series."""

log = structlog.get_logger()


class LedgerCollector(Collector):
    """Reads the ledger's figures for every scrape."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._states: tuple[datetime, dict[str, dict[str, int]]] | None = None

    def describe(self) -> list[Metric]:
        """Nothing in advance: registering must not need the ledger."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The figures; where the ledger is out of reach only that it is."""
        up = GaugeMetricFamily("wardline_ledger_up", "Whether the ledger could be read.")
        try:
            with self._ledger.reading() as tx:
                metrics = list(self._read(tx))
        except (Unavailable, SQLAlchemyError) as error:
            # The text of a database error quotes its statement; the class is enough here.
            log.warning("exporter.ledger_unreadable", error=type(error).__name__)
            metrics = []
        up.add_metric([], 1.0 if metrics else 0.0)
        yield up
        yield from metrics

    def _read(self, tx: Connection) -> Iterator[Metric]:
        figures = self._ledger.figures
        yield from self._backlogs(tx)
        yield from self._by_state(tx)
        holds = GaugeMetricFamily("wardline_holds_open", "Documents that wait for a person.", labels=("cause",))
        for cause, total in figures.holds_open(tx).items():
            holds.add_metric([cause], total)
        yield holds
        yield self._dead_letters(tx)
        circuit = GaugeMetricFamily("wardline_circuit_open", "1 while an outside is down.", labels=("outside",))
        states = {"odoo": "closed"} | {row.name: row.state for row in figures.circuits(tx)}
        for outside, state in states.items():
            circuit.add_metric([outside], float(state == "open"))
        yield circuit
        yield from self._approvals(tx)
        age = self._ledger.levels.watch(tx).age_seconds
        yield GaugeMetricFamily("wardline_stock_age_seconds", "Age of the figures of Odoo's stock.", age or 0.0)
        deliveries = GaugeMetricFamily("wardline_undelivered", "What partners do not have.", labels=("delivery",))
        for state, total in (dict.fromkeys(UNDELIVERED, 0) | figures.deliveries(tx)).items():
            deliveries.add_metric([state], total)
        yield deliveries
        unsealed, oldest = figures.unsealed(tx)
        yield GaugeMetricFamily("wardline_audit_unsealed", "Audit events that wait for their seal.", unsealed)
        yield GaugeMetricFamily("wardline_audit_unsealed_seconds", "Age of the oldest of them.", oldest)
        verified = self._ledger.jobs.last(tx, audit_watch.JOB)
        broken = verified is not None and verified.error_code == audit_watch.ChainBroken.code
        yield GaugeMetricFamily("wardline_audit_broken", "1 while the last verification found a fault.", float(broken))

    def _approvals(self, tx: Connection) -> Iterator[Metric]:
        figures = self._ledger.approval_queue.figures(tx)
        waiting = GaugeMetricFamily("wardline_approvals_open", "Approvals that wait for people.", labels=("state",))
        oldest = GaugeMetricFamily("wardline_approvals_oldest_seconds", "Age of the oldest of them.", labels=("state",))
        for state, total in figures.waiting.items():
            waiting.add_metric([state], total)
            oldest.add_metric([state], figures.oldest_seconds[state])
        stuck = "Steps of approvals about which nobody further can be asked."
        yield from (waiting, oldest, GaugeMetricFamily("wardline_approvals_stuck", stuck, figures.stuck))
        notices = GaugeMetricFamily("wardline_notices", "Notices that have not arrived.", labels=("state",))
        for state, total in self._ledger.notices.counts(tx).items():
            notices.add_metric([state], total)
        yield notices

    def _backlogs(self, tx: Connection) -> Iterator[Metric]:
        labels = ("stage", "lane")
        backlog = GaugeMetricFamily("wardline_backlog", "Work that waits.", labels=labels)
        oldest = GaugeMetricFamily("wardline_oldest_seconds", "Age of the oldest work that waits.", labels=labels)
        found = {(b.stage, b.lane): b for b in self._ledger.figures.backlogs(tx)}
        for place in _places():
            waiting = found.get(place)
            backlog.add_metric(place, waiting.waiting if waiting else 0)
            oldest.add_metric(place, waiting.oldest_seconds if waiting else 0)
        yield from (backlog, oldest)

    def _dead_letters(self, tx: Connection) -> Metric:
        dead = GaugeMetricFamily("wardline_dead_letters_open", "Open dead letters.", labels=("stage", "lane"))
        found = self._ledger.figures.dead_letters_open(tx)
        for place in _places():
            dead.add_metric(place, found.get(place, 0))
        return dead

    def _by_state(self, tx: Connection) -> Iterator[Metric]:
        at = ids.now()
        if self._states is None or at - self._states[0] > STATES_MEMORY:
            self._states = (at, self._ledger.figures.states(tx))
        for what, known in STATES.items():
            family = GaugeMetricFamily(f"wardline_{what}s", f"All {what}s that are kept, by state.", labels=("state",))
            for state, total in (dict.fromkeys(known, 0) | self._states[1][what]).items():
                family.add_metric([state], total)
            yield family


def serve() -> threading.Thread:
    """Start to answer scrapes; the thread that does. Raises Misconfigured where the address is missing or wrong."""
    effective = settings.load()
    telemetry.start(effective, "exporter")
    host, separator, port = effective.metrics_bind.rpartition(":")
    if not separator or not port.isdecimal():
        raise Misconfigured("WARDLINE_METRICS_BIND must look like 127.0.0.1:9108 to run the exporter")
    registry = CollectorRegistry()
    registry.register(LedgerCollector(Ledger(effective)))
    try:
        _, thread = start_http_server(int(port), host.strip("[]") or "0.0.0.0", registry)  # noqa: S104 - ":9108" says so
    except OSError as error:
        raise Misconfigured(f"WARDLINE_METRICS_BIND: {error.strerror}", code="exporter.bind") from error
    return thread


def main() -> int:
    """Answer scrapes until the process ends."""
    try:
        serve().join()
    except WardlineError as error:
        sys.stderr.write(f"error: {error.message} [{error.code}]\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _places() -> list[tuple[str, str]]:
    return [(stage, lane) for stage in STAGES for lane in LANES]


if __name__ == "__main__":
    raise SystemExit(main())
