"""The relay over a real ledger; brokers are in tests/contracts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import REGISTRY

from app import ids
from app.ledger.ledger import Ledger
from tests import factories
from tests.workers import toy
from workers import wakeup
from workers.broker import BrokerUnavailable
from workers.celery import application
from workers.outage import FIRST_SECONDS, LONGEST_SECONDS, Outage
from workers.publisher import Publisher
from workers.relay import Relay
from workers.stop import Stop

ROOT = Path(__file__).parents[2]
NO_BROKER = "amqp://user:word@127.0.0.1:1//"


def relay(ledger: Ledger, tmp_path: Path, broker_url: str | None = None) -> tuple[Relay, Publisher, Stop]:
    settings = factories.settings(tmp_path, **({"broker_url": broker_url} if broker_url else {}))
    stop = Stop()
    publisher = Publisher(application(settings))
    return Relay(ledger, publisher, wakeup.of(ledger.database, stop), 0.5), publisher, stop


@pytest.fixture
def running(small_ledger: Ledger, tmp_path: Path) -> Iterator[Publisher]:
    made, _, stop = relay(small_ledger, tmp_path)
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    second = Publisher(application(factories.settings(tmp_path)))
    yield second
    stop.set()
    thread.join(timeout=10)
    assert not thread.is_alive()
    second.close()


def until(done: object, seconds: float = 10) -> float:
    begun = time.monotonic()
    while not done():  # type: ignore[operator]
        assert time.monotonic() - begun < seconds
        time.sleep(0.005)
    return time.monotonic() - begun


def test_new_work_is_rung_for_at_once(small_ledger: Ledger, running: Publisher) -> None:
    time.sleep(0.3)
    toy.add(small_ledger, "resolve", "approvals")
    assert until(lambda: running.waiting("approvals") == 1) < 0.4
    assert (running.waiting("urgent"), running.waiting("bulk")) == (0, 0)


def test_work_for_later_is_rung_for_at_its_time(small_ledger: Ledger, running: Publisher) -> None:
    toy.add(small_ledger, "translate", "bulk", due_at=ids.now() + timedelta(seconds=0.7))
    time.sleep(0.5)
    assert running.waiting("bulk") == 0
    assert until(lambda: running.waiting("bulk") == 1) < 1.0


def test_work_whose_lease_ran_out_is_rung_for(tmp_path: Path, small_ledger: Ledger, running: Publisher) -> None:
    short = Ledger(factories.settings(tmp_path, lease_seconds=1.0))
    toy.add(short, "translate", "bulk", due_at=ids.now() - timedelta(seconds=5))
    with short.transaction() as tx:
        assert short.work.claim(tx, "translate", "bulk", 1)
    running.connect()
    until(lambda: running.waiting("bulk") >= 1)
    short.database.close()


def test_a_broker_that_is_down_is_said_once_and_costs_no_bell(
    small_ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made, _, _ = relay(small_ledger, tmp_path, NO_BROKER)
    toy.add(small_ledger, "translate", "urgent")
    pauses = []
    for _ in range(4):
        pauses.append(made.look(changed=True))
        time.sleep(pauses[-1])
    assert pauses == sorted(pauses)
    assert capsys.readouterr().out.count("outage.begun") == 1
    assert REGISTRY.get_sample_value("wardline_broker_up") == 0
    with small_ledger.reading() as tx:
        assert small_ledger.bells.outstanding(tx) == {}


def test_a_ledger_that_is_away_is_waited_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    away = Ledger(factories.settings(tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:1/nothing"))
    made, _, _ = relay(away, tmp_path)
    assert 0 < made.look(changed=True) <= LONGEST_SECONDS
    made.look(changed=True)
    assert capsys.readouterr().out.count("outage.begun") == 1


def test_a_bell_that_was_counted_and_never_sent_is_rung_by_the_next_relay(small_ledger: Ledger, tmp_path: Path) -> None:
    toy.add(small_ledger, "translate", "urgent")
    with small_ledger.transaction() as tx:
        small_ledger.bells.ring(tx, "translate", "urgent")
    made, publisher, _ = relay(small_ledger, tmp_path)
    made.look(changed=True)
    assert publisher.waiting("urgent") == 1


def test_an_outage_is_retried_at_growing_intervals_up_to_a_limit() -> None:
    outage = Outage("broker")
    assert outage.left == 0.0
    lefts = []
    for _ in range(12):
        outage.failed(BrokerUnavailable())
        lefts.append(round(outage.left, 2))
    assert lefts[0] == FIRST_SECONDS
    assert lefts == sorted(lefts)
    assert lefts[-1] == LONGEST_SECONDS
    outage.ended()
    assert outage.left == 0.0


def test_the_process_rings_seals_and_ends_cleanly(small_ledger: Ledger, tmp_path: Path) -> None:
    settings = factories.settings(tmp_path)
    environment = os.environ | {
        "WARDLINE_DATABASE_URL": settings.database_url,
        "WARDLINE_BROKER_URL": settings.broker_url,
        "WARDLINE_BODY_KEYS": factories.BODY_KEY,
        "WARDLINE_PEPPER": factories.PEPPER,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "workers.relay"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    small_ledger.audit.seal()
    toy.add(small_ledger, "translate", "urgent")
    watching = Publisher(application(settings))
    until(lambda: watching.waiting("urgent") == 1, 20)
    process.send_signal(signal.SIGTERM)
    try:
        output, _ = process.communicate(timeout=10)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "relay.stopped" in output


def test_a_relay_that_is_misconfigured_says_what_is_wrong() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "workers.relay"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
    )
    assert done.returncode == 1
    assert "WARDLINE_PEPPER" in done.stderr
    assert "Traceback" not in done.stderr
