"""All development servers together: built from the settings, brought up side by side, taken down in reverse.

Used by ``ops.dev.__main__`` and, as the Python API, by the integration tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from ops.dev import debian
from ops.dev.folder import Folder
from ops.dev.odoo import Odoo
from ops.dev.postgres import Postgres
from ops.dev.rabbitmq import RabbitMQ
from ops.dev.redis_server import RedisServer
from ops.dev.service import Service
from ops.dev.settings import Settings

NAMES = ("postgres", "rabbitmq", "redis", "odoo")


class Stack:
    """One set of servers in one state folder."""

    def __init__(self, settings: Settings) -> None:
        self.folder = Folder(settings.folder)
        self.postgres = Postgres(settings, self.folder, settings.postgres_port)
        self.rabbitmq = RabbitMQ(settings, self.folder, settings.rabbitmq_port)
        self.redis = RedisServer(settings, self.folder, settings.redis_port)
        self.odoo = Odoo(settings, self.folder, settings.odoo_port, self.postgres)

    @classmethod
    def from_environ(cls) -> Stack:
        """The set of servers that the environment's ``WARDLINE_DEV_*`` variables describe."""
        return cls(Settings.from_environ())

    def services(self, names: Iterable[str] = NAMES) -> list[Service]:
        """The services of these names, in the order in which they depend on one another."""
        every: dict[str, Service] = {
            "postgres": self.postgres, "rabbitmq": self.rabbitmq, "redis": self.redis, "odoo": self.odoo,
        }  # fmt: skip
        wanted = set(names)
        return [service for name, service in every.items() if name in wanted]

    def up(self, names: Iterable[str] = NAMES) -> None:
        """Bring up what is not there; a second run at the same time waits and then finds all done.

        Raises DevError naming the first service that could not be brought up; the others are left up.
        """
        services = self.services(names)
        programs = [program for service in services if service.given is None for program in service.programs]
        first = [service.up for service in services if service is not self.odoo]
        if self.odoo in services and self.odoo.given is None:
            first.append(self.odoo.install)  # the longest step of all, and it needs no other server
        with self.folder.lock():
            debian.ensure(*programs)  # in one go, before the services ask one by one
            with ThreadPoolExecutor(len(NAMES)) as pool:
                for future in [pool.submit(step) for step in first]:
                    future.result()
            if self.odoo in services:
                self.odoo.up()

    def down(self, names: Iterable[str] = NAMES) -> None:
        """End our own servers; their data stays."""
        with self.folder.lock():
            self._end(names)

    def purge(self) -> None:
        """End our own servers and delete their folder with all data."""
        with self.folder.lock():
            self._end(NAMES)
            self.folder.purge()

    def env(self) -> dict[str, str]:
        """The ``WARDLINE_TEST_*`` variables of every server that answers."""
        variables: dict[str, str] = {}
        for service in self.services():
            if service.answers():
                variables |= service.env()
        return variables

    def _end(self, names: Iterable[str]) -> None:
        for service in reversed(self.services(names)):
            service.down()
