"""Servers of a drill's own, for faults that take a server away: nobody else works on them, and they are deleted after.

Used by ``ops.drill.run``.
"""

from __future__ import annotations

import os
import random
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from pathlib import Path

from ops.dev.errors import DevError
from ops.dev.odoo import Odoo
from ops.dev.process import Process
from ops.dev.settings import Settings
from ops.dev.stack import Stack

PORTS = (20_000, 32_000)
"""Below those that Linux gives to outgoing connections, which come and go between our look and a server's start."""
ROW = 24
"""Ports in a row: RabbitMQ takes ten of them, Odoo two, the others one each."""
LIMITS = ("--limit-time-real=6", "--limit-time-cpu=60", "--limit-request=40")
"""An Odoo that ends workers which take long, as one in production does, and replaces them after some requests."""


class SecondOdoo(Odoo):
    """Another HTTP server on the same programs and databases, with a port, a configuration and a log of its own."""

    def __init__(self, first: Odoo, place: Path, port: int) -> None:
        super().__init__(first.settings, first.folder, port, first.postgres)
        place.mkdir(parents=True, exist_ok=True)
        self._place = place
        self.process = Process("odoo", place / "pid", place / "log")

    @property
    def given(self) -> str | None:
        """Never somebody else's."""
        return None

    def install(self) -> None:
        """The first one did."""

    def launch(self) -> None:
        """Write the configuration and start."""
        self._configure()
        self.process.start([*self.package.argv, "-c", str(self._conf()), *LIMITS], env=self._environment())

    def finish(self) -> None:
        """Databases and keys are the first one's."""

    def upgrade(self, database: str, module: str) -> None:
        """Upgrade a module in a database, as a release does. Raises DevError where Odoo refuses."""
        argv = [*self.package.argv, "-c", str(self._conf()), "-d", database, "-u", module]
        argv += ["--stop-after-init", "--no-http"]
        log = self._place / "upgrade.log"
        with log.open("wb") as output:
            result = subprocess.run(
                argv, env=self._environment(), cwd="/", stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                check=False,
            )  # fmt: skip
        if result.returncode != 0:
            raise DevError(f"odoo could not upgrade {module}", hint=f"read {log}")

    def _conf(self) -> Path:
        return self._place / "odoo.conf"


@contextmanager
def own(stack: Stack, names: Sequence[str]) -> Iterator[Stack]:
    """The servers, those named in instances of the drill's own. Raises DevError where one cannot be brought up."""
    if not names:
        yield stack
        return
    folder = stack.folder.path.with_name(f"{stack.folder.path.name}-drill-{os.getpid()}")
    first = _free_row()
    ports = {"rabbitmq_port": first, "postgres_port": first + 12, "redis_port": first + 13, "odoo_port": first + 14}
    alone, chosen = Stack(Settings(folder, **ports)), copy(stack)
    try:
        alone.up([name for name in names if name != "odoo"])
        for name in names:
            setattr(chosen, name, getattr(alone, name))
        if "odoo" in names:
            chosen.odoo = SecondOdoo(stack.odoo, folder / "odoo", first + 14)
            chosen.odoo.up_private()
        yield chosen
    finally:
        if chosen.odoo is not stack.odoo:
            chosen.odoo.down()
        alone.purge()


def _free_row() -> int:
    for first in random.sample(range(*PORTS, ROW), 100):
        if all(_free(first + number) for number in range(ROW)):
            return first
    raise DevError(f"there are no {ROW} free ports in a row", hint="end what listens on so many")


def _free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
