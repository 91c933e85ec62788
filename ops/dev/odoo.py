"""A private Odoo 19 Community for the API: two workers on loopback, its databases in our PostgreSQL.

Called by ``ops.dev.stack``; the integration tests clone databases here and take the server away with ``stop``,
``start``, ``pause`` and ``resume``.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from ops.dev import debian, probe
from ops.dev.errors import DevError
from ops.dev.folder import Folder, write_private
from ops.dev.odoo_database import DEFAULT, ROLE, TEMPLATE, OdooDatabases
from ops.dev.odoo_package import MODULES, PROGRAMS, OdooPackage
from ops.dev.postgres import Postgres
from ops.dev.process import wait_until
from ops.dev.service import Service
from ops.dev.settings import ODOO_API_KEY, ODOO_DB, ODOO_URL, Settings

# The limits are wide because a first call loads all models; proxy_mode lets the tests put a faulty proxy in front.
_CONF = """\
[options]
addons_path = {addons}
data_dir = {place}/data
db_host = 127.0.0.1
db_port = {postgres_port}
db_user = {role}
db_password = {password}
db_maxconn = 8
http_interface = 127.0.0.1
http_port = {port}
gevent_port = {gevent_port}
proxy_mode = True
workers = 2
max_cron_threads = 0
limit_time_cpu = 300
limit_time_real = 600
limit_memory_soft = {memory}
limit_memory_hard = {memory_hard}
list_db = False
server_wide_modules = base,rpc,web
"""


LEAST_MEMORY = 2 << 30
"""Bytes of address space that a worker may have on any machine: Odoo's own default."""


def worker_memory(machine: int) -> int:
    """Bytes of address space after which a worker is replaced, on a machine with so many bytes of memory.

    A worker keeps what it knows of every database it has seen, and each test module clones one. With Odoo's default
    both workers reached the limit within seconds, and nothing answered for the twenty that new ones took to begin.
    """
    return max(machine // 4, LEAST_MEMORY)


class Odoo(Service):
    """Odoo's HTTP server; its port plus three is taken by its gevent worker."""

    name = "odoo"
    variable = ODOO_URL
    programs = (debian.POSTGRES, *PROGRAMS)

    def __init__(self, settings: Settings, folder: Folder, port: int, postgres: Postgres) -> None:
        super().__init__(settings, folder, port)
        self.postgres = postgres
        self.package = OdooPackage(folder.path / self.name, settings.odoo_deb)
        self.databases = OdooDatabases(folder, postgres)

    @property
    def url(self) -> str:
        """Address of the server; the database is named by a header."""
        return f"http://127.0.0.1:{self.port}"

    def probe(self, url: str) -> bool:
        """``/web/health`` needs neither database nor key."""
        return probe.http_answers(f"{url.rstrip('/')}/web/health")

    def install(self) -> None:
        """Package and Python environment; PostgreSQL may come up meanwhile."""
        super().install()
        self.folder.place(self.name)
        if not self.package.is_ready():
            self.down()
            self.package.prepare()

    def up(self) -> None:
        """Bring Odoo up; for one that the environment names, database and key must be named and work too."""
        super().up()
        if self.given is not None and not self._accepts_key(**self._given_env()):
            raise DevError(f"{self.given} refuses the key or the database", hint=f"check {ODOO_DB} and {ODOO_API_KEY}")

    def up_private(self) -> None:
        """Bring up PostgreSQL too: Odoo's databases are always in our own."""
        if not self.postgres.is_healthy():
            self.postgres.up_private()
        super().up_private()

    def launch(self) -> None:
        """Write the configuration, make the template and the default database, start the server."""
        self.databases.ensure_role()
        self._configure()
        stamp = f"{self.package.root_stamp()}.{self.package.venv_stamp()}"
        made = self.databases.ensure_template(stamp, self._initialise)
        if made or not self.postgres.has_database(DEFAULT):
            self.databases.clone(DEFAULT)
        self.process.start([*self.package.argv, "-c", str(self._conf())], env=self._environment())

    def finish(self) -> None:
        """One call with the key, so that what ``env`` prints is known to work."""
        if not self._accepts_key(**self.env()):
            raise DevError("odoo answers but refuses our API key", hint=f"read {self.process.log}; or purge, then up")

    def env(self, database: str = DEFAULT) -> dict[str, str]:
        """Address, database and key."""
        if self.given is not None:
            return self._given_env()
        return {ODOO_URL: self.url, ODOO_DB: database, ODOO_API_KEY: self.databases.api_key}

    def clone(self, database: str, source: str = TEMPLATE) -> dict[str, str]:
        """Make ``database`` a fresh copy of the template, or of another clone, in about a second; its variables."""
        self.require_private()
        self.databases.clone(database, source)
        return self.env(database)

    def drop(self, database: str) -> None:
        """Drop a clone, if it is there."""
        self.require_private()
        self.databases.drop(database)

    def stop(self) -> None:
        """End the HTTP server; databases stay up."""
        self.require_private()
        self.down()

    def start(self) -> None:
        """Start the HTTP server after ``stop`` and wait until it answers."""
        self.require_private()
        self.up_private()

    def pause(self) -> None:
        """Freeze server and workers: calls are accepted by the system and never answered."""
        self.process.pause()

    def resume(self) -> None:
        """Let a paused server go on."""
        self.process.resume()

    def _accepts_key(self, **variables: str) -> bool:
        # the first call on a database loads its models, which takes about a second
        headers = {
            "Authorization": f"Bearer {variables[ODOO_API_KEY]}",
            "X-Odoo-Database": variables[ODOO_DB],
            "Content-Type": "application/json",
        }
        body = json.dumps({"domain": []}).encode()
        url = f"{variables[ODOO_URL].rstrip('/')}/json/2/res.users/search_count"
        return wait_until(lambda: probe.http_answers(url, headers, body), 30)

    def _given_env(self) -> dict[str, str]:
        variables = {name: self.settings.named(name) for name in (ODOO_URL, ODOO_DB, ODOO_API_KEY)}
        missing = [name for name, value in variables.items() if value is None]
        if missing:
            raise DevError(f"{ODOO_URL} is set but not {' and '.join(missing)}", hint="set all three, or none")
        return {name: value for name, value in variables.items() if value is not None}

    def _conf(self) -> Path:
        return self.folder.path / self.name / "odoo.conf"

    def _configure(self) -> None:
        memory = worker_memory(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
        text = _CONF.format(
            addons=self.package.addons, place=self.folder.place(self.name), postgres_port=self.postgres.port,
            role=ROLE, password=self.databases.password, port=self.port, gevent_port=self.port + 3,
            memory=memory, memory_hard=memory + (512 << 20),
        )  # fmt: skip
        write_private(self._conf(), text)

    def _initialise(self, database: str) -> None:
        log = self.folder.place(self.name) / "init.log"
        argv = [*self.package.argv, "-c", str(self._conf()), "-d", database, "-i", ",".join(MODULES)]
        argv += ["--without-demo=True", "--stop-after-init", "--no-http"]
        # the template is dumped when it is made, so nothing is lost if it does not wait for the disk meanwhile
        env = self._environment() | {"PGOPTIONS": "-c synchronous_commit=off"}
        with log.open("wb") as output:
            result = subprocess.run(
                argv, env=env, cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                check=False,
            )  # fmt: skip
        if result.returncode != 0 or b"Failed to load registry" in log.read_bytes():
            raise DevError("odoo could not initialise its template database", hint=f"read {log}")

    def _environment(self) -> dict[str, str]:
        return self.environment(PYTHONPATH=str(self.package.code))
