"""Poison: a standard whose reader does harm where a worker reads, as a fault of ours in a real one might.

Workers and web of a drill are started from here in place of ``workers.celery`` and ``api``; no other process knows the
standard. The web process reads it as what it looks like, canonical JSON, and takes it in.
"""

from __future__ import annotations

import importlib
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Never

from app import standards
from app.model.channel import Profile
from app.model.envelope import Envelope, Reading
from app.standards.canonical.standard import Canonical

NAME = "poison"
PIECE, TOO_MUCH = 16 * 1024 * 1024, 512


def _kill() -> None:
    """Take the worker with it."""
    os.kill(os.getpid(), signal.SIGKILL)


def _loop() -> Never:
    """Never come to an end."""
    while True:
        pass


def _grow() -> None:
    """Take ever more memory; where there is no limit, the machine is spared."""
    taken = [bytearray(PIECE) for _ in range(TOO_MUCH)]
    os._exit(len(taken) % 2)


HARM: Mapping[str, Callable[[], None]] = {"KILL": _kill, "LOOP": _loop, "GROW": _grow}
"""What is done, by the location in the message."""


class Poison(Canonical):
    """Canonical JSON that does harm; ``bites`` where it is read by a worker."""

    name = NAME

    def __init__(self, *, bites: bool) -> None:
        self._bites = bites

    def envelope(self, body: bytes) -> Envelope:
        """The outside of the message. Raises Rejected."""
        return replace(super().envelope(body), standard=NAME)

    def read(self, body: bytes, profile: Profile) -> Reading:
        """The documents in the message, after the harm was done."""
        reading = super().read(body, profile)
        for document in reading.documents if self._bites else ():
            HARM.get(getattr(document, "location", ""), lambda: None)()
        return replace(reading, envelope=replace(reading.envelope, standard=NAME))


def _with_poison(module: str, *, bites: bool) -> Any:
    """A module of the product that knows the standard, too."""
    standards.STANDARDS = (*standards.STANDARDS, Poison(bites=bites))
    return importlib.import_module(module)


def create_app() -> Any:
    """The web application; gunicorn calls it."""
    return _with_poison("api", bites=False).create_app()


def __getattr__(name: str) -> Any:
    """The Celery application ``celery``, for ``celery -A``."""
    if name != "celery":
        raise AttributeError(name)
    return _with_poison("workers.celery", bites=True).celery
