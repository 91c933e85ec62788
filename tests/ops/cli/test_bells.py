"""The broker's dead letters, on every kind of broker; in processes of their own, as Celery is configured but once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures_broker import TestBroker
from workers import topology


def wardline(broker_url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"WARDLINE_BROKER_URL": broker_url}
    command = [sys.executable, "-m", "ops", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)


def swept(broker: TestBroker, *arguments: str) -> Any:
    result = wardline(broker.url, "dlq", "bells", "--json", *arguments)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def put_foreign(broker: TestBroker, body: bytes) -> None:
    with broker.connection() as connection:
        channel = connection.default_channel
        message = channel.prepare_message(body, None, "text/plain", "utf-8", {}, {"delivery_mode": 2})
        channel.basic_publish(message, exchange=topology.UNROUTED.name, routing_key="")


def test_foreign_messages_are_kept_until_somebody_has_them_dropped(environment: Path, broker: TestBroker) -> None:
    if not broker.keeps_dead_letters:
        assert swept(broker) == {"bells": 0, "kept": 0, "dropped": 0}
        return
    for _ in range(2):
        put_foreign(broker, b"nothing of ours")

    assert swept(broker) == {"bells": 0, "kept": 2, "dropped": 0}
    unasked = wardline(broker.url, "dlq", "bells", "--drop-foreign")
    assert unasked.returncode == 2
    assert "--yes" in unasked.stderr
    assert "nothing of ours" not in unasked.stdout + unasked.stderr
    assert swept(broker, "--drop-foreign", "--yes") == {"bells": 0, "kept": 0, "dropped": 2}
    assert swept(broker) == {"bells": 0, "kept": 0, "dropped": 0}


def test_the_doctor_misses_a_queue(environment: Path, broker: TestBroker) -> None:
    broker.connection().release()
    assert diagnosed(broker)["verdict"] == "ok"
    if not broker.keeps_dead_letters:
        return
    with broker.connection() as connection:
        connection.default_channel.queue_delete("wardline.urgent")

    found = diagnosed(broker)

    assert found["verdict"] == "fail"
    assert "wardline.urgent" in found["text"]


def diagnosed(broker: TestBroker) -> Any:
    found = json.loads(wardline(broker.url, "doctor", "--json").stdout)["checks"]
    return next(check for check in found if check["check"] == "broker")


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_a_broker_out_of_reach_is_status_3(environment: Path, scheme: str) -> None:
    result = wardline(f"{scheme}://127.0.0.1:1//", "dlq", "bells")

    assert result.returncode == 3, result.stderr
    assert "[broker.unavailable]" in result.stderr
    assert result.stdout == ""
