"""Ringing with a deadline, against a folder and against brokers that are down, silent or hang."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import factories
from workers import topology
from workers.broker import Broker, BrokerUnavailable
from workers.celery import application
from workers.dead_bells import is_bell
from workers.publisher import Publisher


def publisher(tmp_path: Path, url: str | None = None) -> Publisher:
    settings = factories.settings(tmp_path)
    return Publisher(application(factories.settings(tmp_path, broker_url=url or settings.broker_url)))


def test_a_bell_names_its_task_and_lane_and_nothing_else(tmp_path: Path) -> None:
    publisher(tmp_path).ring("post", "bulk")
    with Broker.of(factories.settings(tmp_path)).connection() as broker:
        message = topology.lane_queue("bulk")(broker.default_channel).get()
    assert message.headers["task"] == "wardline.post"
    assert message.headers["ignore_result"] is True
    assert json.loads(message.body)[:2] == [["bulk"], {}]
    assert is_bell(message)


def test_it_counts_what_waits(tmp_path: Path) -> None:
    rung = publisher(tmp_path)
    rung.ring("post", "bulk")
    rung.ring("translate", "bulk")
    assert (rung.waiting("bulk"), rung.waiting("urgent")) == (2, 0)
    rung.close()
    assert rung.waiting("bulk") == 2


def test_a_broker_that_is_down_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(BrokerUnavailable):
        publisher(tmp_path, "amqp://user:word@127.0.0.1:1//").ring("post", "bulk")


@pytest.fixture
def silent() -> Iterator[int]:
    """The port of a server that takes connections and never says a word, as a frozen broker does."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        held: list[socket.socket] = []

        def accept() -> None:
            try:
                while True:
                    held.append(server.accept()[0])
            except OSError:
                return

        threading.Thread(target=accept, daemon=True).start()
        yield int(server.getsockname()[1])
        for connection in held:
            connection.close()


def test_a_broker_that_hangs_is_unavailable_after_a_while(tmp_path: Path, silent: int) -> None:
    begun = time.monotonic()
    with pytest.raises(BrokerUnavailable):
        publisher(tmp_path, f"amqp://user:word@127.0.0.1:{silent}//").ring("post", "bulk")
    assert time.monotonic() - begun < 12
