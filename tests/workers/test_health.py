"""The health check; with a worker it is in tests/contracts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import factories

ROOT = Path(__file__).parents[2]


def check(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {
        "WARDLINE_BODY_KEYS": factories.BODY_KEY,
        "WARDLINE_PEPPER": factories.PEPPER,
        **{f"WARDLINE_{name.upper()}": value for name, value in changes.items()},
    }
    command = [sys.executable, "-m", "workers.health", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=40)


@pytest.mark.parametrize("arguments", [(), ("bulk", "urgent"), ("no such lane",)])
def test_it_wants_one_lane(arguments: tuple[str, ...]) -> None:
    done = check(*arguments)
    assert done.returncode == 2
    assert "urgent|approvals|bulk" in done.stderr


def test_a_ledger_out_of_reach_is_a_fault() -> None:
    done = check("urgent", database_url="postgresql+psycopg://nobody:hush@127.0.0.1:1/nothing")
    assert done.returncode == 1
    assert done.stderr.startswith("ledger.unavailable")
    assert "hush" not in done.stderr


def test_a_broker_out_of_reach_is_a_fault(tmp_path: Path) -> None:
    done = check("urgent", database_url=f"sqlite:///{tmp_path}/l.db", broker_url="amqp://nobody:hush@127.0.0.1:1//")
    assert done.returncode == 1
    assert done.stderr.startswith("broker.unavailable")
    assert "hush" not in done.stderr
