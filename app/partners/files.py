"""What is the same for all transports that put and collect files, on whatever disk they lie.

The base of ``folder`` and ``sftp``. A file appears under its name all at once: it is written beside, under a name that
begins with a dot, and renamed when it is whole. Its name comes from its control number, so a copy meets the first one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Protocol

from app import ids
from app.errors import Transient, Unavailable
from app.model.transport import FileSettings
from app.partners.base import UNREACHABLE, Delivery, Found, Parcel, Refused, unknown

HALF_WRITTEN = (".part", ".filepart", ".tmp", ".writing", ".crdownload")
"""How the names of files end that somebody is still writing."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file in a folder."""

    name: str
    size: int
    modified: datetime


class Disk(Protocol):
    """Where the files lie. Paths are those of the settings; every method may raise Unavailable and Transient."""

    def size(self, path: str) -> int | None:
        """How long a file is, None where there is none."""

    def entries(self, folder: str) -> Iterable[Entry]:
        """The files of a folder, without its folders."""

    def read(self, path: str) -> bytes:
        """A file's content."""

    def write(self, path: str, body: bytes) -> None:
        """Write a file to its end, over one that may be there."""

    def move(self, source: str, target: str) -> None:
        """Give a file another name at once. Raises Transient where that name is taken."""

    def make(self, folder: str) -> None:
        """Make a folder where there is none."""

    def close(self) -> None:
        """Let go of it."""


class Files:
    """Puts, looks and collects over a disk."""

    def __init__(self, settings: FileSettings, disk: Disk) -> None:
        self._settings = settings
        self._disk = disk

    def check(self) -> str:
        """Look into every folder that the settings name."""
        folders = [folder for folder in (self._settings.put, self._settings.collect, self._settings.answers) if folder]
        return ", ".join(f"{folder}: {len(list(self._disk.entries(folder)))} files" for folder in folders)

    def send(self, parcel: Parcel) -> Delivery:
        """Put it into the partner's folder; the receipt is its name."""
        name = parcel.file_name(self._settings.file_name)
        final, aside = _in(self._settings.put, name), _in(self._settings.put, f".{name}.part")
        if (there := self._disk.size(final)) is not None:
            if there == len(parcel.body) and self._disk.read(final) == parcel.body:
                return Delivery(name)
            raise Refused(f"another file is called {name} in the partner's folder", code="partner.name_taken")
        self._write(aside, parcel.body)
        try:
            self._disk.move(aside, final)
        except Unavailable as error:
            if error.code != UNREACHABLE:
                raise
            raise unknown("the connection ended while the file got its name") from error
        return Delivery(name)

    def look(self, parcel: Parcel) -> Delivery | None:
        """The file is there under its name, or still under the name it was written with; else who knows.

        Partners take files away, so that one which is not there any more may have arrived.
        """
        name = parcel.file_name(self._settings.file_name)
        for folder in filter(None, (self._settings.put, self._settings.sent)):
            if self._disk.size(_in(folder, name)) is not None:
                return Delivery(name)
        if self._disk.size(_in(self._settings.put, f".{name}.part")) is not None:
            return None
        raise unknown("the file is not in the partner's folder; it may have been taken away", "partner.not_there")

    def collect(self, limit: int) -> Iterator[Found]:
        """The partner's files that nobody writes any more."""
        settled = ids.now() - timedelta(seconds=self._settings.settle_seconds)
        entries = sorted(self._disk.entries(self._settings.collect), key=lambda entry: entry.name)
        for entry in entries:
            if self._is_whole(entry, settled):
                whole = entry.size <= limit
                yield Found(entry.name, self._disk.read(_in(self._settings.collect, entry.name)) if whole else None)

    def done(self, found: Found, answer: bytes, *, refused: bool) -> None:
        """Put the answer where the partner looks for it, beside a refused file too, then move the file away."""
        settings = self._settings
        folder = settings.rejected_in if refused else settings.archived_in
        self._disk.make(folder)
        answered = PurePosixPath(found.name)
        name = f"{answered.stem}.answer{answered.suffix}"
        for place in dict.fromkeys(filter(None, (settings.answers, folder if refused else ""))):
            if answer:
                self._place(place, name, answer)
        free = self._free(folder, found.name)
        self._disk.move(_in(settings.collect, found.name), _in(folder, free))

    def close(self) -> None:
        """Let go of the disk."""
        self._disk.close()

    def _is_whole(self, entry: Entry, settled: datetime) -> bool:
        hidden = entry.name.startswith((".", "~")) or entry.name.lower().endswith(HALF_WRITTEN)
        fits = fnmatchcase(entry.name, self._settings.pattern)
        return fits and not hidden and (self._settings.settle_seconds == 0 or entry.modified <= settled)

    def _write(self, path: str, body: bytes) -> None:
        self._disk.write(path, body)
        if self._disk.size(path) != len(body):
            raise Transient("the file could not be written to its end", code="partner.write_failed")

    def _place(self, folder: str, name: str, body: bytes) -> None:
        """Put a file into a folder unless this very file is there."""
        if self._disk.size(_in(folder, name)) == len(body) and self._disk.read(_in(folder, name)) == body:
            return
        aside = _in(folder, f".{name}.part")
        self._write(aside, body)
        self._disk.move(aside, _in(folder, self._free(folder, name)))

    def _free(self, folder: str, name: str) -> str:
        """The name, numbered where another file has it."""
        path, free, number = PurePosixPath(name), name, 1
        while self._disk.size(_in(folder, free)) is not None:
            number += 1
            free = f"{path.stem}-{number}{path.suffix}"
        return free


def _in(folder: str, name: str) -> str:
    return f"{folder.rstrip('/')}/{name}"
