"""A whole Wardline on real servers for the integration tests: its processes, its ledger, its senders and its Odoo."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from app.crosswalk.files import read_csv
from app.crosswalk.store import CrosswalkStore
from app.ledger import schema
from app.ledger.ledger import Ledger
from app.ledger.search import Story
from app.settings import Settings
from ops.fleet import Fleet
from tests import factories
from tests.fixtures_odoo import OdooServer

CHANNELS = """
[channels.cathlab-hl7]
standard = "hl7v2"
facility = "GEN"
lane = "urgent"
mllp_port = {mllp_port}

[channels.or-fhir]
standard = "fhir-r4"
facility = "GEN"
lane = "urgent"
identifier_systems = {{ "https://hospital.example/items" = "internal" }}

[channels.cabinets]
standard = "canonical"
facility = "GEN"
lane = "bulk"

[channels.carts]
standard = "canonical"
facility = "GEN"
lane = "urgent"
"""
PROCESSES = ("web", "relay", "urgent", "approvals", "bulk", "mllp")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Wardline:
    """The processes and what tests do with them."""

    folder: Path
    odoo: OdooServer
    database_url: str
    broker_url: str
    changes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mllp_port, self.web_port = free_port(), free_port()
        (self.folder / "channels.toml").write_text(CHANNELS.format(mllp_port=self.mllp_port))
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.ledger = Ledger(factories.settings(self.folder, database_url=self.database_url))
        schema.upgrade(self.ledger.database)
        crosswalk = CrosswalkStore(self.ledger.database, self.ledger.audit)
        crosswalk.import_rows(read_csv("ops/demo/crosswalk.csv"), "tester")
        self.key = self.ledger.keys.create("tests", ["messages:write", "messages:read"], ["*"])
        self.fleet = Fleet(self.environment(), self.folder / "logs")
        self.http = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.key}"}, timeout=30)

    def environment(self) -> dict[str, str]:
        values = {
            "environment": "test",
            "database_url": self.database_url,
            "broker_url": self.broker_url,
            "channels_file": str(self.folder / "channels.toml"),
            "body_keys": factories.BODY_KEY,
            "pepper": factories.PEPPER,
            "web_bind": f"127.0.0.1:{self.web_port}",
            "odoo_url": self.odoo.url,
            "odoo_database": self.odoo.database,
            "odoo_api_key": self.odoo.api_key,
            "log_format": "json",
            "rate_limit": "100000/minute",
            "lease_seconds": "15",
            "odoo_read_timeout": "10",
            "in_doubt_seconds": "1",
            "circuit_probe_seconds": "1",
            "retry_base_seconds": "1",
        }
        return {f"WARDLINE_{name.upper()}": value for name, value in (values | self.changes).items()}

    def settings(self) -> Settings:
        return factories.settings(self.folder, database_url=self.database_url)

    def start(self, *names: str) -> None:
        """Start processes, all of them where none is named, and wait until the doors are open."""
        names = names or PROCESSES
        self.fleet.start(*names)
        if "web" in names:
            until(self._answers, 60, "the web process is ready")
        if "mllp" in names:
            until(self._listens, 60, "the MLLP listener is there")

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.mllp_port)) == 0

    def send(self, channel: str, body: Any, content_type: str = "application/json", **headers: str) -> httpx.Response:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.http.post(
            f"/v1/messages/{channel}", content=content, headers={"Content-Type": content_type, **headers}
        )

    def mllp(self, content: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", self.mllp_port), timeout=30) as connection:
            connection.sendall(b"\x0b" + content + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r") and (part := connection.recv(65536)):
                answer += part
        return answer.strip(b"\x0b\x1c\r")

    def message(self, response: httpx.Response) -> Story:
        """The story of the message that a response is about."""
        with self.ledger.reading() as tx:
            from uuid import UUID

            story = self.ledger.search.story(tx, UUID(response.headers["Location"].rsplit("/", 1)[1]))
        assert story is not None
        return story

    def waiting(self) -> int:
        """How much work is left."""
        with self.ledger.reading() as tx:
            return sum(backlog.waiting for backlog in self.ledger.figures.backlogs(tx))

    def settle(self, seconds: float = 120) -> None:
        """Wait until nothing is left to be done."""
        until(lambda: not self.waiting(), seconds, "everything is worked off", self.explain)

    def states(self) -> dict[str, dict[str, int]]:
        with self.ledger.reading() as tx:
            return self.ledger.figures.states(tx)

    def exceptions(self) -> dict[str, int]:
        with self.ledger.reading() as tx:
            return self.ledger.figures.open_exceptions(tx)

    def explain(self) -> str:
        tails = "\n".join(f"--- {name}\n{self.fleet.log(name)[-3000:]}" for name in PROCESSES if self._has_log(name))
        return f"{self.states()}\n{tails}"

    def _has_log(self, name: str) -> bool:
        return (self.folder / "logs" / f"{name}.log").exists()

    def cli(self, *arguments: str) -> Any:
        """Run the operators' command as they would, and return its JSON."""
        import subprocess
        import sys

        done = subprocess.run(
            [sys.executable, "-m", "ops", *arguments, "--json"],
            env=self.fleet.environment, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, (done.stdout, done.stderr)
        return json.loads(done.stdout)


@contextmanager
def running(wardline: Wardline, *names: str) -> Iterator[Wardline]:
    try:
        wardline.start(*names)
        yield wardline
    finally:
        wardline.fleet.stop()
        wardline.http.close()
        wardline.ledger.database.close()


def until(done: Callable[[], object], seconds: float, what: str, explain: Callable[[], str] = str) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            raise AssertionError(f"after {seconds} s it is not so that {what}\n{explain()}")
        time.sleep(0.1)


def environment(name: str) -> str:
    return os.environ[name]
