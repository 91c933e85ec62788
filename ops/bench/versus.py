"""Figure 7: consumption into Odoo by the fleet, against one Celery task for each message with odoo-client-lib.

Called by ``ops.bench.__main__``. Both are Celery workers on one RabbitMQ with the same options, as many processes, and
one Odoo. Both find their messages waiting: ours accepted in the ledger, from where they are read, resolved and posted;
the opponent's published, from where they are posted. Without and with the accelerator, each in new processes.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from celery import Celery

from app import ids
from app.flows.intake import Sending
from app.ledger import tables
from app.odoo.transport import Connection
from app.services import Services, build
from ops import accelerator
from ops.bench.accounts import Accounts, WrongWork
from ops.bench.events import UNITS, Use, message
from ops.bench.measures import Line, Rounds
from ops.bench.place import Place
from ops.bench.plan import Plan
from ops.bench.sender import wait_until
from ops.bench.site import HOSPITAL, HOSPITAL_MIX, PAIRS
from ops.fleet import Fleet, commands

FIGURE = "7  consumption into Odoo by the fleet, against a Celery task for each message with odoo-client-lib"
LOADS = {
    f"{len(PAIRS)} different": PAIRS,
    f"mix of {len(HOSPITAL_MIX)}": HOSPITAL_MIX,
}
OPPONENT, PLAIN, FAST = "a task each", "Wardline", "Wardline with the accelerator"
PATIENCE = 900.0
POLL = 0.02
WARM_UP = 2 * len(UNITS)


def steps(plan: Plan) -> int:
    """How many measurements there are."""
    return 3 * len(LOADS) * plan.versus_rounds


def measure(place: Place, accounts: Accounts, plan: Plan, tick: Callable[[], None]) -> list[Line]:
    """Every load in every round by the opponent, by the fleet, and by the fleet with the accelerator."""
    rates = Rounds(FIGURE, "events/s")
    ours, theirs = _Fleet(place, accounts), _Opponent(place, accounts)
    for _ in range(plan.versus_rounds):
        with theirs.running():
            for load, uses in LOADS.items():
                rates.add(f"{load}, {OPPONENT}", theirs.rate(uses[: plan.opponent_sample]))
                tick()
        for name, accelerated in ((PLAIN, False), (FAST, True)):
            with ours.running(accelerated=accelerated):
                for load, uses in LOADS.items():
                    rates.add(f"{load}, {name}", ours.rate(uses))
                    tick()
    ours.services.ledger.database.close()
    return list(_report(rates))


def _report(rates: Rounds) -> Iterator[Line]:
    for load in LOADS:
        base = f"{load}, {OPPONENT}"
        yield rates.line(base)
        for name in (PLAIN, FAST):
            yield rates.line(f"{load}, {name}", base)


class _Fleet:
    """Relay and bulk workers over a ledger; the relay stands still while messages are taken in."""

    def __init__(self, place: Place, accounts: Accounts) -> None:
        chosen = place.ledger("versus")
        self.services: Services = build(chosen)
        self._fleet = place.fleet("versus", chosen)
        self._odoo = Connection(chosen.odoo_url, chosen.odoo_database, chosen.odoo_api_key)
        self._accounts = accounts
        self._sent = 0

    @contextmanager
    def running(self, *, accelerated: bool) -> Iterator[None]:
        """Start the processes, and have every one of them post something before anything counts."""
        if accelerated:
            accelerator.install(self._odoo, accelerator.own_user(self._odoo))
        self._fleet.start("relay", "bulk")
        try:
            self.rate(PAIRS[:WARM_UP])
            yield
        finally:
            self._fleet.stop()
            accelerator.remove(self._odoo)

    def rate(self, uses: Sequence[Use]) -> float:
        """Events a second from accepted to posted, each of them a message of its own."""
        relay = self._fleet.pid("relay")
        os.kill(relay, signal.SIGSTOP)
        for use in uses:
            self._take_in(use)
        self._accounts.used(uses)
        self._sent += len(uses)
        begun = time.perf_counter()
        os.kill(relay, signal.SIGCONT)
        wait_until(lambda: self._posted() >= self._sent, "all events are posted", PATIENCE, POLL)
        return len(uses) / (time.perf_counter() - begun)

    def _take_in(self, use: Use) -> None:
        channel = self.services.channels["cabinets"]
        sending = Sending(channel, message([use]), "application/x-ndjson", "bench", ids.new_id().hex)
        receipt, _ = self.services.intake.take_in(sending)
        if receipt.outcome != "accepted":
            raise WrongWork(f"an event was not taken in but {receipt.outcome}")

    def _posted(self) -> int:
        done = sa.select(sa.func.count()).where(tables.posting.c.state == "posted")
        with self.services.ledger.reading() as tx:
            return tx.scalar(done) or 0


class _Opponent:
    """The workers of ``ops.bench.opponent``, with the bulk workers' own command line."""

    def __init__(self, place: Place, accounts: Accounts) -> None:
        self._fleet: Fleet = place.fleet("opponent", place.settings)
        self._broker = place.settings.broker_url
        self._tally: Path = (place.folder / "opponent" / "tally").resolve()
        self._accounts = accounts
        self._sent = 0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start the workers, and have them post something before anything counts."""
        command = commands()["bulk"].replace("workers.celery:celery", "ops.bench.opponent:celery")
        self._fleet.start_command("opponent", command.replace("-Q wardline.bulk", "-Q opponent"))
        try:
            self.rate(PAIRS[:WARM_UP])
            yield
        finally:
            self._fleet.stop()

    def rate(self, uses: Sequence[Use]) -> float:
        """Events a second from the first one's publication until the last one is in Odoo."""
        self._accounts.used(uses)
        self._sent += len(uses)
        begun = time.perf_counter()
        self._publish(uses)
        wait_until(lambda: self._done() >= self._sent, "all tasks are done", PATIENCE, POLL)
        return len(uses) / (time.perf_counter() - begun)

    def _publish(self, uses: Sequence[Use]) -> None:
        with Celery("opponent", broker=self._broker) as sender:
            sender.conf.task_default_queue = "opponent"
            for use in uses:
                stock, consumption = HOSPITAL.stock(use.department), HOSPITAL.consumption(use.department)
                arguments = (stock, consumption, use.item, use.lot, float(use.quantity), str(self._tally))
                sender.send_task("ops.bench.opponent.consume", arguments)

    def _done(self) -> int:
        return self._tally.stat().st_size if self._tally.exists() else 0
