"""What the demo runs in: a folder of its own, secrets, free ports, a ledger, a broker and an ERP with a hospital in it.

Made by ``ops.demo.__main__``. The embedded default needs no server; with ``real`` the development servers are brought
up and everything gets databases of its own.
"""

from __future__ import annotations

import base64
import os
import secrets
import shlex
import shutil
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from app.crosswalk.files import read_csv
from app.crosswalk.store import CrosswalkStore
from app.errors import Unavailable
from app.ledger import schema
from app.ledger.ledger import Ledger
from app.odoo.stock import StockGateway
from app.odoo.transport import Connection
from app.settings import PREFIX, load
from ops.demo.hospital import SITE
from ops.dev.stack import Stack
from ops.fleet import Fleet
from ops.provision import provision

HERE = Path(__file__).parent
PROCESSES = ("web", "relay", "urgent", "approvals", "bulk", "mllp", "flower")
CHANNEL_PORT = 2575
DATABASE = "wardline_demo"
"""The name of the ledger's database with ``real``, made anew each time, as is Odoo's beside it."""


@dataclass
class Surroundings:
    """The demo's place: its folder, environment, processes and ports."""

    folder: Path
    real: bool
    environment: dict[str, str] = field(default_factory=dict)
    mllp_port: int = 0

    def __post_init__(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.mllp_port = _free_port(CHANNEL_PORT)
        self.environment = self._settings()
        self.fleet = Fleet(self.environment, self.folder / "logs")

    @property
    def url(self) -> str:
        """The address of the HTTP intake."""
        return f"http://{self.environment['WARDLINE_WEB_BIND']}"

    @property
    def flower_url(self) -> str:
        """The address of Flower."""
        return f"http://{self.environment['WARDLINE_FLOWER_BIND']}"

    def prepare(self) -> tuple[Ledger, StockGateway, str]:
        """Start the ERP, fill it, migrate the ledger, load the crosswalk; the ledger, the gateway and an API key."""
        if self.real:
            self._real_servers()
        else:
            self._start_standin()
        (self.folder / "environment").write_text(
            "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(self.environment.items()))
        )
        self.fleet.environment.update(self.environment)
        os.environ.update(self.environment)
        settings = load()
        connection = Connection(settings.odoo_url, settings.odoo_database, settings.odoo_api_key)
        _wait_for(connection)
        provision(connection, SITE)
        ledger = Ledger(settings)
        schema.upgrade(ledger.database)
        CrosswalkStore(ledger.database, ledger.audit).import_rows(read_csv(HERE / "crosswalk.csv"), "demo")
        key = ledger.keys.create("demo", ["messages:write", "messages:read"], ["*"])
        return ledger, StockGateway(connection, item_cache_seconds=0), key

    def start(self) -> None:
        """Start Wardline's processes and wait until the intake is ready. Raises Unavailable where it never is."""
        self.fleet.start(*PROCESSES)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not self.fleet.fallen():
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200 and self._listening():
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        fallen = self.fleet.fallen()
        raise Unavailable(f"{', '.join(fallen) or 'web'} did not start; see {self.folder / 'logs'}")

    def _listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.mllp_port)) == 0

    def _settings(self) -> dict[str, str]:
        channels = (HERE / "channels.toml").read_text().replace(f"= {CHANNEL_PORT}", f"= {self.mllp_port}")
        (self.folder / "channels.toml").write_text(channels)
        values = {
            "environment": "demo",
            "database_url": f"sqlite:///{self.folder}/ledger.db",
            "broker_url": f"filesystem://{self.folder}/broker",
            "channels_file": f"{self.folder}/channels.toml",
            "body_keys": f"demo:{base64.b64encode(secrets.token_bytes(32)).decode()}",
            "pepper": secrets.token_hex(32),
            "web_bind": f"127.0.0.1:{_free_port(8000)}",
            "flower_bind": f"127.0.0.1:{_free_port(5555)}",
            "flower_password": secrets.token_urlsafe(9),
            "odoo_url": f"http://127.0.0.1:{_free_port(8069)}",
            "odoo_database": "standin",
            "odoo_api_key": secrets.token_hex(20),
            "log_format": "json",
        }
        return {f"{PREFIX}{name.upper()}": value for name, value in values.items()}

    def _start_standin(self) -> None:
        port = self.environment["WARDLINE_ODOO_URL"].rpartition(":")[2]
        command = f"{sys.executable} -m ops.simulators.odoo --port {port} --database {self.folder}/odoo.db"
        self.fleet.start_command("odoo", command)

    def _real_servers(self) -> None:
        stack = Stack.from_environ()
        stack.up(("postgres", "rabbitmq", "odoo"))
        stack.postgres.drop_database(DATABASE)
        stack.postgres.create_database(DATABASE)
        odoo = stack.odoo.clone(f"{DATABASE}_odoo")
        self.environment |= {
            "WARDLINE_DATABASE_URL": stack.postgres.database_url(DATABASE),
            "WARDLINE_BROKER_URL": stack.rabbitmq.url,
            "WARDLINE_BROKER_MANAGEMENT_URL": stack.rabbitmq.management_url,
            "WARDLINE_ODOO_URL": odoo["WARDLINE_TEST_ODOO_URL"],
            "WARDLINE_ODOO_DATABASE": odoo["WARDLINE_TEST_ODOO_DB"],
            "WARDLINE_ODOO_API_KEY": odoo["WARDLINE_TEST_ODOO_API_KEY"],
        }


def _free_port(wanted: int) -> int:
    """The wanted port where nobody has it, else any."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unavailable("there is no free port on loopback")


def _wait_for(connection: Connection, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            connection.version()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return
