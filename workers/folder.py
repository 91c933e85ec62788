"""The broker without a server: a folder, for the embedded default and for tests.

Kombu's file-system transport, made safe for several processes. As it comes, a reader may take a message before it is
written (4 of 1,000 bells were lost, each with an error in the reader), two processes that create an exchange at the
same time may leave half a table, and a folder that is deleted stays so. Named by ``workers.broker``, loaded by Kombu.
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
    """Messages as files, named by time and queue; where they lie is the transport option ``folder``."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:
        folder = self._messages
        path = folder / f"{time.monotonic_ns():020d}-{ids.new_id().hex}.{queue}.msg"
        aside = path.with_name(f".{path.name}")
        aside.write_text(json.dumps(payload), encoding="utf-8")
        aside.rename(path)

    def _get(self, queue: str) -> Any:
        for path in sorted(self._of(queue)):
            try:
                content = path.read_text(encoding="utf-8")
                path.unlink()
            except FileNotFoundError:
                continue  # another reader was faster; only one can remove the file
            return json.loads(content)
        raise Empty

    def _size(self, queue: str) -> int:
        return len(self._of(queue))

    def _queue_bind(self, *arguments: Any) -> None:
        with self._locked():
            super()._queue_bind(*arguments)

    def get_table(self, exchange: str) -> list[Any]:
        """The bindings of the exchange, those that this process made even where the folder was deleted since."""
        with self._locked():
            table = list(super().get_table(exchange))
        own = self.state.exchanges.get(exchange, {}).get("table", ())
        return table + [binding for binding in map(_binding, own) if binding not in table]

    def _of(self, queue: str) -> list[Path]:
        return [path for path in self._messages.iterdir() if path.name.partition(".")[2] == f"{queue}.msg"]

    @property
    def _messages(self) -> Path:
        return self._made("messages")

    @property
    def data_folder_in(self) -> str:
        """Where messages lie, as the base class wants it."""
        return str(self._messages)

    data_folder_out = data_folder_in

    @property
    def control_folder(self) -> Path:
        """Where the bindings lie."""
        return self._made("bindings")

    def _made(self, name: str) -> Path:
        path = Path(self.transport_options["folder"]) / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    @contextmanager
    def _locked(self) -> Iterator[None]:
        with (self.control_folder / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _binding(entry: Any) -> Any:
    routing_key, pattern, queue = entry
    return filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")


class Transport(filesystem.Transport):  # type: ignore[misc]
    """The transport of that channel."""

    Channel = Channel
