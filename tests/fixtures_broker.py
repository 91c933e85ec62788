"""Brokers for tests, each one empty and the test's own: a folder, and on real servers a RabbitMQ and a Redis.

RabbitMQ gets a virtual host of the test's own where the server is ours; in one that the environment names, and in
Redis, which has numbered databases, what is ours is deleted before and after.
"""

from __future__ import annotations

import os
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import kombu
import pytest
import redis

from app import ids
from app.model.channel import LANES
from ops.dev.stack import Stack
from tests import factories
from workers import topology
from workers.broker import Broker

# Redis has sixteen databases; tests that run beside each other have one each.
REDIS_DATABASE = 5 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])


@dataclass(frozen=True)
class TestBroker:
    """A broker under test: its kind, its URL, and ways to cut all connections to it and to take its queues away."""

    __test__ = False
    kind: str
    url: str
    cut: Callable[[], None]
    empty: Callable[[], object]

    @property
    def keeps_dead_letters(self) -> bool:
        return self.kind == "rabbitmq"

    def connection(self) -> kombu.Connection:
        made = Broker.of(factories.settings(Path("unused"), broker_url=self.url)).connection()
        topology.declare(made)
        return made

    def waiting(self, queue: str) -> int:
        """How many messages wait in a queue, by its name."""
        with self.connection() as connection:
            queues = [*topology.lane_queues(), *map(topology.dead_queue, LANES), topology.unrouted_queue()]
            [found] = [entry for entry in queues if entry.name == queue]
            return int(found(connection.default_channel).queue_declare().message_count)

    def purge(self, lane: str) -> None:
        with self.connection() as connection:
            topology.lane_queue(lane)(connection.default_channel).purge()

    def put(self, lane: str, body: bytes | str, content_type: str, headers: dict[str, object]) -> None:
        """Publish anything to a lane, byte for byte."""
        with self.connection() as connection:
            channel = connection.default_channel
            message = channel.prepare_message(body, None, content_type, "utf-8", headers, {"delivery_mode": 2})
            channel.basic_publish(message, exchange=topology.BELLS.name, routing_key=lane)


@pytest.fixture(
    scope="module",
    params=["folder", pytest.param("rabbitmq", marks=pytest.mark.real), pytest.param("redis", marks=pytest.mark.real)],
)
def broker(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestBroker]:
    """Every kind of broker, one after the other."""
    match request.param:
        case "folder":
            folder = tmp_path_factory.mktemp("broker")
            wipe = partial(shutil.rmtree, folder)
            yield TestBroker("folder", f"filesystem://{folder}", wipe, wipe)
        case "rabbitmq":
            yield from _rabbitmq()
        case "redis":
            yield from _redis()


def _rabbitmq() -> Iterator[TestBroker]:
    server = Stack.from_environ().rabbitmq
    name = f"wardline-test-{ids.new_id().hex}"
    api = _Management(server.management_url)
    api.ask("PUT", f"vhosts/{name}")
    user = urlsplit(server.url).username
    api.ask("PUT", f"permissions/{name}/{user}", b'{"configure":".*","write":".*","read":".*"}')
    empty = partial(api.ask, "DELETE", f"queues/{name}/{topology.queue_name('urgent')}")
    yield TestBroker("rabbitmq", server.url.rpartition("/")[0] + f"/{name}", lambda: api.cut(name), empty)
    api.ask("DELETE", f"vhosts/{name}")


class _Management:
    """RabbitMQ's management API."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._base = f"http://{parts.hostname}:{parts.port}/api/"
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, self._base, str(parts.username), str(parts.password))
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPBasicAuthHandler(passwords)
        )

    def ask(self, method: str, path: str, body: bytes | None = None) -> bytes:
        request = urllib.request.Request(self._base + path, data=body, method=method)
        request.add_header("Content-Type", "application/json")
        with self._opener.open(request, timeout=10) as answer:
            return bytes(answer.read())

    def cut(self, vhost: str) -> None:
        import subprocess

        server = Stack.from_environ().rabbitmq
        with suppress(subprocess.SubprocessError):
            server.ctl("close_all_connections", "--vhost", vhost, "cut by a test")


def _redis() -> Iterator[TestBroker]:
    server = os.environ["WARDLINE_TEST_REDIS_URL"].rpartition("/")[0]
    client = redis.Redis.from_url(f"{server}/{REDIS_DATABASE}")

    def cut() -> None:
        for entry in client.client_list():
            if entry["db"] == str(REDIS_DATABASE) and entry["id"] != str(client.client_id()):
                client.client_kill_filter(_id=entry["id"])

    client.flushdb()
    yield TestBroker("redis", f"{server}/{REDIS_DATABASE}", cut, client.flushdb)
    client.flushdb()
    client.close()
