from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app import ids
from app.errors import Permanent
from app.ledger.dead_letters import Burial
from app.ledger.ledger import Ledger
from app.ledger.work import STAGES
from app.model.channel import LANES
from app.model.supply import Reading
from ops.exporter import LedgerCollector
from tests import factories
from tests.app.flows.desk import Office

ORDER = ("stage", "lane", "state", "cause", "outside")
Samples = dict[str, float]
"""Values by name and labels: ``wardline_backlog post urgent``."""


def scraped(ledger: Ledger) -> Samples:
    registry = CollectorRegistry()
    registry.register(LedgerCollector(ledger))
    return parsed(generate_latest(registry).decode())


def parsed(text: str) -> Samples:
    return {
        " ".join([sample.name, *(sample.labels[name] for name in ORDER if name in sample.labels)]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_an_empty_ledger_shows_zeros_and_no_gaps(small_ledger: Ledger) -> None:
    samples = scraped(small_ledger)

    for stage in STAGES:
        for lane in LANES:
            for name in ("wardline_backlog", "wardline_oldest_seconds", "wardline_dead_letters_open"):
                assert samples[f"{name} {stage} {lane}"] == 0
    assert samples["wardline_ledger_up"] == 1
    assert samples["wardline_circuit_open odoo"] == 0
    assert samples["wardline_messages rejected"] == 0
    assert samples["wardline_postings in_doubt"] == 0
    assert samples["wardline_audit_unsealed"] == 0
    assert samples["wardline_approvals_open pending"] == 0
    assert samples["wardline_approvals_oldest_seconds break_glass"] == 0
    assert samples["wardline_approvals_stuck"] == 0
    assert samples["wardline_notices failed"] == 0


def test_figures_of_approvals(small_ledger: Ledger, tmp_path: Path) -> None:
    office = Office(
        small_ledger,
        factories.settings(tmp_path, webhook_url="http://127.0.0.1:1/", webhook_secret=f"whsec_{'A' * 32}"),
    )
    with time_machine.travel(ids.now() - timedelta(hours=1), tick=False):
        office.waiting()
        office.waiting(reference="R-2", amount=2000, requester="dora")
        office.desk.escalating.run()

    samples = scraped(small_ledger)

    assert samples["wardline_approvals_open pending"] == 2
    assert samples["wardline_approvals_oldest_seconds pending"] >= 3600
    assert samples["wardline_approvals_stuck"] == 1
    assert samples["wardline_notices due"] == 3


def test_figures_of_a_busy_ledger(small_ledger: Ledger) -> None:
    ledger = small_ledger
    dead = ledger.messages.accept(factories.arrival()).message_id
    ledger.messages.accept(factories.arrival())
    error = Permanent("nobody knows it", code="channel.unknown")
    with ledger.transaction() as tx:
        ledger.dead_letters.bury(tx, Burial("translate", dead, dead, "GEN", "urgent", 1), error)
        ledger.messages.failed(tx, dead, "dead", error)
        ledger.work.drop(tx, "translate", dead)
        for _ in range(2):
            ledger.circuits.failed(tx, "odoo", "odoo.unavailable")

    samples = scraped(ledger)

    assert samples["wardline_backlog translate bulk"] == 1
    assert samples["wardline_oldest_seconds translate bulk"] > 0
    assert samples["wardline_messages accepted"] == 1
    assert samples["wardline_messages dead"] == 1
    assert samples["wardline_dead_letters_open translate urgent"] == 1
    assert samples["wardline_circuit_open odoo"] == 1
    assert samples["wardline_audit_unsealed"] == 3
    assert samples["wardline_audit_unsealed_seconds"] > 0


def test_no_label_is_ever_an_identifier(small_ledger: Ledger) -> None:
    message_id = small_ledger.messages.accept(factories.arrival()).message_id

    assert str(message_id) not in str(scraped(small_ledger))


def test_a_ledger_out_of_reach_is_a_figure_too(tmp_path: Path) -> None:
    away = Ledger(factories.settings(tmp_path, database_url="postgresql://nobody@127.0.0.1:1/none"))

    assert scraped(away) == {"wardline_ledger_up": 0}


def test_a_ledger_without_schema_counts_as_out_of_reach(tmp_path: Path) -> None:
    assert scraped(Ledger(factories.settings(tmp_path)))["wardline_ledger_up"] == 0


def test_the_process_answers_scrapes(small_ledger: Ledger, tmp_path: Path) -> None:
    port = free_port()
    process = start(tmp_path, f"127.0.0.1:{port}")
    try:
        text = asked(f"http://127.0.0.1:{port}/metrics")
    finally:
        process.terminate()
        process.wait(timeout=10)
    assert parsed(text)["wardline_ledger_up"] == 1


@pytest.mark.parametrize("bind", ["", "nowhere", "127.0.0.1:http"])
def test_a_wrong_address_is_told(tmp_path: Path, bind: str) -> None:
    process = start(tmp_path, bind)

    _, error = process.communicate(timeout=30)

    assert process.returncode == 1
    assert "WARDLINE_METRICS_BIND" in error


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        process = start(tmp_path, f"127.0.0.1:{taken.getsockname()[1]}")
        _, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "[exporter.bind]" in error


def start(folder: Path, bind: str) -> subprocess.Popen[str]:
    settings = factories.settings(folder)
    environment = os.environ | {
        "WARDLINE_DATABASE_URL": settings.database_url,
        "WARDLINE_BODY_KEYS": settings.body_keys,
        "WARDLINE_PEPPER": settings.pepper,
        "WARDLINE_METRICS_BIND": bind,
    }
    command = [sys.executable, "-m", "ops.exporter"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def asked(url: str) -> str:
    for _ in range(200):
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                return str(response.read().decode())
        except urllib.error.URLError:
            time.sleep(0.05)
    raise AssertionError("the exporter did not answer")


def test_stock_has_the_age_of_its_last_look(small_ledger: Ledger) -> None:
    assert scraped(small_ledger)["wardline_stock_age_seconds"] == 0
    at = ids.now() - timedelta(seconds=1200)
    with small_ledger.transaction() as tx:
        small_ledger.levels.store(tx, Reading(at, None, ()), at, str)
    assert 1200 <= scraped(small_ledger)["wardline_stock_age_seconds"] < 1300
