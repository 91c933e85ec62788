"""Flower: read-only, behind a password that is on no command line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests import factories

ROOT = Path(__file__).parents[2]
PASSWORD = "hush, with a comma: and a colon"


def start(tmp_path: Path, **changes: str) -> subprocess.Popen[str]:
    values = {
        "database_url": f"sqlite:///{tmp_path}/ledger.db",
        "broker_url": f"filesystem://{tmp_path}/broker",
        "body_keys": factories.BODY_KEY,
        "pepper": factories.PEPPER,
        **changes,
    }
    environment = os.environ | {f"WARDLINE_{name.upper()}": value for name, value in values.items()}
    command = [sys.executable, "-m", "ops.flower"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def flower(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    process = start(tmp_path, flower_password=PASSWORD, flower_bind=f"127.0.0.1:{port}")
    deadline = time.monotonic() + 30
    while True:
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthcheck", timeout=2)
            break
        except httpx.HTTPError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.1)
    yield process
    process.send_signal(signal.SIGTERM)
    try:
        output, _ = process.communicate(timeout=15)
    finally:
        process.kill()
    assert "hush" not in output


def test_without_a_password_it_does_not_start(tmp_path: Path) -> None:
    process = start(tmp_path)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "WARDLINE_FLOWER_PASSWORD" in output
    assert "Traceback" not in output


def test_only_who_knows_the_password_may_look_and_nobody_may_act(flower: subprocess.Popen[str], port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    login = ("wardline", PASSWORD)
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, auth=("wardline", "hush")).status_code == 401
    assert httpx.get(url, auth=login, follow_redirects=True).status_code == 200
    assert httpx.post(f"{url}/api/worker/shutdown/urgent@host", auth=login).status_code == 403
    command = Path(f"/proc/{flower.pid}/cmdline").read_bytes()
    assert b"hush" not in command
