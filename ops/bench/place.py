"""Where the benchmark runs: real servers, databases and a virtual host of its own, all dropped at the end.

Opened by ``ops.bench.__main__``. Settings are the product's defaults but for addresses, secrets and the rate limit,
which would otherwise be what is measured.
"""

from __future__ import annotations

import base64
import os
import secrets
import shutil
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields, replace
from pathlib import Path

from app.crosswalk.store import CrosswalkStore
from app.ledger import schema
from app.ledger.ledger import Ledger
from app.odoo.transport import Connection
from app.settings import PREFIX, Settings
from ops.bench.site import CHANNELS, crosswalk, site
from ops.dev.stack import Stack
from ops.fleet import Fleet
from ops.provision import provision

SERVERS = ("postgres", "rabbitmq", "odoo")


@dataclass(frozen=True)
class Place:
    """The servers and the folder of one run; ``settings`` names everything but a ledger's database."""

    stack: Stack
    folder: Path
    name: str
    settings: Settings
    ending: ExitStack

    def database(self, purpose: str) -> str:
        """The address of a new, empty database, dropped at the end."""
        name = f"{self.name}_{purpose}"
        self.ending.callback(self.stack.postgres.drop_database, name)
        self.stack.postgres.create_database(name)
        return self.stack.postgres.database_url(name)

    def ledger(self, purpose: str) -> Settings:
        """Settings with a new ledger that knows the crosswalk, and an HTTP intake of its own."""
        chosen = replace(self.settings, database_url=self.database(purpose), web_bind=free_address())
        ledger = Ledger(chosen)
        schema.upgrade(ledger.database)
        CrosswalkStore(ledger.database, ledger.audit).import_rows(crosswalk(), "bench")
        ledger.database.close()
        return chosen

    def fleet(self, purpose: str, chosen: Settings) -> Fleet:
        """Processes that live with these settings, ended at the end; none is started yet."""
        fleet = Fleet(environment(chosen), self.folder / purpose)
        self.ending.callback(fleet.stop)
        return fleet


@contextmanager
def opened(folder: Path) -> Iterator[Place]:
    """Bring the servers up and fill Odoo. Raises DevError where a server is not there or is somebody else's.

    The folder is kept where something went wrong, for it has the logs.
    """
    stack = Stack.from_environ()
    stack.up(SERVERS)
    for service in stack.services(SERVERS):
        service.require_private()
    folder.mkdir(parents=True)
    name = f"wardline_bench_{os.getpid()}"
    with ExitStack() as ending:
        yield Place(stack, folder, name, _settings(stack, folder, name, ending), ending)
    shutil.rmtree(folder)


def _settings(stack: Stack, folder: Path, name: str, ending: ExitStack) -> Settings:
    (folder / "channels.toml").write_text(CHANNELS)
    ending.callback(stack.odoo.drop, f"{name}_odoo")
    odoo = stack.odoo.clone(f"{name}_odoo")
    url, database, key = (odoo[f"WARDLINE_TEST_ODOO_{part}"] for part in ("URL", "DB", "API_KEY"))
    connection = Connection(url, database, key)
    provision(connection, site())
    connection.close()
    return Settings(
        environment="bench",
        broker_url=virtual_host(stack, name, ending),
        channels_file=str(folder / "channels.toml"),
        body_keys=f"bench:{base64.b64encode(secrets.token_bytes(32)).decode()}",
        pepper=secrets.token_hex(32),
        rate_limit="100000/second",
        odoo_url=url,
        odoo_database=database,
        odoo_api_key=key,
        log_format="json",
    )


def virtual_host(stack: Stack, name: str, ending: ExitStack) -> str:
    """The address of a virtual host of the run's own, so that its bells are heard by nobody else."""
    address, _, _ = stack.rabbitmq.url.rpartition("/")
    user = address.split("://")[1].split(":")[0]
    ending.callback(stack.rabbitmq.ctl, "delete_vhost", name)
    stack.rabbitmq.ctl("add_vhost", name)
    stack.rabbitmq.ctl("set_permissions", "-p", name, user, ".*", ".*", ".*")
    return f"{address}/{name}"


def environment(chosen: Settings) -> Mapping[str, str]:
    """The environment variables that ``app.settings.load`` reads these settings from."""
    return {f"{PREFIX}{setting.name.upper()}": str(getattr(chosen, setting.name)) for setting in fields(Settings)}


def free_address() -> str:
    """An address on loopback whose port nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"
