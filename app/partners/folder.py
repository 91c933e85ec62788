"""Folders of this machine, which an AS2 gateway or a shared disk serves: ``kind = "folder"``.

Listed in ``app.partners``.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from app.errors import Transient, WardlineError
from app.model.transport import FolderSettings
from app.partners.base import denied
from app.partners.files import Entry, Files

CLOSED = (errno.ENOENT, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EROFS, errno.EISDIR)
"""Faults of the folder rather than of the moment."""


class LocalDisk:
    """The file system of this machine."""

    def size(self, path: str) -> int | None:
        """How long a file is."""
        try:
            with _told():
                return Path(path).stat().st_size
        except FileNotFoundError:
            return None

    def entries(self, folder: str) -> list[Entry]:
        """The files of a folder."""
        with _told(gone=True), os.scandir(folder) as found:
            files = [(one.name, one.stat()) for one in found if one.is_file()]
        return [Entry(name, stat.st_size, datetime.fromtimestamp(stat.st_mtime, UTC)) for name, stat in files]

    def read(self, path: str) -> bytes:
        """A file's content."""
        with _told(gone=True):
            return Path(path).read_bytes()

    def write(self, path: str, body: bytes) -> None:
        """Write a file, on the disk when this returns."""
        with _told(gone=True), Path(path).open("wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())

    def move(self, source: str, target: str) -> None:
        """Rename a file; never over another one."""
        try:
            with _told(gone=True):
                _rename(source, target)
        except FileExistsError:
            raise Transient("a file of that name is there", code="partner.name_taken") from None

    def make(self, folder: str) -> None:
        """Make a folder."""
        with _told(gone=True):
            Path(folder).mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Nothing is held."""


def _rename(source: str, target: str) -> None:
    """Rename without replacing what is there; where the disk knows no links, one look before is all there is."""
    try:
        os.link(source, target)
        Path(source).unlink()
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK):
            raise
        if Path(target).exists():
            raise FileExistsError(errno.EEXIST, "") from None
        Path(source).rename(target)


class Folder(Files):
    """The transport of folders."""

    def __init__(self, settings: FolderSettings) -> None:
        super().__init__(settings, LocalDisk())


@contextmanager
def _told(*, gone: bool = False) -> Iterator[None]:
    """Faults of the file system in our words; what is not there is one only where ``gone`` says so."""
    try:
        yield
    except FileExistsError:
        raise
    except FileNotFoundError as error:
        if not gone:
            raise
        raise _fault(error) from error
    except OSError as error:
        raise _fault(error) from error


def _fault(error: OSError) -> WardlineError:
    word = errno.errorcode.get(error.errno or 0, "EIO")
    if error.errno in CLOSED:
        return denied(f"a folder of the channel cannot be used ({word})", "partner.folder")
    return Transient(f"a file could not be written or read ({word})", code="partner.write_failed")
