"""The listener as the process it is: its start, its end by SIGTERM, and what it says when it cannot start."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from app.ledger import schema
from app.ledger.ledger import Ledger
from tests import factories, sendings
from tests.fixtures_mllp import Sender, frame

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(folder: Path, channels: str) -> dict[str, str]:
    (folder / "channels.toml").write_text(channels)
    return {
        "PATH": os.environ["PATH"],
        "WARDLINE_DATABASE_URL": f"sqlite:///{folder}/ledger.db",
        "WARDLINE_CHANNELS_FILE": str(folder / "channels.toml"),
        "WARDLINE_BODY_KEYS": factories.BODY_KEY,
        "WARDLINE_PEPPER": factories.PEPPER,
        "WARDLINE_LOG_FORMAT": "json",
    }


@contextmanager
def process(settings: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "workers.mllp"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, env=settings, **pipes) as running:
        try:
            yield running
        finally:
            running.kill()


def events(lines: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.splitlines()]


def test_sigterm_finishes_the_message_in_work_and_answers_it(tmp_path: Path) -> None:
    ledger, port = Ledger(factories.settings(tmp_path)), free_port()
    schema.upgrade(ledger.database)
    channels = f'[channels.cathlab]\nstandard = "hl7v2"\nfacility = "GEN"\nmllp_port = {port}\n'
    with process(environment(tmp_path, channels)) as listener:
        assert listener.stdout
        started = listener.stdout.readline()
        assert events(started)[0] | {"event": "mllp.listening", "port": port, "process": "mllp"} == events(started)[0]
        sender = Sender(socket.create_connection(("127.0.0.1", port), timeout=20))
        with ledger.transaction():
            sender.send(frame(sendings.hl7("C-1")))
            time.sleep(0.3)
            listener.send_signal(signal.SIGTERM)
            _wait_until_closed(port)
        assert sender.said() == ("AA", "C-1")
        assert listener.wait(20) == 0
        rest = listener.stdout.read()
    assert [entry["event"] for entry in events(rest)] == ["message.received", "mllp.stopped"]
    assert "EXAMPLE" not in rest


def _wait_until_closed(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.05)
    raise AssertionError("the listener still accepts")


@pytest.mark.parametrize(
    ("changes", "text"),
    [({}, "no channel has an mllp_port"), ({"WARDLINE_PEPPER": "short"}, "WARDLINE_PEPPER")],
)
def test_what_keeps_it_from_starting_is_said(tmp_path: Path, changes: dict[str, str], text: str) -> None:
    with process(environment(tmp_path, "") | changes) as listener:
        _, complaint = listener.communicate(timeout=20)
    assert listener.returncode == 1
    assert text in complaint
    assert "Traceback" not in complaint
