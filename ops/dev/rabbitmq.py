"""A private RabbitMQ node with its management plugin, which Flower reads.

Called by ``ops.dev.stack``; integration tests take the broker away with ``stop_app``, ``start_app`` and ``restart``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

from ops.dev import debian, probe
from ops.dev.errors import DevError
from ops.dev.folder import Folder, write_private
from ops.dev.process import Process, wait_until
from ops.dev.service import Service
from ops.dev.settings import RABBITMQ_URL, Settings

USER = "wardline"
VHOST = "wardline"
NODE = "wardline@localhost"
CTL_SECONDS = 60
_CONF = """\
listeners.tcp.local = 127.0.0.1:{port}
management.tcp.ip = 127.0.0.1
management.tcp.port = {management_port}
load_definitions = {place}/definitions.json
log.console = false
log.dir = {place}
log.file = log
log.file.level = info
"""


class RabbitMQ(Service):
    """RabbitMQ on loopback with its own name server (epmd), cookie and data.

    It takes a row of ports: AMQP, then management, epmd, distribution, and six for its command line tool.
    """

    name = "rabbitmq"
    variable = RABBITMQ_URL
    programs = (debian.RABBITMQ,)
    ready_seconds = 90

    def __init__(self, settings: Settings, folder: Folder, port: int) -> None:
        super().__init__(settings, folder, port)
        self.management_port, self.epmd_port, self.dist_port = port + 1, port + 2, port + 3
        place = folder.path / self.name
        self.epmd = Process("epmd", place / "epmd.pid", place / "epmd.log")

    @property
    def url(self) -> str:
        """AMQP address of the virtual host ``wardline``."""
        return f"amqp://{USER}:{self.folder.secret(self.name)}@127.0.0.1:{self.port}/{VHOST}"

    @property
    def management_url(self) -> str:
        """Address of the management API with user and password, as Flower's ``broker_api`` wants it."""
        return f"http://{USER}:{self.folder.secret(self.name)}@127.0.0.1:{self.management_port}/api/"

    def probe(self, url: str) -> bool:
        """The broker speaks AMQP; our own must also know its user and virtual host."""
        return probe.amqp_answers(url) and (url != self.url or self._knows_us())

    def launch(self) -> None:
        """Write the configuration, start epmd and the node."""
        place = self.folder.place(self.name)
        home = self.folder.place(self.name, "home")
        write_private(home / ".erlang.cookie", self.folder.secret("erlang_cookie"))
        write_private(place / "rabbitmq.conf", _CONF.format(place=place, **vars(self)))
        write_private(place / "definitions.json", definitions(self.folder.secret(self.name)))
        write_private(place / "enabled_plugins", "[rabbitmq_management].\n")
        if self.epmd.pid is None:
            # otherwise Erlang starts one of its own that listens on all addresses and that no pid file knows
            self.epmd.start([_epmd()], env=self._environment())
            self.epmd.wait_ready(lambda: probe.port_open(self.epmd_port), 5)
        self.process.start([debian.RABBITMQ.path()], env=self._environment(), cwd=place)

    def down(self) -> None:
        """End the node, then its epmd."""
        super().down()
        self.epmd.stop()

    def stop_app(self) -> None:
        """Stop the broker but not its runtime: connections drop and new ones are refused, data stays."""
        self.require_private()
        self.ctl("stop_app")

    def start_app(self) -> None:
        """Start the broker again after ``stop_app`` and wait until it answers."""
        self.require_private()
        self.ctl("start_app")
        if not wait_until(self.answers, self.ready_seconds):
            raise DevError("rabbitmq does not answer after start_app", hint=f"read {self.process.log}")

    def restart(self) -> None:
        """End the node and start it again; quorum queues and durable messages stay."""
        self.require_private()
        self.down()
        self.up_private()

    def ctl(self, *arguments: str) -> str:
        """Run ``rabbitmqctl`` against our node and return what it prints.

        Raises DevError with the tool's own words when it fails.
        """
        argv = [str(Path(debian.RABBITMQ.path()).with_name("rabbitmqctl")), "-q", "-n", NODE, *arguments]
        result = subprocess.run(
            argv, env=self._environment(), capture_output=True, text=True, check=False, timeout=CTL_SECONDS
        )
        if result.returncode != 0:
            words = (result.stderr or result.stdout).strip()
            raise DevError(f"rabbitmqctl {arguments[0]} failed: {words}", hint=f"read {self.process.log}")
        return result.stdout.strip()

    def _knows_us(self) -> bool:
        login = base64.b64encode(f"{USER}:{self.folder.secret(self.name)}".encode()).decode()
        address = f"http://127.0.0.1:{self.management_port}/api/vhosts/{VHOST}"
        return probe.http_answers(address, {"Authorization": f"Basic {login}"})

    def _environment(self) -> dict[str, str]:
        place = self.folder.path / self.name
        loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
        return self.environment(
            HOME=str(place / "home"),
            ERL_EPMD_PORT=str(self.epmd_port),
            ERL_EPMD_ADDRESS="127.0.0.1",
            RABBITMQ_NODENAME=NODE,
            RABBITMQ_ALLOW_INPUT="1",  # the script then becomes the runtime instead of watching over it
            RABBITMQ_CONF_ENV_FILE="/dev/null",
            RABBITMQ_CONFIG_FILE=str(place / "rabbitmq.conf"),
            RABBITMQ_ADVANCED_CONFIG_FILE=str(place / "advanced.config"),
            RABBITMQ_ENABLED_PLUGINS_FILE=str(place / "enabled_plugins"),
            RABBITMQ_MNESIA_BASE=str(place / "mnesia"),
            RABBITMQ_LOG_BASE=str(place),
            RABBITMQ_GENERATED_CONFIG_DIR=str(place / "generated"),
            RABBITMQ_PID_FILE=str(place / "node.pid"),
            RABBITMQ_DIST_PORT=str(self.dist_port),
            RABBITMQ_CTL_DIST_PORT_MIN=str(self.dist_port + 1),
            RABBITMQ_CTL_DIST_PORT_MAX=str(self.dist_port + 6),
            RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=f"-noinput {loopback}",
            RABBITMQ_CTL_ERL_ARGS=loopback,
        )


def definitions(password: str) -> str:
    """User, virtual host and rights as RabbitMQ's definitions file; loaded at every start, so it repairs itself."""
    salt = os.urandom(4)
    digest = base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
    algorithm = "rabbit_password_hashing_sha256"
    user = {"name": USER, "password_hash": digest, "hashing_algorithm": algorithm, "tags": ["administrator"]}
    rights = {"user": USER, "vhost": VHOST, "configure": ".*", "write": ".*", "read": ".*"}
    return json.dumps({"users": [user], "vhosts": [{"name": VHOST}], "permissions": [rights]})


def _epmd() -> str:
    path = shutil.which("epmd")
    if path is None:
        raise DevError("epmd is missing", hint="install the package erlang-base")
    return path
