"""What every broker must do for the bells, with a real worker and the real relay; only the stages are toys."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.flows.posting import CIRCUIT
from app.ledger import schema
from app.ledger.ledger import Ledger
from app.model.channel import LANES
from app.settings import Settings
from tests import factories
from tests.fixtures_broker import TestBroker
from tests.workers import toy
from workers import wakeup
from workers.celery import application
from workers.dead_bells import Swept, sweep
from workers.publisher import Publisher
from workers.relay import Relay
from workers.stop import Stop

ROOT = Path(__file__).parents[2]
BELL = {"lang": "py", "task": "wardline.translate", "id": "1", "root_id": "1", "retries": 0, "argsrepr": "-"}
MALFORMED: tuple[tuple[bytes, str, dict[str, object]], ...] = (
    (b"MSH|^~\\&|LAB", "text/plain", {}),
    (b"{not json", "application/json", BELL),
    (b'{"a":1}', "application/json", BELL),
    (b"[[],{}]", "application/json", BELL),
    (b"[[],{},{}]", "application/json", BELL | {"task": "wardline.unknown"}),
    (b"\x80\x04N.", "application/x-python-serialize", BELL),
    (b'[["no such lane"],{},{}]', "application/json", BELL),
)


@dataclass
class House:
    """A broker, a ledger, a relay that the test makes look, and a worker for the lane ``urgent`` and ``approvals``."""

    broker: TestBroker
    ledger: Ledger
    relay: Relay
    worker: subprocess.Popen[bytes]
    log: Path
    environment: dict[str, str]

    def rings_until(self, done: Callable[[], object], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            assert time.monotonic() < deadline, self.log.read_text()[-3000:]
            assert self.worker.poll() is None, self.log.read_text()[-3000:]
            time.sleep(min(self.relay.look(changed=False), 0.05))

    def is_empty(self) -> bool:
        return toy.left(self.ledger) == 0

    def forget(self) -> None:
        """Take away what a test left behind."""
        with self.ledger.transaction() as tx:
            for table in ("work", "bell", "circuit"):
                tx.exec_driver_sql(f"DELETE FROM {table}")
        for lane in LANES:
            self.broker.purge(lane)


@pytest.fixture(scope="module")
def house(broker: TestBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    effective = factories.settings(folder, broker_url=broker.url)
    ledger = Ledger(effective)
    schema.upgrade(ledger.database)
    log = folder / "worker.log"
    relay = Relay(ledger, Publisher(application(effective)), wakeup.of(ledger.database, Stop()), 0.5)
    environment = _environment(effective)
    worker = _worker(environment, log)
    yield House(broker, ledger, relay, worker, log, environment)
    worker.send_signal(signal.SIGTERM)
    try:
        assert worker.wait(timeout=30) == 0, log.read_text()[-3000:]
    finally:
        worker.kill()
        ledger.database.close()


def _environment(effective: Settings) -> dict[str, str]:
    return os.environ | {
        "WARDLINE_DATABASE_URL": effective.database_url,
        "WARDLINE_BROKER_URL": effective.broker_url,
        "WARDLINE_BODY_KEYS": effective.body_keys,
        "WARDLINE_PEPPER": effective.pepper,
        "WARDLINE_LOG_FORMAT": "json",
    }


def _worker(environment: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
    lanes = "-Q wardline.urgent,wardline.approvals -n urgent@%h"
    command = f"worker {lanes} -c 2 -P prefork --without-mingle --without-gossip"
    arguments = [sys.executable, "-m", "celery", "-A", "tests.workers.toy:celery", *command.split()]
    with log.open("wb") as output:
        return subprocess.Popen(arguments, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)


@pytest.fixture(autouse=True)
def _clean(house: House) -> Iterator[None]:
    yield
    house.forget()


def test_a_bell_brings_a_worker_that_does_what_is_due(house: House) -> None:
    toy.add(house.ledger, "translate", "urgent", 120)
    toy.add(house.ledger, "post", "urgent")
    house.rings_until(house.is_empty)


def test_health_sees_the_worker_that_is_there_and_misses_the_one_that_is_not(house: House) -> None:
    found = [
        subprocess.run(
            [sys.executable, "-m", "workers.health", lane],
            cwd=ROOT, env=house.environment, capture_output=True, text=True, check=False, timeout=30,
        )
        for lane in ("urgent", "bulk")
    ]  # fmt: skip
    assert [done.returncode for done in found] == [0, 1], [done.stderr for done in found]
    assert "the worker of bulk does not answer" in found[1].stderr


def test_a_malformed_message_is_refused_without_a_look_and_the_worker_lives_on(house: House) -> None:
    for body, content_type, headers in MALFORMED:
        house.broker.put("urgent", body, content_type, headers)
    toy.add(house.ledger, "resolve", "urgent")
    house.rings_until(house.is_empty)
    _until(lambda: house.log.read_text().count('"bell.refused"') >= len(MALFORMED) - 1)
    assert "MSH|" not in house.log.read_text()
    if house.broker.keeps_dead_letters:
        _until(lambda: house.broker.waiting("wardline.dead.urgent") == len(MALFORMED))


def test_what_is_refused_can_be_swept_and_what_is_not_ours_is_kept_until_it_is_dropped(house: House) -> None:
    if not house.broker.keeps_dead_letters:
        assert _sweep(house) == Swept()
        return
    before = house.broker.waiting("wardline.dead.urgent") + house.broker.waiting("wardline.unrouted")
    toy.add(house.ledger, "resolve", "approvals")
    house.broker.put("approvals", b'[["approvals"],{},{}]', "application/json", BELL | {"task": "wardline.resolve"})
    house.broker.put("no such lane", b"PID|1", "text/plain", {"x": 1})
    _until(lambda: house.broker.waiting("wardline.dead.approvals") == 1)
    assert _sweep(house) == Swept(bells=1, kept=before + 1)
    assert house.broker.waiting("wardline.dead.urgent") == 0
    assert house.broker.waiting("wardline.unrouted") == before + 1
    assert _sweep(house, drop_foreign=True) == Swept(dropped=before + 1)
    assert _sweep(house) == Swept()


def test_an_unexpected_error_is_told_without_its_text_and_its_work_comes_due_again(house: House) -> None:
    toy.add(house.ledger, "resolve", "approvals")
    house.rings_until(lambda: '"drain.failed"' in house.log.read_text())
    assert toy.left(house.ledger) == 1
    assert "4711" not in house.log.read_text()
    toy.add(house.ledger, "translate", "urgent")
    house.rings_until(lambda: toy.left(house.ledger, [("translate", "urgent")]) == 0)


def test_it_goes_on_when_all_connections_were_cut_or_the_folder_is_gone(house: House) -> None:
    toy.add(house.ledger, "translate", "urgent")
    house.rings_until(house.is_empty)
    house.broker.cut()
    toy.add(house.ledger, "translate", "urgent", 3)
    house.rings_until(house.is_empty)


def test_it_goes_on_when_the_queues_were_taken_away_while_connections_stand(house: House) -> None:
    toy.add(house.ledger, "translate", "urgent")
    house.rings_until(house.is_empty)
    house.broker.empty()
    toy.add(house.ledger, "translate", "urgent", 3)
    house.rings_until(house.is_empty, 60)


def test_many_items_make_few_bells(house: House) -> None:
    toy.add(house.ledger, "translate", "bulk", 2000)
    toy.add(house.ledger, "post", "bulk", 2000)
    for _ in range(50):
        house.relay.look(changed=True)
    assert house.broker.waiting("wardline.bulk") == 2


def test_a_bell_that_was_lost_is_rung_again_and_one_that_waits_is_not(house: House) -> None:
    toy.add(house.ledger, "translate", "bulk")
    house.relay.look(changed=True)
    assert house.broker.waiting("wardline.bulk") == 1
    time.sleep(2.1)
    house.relay.look(changed=True)
    assert house.broker.waiting("wardline.bulk") == 1
    house.broker.purge("bulk")
    time.sleep(2.1)
    house.relay.look(changed=True)
    assert house.broker.waiting("wardline.bulk") == 1


def test_nothing_is_rung_for_posting_while_the_circuit_is_open(house: House) -> None:
    circuits = Ledger(factories.settings(Path("unused"), circuit_probe_seconds=1.0, circuit_failures=1)).circuits
    with house.ledger.transaction() as tx:
        circuits.failed(tx, CIRCUIT, "unavailable")
    toy.add(house.ledger, "post", "bulk", 10)
    assert 0.0 < house.relay.look(changed=True) <= 0.5
    assert house.broker.waiting("wardline.bulk") == 0
    time.sleep(1.1)
    house.relay.look(changed=True)
    assert house.broker.waiting("wardline.bulk") == 1


def test_two_relays_do_the_work_of_one(house: House) -> None:
    second = Relay(house.ledger, Publisher(application(_of(house))), wakeup.of(house.ledger.database, Stop()), 0.5)
    toy.add(house.ledger, "translate", "bulk", 500)
    for _ in range(20):
        house.relay.look(changed=True)
        second.look(changed=True)
    assert 1 <= house.broker.waiting("wardline.bulk") <= 2


def _of(house: House) -> Settings:
    return factories.settings(Path("unused"), broker_url=house.broker.url)


def _sweep(house: House, *, drop_foreign: bool = False) -> Swept:
    return sweep(application(_of(house)), drop_foreign=drop_foreign)


def _until(done: Callable[[], object], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_refused_message_is_told_by_type_size_and_digest(house: House) -> None:
    lines = [json.loads(line) for line in house.log.read_text().splitlines() if '"bell.refused"' in line]
    assert {"text/plain", "application/json"} <= {line["content_type"] for line in lines}
    assert all(len(line["digest"]) == 64 and line["size"] > 0 for line in lines)
