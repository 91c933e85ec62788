"""The same commands on the real PostgreSQL, whose dialect, types and locks are not SQLite's."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from ops.exporter import LedgerCollector
from tests.ops.cli.house import House

pytestmark = pytest.mark.real

READING = (
    ("messages", "list", "--key", "L-77"), ("messages", "trace", "GEN/CONS/00042"), ("dlq", "list", "--since", "1h"),
    ("dlq", "requeue", "--all", "--dry-run"), ("holds", "list"), ("holds", "release", "--all", "--dry-run"),
    ("keys", "list"), ("status",), ("audit", "verify"), ("crosswalk", "export"), ("db", "current"),
)  # fmt: skip


def test_a_day_of_an_operator(big_house: House) -> None:
    house, fates = big_house, big_house.morning()

    for arguments in READING:
        assert house.json(*arguments)
        assert house.plain(*arguments)
    assert house.json("holds", "show", "--cause", "item_unknown", "--subject", "item internal:NEW-1")["documents"]
    assert house.json("holds", "release", "--all", "--yes")["done"] == 1
    assert house.json("dlq", "requeue", "--message", fates["dead"])["requeued"] == 1
    assert house.json("messages", "show", fates["dead"], "--body")["message"]["state"] == "accepted"
    assert house.ledger.audit.seal() > 0
    assert house.json("audit", "verify")["unsealed"] == 0
    ledger_checks = [c for c in house.json("doctor", status=1)["checks"] if c["check"] not in ("odoo", "broker")]
    assert {check["verdict"] for check in ledger_checks} == {"ok"}, ledger_checks


def test_the_figures(big_house: House) -> None:
    big_house.morning()
    registry = CollectorRegistry()
    registry.register(LedgerCollector(big_house.ledger))

    text = generate_latest(registry).decode()

    assert "wardline_ledger_up 1.0" in text
    assert 'wardline_holds_open{cause="item_unknown"} 1.0' in text
    assert 'wardline_dead_letters_open{lane="bulk",stage="translate"} 1.0' in text
