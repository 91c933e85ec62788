"""The state folder: everything the development servers own on disk, its secrets and its lock.

Every service gets its place and its passwords from here; ``ops.dev.stack`` takes the lock around up, down and purge.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.dev.errors import DevError
from ops.dev.report import say

MARKER = ".wardline-dev"


class Folder:
    """One folder per set of servers, traversable by all (PostgreSQL may run as another user), readable by none."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def create(self) -> None:
        """Make the folder; refuse one that another user made under our name."""
        self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
        status = self.path.lstat()
        if self.path.is_symlink() or status.st_uid != os.getuid():
            raise DevError(f"{self.path} belongs to someone else", hint="set WARDLINE_DEV_DIR to a folder of your own")
        self.path.chmod(0o711)
        (self.path / MARKER).touch()

    def place(self, *parts: str, owner: tuple[int, int] | None = None) -> Path:
        """A private sub-folder, made if missing and given to ``owner`` (uid, gid)."""
        path = self.path.joinpath(*parts)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if owner is not None:
            os.chown(path, *owner)
        return path

    def secret(self, name: str) -> str:
        """The password called ``name`` (40 hex digits), made the first time it is asked for."""
        path = self.place("secrets") / name
        if not path.is_file():
            write_private(path, secrets.token_hex(20))
        return path.read_text()

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the folder alone; a second run waits here until the first has ended."""
        self.create()
        with (self.path / "lock").open("a") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                say("lock", "another run is at work in this folder, waiting for it")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def purge(self) -> None:
        """Delete the folder; only one that carries our marker."""
        if not (self.path / MARKER).is_file():
            raise DevError(f"{self.path} was not made by ops.dev, left alone", hint="check WARDLINE_DEV_DIR")
        shutil.rmtree(self.path)


def write_private(path: Path, text: str, *, owner: tuple[int, int] | None = None) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as handle:
        handle.write(text)
    if owner is not None:
        os.chown(new, *owner)
    new.replace(path)
