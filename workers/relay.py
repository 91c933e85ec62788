"""The relay: rings the lanes' queues for work that is due. ``python -m workers.relay``.

The only process that publishes. It is woken when work is added (PostgreSQL) or finds out within milliseconds
(SQLite), sleeps until the next work comes due, and never stops for a broker or a ledger that is away. Two relays may
run at once, at the price of a surplus bell now and then.
"""

from __future__ import annotations

import time
from datetime import timedelta

import structlog

from app import ids, services, telemetry
from app.errors import Misconfigured
from app.flows.posting import CIRCUIT
from app.ledger.database import LedgerUnavailable
from app.ledger.ledger import Ledger
from app.model.channel import LANES
from app.policy.pulse import CANARY, CANARY_STAGE
from workers import wakeup
from workers.broker import BrokerUnavailable
from workers.celery import celery
from workers.outage import Outage
from workers.publisher import Publisher
from workers.ringing import Pair, Ringing, View
from workers.stop import Stop
from workers.upkeep import Upkeep
from workers.wakeup import Wakeup

log = structlog.get_logger()

PACE_SECONDS = 0.005
"""Least time from one look to the next, so that a flood of small commits is answered in sets."""


class Relay:
    """Looks into the ledger and rings; ``longest`` is the longest sleep in seconds."""

    def __init__(self, ledger: Ledger, publisher: Publisher, awake: Wakeup, longest: float) -> None:
        self._ledger = ledger
        self._publisher = publisher
        self._awake = awake
        self._longest = longest
        self._ringing = Ringing()
        self._rang = dict.fromkeys(LANES, time.monotonic())
        self._broker_away = Outage("broker")
        self._ledger_away = Outage("ledger")

    def run(self, stop: Stop) -> None:
        """Go on until the process is to end."""
        changed = True
        while not stop.is_set():
            looked_at = time.monotonic()
            changed = self._awake.wait(self.look(changed=changed))
            if changed:
                stop.wait(looked_at + PACE_SECONDS - time.monotonic())
        self._publisher.close()
        self._awake.close()

    def look(self, *, changed: bool) -> float:
        """Look once and ring what is to be rung; seconds until the next look.

        ``changed`` says that somebody has added work or given work back since the last one.
        """
        try:
            seconds = self._look(changed=changed)
        except LedgerUnavailable as error:
            self._ledger_away.failed(error)
            return self._ledger_away.left
        self._ledger_away.ended()
        return seconds

    def _look(self, *, changed: bool) -> float:
        if away := self._broker_away.left:
            return min(away, self._longest)
        try:
            self._publisher.connect()
            seconds = self._answer(self._view(), changed=changed)
        except BrokerUnavailable as error:
            self._broker_away.failed(error)
            self._ringing.doubt()
            telemetry.BROKER_UP.set(0)
            return self._broker_away.left
        self._broker_away.ended()
        telemetry.BROKER_UP.set(1)
        return seconds

    def _view(self) -> View:
        ledger = self._ledger
        with ledger.reading() as tx:
            due = ledger.work.next_due(tx, LANES)
            unheard = ledger.bells.outstanding(tx)
            open_until = ledger.circuits.waits_until(tx, CIRCUIT)
        return View(ids.now(), due, unheard, open_until)

    def _answer(self, view: View, *, changed: bool) -> float:
        decision = self._ringing.decide(view, changed=changed)
        lost = tuple(pair for pair in decision.suspect if self._is_lost(pair, view))
        if lost:
            log.warning("bells.lost", pairs=[f"{stage}.{lane}" for stage, lane in lost])
            # What took the bells may have taken the queues too, and a connection declares them once alone.
            self._publisher.close()
        self._ring(decision.ring, "rung")
        self._ring(lost, "again")
        self._ring(self._canaries(view), "canary")
        if decision.look_at is None:
            return self._longest
        return min(max(0.0, (decision.look_at - ids.now()).total_seconds()), self._longest)

    def _canaries(self, view: View) -> tuple[Pair, ...]:
        """A bell for every worker of a lane that has been idle for a while: who hears it is alive."""
        at = time.monotonic()
        idle = [lane for lane in LANES if at - self._rang[lane] >= CANARY.total_seconds() and not view.unheard_in(lane)]
        if not idle:
            return ()
        with self._ledger.reading() as tx:
            workers = self._ledger.pulses.workers(tx, timedelta(minutes=5))
        return tuple((CANARY_STAGE, lane) for lane in idle for _ in range(max(1, workers.get(lane, 1))))

    def _is_lost(self, pair: Pair, view: View) -> bool:
        """Whether fewer bells wait in the lane than are on their way there.

        Those of all stages count: they share the queue. A queue that is full of them only says that its workers are
        busy, and ringing again would make it fuller.
        """
        _, lane = pair
        return self._publisher.waiting(lane) < view.unheard_in(lane)

    def _ring(self, pairs: tuple[Pair, ...], outcome: str) -> None:
        """Count bells, then ring them: one that is counted and not rung is rung again, the other way is not seen."""
        if not pairs:
            return
        with self._ledger.transaction() as tx:
            for stage, lane in pairs:
                self._ledger.bells.ring(tx, stage, lane, forget=outcome == "again")
        for stage, lane in pairs:
            self._publisher.ring(stage, lane)
            self._rang[lane] = time.monotonic()
            telemetry.BELLS.labels(stage, lane, outcome).inc()


def main() -> None:
    """Run the relay until SIGTERM."""
    try:
        built = services.build()
        telemetry.start(built.settings, "relay")
    except Misconfigured as error:
        raise SystemExit(f"{error.code}: {error.message}\n{error.hint}") from error
    stop = Stop()
    stop.on_signals()
    ledger = built.ledger
    ledger.database.keep_time()
    upkeep = Upkeep(ledger, stop).start()
    awake = wakeup.of(ledger.database, stop)
    log.info("relay.started")
    Relay(ledger, Publisher(celery), awake, built.settings.relay_poll_seconds).run(stop)
    upkeep.join(timeout=5)
    ledger.database.close()
    log.info("relay.stopped")


if __name__ == "__main__":
    main()
