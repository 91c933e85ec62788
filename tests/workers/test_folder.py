"""The broker without a server, under several processes."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import kombu

from tests import factories
from workers import topology
from workers.broker import Broker

MESSAGES = 400


def connection(folder: Path) -> kombu.Connection:
    return Broker.of(factories.settings(folder)).connection()


def put(folder: Path, count: int) -> None:
    with connection(folder) as broker:
        topology.declare(broker)
        producer = broker.Producer(serializer="json")
        for number in range(count):
            producer.publish([number], exchange=topology.BELLS, routing_key="bulk")


def take(
    folder: Path, taken: multiprocessing.SimpleQueue[int], count: multiprocessing.sharedctypes.Synchronized[int]
) -> None:
    with connection(folder) as broker:
        topology.declare(broker)
        queue = topology.lane_queue("bulk")(broker.default_channel)
        deadline = time.monotonic() + 20
        while count.value < MESSAGES and time.monotonic() < deadline:
            if (message := queue.get()) is None:
                time.sleep(0.0005)
                continue
            message.ack()
            taken.put(message.payload[0])
            with count.get_lock():
                count.value += 1


def test_every_message_is_taken_whole_and_once(tmp_path: Path) -> None:
    spawn = multiprocessing.get_context("fork")
    taken, count = spawn.SimpleQueue(), spawn.Value("i", 0)
    readers = [spawn.Process(target=take, args=(tmp_path, taken, count)) for _ in range(2)]
    for reader in readers:
        reader.start()
    put(tmp_path, MESSAGES)
    numbers = []
    while len(numbers) < MESSAGES and any(reader.is_alive() for reader in readers):
        while not taken.empty():
            numbers.append(taken.get())
        time.sleep(0.001)
    while not taken.empty():
        numbers.append(taken.get())
    for reader in readers:
        reader.join()
    assert sorted(numbers) == list(range(MESSAGES))
    assert [reader.exitcode for reader in readers] == [0, 0]


def test_messages_come_in_order_and_only_from_the_queue_that_is_asked(tmp_path: Path) -> None:
    put(tmp_path, 3)
    with connection(tmp_path) as broker:
        assert topology.lane_queue("urgent")(broker.default_channel).get() is None
        bulk = topology.lane_queue("bulk")(broker.default_channel)
        assert [bulk.get().payload for _ in range(3)] == [[0], [1], [2]]
        assert bulk.get() is None


def test_it_counts_and_purges(tmp_path: Path) -> None:
    put(tmp_path, 5)
    with connection(tmp_path) as broker:
        assert topology.waiting(broker, "bulk") == 5
        assert topology.waiting(broker, "urgent") == 0
        assert topology.lane_queue("bulk")(broker.default_channel).purge() == 5
        assert topology.waiting(broker, "bulk") == 0


def test_nobody_else_may_read_the_folder(tmp_path: Path) -> None:
    put(tmp_path, 1)
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "broker").iterdir()} == {0}
