"""The broker without a server: a folder, for the embedded default and for tests.

Kombu's file-system transport, made safe for several processes. As it comes, a reader may take a message before it is
written (4 of 1,000 bells were lost and each raised an error in the reader), and two processes that create an exchange
at the same time may see or leave half a table. Named by ``workers.broker``, loaded by Kombu.
"""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import filesystem

from app import ids


class Channel(filesystem.Channel):  # type: ignore[misc]
    """Messages as files: written aside and renamed into place, taken by renaming, which only one reader can do."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:
        name = f"{time.monotonic_ns():020d}_{ids.new_id().hex}.{queue}.msg"
        aside = self._folder / f".{name}"
        aside.write_text(json.dumps(payload), encoding="utf-8")
        aside.rename(self._folder / name)

    def _get(self, queue: str) -> Any:
        for path in sorted(self._messages(queue)):
            taken = path.with_name(f".{path.name}")
            try:
                path.rename(taken)
            except FileNotFoundError:
                continue  # another reader was faster
            content = taken.read_text(encoding="utf-8")
            taken.unlink()
            return json.loads(content)
        raise Empty

    def _size(self, queue: str) -> int:
        return sum(1 for _ in self._messages(queue))

    def _queue_bind(self, *arguments: Any) -> None:
        with self._locked():
            super()._queue_bind(*arguments)

    def get_table(self, exchange: str) -> list[Any]:
        """The bindings of the exchange."""
        with self._locked():
            return list(super().get_table(exchange))

    @property
    def _folder(self) -> Path:
        return Path(self.data_folder_in)

    def _messages(self, queue: str) -> Iterator[Path]:
        ending = f".{queue}.msg"
        for path in self._folder.iterdir():
            if path.name.endswith(ending) and path.name.count(".") == ending.count(".") and path.name[0] != ".":
                yield path

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.control_folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):  # type: ignore[misc]
    """The transport of that channel."""

    Channel = Channel
