"""Figure 5: how long an urgent event takes from its acceptance over HTTP to Odoo, alone and while bulk floods.

Called by ``ops.bench.__main__``. The fleet is everything that has a part in it: web, relay and the workers of every
lane, over RabbitMQ. Both ends of a latency are the ledger's own times, of one machine: when the message was stored,
before its answer was sent, and when Odoo had confirmed the transfer.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, count, cycle, islice
from uuid import UUID

import sqlalchemy as sa

from app.ledger import tables
from app.ledger.ledger import Ledger
from ops.bench.accounts import Accounts, WrongWork
from ops.bench.events import ITEMS, THEATRE, WARDS, distinct, mixed
from ops.bench.measures import Line, pooled
from ops.bench.place import Place
from ops.bench.plan import Plan
from ops.bench.sender import Sender, answers, connected, wait_until

FIGURE = "5  latency of single urgent events, from acceptance over HTTP to Odoo"
PROCESSES = ("web", "relay", "urgent", "approvals", "bulk")
IDLE, APART, AMONG = "fleet idle", "bulk waiting elsewhere", "bulk waiting at the same location"
BULK_MESSAGE = 100
"""Events in one message of the bulk channel."""
POLL, PAUSE = 0.02, 0.1
DRAIN_SECONDS = 300.0
DRAIN_RATE = 50
"""Bulk events a second that are posted at the least."""
ENOUGH = 100
"""Of so many samples there is a 99th percentile."""


def steps(plan: Plan) -> int:
    """How many events are measured."""
    return plan.idle_samples * (plan.floods + 1) + plan.busy_samples * plan.floods


def measure(place: Place, accounts: Accounts, plan: Plan, tick: Callable[[], None]) -> list[Line]:
    """Idle, flooded, idle again, and so on. Raises WrongWork, and Unavailable where the fleet stands still."""
    chosen = place.ledger("fleet")
    ledger = Ledger(chosen)
    key = ledger.keys.create("bench", ["messages:write"], ["*"])
    fleet = place.fleet("fleet", chosen)
    fleet.start(*PROCESSES)
    wait_until(lambda: answers(chosen.web_bind, "/readyz"), "the web process is ready")
    samples: dict[str, list[float]] = defaultdict(list)
    with connected(chosen.web_bind, key) as sender:
        traffic = _Traffic(sender, ledger, accounts, plan.backlog)
        traffic.warm_up()
        for subject, department in _schedule(plan):
            if subject == IDLE:
                traffic.drain()
            else:
                traffic.flood()
            samples[subject].append(traffic.urgent(department))
            tick()
        traffic.drain()
        traffic.check()
    fleet.stop()
    ledger.database.close()
    return list(_report(samples))


def _schedule(plan: Plan) -> Iterator[tuple[str, str]]:
    """What is measured one after the other, and in which department: idle, flooded, idle again, and so on."""
    idle = [(IDLE, department) for department in islice(cycle((THEATRE, *WARDS)), plan.idle_samples)]
    among = [(AMONG, department) for department in WARDS]
    busy = list(islice(chain.from_iterable(((APART, THEATRE), pair) for pair in cycle(among)), plan.busy_samples))
    for _ in range(plan.floods):
        yield from idle
        yield from busy
    yield from idle


def _report(samples: Mapping[str, Sequence[float]]) -> Iterator[Line]:
    percents = [("median", 50), ("95th percentile", 95)]
    if min(map(len, samples.values())) >= ENOUGH:
        percents.append(("99th percentile", 99))
    for name, percent in percents:
        idle = f"{IDLE}, {name}"
        yield pooled(FIGURE, idle, percent, samples[IDLE])
        for subject in (APART, AMONG):
            yield pooled(FIGURE, f"{subject}, {name}", percent, samples[subject], (idle, samples[IDLE]))


class _Traffic:
    """What the clinical systems send, and what has become of it."""

    def __init__(self, sender: Sender, ledger: Ledger, accounts: Accounts, backlog: int) -> None:
        self._sender = sender
        self._ledger = ledger
        self._accounts = accounts
        self._backlog = backlog
        self._seeds = count()
        self._bulk = self._urgent = 0
        self._uses = cycle(distinct(len(ITEMS) // 2))

    def warm_up(self) -> None:
        """Several events at once, so that every child of the urgent workers has its connections and its items."""
        sent = [self._send(department) for department in (THEATRE, *WARDS) for _ in range(2)]
        wait_until(lambda: all(map(self._latency, sent)), "the fleet posts")

    def urgent(self, department: str) -> float:
        """Send one event; the seconds from its acceptance to Odoo."""
        message = self._send(department)
        wait_until(lambda: self._latency(message) is not None, "an urgent event is posted", pause=POLL)
        time.sleep(PAUSE)
        latency = self._latency(message)
        assert latency is not None
        return latency

    def flood(self) -> None:
        """Let the whole backlog wait, and the bulk workers be busy posting it."""
        flooded = self._waiting() > 0
        while self._waiting() <= self._backlog - BULK_MESSAGE:
            uses = mixed(BULK_MESSAGE, seed=next(self._seeds))
            self._sender.send("cabinets", uses)
            self._accounts.used(uses)
            self._bulk += len(uses)
        if not flooded:
            posted = self._bulk - self._waiting()
            wait_until(lambda: self._bulk - self._waiting() > posted, "the bulk workers post")
            self.flood()

    def drain(self) -> None:
        """Wait until no bulk event waits any more."""
        wait_until(
            lambda: not self._waiting(), "all bulk events are posted", DRAIN_SECONDS + self._backlog / DRAIN_RATE
        )

    def check(self) -> None:
        """Raises WrongWork where not everything that was sent came to its end."""
        with self._ledger.reading() as tx:
            states, exceptions = self._ledger.figures.states(tx), self._ledger.figures.open_exceptions(tx)
        wanted = {"posted": self._bulk + self._urgent}
        if states["posting"] != wanted or set(states["message"]) != {"settled"} or any(exceptions.values()):
            raise WrongWork(f"the fleet left {states} and {exceptions}; {wanted} was expected")

    def _send(self, department: str) -> UUID:
        use = replace(next(self._uses), department=department)
        location = self._sender.send("carts", [use])
        self._accounts.used([use])
        self._urgent += 1
        return UUID(location.rpartition("/")[2])

    def _waiting(self) -> int:
        """Bulk events that were sent and are not in Odoo."""
        posted = sa.select(sa.func.count()).where(tables.posting.c.lane == "bulk", tables.posting.c.state == "posted")
        with self._ledger.reading() as tx:
            return self._bulk - (tx.scalar(posted) or 0)

    def _latency(self, message_id: UUID) -> float | None:
        """Seconds from acceptance to Odoo, or None while the message's event is not posted."""
        message, document, posting = tables.message, tables.document, tables.posting
        way = message.join(document, document.c.message_id == message.c.id)
        way = way.join(posting, posting.c.document_id == document.c.id)
        query = sa.select(message.c.received_at, posting.c.posted_at).select_from(way)
        with self._ledger.reading() as tx:
            row = tx.execute(query.where(message.c.id == message_id, posting.c.state == "posted")).first()
        return (row.posted_at - row.received_at).total_seconds() if row else None
