"""What all development servers have in common: given by the environment or private, up, down, answers, env.

Each of ``postgres``, ``rabbitmq``, ``redis_server`` and ``odoo`` fills in how its own server is started.
"""

from __future__ import annotations

import os
import signal
from abc import ABC, abstractmethod
from urllib.parse import urlsplit

from ops.dev import debian
from ops.dev.errors import DevError
from ops.dev.folder import Folder
from ops.dev.probe import port_open
from ops.dev.process import Process, wait_until
from ops.dev.report import say, timed
from ops.dev.settings import Settings

FOREIGN = ("PG", "RABBITMQ_", "ERL_", "PYTHON", "ODOO_")
"""Prefixes of variables that belong to other installations and must not reach our servers."""

BUSY_SECONDS = 60


class Service(ABC):
    """One server: the environment's own, which is only asked whether it answers, or a private one of ours."""

    name: str
    variable: str
    programs: tuple[debian.Program, ...]
    ready_seconds: float = 30
    stop_signal = signal.SIGTERM

    def __init__(self, settings: Settings, folder: Folder, port: int) -> None:
        self.settings = settings
        self.folder = folder
        self.port = port
        self.process = Process(self.name, folder.path / self.name / "pid", folder.path / self.name / "log")

    @property
    def given(self) -> str | None:
        """The address the environment names, if it names one.

        Our own address does not count: it is there whenever a shell has evaluated what ``env`` prints, perhaps with
        the password of a folder that was purged since.
        """
        named = self.settings.named(self.variable)
        return None if named is None or _anonymous(named) == _anonymous(self.url) else named

    @property
    @abstractmethod
    def url(self) -> str:
        """The address of our private server, with its user and password."""

    @abstractmethod
    def probe(self, url: str) -> bool:
        """Does the server at ``url`` answer?"""

    @abstractmethod
    def launch(self) -> None:
        """Prepare what the server needs on disk and start its process."""

    def install(self) -> None:
        """Make sure that the programs are there."""
        debian.ensure(*self.programs)

    def up(self) -> None:
        """Bring the server up, or check the one the environment names.

        Raises DevError when the server cannot be brought up or does not answer.
        """
        if self.given is None:
            self.up_private()
        elif self.answers():
            say(self.name, f"answers, as named by {self.variable}")
        else:
            raise DevError(f"the server that {self.variable} names does not answer", hint="start it, or unset it")

    def up_private(self) -> None:
        """Bring our own server up, repairing what an interrupted run or a restart of the machine has left."""
        if self.is_healthy():
            return say(self.name, f"already up on 127.0.0.1:{self.port}")
        self.install()
        with timed(self.name, f"ready on 127.0.0.1:{self.port}"):
            self.down()
            # workers of a server that was killed notice it a moment later and then let go of its port
            if not wait_until(lambda: not port_open(self.port), 5):
                raise DevError(
                    f"{self.name}: port {self.port} is taken by another program",
                    hint="end that program, or choose another port (WARDLINE_DEV_..._PORT)",
                )
            self.launch()
            self.process.wait_ready(lambda: self.probe(self.url), self.ready_seconds)
            self.finish()
        return None

    def finish(self) -> None:  # noqa: B027 - most services have nothing left to do
        """What is left to do once a freshly started server answers."""

    def down(self) -> None:
        """End our own server; one the environment names is left alone."""
        self.process.stop(self.stop_signal)

    def answers(self) -> bool:
        """Does the server in use answer?"""
        return self.probe(self.given or self.url)

    def env(self) -> dict[str, str]:
        """The variables under which tests find the server."""
        return {self.variable: self.given or self.url}

    def require_private(self) -> None:
        """Refuse to stop, start or change a server that is not ours.

        Raises DevError when the environment names the server.
        """
        if self.given is not None:
            raise DevError(f"{self.variable} names a {self.name} that is not ours", hint=f"unset {self.variable}")

    def environment(self, **own: str) -> dict[str, str]:
        """The environment of our servers and their tools: that of the caller without other installations' settings."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        return {**kept, "LC_ALL": "C.UTF-8", **own}

    def is_healthy(self) -> bool:
        """Does our own server run and answer? One that a killed test has left paused is woken first."""
        if self.process.pid is None:
            return False
        self.process.resume()
        if wait_until(lambda: self.probe(self.url), 5):
            return True
        # it listens but is slow: busy with someone's long calls, and a restart would cut those off
        return port_open(self.port) and wait_until(lambda: self.probe(self.url), BUSY_SECONDS)


def _anonymous(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
